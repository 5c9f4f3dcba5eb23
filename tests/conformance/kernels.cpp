// Runs every op of a case by itself, in memory that was filled with rubbish: state, written, bounds, in place, epilogue, attributes.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "framework/error.h"
#include "framework/floating_point_guard.h"
#include "framework/interpret.h"
#include "framework/op.h"
#include "framework/registry.h"
#include "tests/conformance/op_case.h"

namespace loglik::conformance {
namespace {

constexpr std::size_t fence = 64;  // bytes behind each buffer that nobody may touch
constexpr std::byte fence_byte{0xa5};

// Memory of a tensor, filled with rubbish, with a fence behind it.
class Buffer {
 public:
  Buffer(std::size_t bytes, std::byte rubbish) : bytes_(bytes), block_(DType::uint8, {static_cast<std::int64_t>(bytes + fence)}) {
    std::fill_n(block_.mutable_data(), bytes, rubbish);
    std::fill_n(block_.mutable_data() + bytes, fence, fence_byte);
  }
  std::byte* data() { return block_.mutable_data(); }
  bool fence_stands() const {
    return std::all_of(block_.data() + bytes_, block_.data() + bytes_ + fence, [](std::byte b) { return b == fence_byte; });
  }

 private:
  std::size_t bytes_;
  Tensor block_;
};

struct Kernel {
  const Op& op;
  std::vector<Tensor> inputs;
  std::vector<std::size_t> first;  // for each input, the first that is the same node: they share memory
  std::vector<TensorType> input_types;
  std::vector<TensorType> output_types;
  RandomKey random;
};

struct Run {
  std::vector<Tensor> outputs;
  bool fences_stand = true;
  bool inputs_kept = true;
};

// What an epilogue was given: how often each element was finished, and its value by then.
struct Finished {
  std::vector<std::atomic<int>> times;
  std::vector<std::byte> values;
  explicit Finished(const TensorType& output)
      : times(static_cast<std::size_t>(count(output.shape.constant()))), values(times.size() * size_of(output.dtype)) {}
};

using Overwrites = std::vector<std::pair<std::size_t, std::size_t>>;  // (input, output)

// Rubbish: all ones is NaN in a float; for a bool, 1 and 0 are the only values there are.
Run run(const Kernel& kernel, bool ones, const Overwrites& overwrites = {}, Finished* finished = nullptr) {
  const auto rubbish = [&](DType dtype) { return dtype == DType::boolean ? std::byte(ones ? 1 : 0) : std::byte(ones ? 0xff : 0x5a); };
  std::vector<Buffer> buffers;
  std::vector<TensorView> inputs, outputs;
  for (std::size_t i = 0; i < kernel.inputs.size(); ++i) {
    const Tensor& input = kernel.inputs[i];
    buffers.emplace_back(input.bytes(), std::byte(0));
    if (input.bytes() > 0) std::memcpy(buffers.back().data(), input.data(), input.bytes());
    inputs.push_back({input.dtype(), input.extents(), input.count(), buffers[kernel.first[i]].data()});
  }
  for (const TensorType& type : kernel.output_types) {
    const Extents extents = type.shape.constant();
    const std::int64_t elements = count(extents);
    buffers.emplace_back(static_cast<std::size_t>(elements) * size_of(type.dtype), rubbish(type.dtype));
    outputs.push_back({type.dtype, extents, elements, buffers.back().data()});
  }
  for (const auto& [input, output] : overwrites) outputs[output].data = inputs[input].data;
  buffers.emplace_back(kernel.op.workspace(kernel.input_types), rubbish(DType::uint8));
  KernelArgs args{.inputs = inputs, .outputs = outputs, .scratch = buffers.back().data()};
  args.random = &kernel.random;
  args.random_name = kernel.random.name;
  const auto take = [&](std::int64_t begin, std::int64_t end) {  // and put rubbish in its place
    const std::size_t size = size_of(outputs[0].dtype), first = static_cast<std::size_t>(begin) * size, bytes = static_cast<std::size_t>(end - begin) * size;
    std::memcpy(finished->values.data() + first, static_cast<std::byte*>(outputs[0].data) + first, bytes);
    std::fill_n(static_cast<std::byte*>(outputs[0].data) + first, bytes, rubbish(outputs[0].dtype));
    for (std::int64_t i = begin; i < end; ++i) ++finished->times[static_cast<std::size_t>(i)];
  };
  const Epilogue epilogue(take);
  if (finished != nullptr) args.epilogue = &epilogue;
  {
    const FloatingPointGuard guard;
    kernel.op.run(args);
  }
  if (finished != nullptr && !finished->values.empty()) std::memcpy(outputs[0].data, finished->values.data(), finished->values.size());
  Run result;
  for (const TensorView& view : args.outputs) {
    Tensor output(view.dtype, view.extents);
    if (output.bytes() > 0) std::memcpy(output.mutable_data(), view.data, output.bytes());
    result.outputs.push_back(output);
  }
  for (std::size_t i = 0; i < kernel.inputs.size(); ++i)
    result.inputs_kept &= std::memcmp(args.inputs[i].data, kernel.inputs[i].data(), kernel.inputs[i].bytes()) == 0;
  for (const Buffer& buffer : buffers) result.fences_stand &= buffer.fence_stands();
  return result;
}

// Where two runs differ; empty if they don't.
std::string difference(const std::vector<Tensor>& expected, const std::vector<Tensor>& got) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::int64_t element = 0;
    if (same_bits(expected[i], got[i], element)) continue;
    if (element < 0) return fmt::format("output {} has another type", i);
    return fmt::format("output {} at element {} of {}: {} against {}", i, element, to_string(std::span(expected[i].extents())),
                       expected[i].at(element), got[i].at(element));
  }
  return {};
}

