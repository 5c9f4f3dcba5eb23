#include "framework/objective.h"

#include "framework/head.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

// The mean of a term over its samples: weighted as the first head's, a sample of weight 0 contributing nothing.
Node mean_over_samples(Graph& graph, Node term) {
  const Head* head = graph.heads().empty() ? nullptr : graph.heads()[0].get();
  std::size_t axes = 1;
  if (head != nullptr) {
    const Shape& samples = head->weight.shape();
    if (term.shape().rank() >= samples.rank() && term.shape().slice(0, samples.rank()) == samples) axes = samples.rank();
    else head = nullptr;
  }
  std::vector<std::int64_t> rest;
  for (std::size_t axis = axes; axis < term.shape().rank(); ++axis) rest.push_back(static_cast<std::int64_t>(axis));
  if (!rest.empty()) term = reduce_sum(term, rest);
  if (head != nullptr) {
    const Node counted = cast(where(greater(head->weight, 0.0), term, 0.0), DType::float64);
    return reduce_sum(head->weight * counted) / where(greater(head->total_weight, 0.0), head->total_weight, 1.0);
  }
  const Node total = reduce_sum(cast(term, DType::float64));
  const Node count = reduce_sum(broadcast_to(graph.constant(1.0, DType::float64, term.site()), term.shape()));
  return total / where(greater(count, 0.0), count, 1.0);
}

}  // namespace

Objective build_objective(Graph& graph, Node dataset_weight) {
  Objective objective;
  const auto add = [&](Node node) { objective.loss = objective.loss ? objective.loss + node : node; };
  for (const auto& head : graph.heads()) {
    const SiteScope site(head->site);
    add(head->loss);
    objective.parts.emplace_back(head->name + ".total_nll", head->total_nll);
    objective.parts.emplace_back(head->name + ".total_weight", head->total_weight);
    objective.parts.emplace_back(head->name + ".nll", head->nll);
    if (head->score) {
      objective.parts.emplace_back(head->name + ".total_score", head->total_score);
      objective.parts.emplace_back(head->name + ".score", head->score);
    }
    if (head->total_correct) objective.parts.emplace_back(head->name + ".total_correct", head->total_correct);
  }
  for (const Term& term : graph.terms()) {
    const SiteScope site(term.node.site());
    const Node value = term.per == Per::sample ? mean_over_samples(graph, term.node) : cast(term.node, DType::float64) / dataset_weight;
    objective.parts.emplace_back(term.name, value);
    add(value);
  }
  return objective;
}

}  // namespace loglik
