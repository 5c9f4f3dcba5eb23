// The benchmark measures what it says: products counted by hand, parameters that change once the rate is not zero, and the same bits however
// ops are fused and threads share the work.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "framework/blas.h"
#include "framework/error.h"
#include "framework/optimizers/sgd.h"
#include "framework/thread_pool.h"
#include "tests/support/allocation_counter.h"
#include "tools/benchmarks/bench/floor.h"
#include "tools/benchmarks/bench/workload.h"

namespace loglik::bench {
namespace {

double floor_flops(const Workload& workload) {
  const Model model = compile_workload(workload);
  Sizes sizes;
  sizes.set(batch.symbol(), workload.batch);
  return Floor(products(model.train_program(), sizes)).flops();
}

// Σ over dense layers: forward and weight gradient, and for all but the first the input's gradient; 2·batch·in·out each.
double dense(double batch, std::vector<double> widths, bool first_has_gradient = false) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) sum += (i == 0 && !first_has_gradient ? 2 : 3) * 2 * batch * widths[i] * widths[i + 1];
  return sum;
}

TEST(Floor, CountsTheProductsOfEachWorkload) {
  EXPECT_EQ(floor_flops(workload("tiny")), dense(32, {8, 32, 32, 1}));
  EXPECT_EQ(floor_flops(workload("mlp")), dense(64, {784, 256, 128, 10}));
  // Encoder, two heads of it, decoder.
  EXPECT_EQ(floor_flops(workload("vae")), dense(128, {784, 400}) + 2 * dense(128, {400, 20}, true) + dense(128, {20, 400, 784}, true));
  EXPECT_EQ(floor_flops(workload("mdn")), dense(256, {1, 64, 64, 15}));
  // Convolutions: 2·batch·positions·filters·patch, forward and filter gradient, and but for the first the input's gradient.
  EXPECT_EQ(floor_flops(workload("lenet")),
            2 * 64.0 * (2 * 784 * 6 * 25 + 3 * 100 * 16 * 150) + dense(64, {400, 120, 84, 10}, true));
  EXPECT_EQ(floor_flops(workload("cnn")), 2 * 64.0 * 784 * (2 * 32 * 9 + 3 * 64 * 288) + dense(64, {64 * 14 * 14, 128, 10}, true));
}

TEST(Workloads, HaveTheParametersOfTheirCounterparts) {  // as torch_steps.py prints them
  const std::pair<const char*, std::int64_t> expected[] = {{"tiny", 1377}, {"mlp", 235146}, {"vae", 652824}, {"mdn", 5263}, {"lenet", 61706}, {"cnn", 1625866}};
  for (const auto& [name, count] : expected) {
    std::int64_t sum = 0;
    for (const auto& [parameter, tensor] : compile_workload(workload(name)).parameters()) sum += tensor.count();
    EXPECT_EQ(sum, count) << name;
  }
}

TEST(Workloads, ChangeTheirParametersUnlessTheRateIsZero) {
  for (const Workload& workload : workloads())
    for (const double rate : {0.0, 1e-3}) {
      Model model = compile_workload(workload, rate);
      std::map<std::string, Tensor> before;
      for (const auto& [name, tensor] : model.parameters()) before.emplace(name, tensor.cast(DType::float64));  // copies
      model.session().step(workload.data(workload.batch));
      for (const auto& [name, tensor] : model.parameters())
        EXPECT_EQ(std::memcmp(before.at(name).data(), tensor.cast(DType::float64).data(), before.at(name).bytes()) == 0, rate == 0) << workload.name << " " << name;
    }
}

