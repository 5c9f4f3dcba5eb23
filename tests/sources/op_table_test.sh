#!/usr/bin/env bash
# What ops/builtin.cpp registers is in ops/ops.h, and in the table of ops/README.md.
#
#   op_table_test.sh ROOT
set -euo pipefail
cd "$1/ops"
wrong=0
files=$(sed -nE 's/^#include "ops\/([a-z0-9_]+)\.h"$/\1/p' builtin.cpp)
[ "$(wc -w <<<"$files")" -gt 30 ] || { echo "ops/builtin.cpp includes too little: $files"; exit 1; }
for file in $files; do
  [ "$file" = builtin ] && continue
  grep -qxF "#include \"ops/$file.h\"" ops.h || { echo "ops/ops.h does not include ops/$file.h"; wrong=1; }
  grep -E '^\| `' README.md | cut -d'|' -f2 | grep -qF "\`$file\`" || { echo "the table of ops/README.md lacks $file"; wrong=1; }
done
exit $wrong
