#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

struct Parameter {
  std::shared_ptr<const VariableInfo> info;
  Node gradient;
};

// The parameters that have a gradient, by name.
std::unordered_map<std::string, Parameter> find_parameters(const Graph& graph) {
  std::unordered_map<std::string, Parameter> result;
  for (const auto& [output, node] : graph.outputs())
    if (output.starts_with(gradient_prefix)) result[output.substr(gradient_prefix.size())].gradient = node;
  for (const auto& [info, node] : graph.data()->variables)
    if (const auto found = result.find(node.name()); found != result.end()) found->second.info = dynamic_cast<const VariableOp&>(node.op()).variable();
  return result;
}

std::string numbered(std::string_view name, std::size_t i) { return i == 0 ? std::string(name) : fmt::format("{}_{}", name, i + 1); }

}  // namespace

Graph attach_updates(const Graph& before, const Optimizer& optimizer, std::span<const Slab> slabs, std::string_view scope) {
  Rewriter copy(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) copy.copy(i);
  Graph after = copy.finish();

  const std::unordered_map<std::string, Parameter> known = find_parameters(after);
  const Scope open = after.scope(scope);
  const Variable step = after.variable("step", {DType::float64, {}}, {}, {}, Site{});
  const Variable rate = after.variable("learning_rate", {DType::float64, {}}, constant_initializer(optimizer.learning_rate().at(0)), {}, Site{});
  const Node next_step = step + 1.0;
  after.update(step, next_step);

  struct Flat {
    std::shared_ptr<const VariableInfo> info;
    std::optional<Variable> parameters;
    Node gradient;
    std::vector<std::int64_t> sizes;
  };
  std::vector<Flat> flat(slabs.size());
  Node norm_squared = after.constant(0.0, DType::float64);
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    VariableInfo slab;
    std::vector<Node> gradients;
    std::int64_t total = 0;
    for (const std::string& name : slabs[i].parameters) {
      const auto found = known.find(name);
      if (found == known.end() || found->second.info == nullptr) throw NameError(fmt::format("there is no gradient of a parameter \"{}\"", name));
      const Parameter& parameter = found->second;
      flat[i].sizes.push_back(count(parameter.info->type.shape.constant()));
      total += flat[i].sizes.back();
      slab.type.dtype = parameter.info->type.dtype;
      slab.parts.push_back(parameter.info);
      gradients.push_back(parameter.gradient);
    }
    slab.type.shape = {total};
    flat[i].info = std::make_shared<VariableInfo>(std::move(slab));
    flat[i].parameters.emplace(flat[i].info, after.read(flat[i].info, numbered("parameters", i)));
    flat[i].gradient = pack(gradients);
    norm_squared = norm_squared + sum_of_squares(flat[i].gradient);
  }
  std::vector<OptimizerArgs> args;
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    const ParameterGroup& group = slabs[i].group;
    if (group.weight_decay && !optimizer.has_weight_decay())
      throw ArgumentError(fmt::format("parameter group \"{}\": the optimiser has no weight decay: decoupled_weight_decay(…, 0) gives it one", group.parameters));
    const auto slot = [&after, info = flat[i].info, i](std::string_view name) { return after.variable(numbered(name, i), info->type, {}, {}, Site{}); };
    const double factor = group.learning_rate_factor;
    args.push_back({after, flat[i].parameters->value(), flat[i].gradient, factor == 1 ? rate.value() : rate.value() * factor, next_step, slot, {},
                    flat[i].sizes, group.weight_decay});
  }
  Node seen_norm_squared = after.constant(0.0, DType::float64);
  for (OptimizerArgs& a : args) {
    a.gradient = optimizer.gradient(a);
    seen_norm_squared = seen_norm_squared + sum_of_squares(a.gradient);
  }
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    args[i].gradient_norm_squared = seen_norm_squared;
    after.update(*flat[i].parameters, optimizer.update(args[i]));
  }
  std::erase_if(after.data()->outputs, [](const auto& output) { return output.first.starts_with(gradient_prefix); });
  after.output("gradient_norm_squared", norm_squared);
  return after;
}

}  // namespace loglik
