#!/usr/bin/env bash
# Every public header compiles alone, from the public include path, defines no macro, and brings in none of the libraries that
# Loglik is built with: who uses Loglik pays for what its headers say, nothing else.
#
#   headers_test.sh ROOT COMPILER      internal, and so not tried: framework/simd/, *-inl.h, *_kernels.h
set -euo pipefail
root=$1 compiler=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/include"
ln -s "$root" "$scratch/include/loglik"
cd "$root"

# try HEADER: prints what is wrong with it.
try() {
  local header=$1 source=$scratch/${1//\//__}.cpp messages found
  printf '#include <loglik/%s>\n' "$header" >"$source"
  # Our own headers name each other from the root, as in "framework/node.h".
  messages=$("$compiler" -std=c++20 -Wall -Wextra -fsyntax-only -MD -MF "$source.d" -I"$scratch/include" -I"$scratch/include/loglik" "$source" 2>&1) || true
  [ -z "$messages" ] || { echo "$header does not compile alone:"; head -n 6 <<<"$messages"; }
  found=$(grep -oE "/($libraries)[a-z0-9_/-]*\.h(pp)?" "$source.d" | sort -u | head -n 3 | tr '\n' ' ' || true)
  [ -z "$found" ] || echo "$header includes $found"
  grep -nE '^ *# *define' "$header" | sed "s|^|$header defines a macro, line |" || true
  grep -q '^#pragma once' "$header" || echo "$header lacks #pragma once"
}
export -f try
libraries='fmt/|hwy/|cblas|openblas|nlohmann/|boost/|Random123/|openssl/|zlib'
export compiler scratch libraries

headers=$(find framework ops models -name '*.h' ! -path 'framework/simd/*' ! -name '*-inl.h' ! -name '*_kernels.h' 2>/dev/null | sort || true)
[ -n "$headers" ] || { echo "no header under $root/framework, ops, models"; exit 1; }
# shellcheck disable=SC2016  # $1 is the inner shell's
wrong=$(xargs -P 2 -n 1 bash -c 'try "$1" 2>&1' try <<<"$headers")
[ -z "$wrong" ] || { echo "$wrong"; exit 1; }
echo "$(wc -l <<<"$headers") headers"
