#include "ops/polar.h"

#include <limits>

#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const conformance::OpOptions two{.shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{0, 4}, {4}}, {{}, {}}},
                                 .domain = {0.25, 2},
                                 .large = {{{300, 401}, {401}}},
                                 .orders = 3};
const ConformanceCases conforming{{"hypot", hypot, two}, {"atan2", atan2, two}};
const References by_digits{"Polar.IsRight", {"hypot", "atan2"}};

TEST(Polar, Conforms) { conforming.check(); }

TEST(Polar, IsRight) {  // from 40 digits
  const Tensor x = row({3, -3, 1e-9, -1.5, 1e300, 0, -2, -2, 0}), y = row({4, -4, 2.5, 0.25, 1e300, -3, 0, -0.0, 0});
  expect_close(value_of(binary(hypot), {x, y}), {5, 5, 2.5, 1.5206906325745548, 1.4142135623730951e300, 3, 2, 2, 0}, 1);
  expect_close(value_of(binary(atan2), {y, x}),
               {0.92729521800161224, -2.2142974355881809, 1.5707963263948966, 2.9764439761751664, 0.78539816339744828, -1.5707963267948966,
                3.1415926535897931, -3.1415926535897931, 0},
               1);
  for (const auto function : {hypot, atan2}) {
    const Tensor a = row({3, -1.5, 0.125}), b = row({4, 0.25, -8});
    const Tensor exact = value_of(binary(function), {a, b});
    expect_close(value_of(binary(function), {a.cast(DType::float32), b.cast(DType::float32)}), {exact.at(0), exact.at(1), exact.at(2)}, 1);
  }
}

TEST(Polar, HasNoGradientAtTheOriginAndItsLimitsFarOut) {
  const Build of_first[] = {[](const std::vector<Node>& v) { return hypot(v[0], 0.0 * v[0]); },
                            [](const std::vector<Node>& v) { return atan2(v[0], 0.0 * v[0]); }};
  for (const Build& build : of_first) expect_close(gradient_of(build, row({0})), {0}, 0);
  expect_close(gradient_of([](const std::vector<Node>& v) { return hypot(v[0], 1e200 * v[0]); }, row({1e100})), {1e200}, 1);
  const Tensor x = row({inf, nan, -1}), y = row({1, 1, nan});
  expect_close(value_of(binary(hypot), {x, y}), {inf, nan, nan}, 0);
  expect_close(value_of(binary(atan2), {y, x}), {0, nan, nan}, 0);
}

}  // namespace
}  // namespace loglik
