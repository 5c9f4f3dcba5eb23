#!/usr/bin/env bash
# Dependencies point one way: framework <- ops <- models <- tools; and the parts that Loglik is built with have their place.
#
#   layers_test.sh ROOT
set -euo pipefail
cd "$1"
wrong=0

# forbid WHAT PATTERN PATH...: no file under the paths may include what matches.
forbid() {
  local what=$1 pattern=$2 paths=() path
  shift 2
  for path; do [ ! -e "$path" ] || paths+=("$path"); done
  ((${#paths[@]})) || return 0
  if grep -rnE --include='*.h' --include='*.cpp' "^ *# *include *[<\"](loglik/)?$pattern" "${paths[@]}" | grep -vE "${except:-^$}"; then
    echo "^ $what"
    wrong=1
  fi
}

forbid 'framework knows no op, model or tool' '(ops|models|tools|tests)/' framework
forbid 'ops know no model or tool' '(models|tools|tests)/' ops
forbid 'models know no tool' '(tools|tests)/' models
forbid 'the conformance kit is for users too: it knows the library alone' '(models|tools|tests/(framework|ops|models|tools))/' tests/conformance
except='^framework/blas[a-z_]*\.cpp:' forbid 'BLAS is called through framework/blas.h' 'cblas' framework ops models
except='^(framework/simd/|ops/[a-z0-9_]*_kernels\.(h|cpp):)' forbid 'SIMD lives in framework/simd/ and ops/*_kernels.cpp' 'hwy/' framework ops models
exit $wrong
