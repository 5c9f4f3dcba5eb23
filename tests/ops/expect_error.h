#pragma once
#include <gtest/gtest.h>

#include <string>

namespace loglik {

/// Expects `f` to throw an E that says "{op} at {file}:{any line}: {text}".
template <class E, class F>
void expect_error(F f, const std::string& op, const std::string& file, const std::string& text) {
  try {
    f();
    ADD_FAILURE() << "nothing thrown, expected: " << text;
  } catch (const E& error) {
    const std::string got = error.what();
    const std::string begin = op + " at " + file + ":";
    EXPECT_TRUE(got.starts_with(begin)) << got << "\nshould begin with " << begin;
    EXPECT_EQ(got.substr(std::min(got.size(), got.find(": ", begin.size()) + 2)), text) << got;
  }
}

/// What `f` throws as an E, or "" if it throws nothing.
template <class E, class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

}  // namespace loglik
