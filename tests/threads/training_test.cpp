#include <gtest/gtest.h>

#include "framework/fit.h"
#include "framework/thread_pool.h"
#include "ops/conv2d.h"
#include "ops/dense.h"
#include "ops/dropout.h"
#include "ops/pooling.h"
#include "ops/shape.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using namespace test;

// Wide enough that products, convolutions, elementwise ops, reductions and the update are all cut into several pieces.
Graph network() {
  Graph graph;
  const Node x = graph.input("x", {batch, 1, 12, 12});
  Node h = max_pool2d(conv2d(x, {.filters = 8, .kernel = 3, .activation = relu}), {.window = 2});
  h = dropout(dense(flatten(h), {.units = 160, .activation = relu}), 0.3);
  graph.head("y", Coin{reshape(dense(h, {.units = 1}), {batch})});
  return graph;
}

Dataset images(std::int64_t rows) {
  const Tensor x = normal_tensor({rows, 1, 12, 12}, 1).cast(DType::float32);
  std::vector<std::int32_t> y;
  for (std::int64_t i = 0; i < rows; ++i) y.push_back(x.at(144 * i) > x.at(144 * i + 77) ? 1 : 0);
  return Dataset::from(x, Tensor::from(y));
}

TEST(Training, GivesTheSameBitsWithAnyNumberOfThreads) {
  const Dataset data = images(150), validation = images(50);
  const auto train = [&](int threads) {
    set_thread_count(threads);
    Graph graph = network();
    Model model = compile(graph, {.seed = 7});
    History history = fit(model, data, {.epochs = 3, .batch_size = 64, .validation = validation});
    set_thread_count(1);
    return std::pair(std::move(model), std::move(history));
  };
  const auto [alone, history] = train(1);
  for (const int threads : {1, 2, 3, 8}) {
    const auto [together, other] = train(threads);
    EXPECT_TRUE(same_bits(alone.parameters(), together.parameters())) << threads << " threads";
    EXPECT_TRUE(same_bits(alone.state().tensors(), together.state().tensors())) << threads << " threads";
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
      EXPECT_EQ(history.epochs[epoch].train.nll, other.epochs[epoch].train.nll) << threads << " threads";
      EXPECT_EQ(history.epochs[epoch].validation->nll, other.epochs[epoch].validation->nll) << threads << " threads";
    }
  }
  EXPECT_LT(history.epochs[2].train.nll, history.epochs[0].train.nll);  // it did train
}

}  // namespace
}  // namespace loglik
