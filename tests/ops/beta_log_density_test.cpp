#include "ops/beta_log_density.h"

#include <limits>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const Build density = [](const std::vector<Node>& v) { return beta_log_density(v[0], v[1], v[2]); };
Build score(std::size_t by) {
  return [=](const std::vector<Node>& v) { return gradient(reduce_sum(density(v)), v[by]); };
}

const conformance::OpOptions options{.shapes = {{{3, 5}, {3, 5}, {3, 5}}, {{3, 1}, {1, 4}, {}}, {{0, 4}, {4}, {4}}},
                                     .domain = {-1.5, 1.5},
                                     .inputs = {{.domain = conformance::Domain{0.1, 0.9}}},
                                     .large = {{{100, 41}, {41}, {41}}}};

const ConformanceCases conforming{
    {"beta_log_density", density, options},
    {"beta_score", score(0), options},
    {"beta_score", score(1), options},
    {"beta_score", score(2), options},
};
const References references{"BetaLogDensity.IsRight", {"beta_log_density", "beta_score"}};

const Tensor y = row({0.25, 1e-30, 0.75, 0.999, 0.5, 0.125, 0.0625, 0.5, 0.3, 0.3}),
             x = row({0.5, -3, 1.0986122886681098, -104, 0, -0.5, -100, 0, -0.8472978603872037, -0.84}),
             c = row({1, -2, 14, 2, 30, -40, 104, 40, 20, 20});

TEST(BetaLogDensity, Conforms) { conforming.check(); }

TEST(BetaLogDensity, IsRight) {  // from the textbook formula and its differences at 60 digits (mpmath)
  constexpr double ulps = 8;
  expect_close(value_of(density, {y, x, c}),
               {-4.0539130601574203e-1, 63.538251846992971, 6.9180493833069033, -146.13303549476763, 14.774208647355249,
                -39.235181034055855, -9.4720749863701861e+43, 19.774208647355273, 9.8613853402815062, -2708.5342016489666},
               ulps);
  // At the mean those by y and x are differences of numbers of the size of φ·m·(1 − m), in long double; that by c is none.
  const Tensor by_y = value_of(score(0), {y, x, c}), by_x = value_of(score(1), {y, x, c}), by_c = value_of(score(2), {y, x, c});
  const std::vector<double> expected_y{2.7330636365120552,
                                       -9.9358160602077024e+29,
                                       2.6666666667757585,
                                       -6390.0570999316456,
                                       0.0,
                                       -6.8571428571428571,
                                       -1.5655063788324718e+45,
                                       0.0,
                                       -1.9047619072983521,
                                       3545825.6097147745},
      expected_x{
          -1.1726166429971817, 4.8393113238299128e-1, -2.5000018480461453e-1, 1.0, 0.0, 2.4491866240370913e-1, 5312.4619983894061, 0.0,
          0.20000000085982117, -745705.37619617531},
      expected_c{-2.4611016581046403e-1,  5.5900673823043331e-1,
                 5.0000030027425968e-1,   -50.041791274083348,
                 5.0000000000002339e-1,   1.0,
                 -9.4720749863701861e+43, 0.5,
                 0.5000000006461553,      -2717.8970409630787};
  for (std::int64_t i = 0; i < y.count(); ++i) {
    SCOPED_TRACE(i);
    const auto k = static_cast<std::size_t>(i);
    const double mean = 1 / (1 + std::exp(-x.at(i))), information = std::exp(c.at(i)) * mean * (1 - mean);
    const double near = std::abs(std::log(y.at(i)) - std::log1p(-y.at(i)) - x.at(i)) < 1e-6 ? 0x1p-62 * information : 0;  // of long double
    const double relative = ulps * 0x1p-52;
    EXPECT_NEAR(by_y.at(i), expected_y[k], relative * std::abs(expected_y[k]) + near / (y.at(i) * (1 - y.at(i))));
    EXPECT_NEAR(by_x.at(i), expected_x[k], relative * std::abs(expected_x[k]) + near);
    EXPECT_NEAR(by_c.at(i), expected_c[k], relative * std::abs(expected_c[k]));
  }
  expect_close(value_of(density, {row({0, 1, -1, nan}), row({0, 0, 0, 0}), row({1, 1, 1, 1})}), {nan, nan, nan, nan}, 0);
}

// By α·log y and log B in float32 it is off by units at φ = e¹⁴.
TEST(BetaLogDensity, IsRightInFloat32ForLargePrecision) {
  const Tensor value =
      value_of(density, {row({0.75}).cast(DType::float32), row({1.0986123}).cast(DType::float32), row({14}).cast(DType::float32)});
  EXPECT_NEAR(value.at(0), 6.9180493833069033, 2e-6);
}

TEST(BetaLogDensity, RefusesAnUnknownScore) {
  register_builtin_ops();
  EXPECT_THROW(make_op("beta_score", {{"by", std::string("z")}}), ArgumentError);
}

}  // namespace
}  // namespace loglik
