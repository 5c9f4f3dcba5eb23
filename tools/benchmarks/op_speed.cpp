// Single ops by Google Benchmark: the kernel alone, on memory that is there already. Counters: elements of the output and bytes of inputs and
// outputs a second, and FLOP/s where the op says how many it does.
//
//   build/tools/op_speed [--benchmark_filter=REGEX] [--benchmark_repetitions=N --benchmark_enable_random_interleaving=true]
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

#include "framework/floating_point_guard.h"
#include "framework/op.h"
#include "framework/thread_pool.h"
#include "models/models.h"

namespace loglik {
namespace {

/// Kernel, inputs and outputs of the op that a node stands for. Inputs are filled with numbers of (0, 1), indices with 0, 1, 2, ….
class Kernel {
 public:
  explicit Kernel(Node node) : op_(node.graph().record(node.index()).op) {
    const NodeRecord& record = node.graph().record(node.index());
    std::vector<TensorType> types;
    for (const Node input : record.inputs) {
      types.push_back(input.type());
      tensors_.push_back(filled(input.type()));
    }
    for (const TensorType& type : record.outputs) tensors_.emplace_back(type.dtype, type.shape.constant());
    scratch_ = Tensor(DType::uint8, {static_cast<std::int64_t>(op_->workspace(types))});
    flops_ = op_->flops(types);
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      Tensor& tensor = tensors_[i];
      bytes_ += static_cast<double>(tensor.bytes());
      (i < record.inputs.size() ? inputs_ : outputs_).push_back({tensor.dtype(), tensor.extents(), tensor.count(), tensor.mutable_data()});
    }
    args_.inputs = inputs_;
    args_.outputs = outputs_;
    args_.scratch = scratch_.mutable_data();
    args_.random = &random_;
  }
  Kernel(const Kernel&) = delete;

  void run(benchmark::State& state) const {
    const FloatingPointGuard guard;
    for (auto _ : state) {
      op_->run(args_);
      benchmark::ClobberMemory();
    }
    const auto rate = [](double amount) { return benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate); };
    state.counters["elements/s"] = rate(static_cast<double>(args_.outputs[0].count));
    state.counters["bytes/s"] = rate(bytes_);
    if (flops_ > 0) state.counters["FLOP/s"] = rate(flops_);
  }

 private:
  static Tensor filled(const TensorType& type) {
    Tensor tensor(type.dtype, type.shape.constant());
    if (type.dtype == DType::float32) fill_uniform<float>({1, 0, 0}, 0, tensor.mutable_values<float>());
    std::int32_t next = 0;
    if (type.dtype == DType::int32)
      for (std::int32_t& index : tensor.mutable_values<std::int32_t>()) index = next++ % 10;
    if (type.dtype == DType::boolean)
      for (bool& element : tensor.mutable_values<bool>()) element = next++ % 3 == 0;
    return tensor;
  }

  std::shared_ptr<const Op> op_;
  std::vector<Tensor> tensors_;
  std::vector<TensorView> inputs_, outputs_;
  Tensor scratch_;
  RandomKey random_;
  KernelArgs args_;
  double flops_ = 0, bytes_ = 0;
};

struct Case {
  std::string name;
  std::vector<Shape> shapes;  ///< of float32 operands
  std::function<Node(const std::vector<Node>&)> build;
};

std::vector<Case> cases() {
  const Shape large{64, 32, 28, 28}, small{4096};
  std::vector<Case> result;
  const auto unary = [&](const char* name, Node (*op)(Operand)) {
    result.push_back({fmt::format("{}/4096", name), {small}, [op](const auto& x) { return op(x[0]); }});
  };
  unary("exp", exp), unary("log", log), unary("tanh", tanh), unary("sigmoid", sigmoid), unary("softplus", softplus), unary("relu", relu);
  unary("erf", erf), unary("lgamma", lgamma), unary("digamma", digamma), unary("log_ndtr", log_ndtr);
  result.push_back({"add/64x32x28x28", {large, large}, [](const auto& x) { return x[0] + x[1]; }});
  result.push_back({"add_bias/64x32x28x28", {large, {32, 1, 1}}, [](const auto& x) { return x[0] + x[1]; }});
  result.push_back({"where/64x32x28x28", {large, large}, [](const auto& x) { return where(greater(x[0], 0.5), x[1], 0.0); }});
  result.push_back({"reduce_sum_last/4096x256", {{4096, 256}}, [](const auto& x) { return reduce_sum(x[0], {-1}); }});
  result.push_back({"reduce_sum_first/4096x256", {{4096, 256}}, [](const auto& x) { return reduce_sum(x[0], {0}); }});
  result.push_back({"softmax/256x1000", {{256, 1000}}, [](const auto& x) { return softmax(x[0]); }});
  result.push_back({"log_softmax/256x10", {{256, 10}}, [](const auto& x) { return log_softmax(x[0]); }});
  result.push_back({"logsumexp/256x1000", {{256, 1000}}, [](const auto& x) { return logsumexp(x[0], {-1}); }});
  result.push_back({"transpose/1024x1024", {{1024, 1024}}, [](const auto& x) { return transpose(x[0]); }});
  result.push_back({"max_pool2d/64x32x28x28", {large}, [](const auto& x) { return max_pool2d(x[0]); }});
  result.push_back({"dropout/64x32x28x28", {large}, [](const auto& x) { return dropout(x[0], 0.5); }});
  for (const auto& [m, k, n] : {std::array{64, 784, 256}, std::array{256, 64, 15}, std::array{64, 84, 10}, std::array{64, 12544, 128}, std::array{1024, 1024, 1024}})
    result.push_back({fmt::format("matmul/{}x{}x{}", m, k, n), {{m, k}, {k, n}}, [](const auto& x) { return matmul(x[0], x[1]); }});
  const auto convolution = [&](const char* name, Shape x, Shape filters, const ConvolutionOptions& options) {
    result.push_back({name, {std::move(x), std::move(filters)}, [options](const auto& in) { return conv2d(in[0], in[1], options); }});
  };
  convolution("conv2d_3x3/64x32x28x28_64", large, {64, 32, 3, 3}, {.padding = 1});
  convolution("conv2d_5x5/64x1x28x28_6", {64, 1, 28, 28}, {6, 1, 5, 5}, {.padding = 2});
  convolution("conv2d_1x1/64x32x28x28_64", large, {64, 32, 1, 1}, {});
  convolution("conv2d_3x3_stride2/64x32x28x28_64", large, {64, 32, 3, 3}, {.stride = 2, .padding = 1});
  convolution("conv2d_depthwise_3x3/64x32x28x28", large, {32, 1, 3, 3}, {.padding = 1, .groups = 32});
  return result;
}

void time_op(benchmark::State& state, const Case& one) {
  Graph graph;
  std::vector<Node> operands;
  for (const Shape& shape : one.shapes) operands.push_back(graph.input(fmt::format("x{}", operands.size()), shape));
  Kernel(one.build(operands)).run(state);
}

}  // namespace
}  // namespace loglik

int main(int argc, char** argv) {
  loglik::set_thread_count(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const auto& one : loglik::cases())
    benchmark::RegisterBenchmark(one.name.c_str(), [one](benchmark::State& state) { loglik::time_op(state, one); });
  benchmark::RunSpecifiedBenchmarks();
}
