#include "ops/distributions/numerical/log_density.h"

#include <fmt/format.h>

#include <unordered_map>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/builtin.h"

namespace loglik::numerical {
namespace {

// The same op with float64 where its attributes say float32; itself if it says neither or is not known by name.
std::shared_ptr<const Op> widened(const std::shared_ptr<const Op>& op) {
  [[maybe_unused]] static const bool known = (register_builtin_ops(), true);  // our own, whether or not the program registered them
  Attributes attributes;
  bool changed = false;
  for (const auto& [name, value] : op->attributes()) {
    const auto* dtype = std::get_if<DType>(&value);
    const bool narrow = dtype != nullptr && *dtype == DType::float32;
    attributes.set(name, narrow ? AttributeValue(DType::float64) : value);
    changed |= narrow;
  }
  if (!changed) return op;
  try {
    return make_op(op->name(), attributes);
  } catch (const NameError&) {
    return op;
  }
}

// Node `result`, made of nodes from `first` on, made again in float64 with `y` in place of `placeholder`.
Node in_float64(Graph& graph, std::size_t first, Node result, Node placeholder, Node y) {
  std::unordered_map<std::size_t, Node> copies;  // by index, output 0
  const auto wide = [&](Node node) {
    if (node == placeholder) return y;
    if (node.index() >= first) return copies.at(node.index()).output(node.output_index());
    return node.dtype() == DType::float32 ? cast(node, DType::float64) : node;
  };
  const std::size_t last = result.index();
  for (std::size_t i = first; i <= last; ++i) {
    if (i == placeholder.index()) continue;
    const NodeRecord record = graph.record(i);
    if (const Tensor* value = constant_value(graph.node(i))) {
      copies.emplace(i, value->dtype() == DType::float32 ? graph.constant(value->cast(DType::float64), record.site) : graph.node(i));
      continue;
    }
    std::vector<Node> inputs;
    for (const Node input : record.inputs) inputs.push_back(wide(input));
    copies.emplace(i, is_leaf(*record.op) ? wide(cast(graph.node(i), DType::float64)) : graph.add(widened(record.op), std::move(inputs), record.site));
  }
  return wide(result);
}

}  // namespace

LogDensity::LogDensity(const Distribution& distribution) : distribution_(distribution), graph_(&graph_of(distribution)), y_dtype_(DType::int32) {
  if (distribution.event_rank() != 0)
    throw ArgumentError(fmt::format("the distribution \"{}\" is of rows: numerical answers are of single numbers", distribution.name()));
  const std::optional<TensorType> target = distribution.target();
  type_ = log_prob_type(distribution, *graph_);
  y_dtype_ = target && !is_float(target->dtype) ? target->dtype : type_.dtype;
}

Node LogDensity::operator()(Node y) const {
  const Node own = y_dtype_ == DType::float64 ? y : cast(y, y_dtype_);
  const std::size_t first = graph_->node_count();
  const Node result = distribution_.log_prob(own);
  if (result.dtype() == DType::float64) return result;
  if (result.index() < first) return cast(result, DType::float64);  // a constant density: nothing was made
  return in_float64(*graph_, first, result, own, is_float(y_dtype_) ? y : own);
}

}  // namespace loglik::numerical