bool may_overwrite(const Kernel& kernel, std::size_t input, std::size_t output) {
  const TensorType& type = kernel.output_types[output];
  const std::size_t bytes = static_cast<std::size_t>(count(type.shape.constant())) * size_of(type.dtype);
  return bytes == kernel.inputs[input].bytes() && kernel.first[input] == input && kernel.op.may_overwrite(input, output);
}

class KernelChecks {
 public:
  KernelChecks(const Kernel& kernel, const std::string& where, Report& report)
      : kernel_(kernel), where_(fmt::format("{} in {}", kernel.op.name(), where)), report_(report) {}

  void check() {
    const Run once = run(kernel_, true);
    if (!expect_same(Property::state, once, run(kernel_, true), "a second run")) return;  // else nothing below means much
    if (!expect_same(Property::written, once, run(kernel_, false), "with other rubbish in outputs and workspace")) return;
    report_.test(Property::bounds);
    if (!once.fences_stand) fail(Property::bounds, "bytes behind an output or the workspace were written");
    if (!once.inputs_kept) fail(Property::bounds, "an input was written");
    check_in_place(once);
    check_epilogue(once);
    check_attributes(once);
  }

 private:
  void fail(Property property, std::string text) { report_.failures.push_back({property, where_, std::move(text)}); }

  bool expect_same(Property property, const Run& expected, const Run& got, const std::string& what) {
    report_.test(property);
    const std::string text = difference(expected.outputs, got.outputs);
    if (!text.empty()) fail(property, what + " gives other bits: " + text);
    return text.empty();
  }

  void check_in_place(const Run& expected) {
    Overwrites all;
    std::vector<char> taken(kernel_.inputs.size(), 0);
    for (std::size_t output = 0; output < kernel_.output_types.size(); ++output) {
      bool placed = false;
      for (std::size_t input = 0; input < kernel_.inputs.size(); ++input) {
        if (!may_overwrite(kernel_, input, output)) continue;
        expect_same(Property::in_place, expected, run(kernel_, true, {{input, output}}),
                    fmt::format("output {} over input {}", output, input));
        if (placed || taken[input]) continue;
        placed = true;
        taken[input] = 1;
        all.emplace_back(input, output);
      }
    }
    if (all.size() > 1) expect_same(Property::in_place, expected, run(kernel_, true, all), "all outputs over inputs");
  }

  void check_epilogue(const Run& expected) {
    if (!kernel_.op.offers_epilogue()) return;
    report_.test(Property::epilogue);
    if (kernel_.output_types.size() != 1) return fail(Property::epilogue, "it has several outputs");
    Finished finished(kernel_.output_types[0]);
    const Run with = run(kernel_, true, {}, &finished);
    for (std::size_t i = 0; i < finished.times.size(); ++i)
      if (finished.times[i] != 1) return fail(Property::epilogue, fmt::format("element {} is finished {} times", i, finished.times[i].load()));
    expect_same(Property::epilogue, expected, with, "a run whose finished elements are written over");
  }

  void check_attributes(const Run& expected) {
    const std::string op_name(kernel_.op.name());
    const std::vector<std::string> known = registered_ops();
    if (!std::binary_search(known.begin(), known.end(), op_name))
      return report_.skip(Property::attributes, fmt::format("{} is not registered", op_name));
    report_.test(Property::attributes);
    try {
      const auto again = make_op(op_name, kernel_.op.attributes());
      if (!again->same_as(kernel_.op))
        return fail(Property::attributes,
                    fmt::format("made from {{{}}} it has {{{}}}", to_string(kernel_.op.attributes()), to_string(again->attributes())));
      if (again->infer(kernel_.input_types) != kernel_.output_types)
        return fail(Property::attributes, "made from its attributes it infers other types");
      expect_same(Property::attributes, expected,
                  run({*again, kernel_.inputs, kernel_.first, kernel_.input_types, kernel_.output_types, kernel_.random}, true),
                  "made from its attributes it");
    } catch (const Error& error) {
      fail(Property::attributes, fmt::format("can't be made from {{{}}}: {}", to_string(kernel_.op.attributes()), error.what()));
    }
  }

  const Kernel& kernel_;
  std::string where_;
  Report& report_;
};

}  // namespace

void check_kernels(const OpCase& c, Report& report) {
  std::vector<Node> nodes;
  std::vector<std::size_t> begin;  // of node i's outputs among `nodes`
  for (std::size_t i = 0; i < c.graph.node_count(); ++i) {
    begin.push_back(nodes.size());
    for (std::size_t k = 0; k < c.graph.record(i).outputs.size(); ++k) nodes.push_back(c.graph.node(i).output(k));
  }
  const std::vector<Tensor> values = interpret(nodes, c.feed);
  for (std::size_t i = 0; i < c.graph.node_count(); ++i) {
    const NodeRecord& record = c.graph.record(i);
    if (record.inputs.empty() && !record.op->is_random()) continue;  // inputs, constants and Variables are not run
    Kernel kernel{*record.op, {}, {}, {}, record.outputs, {0, 0, hash_name(c.graph.name(i))}};
    for (const Node input : record.inputs) {
      kernel.inputs.push_back(values[begin[input.index()] + input.output_index()]);
      kernel.input_types.push_back(input.type());
      kernel.first.push_back(
          static_cast<std::size_t>(std::find(record.inputs.begin(), record.inputs.end(), input) - record.inputs.begin()));
    }
    report.test(Property::inference);
    if (record.op->infer(kernel.input_types) != record.outputs)
      report.failures.push_back(
          {Property::inference, fmt::format("{} in {}", record.op->name(), c.where), "a second inference gives other types"});
    KernelChecks(kernel, c.where, report).check();
  }
}

}  // namespace loglik::conformance
