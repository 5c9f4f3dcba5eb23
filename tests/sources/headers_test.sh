#!/usr/bin/env bash
# Every public header compiles alone, from the public include path, defines no macro, and brings in none of the libraries that
# Loglik is built with: who uses Loglik pays for what its headers say, nothing else.
#
#   headers_test.sh ROOT COMPILER SCRATCH
#
# Internal, and so not tried: framework/simd/, *-inl.h, *_kernels.h. Under SCRATCH it keeps what each header includes, and tries
# a header again only when one of these files has changed.
set -euo pipefail
root=$1 compiler=$2 scratch=$3
libraries='fmt/|hwy/|cblas|openblas|nlohmann/|boost/|Random123/|openssl/|zlib'
script=$(realpath "${BASH_SOURCE[0]}")
mkdir -p "$scratch/include"
ln -sfn "$root" "$scratch/include/loglik"
cd "$root"

# try HEADER: prints what is wrong with it.
try() {
  local header=$1 source=$scratch/${1//\//__}.cpp includes messages found
  includes=$source.d
  if [ -e "$includes" ]; then
    # shellcheck disable=SC2046  # a list of paths
    [ -n "$(find "$script" $(sed 's/^[^:]*://; s/\\$//' "$includes") -newer "$source" 2>&1)" ] || return 0
    rm "$includes"
  fi
  printf '#include <loglik/%s>\n' "$header" >"$source"
  # Our own headers name each other from the root, as in "framework/node.h".
  messages=$("$compiler" -std=c++20 -Wall -Wextra -fsyntax-only -MD -MF "$includes.new" -I"$scratch/include" -I"$scratch/include/loglik" "$source" 2>&1) || true
  found=$(grep -oE "/($libraries)[a-z0-9_/-]*\.h(pp)?" "$includes.new" | sort -u | head -n 3 | tr '\n' ' ' || true)
  {
    [ -z "$messages" ] || { echo "$header does not compile alone:"; head -n 6 <<<"$messages"; }
    [ -z "$found" ] || echo "$header includes $found"
    grep -nE '^ *# *define' "$header" | sed "s|^|$header defines a macro, line |" || true
    grep -q '^#pragma once' "$header" || echo "$header lacks #pragma once"
  } >"$source.wrong"
  if [ -s "$source.wrong" ]; then cat "$source.wrong"; else mv "$includes.new" "$includes"; fi
}
export -f try
export compiler scratch libraries script

headers=$({ find framework ops models -name '*.h' ! -path 'framework/simd/*' ! -name '*-inl.h' ! -name '*_kernels.h' 2>/dev/null || true; } | sort)
[ -n "$headers" ] || { echo "no header under $root"; exit 1; }
# shellcheck disable=SC2016  # $1 is the inner shell's
wrong=$(xargs -P 2 -n 1 bash -c 'try "$1" 2>&1' try <<<"$headers")
[ -z "$wrong" ] || { echo "$wrong"; exit 1; }
echo "$(wc -l <<<"$headers") headers"
