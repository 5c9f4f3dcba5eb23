#include "ops/distributions/class_weights.h"

#include <cmath>

#include "framework/error.h"
#include "framework/evaluate.h"
#include "framework/head.h"
#include "ops/distributions/categorical.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

const Tensor labels = Tensor::from(std::vector<std::int32_t>{2, 0, 0, 0, 2, 0});

TEST(ClassWeights, AreSampleWeights) {
  EXPECT_TRUE(weights_of(labels, std::vector<double>{0.5, 7, 3}).same_bits(row({3, 0.5, 0.5, 0.5, 3, 0.5})));
  EXPECT_TRUE(weights_of(labels.cast(DType::uint8).reshape({2, 3}), std::vector<double>{1, 0, 0}).same_bits(Tensor::from(std::vector<double>{0, 1, 1, 1, 0, 1}, {2, 3})));
  const std::vector<double> balanced = balanced_class_weights(labels, 3);
  EXPECT_EQ(balanced, (std::vector<double>{6.0 / 12, 0, 6.0 / 6}));
}

TEST(ClassWeights, DivideTheLossByTheirSum) {
  Graph graph;
  graph.head("y", Categorical{.logits = graph.input("x", {batch, 3}, DType::float64)});
  const Model model = compile(graph);
  const Tensor x = spread({6, 3}, -1, 1);
  const std::vector<double> weights{0.5, 7, 3};
  const Evaluation result = evaluate(model, Dataset::from(x, labels, {.weights = weights_of(labels, weights)}));
  double loss = 0, total = 0;
  for (std::int64_t i = 0; i < 6; ++i) {
    const auto y = static_cast<std::int64_t>(labels.at(i));
    double sum = 0;
    for (std::int64_t k = 0; k < 3; ++k) sum += std::exp(x.at(3 * i + k));
    loss += weights[static_cast<std::size_t>(y)] * (std::log(sum) - x.at(3 * i + y));
    total += weights[static_cast<std::size_t>(y)];
  }
  EXPECT_NEAR(result.nll, loss / total, 1e-14);
  EXPECT_EQ(result.heads[0].weight, total);
}

TEST(ClassWeights, RefuseOtherLabelsAndWeights) {
  EXPECT_EQ(error_of<IndexError>([] { weights_of(labels, std::vector<double>{1, 1}); }), "class weights: label 2 at row 0 is none of the 2 classes");
  EXPECT_EQ(error_of<ArgumentError>([] { weights_of(labels, std::vector<double>{1, -1, 1}); }), "class weights: -1, must be finite and not negative");
  EXPECT_EQ(error_of<DtypeError>([] { balanced_class_weights(row({0, 1}), 2); }), "class weights: the labels are float64, must be int32 or uint8");
}

}  // namespace
}  // namespace loglik
