#include "ops/binary_cross_entropy.h"

#include <limits>

#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const std::vector<double> logits{-1e4, -1e4, -20, -20, 0, 0.75, 17, 40, 1e4, 1e4, 1e4};
const std::vector<double> targets{0, 1, 0, 1, 0.5, 0.25, 1, 1, 0, 1, 0.5};
const std::vector<double> values{0,
                                 1e4,
                                 2.061153620314381e-09,
                                 20.000000002061153,
                                 0.6931471805599453,
                                 0.9493710061149,
                                 4.139937633089748e-08,
                                 4.248354255291589e-18,
                                 10000,
                                 0,
                                 5000};

const ConformanceCases conforming{
    {"binary_cross_entropy",
     binary_cross_entropy,
     {.shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{1}, {7}}, {{0, 4}, {4}}}, .large = {{{300, 401}, {401}}}, .orders = 3}},
};
const References by_digits{"BinaryCrossEntropy.IsRight", {"binary_cross_entropy"}};

TEST(BinaryCrossEntropy, Conforms) { conforming.check(); }

TEST(BinaryCrossEntropy, IsRight) {  // from 40 digits; log1p and exp are within an ulp or two
  expect_close(value_of(binary(binary_cross_entropy), {row(logits), row(targets)}), values, 4);
  expect_close(value_of(binary(binary_cross_entropy), {row(logits).cast(DType::float32), row(targets).cast(DType::float32)}), values, 4);
  expect_close(value_of(binary(binary_cross_entropy), {row({nan, 1}), row({0, nan})}), {nan, nan}, 0);
}

TEST(BinaryCrossEntropy, HasDerivativesWhereItsStableFormHasKinks) {
  // At 0 the pieces of its stable form have kinks, the whole has not.
  expect_derivatives(binary(binary_cross_entropy), {row({0, 0, 0}), row({0, 0.5, 1})});
}

}  // namespace
}  // namespace loglik
