// The CRPS of families whose closed form is more than their cdf and density, against the integrals and sums that references/crps.py wrote.
#include "ops/ops.h"
#include "tests/ops/distributions/references.h"

namespace loglik {
namespace {

void expect_crps(const std::string& family, MakeDistribution make) {
  const auto functions = read_references(family + "_crps");
  ASSERT_EQ(functions.at("crps").value.size(), 50U);
  expect_rows(functions, make);
}

TEST(CrpsReferences, AreReached) {
  expect_crps("inverse_gaussian", [](Node a, Node b) -> Distribution { return InverseGaussian{.log_mean = a, .log_concentration = b}; });
  expect_crps("negative_binomial", [](Node a, Node b) -> Distribution { return NegativeBinomial{.log_mean = a, .log_size = b}; });
  expect_crps("binomial", [](Node a, Node) -> Distribution { return Binomial{.logits = a, .trials = 12}; });
}

// Where the concentration is large the terms, of the mean's size, leave one of the spread's: with the Gaussian of the same mean and variance
// as a neighbour, which differs by the skewness, 3·√(μ/λ).
TEST(CrpsReferences, OfInverseGaussianIsNearGaussian) {
  Graph graph;
  const Node y = graph.constant(row({1, 1.00002, 0.99995}));
  const InverseGaussian d{.log_mean = graph.constant(0.0, DType::float64), .log_concentration = graph.constant(std::log(1e10), DType::float64)};
  const Gaussian near{.loc = graph.constant(1.0, DType::float64), .scale = 1e-5};
  const Tensor actual = interpret(d.crps(y)), expected = interpret(near.crps(y));
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(actual.at(i) / expected.at(i), 1, 1e-4) << i;
}

TEST(CrpsReferences, BelowTheSupportIsTheDistance) {  // to 0, and from there on
  Graph graph;
  const InverseGaussian d{.log_mean = graph.constant(0.5, DType::float64), .log_concentration = graph.constant(-0.5, DType::float64)};
  const Tensor values = interpret(d.crps(graph.constant(row({0, -3, 1e-300}))));
  EXPECT_NEAR(values.at(1), values.at(0) + 3, 1e-14);
  EXPECT_NEAR(values.at(2), values.at(0), 1e-14);
}

}  // namespace
}  // namespace loglik
