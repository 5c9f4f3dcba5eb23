#include "tests/conformance/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/interpret.h"
#include "framework/primitives.h"
#include "framework/random.h"
#include "framework/temporary.h"
#include "ops/slice.h"

namespace loglik::conformance {
namespace {

// The target's type with a float of `dtype`: what `target()` says, else that of log_prob of a scalar, as a head has it.
TensorType target_type(Graph& graph, const Distribution& d, DType dtype) {
  TensorType type;
  if (d.target()) {
    type = *d.target();
  } else {
    if (d.event_rank() > 0) throw ArgumentError(fmt::format("{} has event_rank {} but no target()", d.name(), d.event_rank()));
    const Temporary temporary(graph);
    type = d.log_prob(graph.constant(0.0, dtype)).type();
  }
  if (is_float(type.dtype)) type.dtype = dtype;
  return type;
}

Tensor tensor(const std::vector<double>& values, const Shape& shape, std::int64_t rows, DType dtype) {
  Sizes sizes;
  sizes.set(Symbol::batch(), rows);
  const Extents extents = shape.bind(sizes);
  const auto n = static_cast<std::size_t>(count(extents));
  std::vector<double> all(n);
  for (std::size_t i = 0; i < n && !values.empty(); ++i) all[i] = values[i % values.size()];
  return Tensor::from(all, extents).cast(dtype);
}

std::uint64_t key(Node node) { return (std::uint64_t{node.index()} << 8) | node.output_index(); }

}  // namespace

std::string_view name(Answer answer) {
  static constexpr std::array<std::string_view, answer_count> names{
      "log_prob", "mean",         "mode",     "median", "variance", "entropy", "probabilities", "cdf", "survival",
      "log_cdf",  "log_survival", "quantile", "crps",   "deviance", "kl",      "sample"};
  return names[static_cast<std::size_t>(answer)];
}

namespace {

// The smallest targets of a family at which there is something to see.
Targets smallest_targets(const Family& family) {
  if (family.needs_classes) return {.classes = 3};
  const Targets one;
  if (family.support(one).is_simplex()) return {.values = 3};
  Graph graph;
  return {.values = family.make(graph.input("raw", {batch, family.raw_outputs(one)}), one).event_rank() > 0 ? 2 : 1};
}

}  // namespace

DistributionBuilder::DistributionBuilder(const Family& family) : DistributionBuilder(family, smallest_targets(family)) {}

DistributionBuilder::DistributionBuilder(const Family& family, const Targets& targets)
    : build_([make = family.make, targets](Node raw, std::int64_t) { return make(raw, targets); }),
      raw_outputs_(family.raw_outputs(targets)) {}

std::vector<Node> DistributionBuilder::parts(Node raw, std::int64_t outputs) { return split(raw, outputs, -1); }

std::int64_t raw_outputs(const DistributionBuilder& build, const DistributionOptions& options) {
  return build.raw_outputs() > 0 ? build.raw_outputs() : options.raw_outputs > 0 ? options.raw_outputs : 1;
}

Subject::Subject(const DistributionBuilder& build, const DistributionOptions& options, DType type) : dtype(type) {
  raw_outputs = conformance::raw_outputs(build, options);
  raw = graph.input("raw", {batch, raw_outputs}, dtype);
  other = graph.input("other", {batch, raw_outputs}, dtype);
  std::optional<Distribution> second;
  {
    const Scope scope = graph.scope("other");  // parameters of its own
    second = build(other, raw_outputs);
  }
  const Distribution d = build(raw, raw_outputs);
  links = graph.node_count();
  name = d.name();
  event_rank = d.event_rank();
  own_support = d.support();
  support = options.support ? options.support : own_support;

  const TensorType target = target_type(graph, d, dtype);
  if (target.shape.rank() == 0 || target.shape[0] != batch)
    throw ArgumentError(fmt::format("targets of {} are {}: they must have the batch as first axis", name, to_string(target.shape)));
  integer_target = !is_float(target.dtype);
  elements = target.shape.slice(1, target.shape.rank()).count().constant();
  y = graph.input("y", target.shape, target.dtype);
  node(Answer::log_prob) = d.log_prob(y);
  other_log_prob = second->log_prob(y);
  const std::int64_t events = node(Answer::log_prob).shape().slice(1, node(Answer::log_prob).shape().rank()).count().constant();
  if (node(Answer::log_prob).shape()[0] != batch || events != 1)
    throw ArgumentError(
        fmt::format("log_prob of {} is {}: there must be one event a sample", name, to_string(node(Answer::log_prob).shape())));
  p = graph.input("p", node(Answer::log_prob).shape(), dtype);
  for (std::size_t i = 1; i < answer_count; ++i) ask(static_cast<Answer>(i), d);
  try {
    if (d.has_kl(*second)) node(Answer::kl) = d.kl(*second);
  } catch (const std::exception& error) {
    broken.emplace_back("kl", error.what());
  }
  try {
    atoms = d.atoms();
  } catch (const std::exception& error) {
    broken.emplace_back("atoms", error.what());
  }
  try {
    if (d.has_fisher_information()) {
      const FisherInformation fisher = d.fisher_information();
      fisher_parameters = fisher.parameters;
      fisher_entries = fisher.entries;
    }
  } catch (const std::exception& error) {
    broken.emplace_back("fisher_information", error.what());
  }
}

void Subject::ask(Answer answer, const Distribution& d) {
  const auto given = [&]() -> Node {
    switch (answer) {
      case Answer::mean:
        return d.has<Mean>() ? d.mean() : Node();
      case Answer::mode:
        return d.has<Mode>() ? d.mode() : Node();
      case Answer::median:
        return d.has<Median>() ? d.median() : Node();
      case Answer::variance:
        return d.has<Variance>() ? d.variance() : Node();
      case Answer::entropy:
        return d.has<Entropy>() ? d.entropy() : Node();
      case Answer::probabilities:
        return d.has<Probabilities>() ? d.probabilities() : Node();
      case Answer::cdf:
        return d.has<Cdf>() ? d.cdf(y) : Node();
      case Answer::survival:
        return d.has<Survival>() ? d.survival(y) : Node();
      case Answer::log_cdf:
        return d.has<LogCdf>() ? d.log_cdf(y) : Node();
      case Answer::log_survival:
        return d.has<LogSurvival>() ? d.log_survival(y) : Node();
      case Answer::quantile:
        return d.has<Quantile>() ? d.quantile(p) : Node();
      case Answer::crps:
        return d.has<Crps>() ? d.crps(y) : Node();
      case Answer::deviance:
        return d.has<Deviance>() ? d.deviance(y) : Node();
      case Answer::sample:
        return d.has_sample() ? d.sample("draw") : Node();
      default:
        return {};
    }
  };
  try {
    node(answer) = given();
  } catch (const std::exception& error) {
    broken.emplace_back(conformance::name(answer), error.what());
  }
}

std::vector<std::vector<double>> Subject::compute(const std::vector<Node>& nodes, const Points& points) const {
  std::vector<std::pair<std::string, Tensor>> feed{{"raw", tensor(points.raw, raw.shape(), points.rows, dtype)},
                                                   {"y", tensor(points.y, y.shape(), points.rows, y.dtype())}};
  if (!points.p.empty()) feed.emplace_back("p", tensor(points.p, p.shape(), points.rows, dtype));
  feed.emplace_back("other", points.other.empty() ? feed[0].second : tensor(points.other, raw.shape(), points.rows, dtype));
  std::vector<Node> present;
  for (const Node one : nodes)
    if (one) present.push_back(one);
  const std::vector<Tensor> tensors = interpret(present, feed, points.seed);
  std::vector<std::vector<double>> result;
  std::size_t next = 0;
  for (const Node one : nodes) {
    std::vector<double>& row = result.emplace_back();
    if (!one) continue;
    const Tensor& t = tensors[next++];
    const bool has_rows = one.shape().rank() > 0 && one.shape()[0] == batch;
    row.resize(static_cast<std::size_t>(has_rows ? t.count() : t.count() * points.rows));
    const Tensor wide = t.cast(DType::float64);
    const auto from = wide.values<double>();
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = from[i % from.size()];
  }
  return result;
}

std::vector<std::vector<double>> Subject::values(const std::vector<Node>& nodes, const Points& points) const {
  std::vector<std::vector<double>> result(nodes.size());
  std::vector<Node> unknown;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] && nodes[i].index() < remembered_) {
      const auto& known = values_[key(nodes[i])];
      const auto same = std::find_if(known.begin(), known.end(), [&](const auto& entry) { return entry.first == points; });
      if (same != known.end()) {
        result[i] = same->second;
        continue;
      }
    }
    unknown.push_back(nodes[i]);
    places.push_back(i);
  }
  if (unknown.empty()) return result;
  std::vector<std::vector<double>> computed = compute(unknown, points);
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    if (unknown[i] && unknown[i].index() < remembered_) values_[key(unknown[i])].emplace_back(points, computed[i]);
    result[places[i]] = std::move(computed[i]);
  }
  return result;
}

