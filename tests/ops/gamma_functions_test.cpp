#include "ops/gamma_functions.h"

#include <fmt/format.h>

#include <limits>

#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Node third(Operand x) { return polygamma(3, x); }
Node increment(Operand a, Operand b) { return polygamma_increment(0, a, b); }
Node second_increment(Operand a, Operand b) { return polygamma_increment(2, a, b); }

const conformance::OpOptions one{.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.5, 5}, .large = {{100, 41}}, .orders = 3};
const conformance::OpOptions two{
    .shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{0, 4}, {4}}}, .domain = {0.5, 5}, .large = {{{100, 41}, {41}}}, .orders = 3};

const ConformanceCases conforming{
    {"lgamma", lgamma, one},
    {"polygamma", digamma, one},
    {"polygamma", third, one},
    {"stirling_remainder", stirling_remainder, one},
    {"lbeta", lbeta, two},
    {"polygamma_increment", increment, two},
    {"polygamma_increment", second_increment, two},
};
const References by_digits{"GammaFunctions.AreRight", {"lgamma", "polygamma", "stirling_remainder"}};
const References of_two{"GammaFunctions.OfTwoAreRight", {"lbeta", "polygamma_increment"}};

// Long double leaves half an ulp; where it is but double, or log Γ is Boost's of a few ulp, some more.
constexpr double ulps = 3;

TEST(GammaFunctions, Conform) { conforming.check(); }

TEST(GammaFunctions, AreRight) {
  for (const Reference& reference : std::vector<Reference>{
           {"lgamma",
            lgamma,
            {20.723265836369195, 3.4484891277979585, 0.57236494292470009, -0.12078223763524522, 0.47521466691493713, 13.368023671476046,
             108.47307506906538, 1051287.7089736569, 33538776394910669.0}},
           {"digamma",
            digamma,
            {-1000000000.5772156, -32.526953288606118, -1.9635100260214235, 0.036489973978576521, 0.81890102497543259, 2.277704790686724,
             3.6889054929332336, 11.512920464961895, 34.538776394910685}},
           {"trigamma",
            trigamma,
            {9.9999999999999988e+17, 1025.5728544782377, 4.9348022005446793, 0.93480220054467931, 0.43757125764893076, 0.10247452151799187,
             0.024998698201356741, 1.0000050000166667e-5, 1.0000000000000005e-15}},
           {"polygamma",
            third,
            {5.9999999999999985e+36, 6291461.7723523499, 97.409091034002437, 1.4090910340024372, 0.16061612748946937, 0.0021465780199769066,
             3.1240239710655936e-5, 2.0000300002e-15, 2.000000000000003e-45}},
           {"stirling_remainder",
            stirling_remainder,
            {9.442694406414583, 0.93623689015591392, 0.15342640972002735, 0.054814121051917654, 0.030174082433684557, 0.0081275088233059996,
             0.0020575713609730649, 8.3333333333055556e-7, 8.3333333333333333e-17}},
       })
    expect_reference(reference, {1e-9, 0.03125, 0.5, 1.5, 2.75, 10.25, 40.5, 1e5, 1e15}, ulps);
}

TEST(GammaFunctions, DerivativesOfTheRemainderKeepTheirPrecision) {  // ψ(x) − log x + 1/(2x) would have none left at 1e5
  const Tensor x = row({1e-9, 0.5, 2.75, 10.25, 40.5, 1e5, 1e15});
  expect_close(gradient_of(unary(stirling_remainder), x),
               {-499999979.8539498, -0.27036284546147817, -0.010881704884865515, -0.00079242709281516695, -5.0802166914192766e-5,
                -8.33333333325e-12, -8.3333333333333333e-32},
               ulps);
  expect_close(value_of(unary([](Operand at) { return stirling_remainder_derivative(1, at); }), {row({2.75, 1e5})}),
               {-0.010881704884865515, -8.33333333325e-12}, ulps);
  const Build second = [](const std::vector<Node>& v) { return gradient(reduce_sum(stirling_remainder(v[0])), v[0]); };
  expect_close(gradient_of(second, x),
               {4.9999999899999994e+17, 0.93480220054467931, 0.0078191915332282821, 0.00015447392727205716, 2.5085961136381368e-6,
                1.6666666666333333e-16, 1.6666666666666667e-46},
               ulps);
}

