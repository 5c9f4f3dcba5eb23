#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "framework/head.h"
#include "framework/interpret.h"
#include "framework/model.h"
#include "framework/primitives.h"
#include "ops/matmul.h"

namespace loglik {
namespace {

struct Centre {
  Node loc;
  Node log_prob(Node y) const { return -0.5 * (y - loc) * (y - loc); }
  Node mean() const { return loc; }
};

// More threads of the user's own than BLAS has buffers (64), each with a batch size of its own, on one shared program.
TEST(Predict, IsRightFromThreeHundredThreadsAtOnce) {
  constexpr std::int64_t threads = 300, inputs = 16;
  const Initializer uniform{"uniform", [](Tensor& values, RandomKey key) { fill_uniform<float>(key, 0, values.mutable_values<float>()); }};
  Graph graph;
  const Node x = graph.input("x", {batch, inputs});
  const Node h = matmul(x, graph.parameter("w", {inputs, 32}, uniform));
  const Node mean = reduce_sum(matmul(h * h, graph.parameter("v", {32, 4}, uniform)), {1});
  graph.head("y", Centre{mean});
  const Model model = compile(graph, {.seed = 3});

  std::vector<Tensor> data;
  for (std::uint64_t size = 1; size <= 7; ++size) {
    data.emplace_back(DType::float32, Extents{static_cast<std::int64_t>(size), inputs});
    fill_uniform<float>({size, 0, 0}, 0, data.back().mutable_values<float>());
  }
  std::vector<Tensor> expected;
  for (const Tensor& batch_of_data : data) expected.push_back(model.predict(batch_of_data)["y.mean"]);

  std::atomic<int> wrong = 0, waiting = threads;
  std::vector<std::thread> all;
  for (std::int64_t t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (--waiting; waiting > 0;) std::this_thread::yield();  // all at once
      for (std::size_t k = 0; k < 3; ++k) {
        const std::size_t which = (static_cast<std::size_t>(t) + k) % data.size();
        if (!model.predict(data[which])["y.mean"].same_bits(expected[which])) ++wrong;
      }
    });
  for (std::thread& thread : all) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(interpret(mean, {{"x", data[2]}}, 3).same_bits(expected[2]));
}

}  // namespace
}  // namespace loglik
