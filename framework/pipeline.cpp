#include "framework/pipeline.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/passes/passes.h"
#include "framework/passes/plan_memory.h"
#include "framework/passes/schedule.h"

namespace loglik {
namespace {

const std::shared_ptr<const VariableInfo>& info_of(Node variable) { return dynamic_cast<const VariableOp&>(variable.op()).variable(); }

// Which of the groups a parameter is in; their number for none.
std::size_t find_group(std::span<const ParameterGroup> groups, const std::string& name) {
  const auto matches = [&](const ParameterGroup& group) { return fnmatch(group.parameters.c_str(), name.c_str(), 0) == 0; };
  return static_cast<std::size_t>(std::find_if(groups.begin(), groups.end(), matches) - groups.begin());
}

// The parameters to train: those of `over`, or all if it is empty, that no group freezes.
std::vector<std::string> not_frozen(const Graph& graph, std::vector<std::string> over, std::span<const ParameterGroup> groups) {
  if (groups.empty()) return over;
  if (over.empty())
    for (const auto& [info, node] : graph.data()->variables)
      if (info->trainable) over.push_back(node.name());
  std::vector<char> used(groups.size(), 0);
  std::erase_if(over, [&](const std::string& name) {
    const std::size_t group = find_group(groups, name);
    if (group == groups.size()) return false;
    used[group] = 1;
    return groups[group].frozen;
  });
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!used[i]) throw NameError(fmt::format("parameter group \"{}\": it is the group of no parameter", groups[i].parameters));
    if (!(groups[i].learning_rate_factor >= 0) || std::isinf(groups[i].learning_rate_factor))
      throw ArgumentError(fmt::format("parameter group \"{}\": learning_rate_factor = {}, needs to be finite and not negative", groups[i].parameters,
                                      groups[i].learning_rate_factor));
    if (const auto decay = groups[i].weight_decay; decay && (!(*decay >= 0) || std::isinf(*decay)))
      throw ArgumentError(fmt::format("parameter group \"{}\": weight_decay = {}, needs to be finite and not negative", groups[i].parameters, *decay));
  }
  if (over.empty()) throw ArgumentError("parameter groups: all parameters are frozen, nothing is left to train");
  return over;
}

std::size_t bytes_of(const VariableInfo& variable) { return static_cast<std::size_t>(count(variable.type.shape.constant())) * size_of(variable.type.dtype); }

std::shared_ptr<const VariableInfo> find_variable(const Graph& graph, const std::string& name) {
  for (const auto& [info, node] : graph.data()->variables)
    if (node.name() == name) return info_of(node);
  return nullptr;
}

// `names`: of all Variables that slabs are made of, as the graph no longer knows those that only the slab reads.
void add_to_state(const Graph& graph, const std::map<const VariableInfo*, std::string>& names, State& state) {
  const auto& variables = graph.data()->variables;
  for (const auto& [info, node] : variables) {
    if (info->parts.empty()) continue;
    std::vector<std::string> parts;
    for (const auto& part : info->parts) parts.push_back(names.at(part.get()));
    state.add_slab(node.name(), info_of(node), parts);
  }
  for (const auto& [info, node] : variables) state.add(node.name(), info_of(node));
}

void require_sizes(const Graph& graph, const Sizes& sizes) {
  for (std::size_t i = 0; i < graph.node_count(); ++i)
    for (const TensorType& type : graph.record(i).outputs)
      for (const Dim dim : type.shape.dims())
        if (!dim.is_constant() && !sizes.has(dim.symbol()))
          throw ArgumentError(fmt::format("memory_budget: how large is \"{0}\"? Give it: .sizes = {{{{\"{0}\", …}}}}", dim.symbol().name()));
}

Graph fuse(const Graph& graph) { return fuse_reductions(attach_epilogues(fuse_elementwise(graph))); }

std::size_t arena_bytes(const Graph& graph, bool fusion, const Sizes& sizes) {
  const Graph ready = protect_updates(fusion ? fuse(graph) : Graph(graph.data()));
  const Schedule order = schedule(ready);
  return lay_out_arena(ready, order, plan_memory(ready, order), sizes).bytes;
}

