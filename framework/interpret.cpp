#include "framework/interpret.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "framework/error.h"
#include "framework/floating_point_guard.h"
#include "framework/graph.h"
#include "framework/initializer.h"
#include "framework/leaves.h"

namespace loglik {
namespace {

// `given` bound to `type`: sizes of new symbols are noted, the rest compared.
Tensor bind(const InputOp& input, const Tensor& given, Sizes& sizes) {
  const TensorType& type = input.type();
  bool fits = given.dtype() == type.dtype && given.rank() == type.shape.rank();
  for (std::size_t axis = 0; fits && axis < type.shape.rank(); ++axis) {
    const Dim dim = type.shape[axis];
    const std::int64_t size = given.extents()[axis];
    if (!dim.is_constant() && !sizes.has(dim.symbol())) sizes.set(dim.symbol(), size / dim.factor());
    fits = dim.size(sizes) == size;
  }
  if (!fits) throw ShapeError(fmt::format("input \"{}\" is {}, got {} {}", input.input_name(), to_string(type), name(given.dtype()), to_string(std::span(given.extents()))));
  return given;
}

TensorView view(Tensor& tensor) { return {tensor.dtype(), tensor.extents(), tensor.count(), tensor.mutable_data()}; }

std::vector<Tensor> run(const Op& op, std::span<const Tensor> inputs, std::span<const TensorType> input_types, std::span<const TensorType> output_types,
                        RandomKey random) {
  KernelArgs args;
  std::vector<Tensor> held(inputs.begin(), inputs.end());
  std::vector<TensorView> input_views, output_views;
  for (Tensor& input : held) input_views.push_back(view(input));
  std::vector<Tensor> outputs;
  for (const TensorType& type : output_types) outputs.emplace_back(type.dtype, type.shape.constant());
  for (Tensor& output : outputs) output_views.push_back(view(output));
  args.inputs = input_views;
  args.outputs = output_views;
  Tensor scratch(DType::uint8, {static_cast<std::int64_t>(op.workspace(input_types))});
  args.scratch = scratch.mutable_data();
  args.random = &random;
  args.random_name = random.name;
  const FloatingPointGuard guard;
  op.run(args);
  return outputs;
}

}  // namespace

std::vector<Tensor> run_op(const Op& op, std::span<const Tensor> inputs, RandomKey random) {
  std::vector<TensorType> types;
  for (const Tensor& input : inputs) types.push_back({input.dtype(), Shape(std::span<const std::int64_t>(input.extents()))});
  return run(op, inputs, types, op.infer(types), random);
}

std::vector<Tensor> interpret(std::span<const Node> nodes, std::span<const std::pair<std::string, Tensor>> feed, std::uint64_t seed, std::uint64_t step) {
  std::vector<Tensor> result;
  if (nodes.empty()) return result;
  const Graph& graph = nodes[0].graph();
  // The node after which nobody reads a node's value any more, so that it is let go: a large graph's values together may not fit the memory.
  constexpr std::size_t unread = 0, kept = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> last(graph.node_count(), unread);
  for (const Node node : nodes) last[node.index()] = kept;
  for (std::size_t i = graph.node_count(); i-- > 0;)
    if (last[i] != unread)
      for (const Node input : graph.record(i).inputs) last[input.index()] = std::max(last[input.index()], i);

  Sizes sizes;
  std::map<std::size_t, std::vector<Tensor>> values;
  for (std::size_t i = 0; i < graph.node_count(); ++i)  // given inputs first: they bind the symbols
    if (const auto* input = dynamic_cast<const InputOp*>(graph.record(i).op.get()))
      for (const auto& [name, tensor] : feed)
        if (name == input->input_name()) values[i] = {bind(*input, tensor, sizes)};

  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    if (last[i] == unread || values.contains(i)) continue;
    const NodeRecord& record = graph.record(i);
    std::vector<TensorType> outputs;
    for (const TensorType& type : record.outputs) {
      const Extents extents = type.shape.bind(sizes);
      outputs.push_back({type.dtype, Shape(std::span<const std::int64_t>(extents))});
    }
    if (const auto* missing = dynamic_cast<const InputOp*>(record.op.get())) {
      if (!missing->default_value()) throw NameError(fmt::format("input \"{}\" is not given", missing->input_name()));
      Tensor filled(outputs[0].dtype, outputs[0].shape.constant());
      for_dtype(filled.dtype(), [&]<class T>() {
        for (T& value : filled.mutable_values<T>()) value = static_cast<T>(*missing->default_value());
      });
      values[i] = {filled};
    } else if (const auto* constant = dynamic_cast<const ConstantOp*>(record.op.get())) {
      values[i] = {constant->value()};
    } else if (const auto* variable = dynamic_cast<const VariableOp*>(record.op.get())) {
      Tensor initial(outputs[0].dtype, outputs[0].shape.constant());
      if (variable->variable()->initializer.fill) variable->variable()->initializer.fill(initial, {seed, 0, hash_name(graph.name(i))});
      values[i] = {initial};
    } else {
      std::vector<Tensor> inputs;
      std::vector<TensorType> types;
      for (const Node input : record.inputs) {
        inputs.push_back(values.at(input.index())[input.output_index()]);
        types.push_back({inputs.back().dtype(), Shape(std::span<const std::int64_t>(inputs.back().extents()))});
      }
      values[i] = run(*record.op, inputs, types, outputs, {seed, step, hash_name(graph.name(i))});
      for (const Node input : record.inputs)
        if (last[input.index()] == i) values.erase(input.index());
    }
  }
  for (const Node node : nodes) result.push_back(values.at(node.index())[node.output_index()]);
  return result;
}

Tensor interpret(Node node, std::initializer_list<std::pair<std::string, Tensor>> feed, std::uint64_t seed, std::uint64_t step) {
  const std::vector<std::pair<std::string, Tensor>> given(feed);
  return interpret(std::span(&node, 1), given, seed, step)[0];
}

}  // namespace loglik
