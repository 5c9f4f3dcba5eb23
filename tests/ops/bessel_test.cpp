#include "ops/bessel.h"

#include <limits>

#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Node first(Operand x) { return bessel_ratio_derivative(1, x); }
Node second(Operand x) { return bessel_ratio_derivative(2, x); }
Node third(Operand x) { return bessel_ratio_derivative(3, x); }

// Away from 0, where what is scaled by e^−|x| has a kink; on both sides of 1 and of 25, where the kernels change their series.
conformance::OpOptions on(double low, double high, int orders) {
  return {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {low, high}, .large = {{100, 41}}, .orders = orders};
}

const ConformanceCases conforming{
    {"i0e", i0e, on(0.25, 4, 3)},
    {"i1e", i1e, on(-4, -0.25, 3)},
    {"log_i0", log_i0, on(-3, 3, 3)},
    {"log_i0", log_i0e, on(20, 30, 3)},
    {"bessel_ratio", bessel_ratio, on(-3, 3, 3)},
    {"bessel_ratio", bessel_ratio_excess, on(0.25, 4, 3)},
    {"bessel_ratio_derivative", first, on(-3, 3, 2)},
};
const References by_digits{"Bessel.IsRight", {"i0e", "i1e", "log_i0", "bessel_ratio", "bessel_ratio_derivative"}};

TEST(Bessel, Conforms) { conforming.check(); }

const std::vector<double> points{1e-9, 0.03125, 0.5, 1.5, 2.75, 10.25, 21.5, 25.5, 40.5, 1e5, 1e15};

// Long double leaves half an ulp; the central moments some more.
constexpr double ulps = 3;

TEST(Bessel, IsRight) {
  for (const Reference& reference : std::vector<Reference>{
           {"i0e",
            i0e,
            {0.999999999, 0.96946987812707236, 0.64503527044915007, 0.36743360905415834, 0.25545017851355247, 0.12622172638243183,
             0.086552097683660854, 0.07939852454797062, 0.06288397125805982, 0.0012615678379767768, 1.2615662610100802e-8}},
           {"i1e",
            i1e,
            {4.9999999950000003e-10, 0.015146118029601461, 0.1564208031848717, 0.21903938742092567, 0.20171862139187354,
             0.11989688710529715, 0.084514676638325556, 0.077825789091938575, 0.062102710535787328, 0.0012615615301218171,
             1.2615662610100796e-8}},
           {"log_i0",
            log_i0,
            {2.5000000000000003e-19, 0.00024412572545548211, 0.061549719185481304, 0.49878736771561622, 1.385272115614361,
             8.1802848146468259, 19.052991239014903, 22.966724506579034, 37.733536023284177, 99993.324599984316, 9.9999999999998181e+14}},
           {"log_i0e",
            log_i0e,
            {-9.9999999975000006e-10, -0.031005874274544518, -0.4384502808145187, -1.0012126322843838, -1.364727884385639,
             -2.0697151853531741, -2.4470087609850969, -2.5332754934209659, -2.7664639767158228, -6.6754000156835369, -18.188326730660015}},
           {"bessel_ratio",
            bessel_ratio,
            {5.0000000000000003e-10, 0.015623092961755948, 0.24249961258080195, 0.59613323883129071, 0.78965934792318694,
             0.94989104127785881, 0.97646017716656775, 0.98019188057982315, 0.98757615483496746, 0.99999499998749987, 0.9999999999999995}},
           {"bessel_ratio_excess",
            bessel_ratio_excess,
            {-0.9999999995, -0.98437690703824405, -0.75750038741919805, -0.40386676116870929, -0.21034065207681306, -0.050108958722141192,
             -0.023539822833432248, -0.019808119420176847, -0.01242384516503254, -5.000012500125002e-6, -5.0000000000000012e-16}},
           {"first",
            first,
            {0.5, 0.49981694419011799, 0.45619471273655707, 0.24720300233965485, 0.089289260447277393, 0.0050347129900301292,
             0.001108769981483129, 0.00078497996774958419, 0.00030874198570216948, 5.0000250003750078e-11, 5.0000000000000025e-31}},
           {"second",
            second,
            {-3.7500000000000002e-10, -0.011712394411571056, -0.16364505734995701, -0.19458574827964474, -0.0690672553288732,
             -0.001014849361464409, -0.00010450307232737819, -6.2237773380906165e-5, -1.5346904670832205e-5, -1.0000075001500039e-15,
             -1.0000000000000007e-45}},
           {"third",
            third,
            {-0.375, -0.374390006851584, -0.24000549054178479, 0.10597510870970021, 0.065922925098789035, 0.00030801138077569755,
             1.4782332353328597e-5, 7.4045667717891329e-6, 1.1444438611129049e-6, 3.0000300007500234e-20, 3.000000000000003e-60}},
       })
    expect_reference(reference, points, ulps);
}

