#!/usr/bin/env bash
# What tools/extract_snippets makes of the blocks of a README.
#
#   extract_snippets_test.sh ROOT
# shellcheck disable=SC2016  # backquotes that are text
set -euo pipefail
extract=$1/tools/extract_snippets
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir guide

cat >guide/README.md <<'END'
# Guide
```cpp
#include <vector>
std::vector<int> values{1};
```
<!-- snippet: continues -->
```cpp
values.push_back(2);
```
```sh
not C++
```
<!-- snippet: declarations -->
```cpp
struct Own {};
```
  ```cpp
  Own own;
  ```
<!-- snippet: skip -->
```cpp
not a program
```
```cpp
int main() {}
```

<!-- snippet: build -->

```cpp
int main() { return 1; }
```
END
cat >expected <<'END'
== guide_readme.cpp
#include <vector>
#include <loglik/models/models.h>

namespace {
using namespace loglik;
[[maybe_unused]] void snippet_1() {
#line 3 "guide/README.md"

std::vector<int> values{1};
#line 8 "guide/README.md"
values.push_back(2);
}
#line 15 "guide/README.md"
struct Own {};
[[maybe_unused]] void snippet_2() {
#line 18 "guide/README.md"
  Own own;
}
}  // namespace
== guide_readme_build_2.cpp
#line 31 "guide/README.md"
int main() { return 1; }
== guide_readme_program_1.cpp
#line 25 "guide/README.md"
int main() {}
END
"$extract" out guide/README.md
for file in out/*; do echo "== ${file#out/}"; cat "$file"; done | diff expected - || { echo 'the sources differ from what is expected'; exit 1; }

# refused TEXT ERROR: a README of that text is refused with that error.
refused() {
  printf '%b' "$1" >README.md
  if error=$("$extract" out README.md 2>&1) || [ "$error" != "$2" ]; then echo "for: $1"; echo "expected: $2"; echo "found: ${error-}"; exit 1; fi
}
refused '\n```cpp\nint x;\n' 'README.md:2: the block has no end'
refused '<!-- snippet: jump -->\n```cpp\n```\n' 'README.md:1: snippet: "jump" is unknown'
refused '<!-- snippet: skip -->\ntext\n' 'README.md:2: a ```cpp block must follow "snippet: skip"'
refused '<!-- snippet: continues -->\n```cpp\nint x;\n```\n' 'README.md:2: "continues" needs a block before it to go on from'
refused '<!-- snippet: build -->\n```cpp\nint x;\n```\n' 'README.md:2: "build" is for a program, and the block has no int main'
refused '<!-- snippet: continues -->\n```cpp\nint main() {}\n```\n' 'README.md:2: a program cannot be "continues"'
