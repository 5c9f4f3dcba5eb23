#include "framework/head.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

// `node` of the sample shape, with axes of 1 appended, so that it broadcasts over a tensor of `rank` axes.
Node align(Node node, std::size_t rank) {
  std::vector<Dim> dims(node.shape().dims().begin(), node.shape().dims().end());
  if (dims.size() >= rank) return node;
  dims.resize(rank, Dim(1));
  return reshape(node, Shape(std::move(dims)));
}

Node sum_all(Node x) { return reduce_sum(x); }

template <class Answer> void add_answer(Head& head, std::string name, Node (Distribution::*ask)() const) {
  if (head.distribution.has<Answer>()) head.answers.emplace_back(std::move(name), (head.distribution.*ask)());
}

}  // namespace

const Head& Graph::head(std::string_view name, const Distribution& distribution, Site site) { return head(name, distribution, HeadOptions{}, site); }

const Head& Graph::head(std::string_view name, const Distribution& distribution, const HeadOptions& options, Site site) {
  for (const auto& other : heads())
    if (other->name == name) throw NameError(fmt::format("head at {}: there is a head \"{}\" already, at {}", to_string(site), name, to_string(other->site)));
  const SiteScope site_scope(site);
  const Scope names = scope(name);
  Node y = options.target;
  if (!y) {
    const TensorType type = distribution.target() ? *distribution.target() : log_prob_type(distribution, *this, site);
    y = input(name, type.shape, type.dtype, {}, site);
  }
  const auto refuse = [&](const Shape& shape, std::string_view what) {
    throw ShapeError(fmt::format("head \"{}\" at {}: {} has shape {}, needs at least sample_rank = {} axes", name, to_string(site), what, to_string(shape), options.sample_rank));
  };
  if (y.shape().rank() < options.sample_rank) refuse(y.shape(), "the target");
  const Shape samples = y.shape().slice(0, options.sample_rank);
  const Node weight = input(std::string(name) + ".weight", samples, DType::float64, 1.0, site);
  const Node counts = greater(weight, 0.0);

  const bool constant_row = y.shape().rank() > 0 && y.shape().back().is_constant();
  const double inside = distribution.support() ? distribution.support()->inside(constant_row ? y.shape().back().constant() : 1) : 0.0;
  const Node safe = where(align(counts, y.shape().rank()), y, constant(inside, y.dtype(), site));
  // One number a sample, 0 where it does not count.
  const auto per_sample = [&](Node loss, std::string_view what) {
    if (loss.shape().rank() < options.sample_rank) refuse(loss.shape(), what);
    if (loss.shape().slice(0, options.sample_rank) != samples)
      throw ShapeError(fmt::format("head \"{}\" at {}: {} of a target {} has shape {}, does not begin with the samples {}", name, to_string(site), what,
                                   to_string(y.shape()), to_string(loss.shape()), to_string(samples)));
    std::vector<std::int64_t> rest;
    for (std::size_t axis = options.sample_rank; axis < loss.shape().rank(); ++axis) rest.push_back(static_cast<std::int64_t>(axis));
    return where(counts, rest.empty() ? loss : reduce_sum(loss, rest), 0.0);
  };
  const Node all_nll = -distribution.log_prob(safe);
  const Node nll = per_sample(all_nll, "log_prob");
  const bool one_value_a_sample =
      y.shape() == all_nll.shape() && std::ranges::all_of(all_nll.shape().dims().subspan(options.sample_rank), [](Dim dim) { return dim == Dim(1); });

  auto head = std::make_shared<Head>(Head{.name = std::string(name), .distribution = distribution, .target = y, .weight = weight, .nll = nll, .site = site});
  head->total_nll = sum_all(weight * cast(nll, DType::float64));
  head->total_weight = sum_all(weight);
  if (options.score) {
    head->score_name = options.score.name;
    head->score = per_sample(options.score.loss(distribution, safe), "the score");
    head->total_score = sum_all(weight * cast(head->score, DType::float64));
  }
  head->loss = (head->score ? head->total_score : head->total_nll) / where(greater(head->total_weight, 0.0), head->total_weight, 1.0);

  add_answer<Mean>(*head, "mean", &Distribution::mean);
  add_answer<Mode>(*head, "mode", &Distribution::mode);
  add_answer<Median>(*head, "median", &Distribution::median);
  add_answer<Variance>(*head, "variance", &Distribution::variance);
  add_answer<Entropy>(*head, "entropy", &Distribution::entropy);
  add_answer<Probabilities>(*head, "probabilities", &Distribution::probabilities);
  if (one_value_a_sample && distribution.has<Mode>() && distribution.support() && distribution.support()->is_integer())
    for (const auto& [answer, node] : head->answers)
      if (answer == "mode" && node.shape() == y.shape()) {
        const Node correct = equal(node, y.dtype() == node.dtype() ? y : cast(y, node.dtype()));
        head->total_correct = sum_all(weight * cast(reshape(correct, samples), DType::float64));
      }

  data_->heads.push_back(head);
  return *head;
}

}  // namespace loglik
