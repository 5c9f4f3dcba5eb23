// Special functions of float32 by vectors of float64 against the same op in float64: of every 4099th positive float32, of several arguments
// of every 32,792nd with others; also where what is out of a kernel's range is left to long double; with each instruction set that the
// processor has.
#include <gtest/gtest.h>

#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <span>

#include "framework/framework.h"
#include "framework/simd/math.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

using Values = std::vector<double>;

/// A function of arrays; its inputs, all of one length; and how far it may be off: ulps of the value where that is not small beside 1, of 1
/// elsewhere, or of the value anywhere for a `relative` one.
struct Function {
  const char* name;
  Build build;
  std::vector<Values> inputs;
  bool relative = false;
};

double float_at(std::uint32_t bits) { return std::bit_cast<float>(bits); }

Values positive(std::uint32_t stride) {
  Values values;
  const auto end = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity());
  for (std::uint32_t bits = std::bit_cast<std::uint32_t>(0x1p-126f); bits < end; bits += stride)
    values.push_back(float_at(bits));
  return values;
}

/// As many numbers from [low, high], in an order of their own: multiples of an irrational number.
Values spread_over(std::size_t count, double low, double high, double step) {
  Values values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double turns = step * static_cast<double>(i + 1);
    values[i] = static_cast<float>(low + (high - low) * (turns - std::floor(turns)));
  }
  return values;
}
Values map(Values values, double (*f)(double)) {
  for (double& value : values) value = static_cast<float>(f(value));
  return values;
}
double to_unit(double x) { return 1 / (1 + std::exp(x)); }
double to_count(double x) { return std::floor(std::exp(x)); }

std::vector<Function> functions(std::uint32_t stride) {
  const Values every = positive(stride), x = positive(8 * stride);  // of one argument; and of several
  const std::size_t n = x.size();
  const Values wide = spread_over(n, -90, 90, 0.6180339887498949), narrow = spread_over(n, -12, 12, 0.4142135623730951),
               degrees = map(spread_over(n, -20, 40, 0.7320508075688772), std::exp),
               unit = map(spread_over(n, -16, 16, 0.2360679774997897), to_unit),
               counts = map(spread_over(n, -2, 18, 0.1622776601683795), to_count),
               few = map(spread_over(n, 0, 21, 0.1231056256176605), std::floor),
               some = map(spread_over(n, 0, 1001, 0.3588989435406740), std::floor),
               out_of_range = spread_over(n, -1000, 1000, 0.3166247903553998);
  const auto by = [](Build build, std::size_t input) -> Build {
    return [=](const std::vector<Node>& v) { return gradient(reduce_sum(build(v)), v[input]); };
  };
  const Build beta = [](const std::vector<Node>& v) { return beta_log_density(v[0], v[1], v[2]); };
  const Build negative_binomial = [](const std::vector<Node>& v) { return negative_binomial_log_prob(v[0], v[1], v[2]); };
  const Build student_t = [](const std::vector<Node>& v) { return student_t_log_density(v[0], v[1], v[2], v[3]); };
  const Build deviance = [](const std::vector<Node>& v) { return gamma_deviance(v[0], v[1], v[2]); };
  return {
      {"lgamma", [](const std::vector<Node>& v) { return lgamma(v[0]); }, {every}, true},
      {"digamma", [](const std::vector<Node>& v) { return digamma(v[0]); }, {every}, true},
      {"stirling_remainder", [](const std::vector<Node>& v) { return stirling_remainder(v[0]); }, {every}, true},
      {"its derivative", [](const std::vector<Node>& v) { return stirling_remainder_derivative(1, v[0]); }, {every}, true},
      {"log1pmx", [](const std::vector<Node>& v) { return log1pmx(v[0]); }, {every}, true},
      {"log1pmx below 0", [](const std::vector<Node>& v) { return log1pmx(-v[0]); }, {unit}, true},
      {"gamma_deviance", deviance, {x, wide, narrow}, true},
      {"gamma_deviance beyond its range", deviance, {x, out_of_range, wide}, true},
      {"its derivative by m", by(deviance, 1), {x, wide, narrow}, true},
      {"poisson_deviance", [](const std::vector<Node>& v) { return poisson_deviance(v[0], v[1]); }, {x, wide}, true},
      {"poisson_deviance of counts", [](const std::vector<Node>& v) { return poisson_deviance(v[0], v[1]); }, {counts, narrow}, true},
      {"inverse_gaussian_deviance",
       [](const std::vector<Node>& v) { return inverse_gaussian_deviance(v[0], v[1], v[2]); },
       {x, wide, narrow},
       true},
      {"beta_log_density", beta, {unit, narrow, narrow}},
      {"beta_log_density beyond its range", beta, {unit, out_of_range, wide}},
      {"beta_score by x", by(beta, 1), {unit, narrow, wide}},
      {"beta_score by c", by(beta, 2), {unit, narrow, wide}},
      {"negative_binomial", negative_binomial, {counts, narrow, narrow}},
      {"negative_binomial of any size", negative_binomial, {counts, wide, out_of_range}},
      {"negative_binomial by size", by(negative_binomial, 2), {counts, narrow, narrow}},
      {"negative_binomial by any size", by(negative_binomial, 2), {counts, narrow, wide}},
      {"binomial of 1000 trials", [](const std::vector<Node>& v) { return binomial_log_prob(v[0], v[1], 1000); }, {some, narrow}},
      {"binomial of 20 trials", [](const std::vector<Node>& v) { return binomial_log_prob(v[0], v[1], 20); }, {few, wide}},
      {"student_t_log_density", student_t, {x, wide, narrow, degrees}},
      {"student_t_log_density beyond its range", student_t, {x, wide, out_of_range, degrees}},
      {"student_t_log_density by degrees", by(student_t, 3), {narrow, wide, narrow, degrees}, true},
  };
}