TEST(Bessel, IsEvenOrOdd) {
  std::vector<double> mirrored;
  for (const double x : points) mirrored.push_back(-x);
  const auto expect_mirrored = [&](Node (*function)(Operand), double sign) {
    const Tensor left = value_of(unary(function), {row(mirrored)}), right = value_of(unary(function), {row(points)});
    for (std::int64_t i = 0; i < left.count(); ++i) EXPECT_EQ(left.at(i), sign * right.at(i)) << i;
  };
  for (const auto even : {i0e, log_i0, log_i0e, first, third}) expect_mirrored(even, 1);
  for (const auto odd : {i1e, bessel_ratio, bessel_ratio_excess, second}) expect_mirrored(odd, -1);
}

TEST(Bessel, HasItsLimits) {
  const Tensor x = row({0, inf, -inf, nan});
  expect_close(value_of(unary(i0e), {x}), {1, 0, 0, nan}, 0);
  expect_close(value_of(unary(i1e), {x}), {0, 0, 0, nan}, 0);
  expect_close(value_of(unary(log_i0), {x}), {0, inf, inf, nan}, 0);
  expect_close(value_of(unary(log_i0e), {x}), {0, -inf, -inf, nan}, 0);
  expect_close(value_of(unary(bessel_ratio), {x}), {0, 1, -1, nan}, 0);
  expect_close(value_of(unary(bessel_ratio_excess), {x}), {0, 0, 0, nan}, 0);
  expect_close(value_of(unary(first), {x}), {0.5, 0, 0, nan}, 0);
  expect_close(value_of(unary(second), {x}), {0, 0, 0, nan}, 0);
  expect_close(value_of(unary(third), {x}), {-0.375, 0, 0, nan}, 0);
  const Tensor zero = row({0});
  expect_close(gradient_of(unary(i0e), zero), {0}, 0);
  expect_close(gradient_of(unary(i1e), zero), {0.5}, 0);
  expect_close(gradient_of(unary(log_i0e), zero), {0}, 0);
  expect_close(gradient_of(unary(bessel_ratio), zero), {0.5}, 0);
}

// The kernels' series meet: neighbours on both sides of a change differ by no more than the slope and roundings do.
TEST(Bessel, HasNoJumps) {
  for (const auto function : {i0e, i1e, log_i0, log_i0e, bessel_ratio, bessel_ratio_excess, first, second, third})
    for (const double at : {1.0, 25.0}) {
      const double below = std::nextafter(at, 0), above = std::nextafter(at, 100);
      const Tensor y = value_of(unary(function), {row({below, above})});
      // x differs by 2 ulp: to the power of −4 at most at 25, with slopes below 1 at 1.
      EXPECT_NEAR(y.at(0), y.at(1), 12 * 0x1p-52 * std::abs(y.at(0)) + (at == 1 ? 0x1p-51 : 0)) << at;
    }
}

TEST(Bessel, EndsAtTheThirdDerivative) {
  Graph graph;
  const Node x = graph.constant(row({1, 2}));
  expect_error<GradientError>(
      [&] { gradient(reduce_sum(third(x)), x); },
      "bessel_ratio_derivative at bessel_test.cpp:{line} has no gradient: the third derivative of I₁/I₀ is the last, "
      "the loss needs one for constant");
  expect_error<ArgumentError>([&] { bessel_ratio_derivative(0, x); }, "bessel_ratio_derivative", "bessel_test.cpp",
                              "n is 0, must be in [1, 3]");
  expect_error<ArgumentError>([&] { bessel_ratio_derivative(4, x); }, "bessel_ratio_derivative", "bessel_test.cpp",
                              "n is 4, must be in [1, 3]");
}

}  // namespace
}  // namespace loglik
