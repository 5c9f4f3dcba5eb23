#include <gtest/gtest.h>

#include "framework/batches.h"
#include "framework/fit.h"
#include "framework/tally.h"
#include "framework/thread_pool.h"
#include "ops/dense.h"
#include "ops/dropout.h"
#include "tests/framework/training.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {

using namespace test;

Dataset bytes_and_labels(std::int64_t rows) {
  const Tensor noise = normal_tensor({rows, 40}, 1);
  std::vector<std::uint8_t> x, y;
  for (std::int64_t i = 0; i < noise.count(); ++i) x.push_back(static_cast<std::uint8_t>(128 + 40 * noise.at(i)));
  for (std::int64_t i = 0; i < rows; ++i) y.push_back(noise.at(40 * i) > 0 ? 1 : 0);
  return Dataset::from(Tensor::from(x, {rows, 40}), Tensor::from(y),
                       {.weights = Tensor::from(std::vector<double>(static_cast<std::size_t>(rows), 0.5))});
}

Graph classifier() {
  Graph graph;
  Node h = cast(graph.input("pixels", {batch, 40}, DType::uint8), DType::float32) / 255.0;
  h = dropout(dense(h, {.units = 32, .activation = relu}), 0.5);
  graph.head("label", Coin{reshape(dense(h, {.units = 1}), {batch})});
  return graph;
}

class StepAllocation : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!allocations_are_counted()) GTEST_SKIP() << "allocations are not counted in this build";
    set_thread_count(GetParam());
  }
  void TearDown() override { set_thread_count(1); }
};
INSTANTIATE_TEST_SUITE_P(Threads, StepAllocation, testing::Values(1, 3), testing::PrintToStringParamName());

TEST_P(StepAllocation, IsNoneOnceBothSizesWereSeen) {
  const Dataset data = bytes_and_labels(100);
  for (const bool checked : {true, false}) {
    Graph graph = classifier();
    const Model model = compile(graph, {.optimizer = Adam{.learning_rate = cosine_decay(1e-3, 100)}});
    Session session = model.session(), evaluation = model.evaluation_session();
    if (!checked) session.set_target_check(nullptr);
    Batches batches(data, 32);  // 32, 32, 32, 4
    Tally tally(model);
    const auto epoch = [&](std::int64_t number) {
      batches.shuffle(1, number);
      tally.clear();
      for (std::int64_t i = 0; i < batches.count(); ++i) {
        session.step(batches[i]);
        tally.add(session, batches.rows(i));
        evaluation.step(batches[i]);
      }
    };
    epoch(1);
    const std::int64_t before = allocations();
    epoch(2);
    epoch(3);
    EXPECT_EQ(allocations() - before, 0) << (checked ? "with" : "without") << " the check of targets";
    EXPECT_EQ(tally.result().heads[0].weight, 50);
  }
}

TEST_P(StepAllocation, OfFitDoesNotGrowWithItsSteps) {
  const auto of_epoch = [&](std::int64_t rows) {
    Graph graph = classifier();
    Model model = compile(graph);
    std::vector<std::int64_t> counts;
    counts.reserve(8);
    fit(model, bytes_and_labels(rows),
        {.epochs = 3, .batch_size = 32, .on_epoch = [&](const EpochRecord&) { counts.push_back(allocations()); }});
    return counts[2] - counts[1];
  };
  EXPECT_EQ(of_epoch(100), of_epoch(1000));
}

}  // namespace
}  // namespace loglik