TEST(GammaFunctions, OfTwoAreRight) {  // also where a ≫ b, and small
  const Tensor a = row({1e-300, 1e-9, 0.5, 2.5, 7, 12.5, 1e10, 1e15, 1e12, 1e300});
  const Tensor b = row({1e-300, 1e9, 0.5, 3.25, 1e-12, 40.25, 0.25, 3, 2e12, 1e-3});
  const std::vector<double> beta{691.46867507877365,  20.72326581564593,   1.1447298858494002,  -3.1462312350406418, 27.631021115926098,
                                 -29.085246349181943, -4.4684402077776618, -102.92318200417211, -1909542504897.1323, 6.2164033574856399};
  expect_close(value_of(binary(lbeta), {a, b}), beta, ulps);
  expect_close(value_of(binary(lbeta), {b, a}), beta, ulps);
  expect_close(value_of(binary(increment), {a, b}),
               {4.9999999999999999e+299, 1000000021.3004814, 1.3862943611198906, 0.95657373042269339, 1.5354517795932578e-13,
                1.4708595007577296, 2.50000000009375e-11, 2.999999999999997e-15, 1.098612288668443, 9.9999999999999997e-304},
               ulps);
  expect_close(value_of(binary(increment), {b, a}),
               {4.9999999999999999e+299, 1.0000000005000001e-18, 1.3862943611198906, 0.64273945999975754, 1000000000002.45,
                0.27341894358707921, 27.253304463291722, 33.615992059812221, 0.40546510810824772, 1691.351099830024},
               ulps);
  expect_close(value_of(binary(second_increment), {a, b}),
               {inf, 1.9999999999999996e+27, 14.424682837915131, 0.20024525153170741, 7.1981985631237969e-15, 0.0065661781405829101,
                5.0000000005625e-31, 5.999999999999982e-45, 8.8888888888985185e-25, 0},
               ulps);
}

TEST(GammaFunctions, HaveTheLimits) {
  const Tensor x = row({0, inf, -1.5, nan, -inf});
  expect_close(value_of(unary(lgamma), {x}), {inf, inf, nan, nan, nan}, 0);
  expect_close(value_of(unary(digamma), {x}), {-inf, inf, nan, nan, nan}, 0);
  expect_close(value_of(unary(trigamma), {x}), {inf, 0, nan, nan, nan}, 0);
  expect_close(value_of(unary(third), {x}), {inf, 0, nan, nan, nan}, 0);
  expect_close(value_of(unary(stirling_remainder), {x}), {inf, 0, nan, nan, nan}, 0);
  expect_close(value_of(unary(lgamma), {row({1, 2})}), {0, 0}, 0);
  expect_close(value_of(binary(lbeta), {row({0, 1, inf, -1, nan}), row({1, 0, 1, 1, 1})}), {inf, inf, -inf, nan, nan}, 0);
  expect_close(value_of(binary(increment), {row({0, 1, inf, -1, 1}), row({1, 0, 1, 1, inf})}), {inf, 0, 0, nan, inf}, 0);
}

TEST(GammaFunctions, RefuseAnOrderOutOfRange) {
  Graph graph;
  const Node x = graph.input("x", {3});
  const auto refused = [](const char* op, int order, int most, auto build) {
    expect_error<ArgumentError>(build, op, "gamma_functions_test.cpp", fmt::format("order is {}, must be in [0, {}]", order, most));
  };
  refused("polygamma", -1, 19, [&] { polygamma(-1, x); });
  refused("polygamma", 20, 19, [&] { polygamma(20, x); });
  refused("polygamma_increment", 20, 19, [&] { polygamma_increment(20, x, x); });
  refused("stirling_remainder", -1, 20, [&] { stirling_remainder_derivative(-1, x); });
  refused("stirling_remainder", 21, 20, [&] { stirling_remainder_derivative(21, x); });
  expect_error<GradientError>([&] { gradient(reduce_sum(polygamma(19, x)), x); },
                              "polygamma at gamma_functions_test.cpp:{line} has no gradient: the 20th derivative of log Γ is the last, the "
                              "loss needs one for input");
}

}  // namespace
}  // namespace loglik