Graph within_budget(const Graph& graph, std::string_view program, bool fusion, const MemoryBudget& budget) {
  require_sizes(graph, budget.sizes);
  Recomputed result = recompute(graph, "loss", budget.sizes, budget.bytes, [&](const Graph& plan) { return arena_bytes(plan, fusion, budget.sizes); });
  if (result.bytes > budget.bytes)
    throw ArgumentError(fmt::format("memory_budget: the program \"{}\" takes at least {} bytes, the budget is {}", program, result.bytes, budget.bytes));
  return std::move(result.graph);
}

}  // namespace

std::vector<Slab> find_slabs(const Graph& graph, const State& state, std::span<const ParameterGroup> groups) {
  struct Parameter {
    std::string name;
    const VariableInfo* info;
  };
  using Key = std::pair<std::size_t, DType>;  // group, the number of groups for none
  std::unordered_set<std::string_view> trained;
  for (const auto& [output, node] : graph.outputs())
    if (output.starts_with(gradient_prefix)) trained.insert(std::string_view(output).substr(gradient_prefix.size()));
  std::map<Key, std::vector<Parameter>> fresh, placed;
  for (const auto& [info, node] : graph.data()->variables) {
    const std::string name = node.name();
    if (!trained.contains(name)) continue;
    const Key key{find_group(groups, name), info->type.dtype};
    (state.contains(info) ? placed : fresh)[key].push_back({name, info});
  }
  std::vector<Slab> slabs;
  const auto open = [&](const Key& key) { slabs.push_back({{}, key.first < groups.size() ? groups[key.first] : ParameterGroup{}}); };
  for (auto& [key, parameters] : fresh) {  // those that fill whole cache lines first, so that they all begin at one
    std::stable_partition(parameters.begin(), parameters.end(), [](const Parameter& p) { return bytes_of(*p.info) % 64 == 0; });
    open(key);
    for (const Parameter& parameter : parameters) slabs.back().parameters.push_back(parameter.name);
  }
  for (auto& [key, parameters] : placed) {
    std::sort(parameters.begin(), parameters.end(), [&](const Parameter& a, const Parameter& b) { return state.data(a.info) < state.data(b.info); });
    const std::byte* end = nullptr;
    for (const Parameter& parameter : parameters) {
      if (state.data(parameter.info) != end) open(key);
      slabs.back().parameters.push_back(parameter.name);
      end = state.data(parameter.info) + bytes_of(*parameter.info);
    }
  }
  return slabs;
}

std::shared_ptr<const Program> compile_program(const Graph& graph, const ProgramSource& source, std::shared_ptr<State> state, ProgramOptions options,
                                               const PassObserver& observe, PassChoice passes, const std::optional<MemoryBudget>& budget) {
  Graph now = extract(graph, source.outputs, source.updates);
  const auto seen = [&](std::string_view pass) {
    if (observe) observe(options.name, pass, now);
  };
  seen("extract");
  std::map<const VariableInfo*, std::string> names;
  for (const auto& [info, node] : now.data()->variables) names.emplace(info, node.name());

  if (source.mode == ProgramMode::evaluate) {  // first, so that what is differentiated is what is evaluated
    now = evaluation_form(now);
    seen("evaluation_form");
  }
  if (passes.patterns) {
    now = recognize_patterns(now);
    seen("recognize_patterns");
  }
  if (source.training) {
    const ProgramSource::Training& training = *source.training;
    now = differentiate(now, "loss", not_frozen(now, training.over, training.groups));
    seen("differentiate");
    now = attach_updates(now, training.optimizer, find_slabs(now, *state, training.groups), training.scope);
    seen("attach_updates");
    options.training = TrainingVariables{find_variable(now, training.scope + "/step"), find_variable(now, training.scope + "/learning_rate"), training.schedule};
  }
  const Graph before_simplify = std::move(now);
  add_to_state(before_simplify, names, *state);  // with Variables that simplification may make unread
  now = simplify(before_simplify);
  seen("simplify");
  if (budget && source.training) {
    now = within_budget(now, options.name, passes.fusion, *budget);
    seen("recompute");
  }
  if (passes.fusion) {
    options.unfused = std::make_shared<const Graph>(std::move(now));
    now = fuse_elementwise(*options.unfused);
    seen("fuse_elementwise");
    now = attach_epilogues(now);
    seen("attach_epilogues");
    now = fuse_reductions(now);
    seen("fuse_reductions");
  }
  return std::make_shared<const Program>(now, std::move(state), std::move(options));
}

}  // namespace loglik
