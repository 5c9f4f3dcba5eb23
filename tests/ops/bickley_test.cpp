#include "ops/bickley.h"

#include <limits>
#include <numbers>

#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <int n> Node derivative(Operand x) { return scaled_bickley_derivative(n, x); }

const ConformanceCases conforming{
    {"scaled_bickley", scaled_bickley, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.5, 5}, .large = {{40, 41}}, .orders = 3}},
};
const References by_digits{"Bickley.IsRight", {"scaled_bickley"}};

TEST(Bickley, Conforms) { conforming.check(); }

TEST(Bickley, IsRight) {  // from the integral at 40 digits (mpmath); a sum of up to 200 positive terms in double
  const std::vector<double> x{1e-9, 0.03125, 0.5, 1.5, 9, 15.5, 16.5, 40.5, 700, 1e15};
  expect_reference({"scaled_bickley",
                    scaled_bickley,
                    {1.5707963065264956, 1.4729238218437648, 1.0612716695454795, 0.78973574412780141, 0.39286972376114114, 0.30665911321017882,
                     0.29785169513017145, 0.19401405407594286, 0.047328623440131714, 3.9633272976060085e-8}},
                   x, 8);
  expect_reference({"first derivative",
                    derivative<1>,
                    {-19.268401066917525, -2.2235920815402748, -0.46283771622843008, -0.16847430916709509, -0.019425825470276931,
                     -0.0092031757235428407, -0.0084305297602146978, -0.0023256581684422191, -3.3746014481858396e-5, -1.9816636488030018e-23}},
                   x, 8);
  expect_reference({"second derivative",
                    derivative<2>,
                    {999999960.89240149, 27.029871023749965, 0.7440626062094461, 0.11648151109056141, 0.0029038706457396679, 0.00083124717071878713,
                     0.00071792829149178798, 8.3682143179187578e-5, 7.2184399113628973e-8, 2.9724954732044997e-38}},
                   x, 16);
  expect_reference({"third derivative",
                    derivative<3>,
                    {-9.9999999799999994e+17, -968.86253104324651, -2.304156165338373, -0.14238409742916092, -0.00072843104971987643,
                     -0.00012550135224075017, -0.00010216669249479378, -5.0212473065542753e-6, -2.5734393452629984e-10, -7.4312386830112381e-53}},
                   x, 32);
}

TEST(Bickley, HasTheLimits) {
  const Tensor x = row({0, inf, -1, nan, 1e300, 1e-300});
  expect_close(value_of(unary(scaled_bickley), {x}), {std::numbers::pi / 2, 0, nan, nan, 1.2533141373155003e-150, std::numbers::pi / 2}, 8);
  expect_close(value_of(unary(derivative<1>), {row({0, inf, -1})}), {-inf, 0, nan}, 0);
  expect_close(value_of(unary(derivative<2>), {row({0, inf})}), {inf, 0}, 0);
}

TEST(Bickley, RefusesDerivativesThatItDoesNotHave) {
  Graph graph;
  const Node x = graph.input("x", {3});
  EXPECT_THROW(scaled_bickley_derivative(0, x), ArgumentError);
  EXPECT_THROW(scaled_bickley_derivative(9, x), ArgumentError);
}

}  // namespace
}  // namespace loglik
