#include "tests/ops/numeric_gradient.h"

#include <fmt/format.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "framework/autodiff.h"
#include "framework/graph.h"
#include "framework/interpret.h"
#include "framework/op.h"
#include "framework/primitives.h"
#include "framework/random.h"

namespace loglik {
namespace {

using Feed = std::vector<std::pair<std::string, Tensor>>;

// ∂y/∂inputs against (y(x + h) − y(x − h)) / 2h. With h = 2⁻¹³ the truncation error is of order h² = 1.5e-8 (nothing for polynomials up to
// degree two), rounding 1e-16 · |y| / h = 1e-12 · |y|.
void compare(Node y, const std::vector<Node>& inputs, Feed& feed, const std::string& what) {
  const double h = std::ldexp(1.0, -13);
  const std::vector<Node> derivatives = gradients(y, inputs);
  const std::vector<Tensor> values = interpret(derivatives, feed);
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    ASSERT_EQ(derivatives[k].shape(), inputs[k].shape()) << what;
    for (std::int64_t i = 0; i < values[k].count(); ++i) {
      const Tensor at = feed[k].second;
      const auto shifted = [&](double by) {
        feed[k].second = at.clone();
        feed[k].second.mutable_values<double>()[static_cast<std::size_t>(i)] += by;
        return interpret(std::span(&y, 1), feed)[0].item();
      };
      const double numeric = (shifted(h) - shifted(-h)) / (2 * h);
      feed[k].second = at;
      ASSERT_NEAR(values[k].at(i), numeric, 1e-7 * (1 + std::abs(numeric))) << what << ", input " << k << ", element " << i;
    }
  }
}

}  // namespace

Tensor scattered(const Extents& extents, std::uint64_t seed) {
  Tensor tensor(DType::float64, extents);
  const std::span<double> values = tensor.mutable_values<double>();
  fill_uniform<double>(RandomKey{seed, 0, 1}, 0, values);
  for (double& v : values) v = 2 * v - 1;
  return tensor;
}

void expect_gradients(const std::function<Node(const std::vector<Node>&)>& f, const std::vector<Extents>& extents,
                      const std::string& what) {
  Graph graph;
  std::vector<Node> inputs;
  Feed feed;
  for (std::size_t k = 0; k < extents.size(); ++k) {
    const std::string name = fmt::format("x{}", k);
    inputs.push_back(graph.input(name, Shape(std::span<const std::int64_t>(extents[k])), DType::float64));
    feed.emplace_back(name, scattered(extents[k], k));
  }
  const Node y = f(inputs);
  const Node weights = graph.constant(scattered(y.shape().constant(), 100));
  const Node loss = reduce_sum(y * weights);
  compare(loss, inputs, feed, what);

  Node second = graph.constant(0.0, DType::float64);
  for (std::size_t k = 0; k < inputs.size(); ++k)
    second = second + reduce_sum(gradient(loss, inputs[k]) * graph.constant(scattered(extents[k], 200 + k)));
  compare(second, inputs, feed, what + ", second derivative");
}

namespace {

Node half(Operand x) { return 0.5 * x; }

struct WrongSquare final : Op {  // says ∂x² = x
  std::string_view name() const override { return "wrong_square"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  void run(const KernelArgs& args) const override {
    for (std::size_t i = 0; i < args.input<double>(0).size(); ++i)
      args.output<double>(0)[i] = args.input<double>(0)[i] * args.input<double>(0)[i];
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {args.output_gradient(0) * args.input(0)}; }
};

TEST(NumericGradient, AcceptsARightAndRefusesAWrongOne) {
  expect_gradients([](const std::vector<Node>& x) { return half(x[0]) * x[1]; }, {{2, 3}, {3}}, "half the product");
  EXPECT_FATAL_FAILURE(
      expect_gradients([](const std::vector<Node>& x) { return make_node(std::make_shared<WrongSquare>(), {x[0]}); }, {{3}}, "wrong"),
      "element 0");
}

}  // namespace
}  // namespace loglik
