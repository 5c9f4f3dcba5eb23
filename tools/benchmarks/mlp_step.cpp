// How far a training step is from its floor: MLP 784-256-128-10, batch 64, Adam, float32, against its own matrix products (eight of them: the
// first layer needs no gradient of its input), timed alternately in one process on one thread.
//
//   build/tools/mlp_step [SECONDS]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "framework/blas.h"
#include "framework/floating_point_guard.h"
#include "framework/framework.h"
#include "ops/ops.h"

using namespace loglik;

namespace {

struct Product {  // {m, k} · {k, n}; transposed as the step has it
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;
};

// The products of one step, as the layers' forward and backward passes need them.
std::vector<Product> products(std::int64_t batch_size, const std::vector<std::int64_t>& widths) {
  std::vector<Product> result;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) result.push_back({false, false, batch_size, widths[i + 1], widths[i]});
  for (std::size_t i = widths.size() - 1; i-- > 0;) {
    result.push_back({true, false, widths[i], widths[i + 1], batch_size});              // of the weight: xᵀ·g
    if (i > 0) result.push_back({false, true, batch_size, widths[i], widths[i + 1]});  // of the input: g·Wᵀ
  }
  return result;
}

class Floor {
 public:
  Floor(std::int64_t batch_size, const std::vector<std::int64_t>& widths) : products_(products(batch_size, widths)) {
    for (const Product& p : products_) {
      a_.emplace_back(static_cast<std::size_t>(p.m * p.k), 0.01f);
      b_.emplace_back(static_cast<std::size_t>(p.k * p.n), 0.02f);
      c_.emplace_back(static_cast<std::size_t>(p.m * p.n));
    }
  }
  void run() {
    for (std::size_t i = 0; i < products_.size(); ++i) {
      const Product& p = products_[i];
      gemm<float>(p.transpose_a, p.transpose_b, p.m, p.n, p.k, 1, a_[i].data(), p.transpose_a ? p.m : p.k, b_[i].data(), p.transpose_b ? p.k : p.n, 0, c_[i].data(), p.n);
    }
  }

 private:
  std::vector<Product> products_;
  std::vector<std::vector<float>> a_, b_, c_;
};

double microseconds(auto&& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 5;
  set_thread_count(1);
  constexpr std::int64_t batch_size = 64;
  Graph graph;
  Node h = graph.input("x", {batch, 784});
  h = dense(h, {.units = 256, .activation = relu});
  h = dense(h, {.units = 128, .activation = relu});
  graph.head("label", Categorical{.logits = dense(h, {.units = 10})});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0}});  // the weights stay put: no gradient ever becomes denormal
  Session session = model.session();
  session.set_target_check(nullptr);

  Tensor x(DType::float32, {batch_size, 784}), y(DType::int32, {batch_size});
  fill_normal<float>({1, 0, 0}, 0, x.mutable_values<float>());
  for (std::int64_t i = 0; i < batch_size; ++i) y.mutable_values<std::int32_t>()[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i % 10);
  const Batch data{{"x", x}, {"label", y}};
  Floor floor(batch_size, {784, 256, 128, 10});
  for (int i = 0; i < 20; ++i) {
    session.step(data);
    floor.run();
  }
  std::vector<double> steps, floors, ratios;
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds) {
    steps.push_back(microseconds([&] { session.step(data); }));
    floors.push_back(microseconds([&] { const FloatingPointGuard guard; floor.run(); }));
    ratios.push_back(steps.back() / floors.back());
  }
  fmt::print("step {:.1f} us, its products {:.1f} us, ratio of medians {:.3f}, median of paired ratios {:.3f}, {} pairs\n", median(steps), median(floors),
             median(steps) / median(floors), median(ratios), steps.size());
}
