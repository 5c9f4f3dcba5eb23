#include "ops/distributions/prior.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/primitives.h"
#include "framework/text.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/laplace.h"

namespace loglik {
namespace {

std::int64_t element_count(std::span<const Node> parameters) {
  std::int64_t total = 0;
  for (const Node parameter : parameters) total += count(parameter.shape().constant());
  return total;
}

}  // namespace

std::vector<Node> parameters_named(Graph& graph, std::string_view name) {
  std::vector<Node> found;
  std::vector<std::string> names;
  for (const auto& [info, node] : graph.data()->variables) {
    if (!info->trainable) continue;
    const std::string& own = graph.record(node.index()).name;
    if (own == name) found.push_back(node);
    if (std::find(names.begin(), names.end(), own) == names.end()) names.push_back(own);
  }
  if (found.empty()) throw NameError(fmt::format("no parameter is called \"{}\"{}", name, suggestion(name, names)));
  return found;
}

void add_prior(Graph& graph, std::string_view name, const Distribution& prior, std::span<const Node> parameters) {
  if (parameters.empty()) throw ArgumentError(fmt::format("add_prior \"{}\": no parameters", name));
  Node total;
  for (const Node parameter : parameters) {
    const Node nll = -reduce_sum(cast(prior.log_prob(parameter), DType::float64));
    total = total ? total + nll : nll;
  }
  const std::string certificate = prior.certificate();
  graph.add_term(name, total, Per::dataset,
                 fmt::format("prior {} on {} number{}{}{}", prior.name(), element_count(parameters), element_count(parameters) == 1 ? "" : "s",
                             certificate.empty() ? "" : ": ", certificate));
}

void add_gaussian_prior(Graph& graph, std::string_view name, std::span<const Node> parameters, double stddev) {
  if (parameters.empty()) throw ArgumentError(fmt::format("add_gaussian_prior \"{}\": no parameters", name));
  add_prior(graph, name, Gaussian{.loc = graph.constant(0.0, parameters[0].dtype()), .scale = stddev}, parameters);
}

void add_laplace_prior(Graph& graph, std::string_view name, std::span<const Node> parameters, double scale) {
  if (parameters.empty()) throw ArgumentError(fmt::format("add_laplace_prior \"{}\": no parameters", name));
  add_prior(graph, name, Laplace{.loc = graph.constant(0.0, parameters[0].dtype()), .scale = scale}, parameters);
}

}  // namespace loglik