Tensor of_dtype(const Function& function, DType dtype) {
  Graph graph;
  std::vector<Node> inputs;
  for (const Values& values : function.inputs) inputs.push_back(graph.constant(row(values).cast(dtype)));
  return interpret(function.build(inputs));
}

double worst_ulps(const Function& function, const Tensor& narrow, const Tensor& exact, std::int64_t& at) {
  double worst = 0;
  for (std::int64_t i = 0; i < exact.count(); ++i) {
    const double value = exact.at(i), rounded = static_cast<double>(static_cast<float>(value));
    double ulps = 0;
    if (std::isnan(value) || std::isinf(rounded) || std::isnan(narrow.at(i))) {
      if (narrow.at(i) != rounded && !(std::isnan(value) && std::isnan(narrow.at(i)))) ulps = std::numeric_limits<double>::infinity();
    } else {
      int exponent = 0;
      std::frexp(function.relative ? std::max(std::abs(value), 0x1p-126) : std::max(std::abs(value), 1.0), &exponent);
      ulps = std::abs(narrow.at(i) - value) / std::ldexp(1.0, exponent - 24);
      if (std::abs(value) < 0x1.01p-126 && narrow.at(i) == 0) ulps = 0;  // denormal numbers may count as 0
    }
    if (!(ulps <= worst)) worst = ulps, at = i;
  }
  return worst;
}

void expect_right(std::uint32_t stride, double most) {
  for (const Function& function : functions(stride)) {
    std::int64_t at = 0;
    const double worst = worst_ulps(function, of_dtype(function, DType::float32), of_dtype(function, DType::float64), at);
    std::string where;
    for (const Values& values : function.inputs) where += " " + std::to_string(values[static_cast<std::size_t>(at)]);
    EXPECT_LE(worst, most) << function.name << " with " << simd::target() << " at" << where;
  }
}

// Half an ulp by rounding, and what is lost in float64.
TEST(SpecialSimdKernels, AreFloat64Rounded) { expect_right(4099, 0.51); }

TEST(SpecialSimdKernels, AreSoWithEveryInstructionSet) {
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
    hwy::SetSupportedTargetsForTest(left & -left);
    expect_right(51237, 0.51);
  }
  hwy::SetSupportedTargetsForTest(0);
}

// Neither on its place nor on its neighbours, of which some are out of range; and what is kept of one ν is not taken for another.
TEST(SpecialSimdKernels, DependOnTheElementAlone) {
  for (const Function& function : functions(512 * 4099)) {
    const Tensor whole = of_dtype(function, DType::float32);
    for (std::size_t i = 0; i < function.inputs[0].size(); ++i) {
      Function one = function;
      for (Values& values : one.inputs) values = {values[i]};
      const auto k = static_cast<std::int64_t>(i);
      const double alone = of_dtype(one, DType::float32).at(0);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(alone), std::bit_cast<std::uint64_t>(whole.at(k))) << function.name << " " << i;
    }
  }
}

}  // namespace
}  // namespace loglik
