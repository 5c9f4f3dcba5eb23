#include "ops/exponential.h"

#include <limits>

#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const ConformanceCases conforming{
    {"exp", exp, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"expm1", expm1, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"log", log, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.5, 3}, .large = {{300, 401}}, .orders = 3}},
    {"log1p", log1p, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-0.5, 3}, .large = {{300, 401}}, .orders = 3}},
    {"mul_exp",
     mul_exp,
     {.shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{1}, {7}}, {{0, 4}, {4}}}, .large = {{{300, 401}, {401}}}, .orders = 3}},
};
const ConformanceCases of_sums{
    {"log1pmx", log1pmx, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-0.5, 3}, .large = {{300, 401}}, .orders = 3}},
    {"log1mexp", log1mexp, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.3, 3}, .large = {{300, 401}}, .orders = 3}},
    {"logaddexp",
     logaddexp,
     {.shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{1}, {7}}, {{0, 4}, {4}}}, .large = {{{300, 401}, {401}}}, .orders = 3}},
};
const References sums{"Exponential.SumsAndDifferencesOfExponentialsAreRight", {"log1mexp", "logaddexp"}};
const References remainder{"Exponential.Log1pmxIsRight", {"log1pmx"}};
const References by_digits{"Exponential.IsRight", {"exp", "expm1", "log", "log1p"}};
const References products{"Exponential.MulExpIsRight", {"mul_exp"}};

TEST(Exponential, Conforms) { conforming.check(); }
TEST(Exponential, SumsConform) { of_sums.check(); }

TEST(Exponential, IsRight) {  // glibc is within an ulp for these, two for expm1 and log1p
  const std::vector<double> real{-20.5, -6.25, -1.5, -0.4375, -1e-9, 1e-9, 0.3125, 2.5, 7.75, 20.25},
      positive{1e-12, 0.03125, 0.5, 1.5, 40.5, 1e9};
  for (const Reference& reference : std::vector<Reference>{
           {"exp",
            exp,
            {1.2501528663867426e-9, 0.0019304541362277092, 0.22313016014842983, 0.64564852642789204, 0.999999999, 1.000000001,
             1.3668379411737964, 12.182493960703473, 2321.5724146110567, 622964442.19844548}},
           {"expm1",
            expm1,
            {-0.99999999874984713, -0.99806954586377229, -0.77686983985157017, -0.35435147357210796, -9.9999999950000006e-10,
             1.0000000005000001e-9, 0.36683794117379636, 11.182493960703473, 2320.5724146110567, 622964441.19844548}},
       })
    expect_reference(reference, real, 2);
  for (const Reference& reference : std::vector<Reference>{
           {"log",
            log,
            {-27.631021115928548, -3.4657359027997265, -0.69314718055994531, 0.40546510810816438, 3.7013019741124935, 20.723265836946411}},
           {"log1p",
            log1p,
            {9.9999999999949998e-13, 0.030771658666753688, 0.40546510810816438, 0.91629073187415507, 3.7256934272366526,
             20.723265837946411}},
       })
    expect_reference(reference, positive, 2);
  expect_close(value_of(unary(log1p), {row({-0.75, -1e-10})}), {-1.3862943611198906, -1.00000000005e-10}, 2);
}

TEST(Exponential, HasTheLimits) {
  const Tensor x = row({-inf, -1, 0, inf, nan});
  expect_close(value_of(unary(exp), {row({-inf, 0, inf, nan, 710})}), {0, 1, inf, nan, inf}, 0);
  expect_close(value_of(unary(expm1), {row({-inf, 0, inf, nan})}), {-1, 0, inf, nan}, 0);
  expect_close(value_of(unary(log), {x}), {nan, nan, -inf, inf, nan}, 0);
  expect_close(value_of(unary(log1p), {x}), {nan, -inf, 0, inf, nan}, 0);
}

TEST(Exponential, GradientOfExpm1KeepsItsPrecisionFarBelowZero) {  // e^−50, where expm1 + 1 is 0
  expect_close(gradient_of(unary(expm1), row({-50})), {1.9287498479639178e-22}, 1);
}

TEST(Exponential, MulExpIsRight) {  // from 40 digits; the square of a rounded half costs three ulp
  const Tensor x = row({2, -3, 1e-30, 1e30, 1e-300, 0.1}), s = row({0.5, -40, 200, -700, 1400, 1});
  expect_close(value_of(binary(mul_exp), {x, s}),
               {3.2974425414002564, -1.2745062765874767e-17, 7.22597376812575e56, 9.859676543759771e-275, 1.0286666608519893e308,
                0.27182818284590454},
               4);
}

