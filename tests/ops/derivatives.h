#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "framework/autodiff.h"
#include "framework/graph.h"
#include "framework/interpret.h"
#include "framework/primitives.h"
#include "tests/conformance/differences.h"

namespace loglik {

using Build = std::function<Node(const std::vector<Node>&)>;

/// float64 elements spread over [low, high) without repeating: the fractional parts of multiples of √2.
inline Tensor spread(Extents extents, double low, double high, int seed = 1) {
  Tensor tensor(DType::float64, std::move(extents));
  double t = 0.137 * seed;
  for (double& value : tensor.mutable_values<double>()) {
    t = std::fmod(t + 0.41421356237309515, 1.0);
    value = low + (high - low) * t;
  }
  return tensor;
}

/// Compares the derivatives of `build` of order 1 to `orders` at a point with central differences, in float64, as the conformance kit does.
inline void expect_derivatives(const Build& build, const std::vector<Tensor>& at, int orders = 3) {
  Graph graph;
  std::vector<Node> xs;
  std::vector<std::pair<std::string, Tensor>> feed;
  for (std::size_t i = 0; i < at.size(); ++i) {
    feed.emplace_back("x" + std::to_string(i), at[i]);
    xs.push_back(graph.input(feed.back().first, Shape(std::span<const std::int64_t>(at[i].extents())), DType::float64));
  }
  std::vector<Node> outputs{build(xs)};
  for (int order = 1; order <= orders && !outputs.empty(); ++order) {
    std::vector<Tensor> weights;
    std::vector<Node> seeds;
    for (const Node output : outputs) {
      weights.push_back(conformance::weights(output.shape().constant(), static_cast<std::uint64_t>(order) * 100 + weights.size()));
      seeds.push_back(graph.constant(weights.back()));
    }
    const std::vector<Node> derivatives = vector_jacobian_product(outputs, seeds, xs);
    for (const std::string& wrong : conformance::compare_with_differences(outputs, weights, xs, derivatives, feed))
      ADD_FAILURE() << "order " << order << " " << wrong;
    outputs.clear();
    for (const Node derivative : derivatives)
      if (derivative) outputs.push_back(derivative);
  }
}

/// One row of a table of cases: an op by its registered name, applied to inputs of these shapes with elements in [low, high).
struct OpCase {
  const char* name;
  Build build;
  std::vector<Extents> shapes;
  double low = -2;
  double high = 2;
};

inline void expect_derivatives(const OpCase& c) {
  SCOPED_TRACE(c.name);
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < c.shapes.size(); ++i) inputs.push_back(spread(c.shapes[i], c.low, c.high, 3 + static_cast<int>(i)));
  expect_derivatives(c.build, inputs);
}

/// The value of `build` of constants.
inline Tensor value_of(const Build& build, const std::vector<Tensor>& inputs) {
  Graph graph;
  std::vector<Node> xs;
  for (const Tensor& input : inputs) xs.push_back(graph.constant(input));
  return interpret(build(xs));
}

/// ∂ sum(build(x)) / ∂x.
inline Tensor gradient_of(const Build& build, const Tensor& x) {
  Graph graph;
  const Node node = graph.constant(x);
  return interpret(gradient(reduce_sum(build({node})), node));
}

inline Tensor row(const std::vector<double>& values) { return Tensor::from(values); }

/// The build of one Operand that a function is, as tables of cases hold it.
inline Build unary(Node (*function)(Operand)) {
  return [=](const std::vector<Node>& x) { return function(x[0]); };
}
inline Build binary(Node (*function)(Operand, Operand)) {
  return [=](const std::vector<Node>& x) { return function(x[0], x[1]); };
}

/// Within `ulps` units in the last place of the type, relative to the expected value; the same infinity or NaN where that is expected.
inline void expect_close(const Tensor& actual, const std::vector<double>& expected, double ulps) {
  ASSERT_EQ(actual.count(), static_cast<std::int64_t>(expected.size()));
  const double epsilon = actual.dtype() == DType::float32 ? 0x1p-23 : 0x1p-52;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double value = actual.at(static_cast<std::int64_t>(i));
    if (std::isnan(expected[i]))
      EXPECT_TRUE(std::isnan(value)) << "element " << i << " is " << value << ", not NaN";
    else if (std::isinf(expected[i]))
      EXPECT_EQ(value, expected[i]) << "element " << i;
    else
      EXPECT_NEAR(value, expected[i], ulps * epsilon * std::abs(expected[i])) << "element " << i;
  }
}

/// A function of one Operand with its values at given points, from 40 digits (mpmath), rounded to 17.
struct Reference {
  const char* name;
  Node (*function)(Operand);
  std::vector<double> values;
};

/// float64 within `ulps` of the reference at `points`; float32 within `ulps` of float64 at the same, rounded, points.
inline void expect_reference(const Reference& reference, const std::vector<double>& points, double ulps) {
  SCOPED_TRACE(reference.name);
  const Build build = unary(reference.function);
  expect_close(value_of(build, {row(points)}), reference.values, ulps);
  const Tensor rounded = row(points).cast(DType::float32);
  const Tensor exact = value_of(build, {rounded.cast(DType::float64)});
  std::vector<double> expected(exact.values<double>().begin(), exact.values<double>().end());
  for (double& value : expected)
    if (std::abs(value) < 0x1p-126) value = 0;  // a kernel flushes what float32 can't hold as a normal number
  expect_close(value_of(build, {rounded}), expected, ulps);
}

}  // namespace loglik
