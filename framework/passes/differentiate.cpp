#include <fmt/format.h>

#include <set>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {

Graph differentiate(const Graph& before, std::string_view loss, std::span<const std::string> over) {
  Rewriter copy(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) copy.copy(i);
  Graph after = copy.finish();

  Node objective;
  for (const auto& [name, node] : after.outputs())
    if (name == loss) objective = node;
  if (!objective) throw NameError(fmt::format("there is no output \"{}\" to differentiate", loss));
  const std::set<std::string> chosen(over.begin(), over.end());
  std::vector<Node> parameters;
  for (const auto& [info, node] : after.data()->variables)
    if (over.empty() ? info->trainable : chosen.contains(node.name())) parameters.push_back(node);

  const Node seed = after.constant(1.0, objective.dtype(), objective.site());
  const std::vector<Node> gradients = vector_jacobian_product(std::span(&objective, 1), std::span(&seed, 1), parameters);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (gradients[i]) after.data()->outputs.emplace_back(std::string(gradient_prefix) + parameters[i].name(), gradients[i]);
  return after;
}

}  // namespace loglik