TEST(Exponential, MulExpHasTheLimits) {
  const Tensor x = row({0, 0, 1, 1, -1e-300, 1, nan, 0}), s = row({1e4, -1e4, 1e4, -1e4, 1500, -inf, 0, nan});
  expect_close(value_of(binary(mul_exp), {x, s}), {0, 0, inf, 0, -inf, 0, nan, nan}, 0);
  // In float32 each factor of 1e-30·e^100 fits, e^100 does not.
  expect_close(value_of(binary(mul_exp), {row({1e-30, 0}).cast(DType::float32), row({100, 3e38}).cast(DType::float32)}),
               {26881171503403.617, 0}, 4);
}

TEST(Exponential, SumsAndDifferencesOfExponentialsAreRight) {  // from 60 digits (mpmath)
  const Tensor d = row({1e-300, 1e-9, 0.25, 0.6875, 0.75, 2.5, 30.5, 700});
  expect_close(value_of(unary(log1mexp), {d}),
               {-690.77552789821371, -20.723265837446411, -1.5086915494460321, -0.69882643296940896, -0.63935346504035394,
                -0.085650483742038181, -5.6756852326328835e-14, -9.8596765437597709e-305},
               4);
  expect_close(gradient_of(unary(log1mexp), d),
               {9.9999999999999997e+299, 999999999.49999994, 3.5208116641877985, 1.0113908198730106, 0.89525513440234352,
                0.089425489833852013, 5.6756852326330446e-14, 9.8596765437597709e-305},
               4);
  expect_close(value_of(unary(log1mexp), {row({0, -1, inf, nan})}), {-inf, nan, 0, nan}, 0);

  const Tensor a = row({1, -1000, 700, 0.5, -3}), b = row({2, -1001.5, 710, 0.5, 40.25});
  const std::vector<double> sums{2.3132616875182228, -999.79858672201725, 710.00004539889922, 1.1931471805599453, 40.25};
  expect_close(value_of(binary(logaddexp), {a, b}), sums, 2);
  expect_close(value_of(binary(logaddexp), {b, a}), sums, 2);
}

TEST(Exponential, LogaddexpHasTheLimits) {
  const Tensor a = row({-inf, -inf, inf, inf, 1, nan}), b = row({-inf, 2, inf, -inf, inf, -inf});
  expect_close(value_of(binary(logaddexp), {a, b}), {-inf, 2, inf, inf, inf, nan}, 0);
  const Build of_a = [&](const std::vector<Node>& v) { return logaddexp(v[0], v[0].graph().constant(b)); };
  expect_close(gradient_of(of_a, a), {0.5, 0, 0.5, 1, 0, nan}, 0);
  const Build twice = [&](const std::vector<Node>& v) { return gradient(reduce_sum(of_a(v)), v[0]); };
  expect_close(gradient_of(twice, row({-inf, -inf, inf, inf, 1, 2})), {0, 0, 0, 0, 0, 0}, 0);
}

TEST(Exponential, Log1pmxIsRight) {  // from 60 digits (mpmath); on both sides of where the series begins
  expect_reference({"log1pmx",
                    log1pmx,
                    {-1.8350887222397812, -0.19314718055994531, -0.13786414490356185, -0.00049869831458030116, -5.000000003333334e-19,
                     -4.9999999966666673e-19, -0.00047834133324631163, -0.074594506310631547, -0.094534891891835618, -0.58370926812584493,
                     -36.774306572763347, -999999979.27673416}},
                   {-0.9375, -0.5, -0.4375, -0.03125, -1e-9, 1e-9, 0.03125, 0.4375, 0.5, 1.5, 40.5, 1e9}, 1);
  expect_close(value_of(unary(log1pmx), {row({-1, -2, 0, 1e-300, inf, nan})}), {-inf, nan, 0, 0, nan, nan}, 0);
}

TEST(Exponential, NoSecondDerivativeOfLog1mexpIsNaN) {
  const Build slope = [](const std::vector<Node>& v) { return gradient(reduce_sum(log1mexp(v[0])), v[0]); };
  const Tensor g = gradient_of(slope, row({1e-100, 1, 100, 800, 1e300}));
  for (std::int64_t i = 0; i < g.count(); ++i) EXPECT_FALSE(std::isnan(g.at(i))) << "element " << i;
}

}  // namespace
}  // namespace loglik