TEST(Workloads, GiveTheSameBitsHoweverTheyAreRun) {
  for (const Workload& workload : workloads()) {
    const auto train = [&](int threads, bool fusion) {
      set_thread_count(threads);
      Graph graph;
      workload.build(graph);
      Model model = compile(graph, {.fusion = fusion});
      Session session = model.session();
      const Batch data = workload.data(workload.batch);
      for (int step = 0; step < 2; ++step) session.step(data);
      set_thread_count(1);
      std::string bytes;
      for (const auto& [name, tensor] : model.parameters()) bytes.append(reinterpret_cast<const char*>(tensor.data()), tensor.bytes());
      return bytes;
    };
    const std::string expected = train(1, true);
    for (const int threads : {2, 3, 5, 8}) EXPECT_EQ(train(threads, true), expected) << workload.name << " with " << threads << " threads";
    EXPECT_EQ(train(1, false), expected) << workload.name << " without fusion";
  }
}

// One step at a rate so high that what parameters become is their gradients.
TEST(Workloads, DifferByRoundingAloneWithoutPatterns) {
  for (const Workload& workload : workloads()) {
    const auto train = [&](bool patterns) {
      Graph graph;
      workload.build(graph);
      Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 1e6}, .patterns = patterns});
      model.session().step(workload.data(workload.batch));
      std::map<std::string, Tensor> result;
      for (const auto& [name, tensor] : model.parameters()) result.emplace(name, tensor.cast(DType::float64));
      return result;
    };
    const std::map<std::string, Tensor> expected = train(false), got = train(true);
    for (const auto& [name, values] : expected) {
      double largest = 0, apart = 0;
      for (std::int64_t i = 0; i < values.count(); ++i) {
        largest = std::max(largest, std::abs(values.at(i)));
        apart = std::max(apart, std::abs(values.at(i) - got.at(name).at(i)));
      }
      EXPECT_LE(apart, 1e-5 * largest) << workload.name << " " << name;
    }
  }
}

TEST(Workloads, TakeHardlyMoreMemoryThanLivesAtOnce) {
  for (const Workload& workload : workloads()) {
    const Model model = compile_workload(workload);
    const Program& program = model.train_program();
    Sizes sizes;
    sizes.set(batch.symbol(), workload.batch);
    const ArenaLayout layout = lay_out_arena(program.graph(), program.schedule(), program.plan(), sizes);
    EXPECT_LE(static_cast<double>(layout.bytes), 1.05 * static_cast<double>(layout.live_bytes)) << workload.name;
    EXPECT_GE(layout.live_bytes, layout.scratch_bytes) << workload.name;
    Session session = model.session();
    session.step(workload.data(workload.batch));
    EXPECT_EQ(session.arena_bytes(), layout.bytes) << workload.name;
  }
}

TEST(Workloads, AllocateNothingInAStep) {
  if (!test::allocations_are_counted()) GTEST_SKIP() << "allocations are not counted in this build";
  for (const Workload& workload : workloads()) {
    const Model model = compile_workload(workload);
    Session session = model.session();
    const Batch data = workload.data(workload.batch);
    session.step(data);
    session.step(data);
    const std::int64_t before = test::allocations();
    session.step(data);
    EXPECT_EQ(test::allocations() - before, 0) << workload.name;
  }
}

TEST(Blas, IsTheBuildThatWasAskedFor) {
  const char* variant = std::getenv("LOGLIK_EXPECT_OPENBLAS");
  if (variant == nullptr) GTEST_SKIP() << "no build of OpenBLAS was asked for by LOGLIK_EXPECT_OPENBLAS";
  const std::string description = blas_description();
  const auto says = [&](const char* word) { return description.find(word) != std::string::npos; };
  const std::string found = says("USE_OPENMP") ? "openmp" : says("SINGLE_THREADED") ? "serial" : "pthread";
  EXPECT_EQ(found, variant) << description;
  EXPECT_EQ(blas_threading_problem(), "");
}

TEST(Workloads, AreKnownByName) {
  try {
    workload("lenett");
    FAIL();
  } catch (const NameError& error) {
    EXPECT_STREQ(error.what(), "there is no workload \"lenett\"; did you mean \"lenet\"?");
  }
}

}  // namespace
}  // namespace loglik::bench
