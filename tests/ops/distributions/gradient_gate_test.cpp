#include "ops/distributions/gradient_gate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "framework/autodiff.h"
#include "framework/interpret.h"
#include "framework/primitives.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

using Function = Node (*)(Node x, Node scale);

// Σ of a function of x where x > 0, else of 7: value, and the gradients by x and by a parameter of all elements.
struct Chosen {
  Graph graph;
  Node x = graph.constant(row({0, 2, 0, 3}));
  Node scale = graph.constant(0.5, DType::float64);
  Node used = greater(x, 0.0);
  Node sum;
  explicit Chosen(Function function) {
    sum = reduce_sum(where(used, gradient_where(used, [&] { return function(x, scale); }), 7.0));
  }
  Node by_x() { return gradient(sum, x); }
  Node by_scale() { return gradient(sum, scale); }
};

// log x/s, whose derivative by x is infinite at 0, and by s as well.
TEST(GradientWhere, KeepsInfiniteDerivativesOut) {
  Chosen chosen([](Node x, Node scale) { return log(x) / scale; });
  EXPECT_NEAR(interpret(chosen.sum).at(0), 14 + 2 * std::log(6.0), 1e-14);
  expect_close(interpret(chosen.by_x()), {0, 1, 0, 2.0 / 3}, 2);
  EXPECT_NEAR(interpret(chosen.by_scale()).at(0), -4 * std::log(6.0), 1e-14);
  expect_close(interpret(gradient(reduce_sum(chosen.by_x()), chosen.x)), {0, -0.5, 0, -2.0 / 9}, 2);
}

// `where` alone hands 0 on, and 0·∞ is NaN.
TEST(GradientWhere, IsNeeded) {
  Chosen chosen([](Node x, Node scale) { return log(x) / scale; });
  const Node alone = reduce_sum(where(chosen.used, log(chosen.x) / chosen.scale, 7.0));
  EXPECT_EQ(interpret(alone).at(0), interpret(chosen.sum).at(0));
  EXPECT_TRUE(std::isnan(interpret(gradient(alone, chosen.x)).at(0)));
  EXPECT_TRUE(std::isnan(interpret(gradient(alone, chosen.scale)).at(0)));
}

// Past a sum over an axis of its own, elements are not those of the condition: gradients are chosen where the sum comes out.
TEST(GradientWhere, StopsAtWhatIsNotElementwise) {
  Chosen chosen([](Node x, Node scale) {
    const Node twice = concat({expand_dims(scale, 0), expand_dims(scale, 0)}, 0);
    return sqrt(reduce_sum(expand_dims(x, -1) * twice, {-1}));
  });
  expect_close(interpret(chosen.sum), {14 + std::sqrt(2.0) + std::sqrt(3.0)}, 2);
  expect_close(interpret(chosen.by_x()), {0, 0.5 / std::sqrt(2.0), 0, 0.5 / std::sqrt(3.0)}, 2);
  expect_close(interpret(chosen.by_scale()), {std::sqrt(2.0) + std::sqrt(3.0)}, 2);
}

TEST(GradientWhere, TakesWhatWasBuiltBefore) {
  Chosen chosen([](Node x, Node) { return x; });
  expect_close(interpret(chosen.by_x()), {0, 1, 0, 1}, 0);
  EXPECT_EQ(interpret(chosen.by_scale()).at(0), 0);
}

}  // namespace
}  // namespace loglik