std::vector<double> Subject::values(Node one, const Points& points) const { return values(std::vector<Node>{one}, points)[0]; }

Node Subject::derivative(Node of, Node by) {
  const auto [found, made] = derivatives_.try_emplace({key(of), key(by)});
  if (made) {
    try {
      const Node seed = broadcast_to(graph.constant(1.0, of.dtype()), of.shape());
      found->second = vector_jacobian_product(std::span(&of, 1), std::span(&seed, 1), std::span(&by, 1))[0];
    } catch (...) {
      derivatives_.erase(found);
      throw;
    }
  }
  return found->second;
}

void Subject::forget_derivatives(std::size_t count) {
  std::erase_if(derivatives_,
                [&](const auto& entry) { return (entry.first.first >> 8) >= count || (entry.second && entry.second.index() >= count); });
}

std::string Subject::place(std::span<const double> at, std::span<const double> target) const {
  std::string text = fmt::format("{} of {} at raw = {{{:.6g}}}", name, loglik::name(dtype), fmt::join(at, ", "));
  if (target.size() == 1) text += fmt::format(", y = {:.9g}", target[0]);
  if (target.size() > 1) text += fmt::format(", y = {{{:.9g}}}", fmt::join(target, ", "));
  return text;
}

std::vector<std::vector<double>> draw_parameters(const DistributionOptions& options, std::int64_t outputs, int rows, std::uint64_t seed) {
  std::vector<std::vector<double>> result(static_cast<std::size_t>(rows), std::vector<double>(static_cast<std::size_t>(outputs)));
  for (std::size_t j = 0; j < static_cast<std::size_t>(outputs); ++j) {
    const Domain& domain = j < options.domains.size() ? options.domains[j] : options.domain;
    std::vector<std::int32_t> ranks(static_cast<std::size_t>(rows));  // so that no two rows are near in any coordinate
    std::iota(ranks.begin(), ranks.end(), 0);
    shuffle({seed, j, hash_name("ranks")}, ranks);
    std::vector<double> u(static_cast<std::size_t>(rows));
    fill_uniform<double>({seed, j, hash_name("parameters")}, 0, std::span(u));
    for (std::size_t i = 0; i < result.size(); ++i)  // values that float32 can hold
      result[i][j] =
          static_cast<float>(i == 0 ? spread(domain, 0, 1, 0.5 + 0.02 * static_cast<double>(j + 1)) : spread(domain, ranks[i], rows, u[i]));
  }
  return result;
}

}  // namespace loglik::conformance
