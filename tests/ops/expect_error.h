#pragma once
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace loglik {

/// Runs `f`, which is to throw E with this text; "{line}" in it stands for a line number.
template <class E, class F>
void expect_error(F&& f, std::string text) {
  try {
    f();
    ADD_FAILURE() << "nothing was thrown, expected: " << text;
  } catch (const E& error) {
    std::string actual = error.what();
    if (const auto place = text.find("{line}"); place != std::string::npos && actual.size() > place) {
      const auto end = actual.find_first_not_of("0123456789", place);
      if (end != std::string::npos && end > place) actual.replace(place, end - place, "{line}");
    }
    EXPECT_EQ(actual, text);
  }
}

/// The same of the text "{op} at {file}:{line}: {text}".
template <class E, class F>
void expect_error(F&& f, const std::string& op, const std::string& file, const std::string& text) {
  expect_error<E>(std::forward<F>(f), op + " at " + file + ":{line}: " + text);
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
