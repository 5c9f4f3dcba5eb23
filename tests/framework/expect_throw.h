#pragma once
#include <gtest/gtest.h>

#include <string>

namespace loglik::test {

/// Expects `f` to throw an E with exactly this text; "{line}" in it stands for any line number.
template <class E, class F>
void expect_throw(F f, const std::string& text) {
  try {
    f();
    ADD_FAILURE() << "nothing thrown, expected: " << text;
  } catch (const E& error) {
    std::string got = error.what();
    const std::string placeholder = "{line}";
    for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + placeholder.size())) {
      std::size_t end = at;
      while (end < got.size() && got[end] >= '0' && got[end] <= '9') ++end;
      if (end > at) got.replace(at, end - at, placeholder);
    }
    EXPECT_EQ(got, text);
  }
}

}  // namespace loglik::test
