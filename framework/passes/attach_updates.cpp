#include <fmt/format.h>

#include <algorithm>
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

Graph attach_updates(const Graph& before, const Optimizer& optimizer, std::span<const std::vector<std::string>> slabs, std::string_view scope) {
  Rewriter copy(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) copy.copy(i);
  Graph after = copy.finish();

  const std::unordered_map<std::string, Parameter> known = find_parameters(after);
  const Scope open = after.scope(scope);
  const Variable step = after.variable("step", {DType::float64, {}}, {}, {}, Site{});
  const Variable rate = after.variable("learning_rate", {DType::float64, {}}, constant_initializer(optimizer.learning_rate().at(0)), {}, Site{});
  const Node next_step = step + 1.0;
  after.update(step, next_step);

  Node norm_squared = after.constant(0.0, DType::float64);
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    VariableInfo slab;
    std::vector<Node> gradients;
    std::int64_t total = 0;
    for (const std::string& name : slabs[i]) {
      const auto found = known.find(name);
      if (found == known.end() || found->second.info == nullptr) throw NameError(fmt::format("there is no gradient of a parameter \"{}\"", name));
      const Parameter& parameter = found->second;
      total += count(parameter.info->type.shape.constant());
      slab.type.dtype = parameter.info->type.dtype;
      slab.parts.push_back(parameter.info);
      gradients.push_back(parameter.gradient);
    }
    slab.type.shape = {total};
    const auto info = std::make_shared<VariableInfo>(std::move(slab));
    const Variable parameters(info, after.read(info, numbered("parameters", i)));
    const Node gradient = pack(gradients);
    const auto slot = [&](std::string_view name) { return after.variable(numbered(name, i), info->type, {}, {}, Site{}); };
    after.update(parameters, optimizer.update({after, parameters, gradient, rate, next_step, slot}));
    norm_squared = norm_squared + sum_of_squares(gradient);
  }
  std::erase_if(after.data()->outputs, [](const auto& output) { return output.first.starts_with(gradient_prefix); });
  after.output("gradient_norm_squared", norm_squared);
  return after;
}

}  // namespace loglik
