#include "ops/distributions/marginal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/passes/passes.h"
#include "framework/pipeline.h"
#include "framework/primitives.h"
#include "framework/session.h"
#include "framework/target_check.h"
#include "ops/distributions/block_minimizer.h"
#include "ops/distributions/moment_guesses.h"

namespace loglik {
namespace {

constexpr std::int64_t elements_at_once = 1 << 18;  // targets are run through in pieces of about so many
constexpr std::size_t most_dependent = 256;

struct Rows {
  Tensor y;
  std::vector<double> weights;
  double total_weight = 0;
};

}  // namespace

// The mean NLL of targets as a function of constant raw outputs and of the family's own parameters.
class Marginal::Likelihood {
 public:
  Likelihood(const Family& family, const Targets& targets);

  /// Rows that count, in the dtype and shape of the graph's target; those of one value that are equal joined into one. Throws as fit_marginal.
  Rows take(const Tensor& y, const std::optional<Tensor>& weights) const;

  std::size_t outputs() const { return static_cast<std::size_t>(outputs_); }
  std::size_t columns() const { return columns_; }  ///< of log_prob: 1, or the values of a target
  const Targets& targets() const { return targets_; }
  const std::vector<std::pair<std::string, Tensor>>& own() const { return own_; }
  bool needs_classes() const { return needs_classes_; }

  /// Mean NLL by column {columns}, and the gradient of their sum by raw {outputs}.
  void evaluate(const Rows& rows, std::span<const double> raw, std::span<double> values, std::span<double> gradient);
  /// The gradient by the family's own parameters, one after the other, of the rows last evaluated.
  std::vector<double> own_gradient() const { return own_gradient_; }
  void set_own(std::span<const double> values);

  std::mutex in_use;  ///< held by who evaluates once a Marginal is given away

 private:
  Targets targets_;
  bool needs_classes_;
  std::int64_t outputs_;
  std::size_t columns_ = 1;
  Graph graph_;
  std::optional<Distribution> distribution_;
  TensorType target_;
  std::vector<std::pair<std::string, Tensor>> own_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::optional<Session> session_;
  std::vector<double> own_gradient_;
};

Marginal::Likelihood::Likelihood(const Family& family, const Targets& targets)
    : targets_(targets), needs_classes_(family.needs_classes), outputs_(family.raw_outputs(targets)) {
  const Node raw = graph_.input("raw", {1, outputs_}, DType::float64);
  distribution_ = family.make(broadcast_to(raw, {batch, outputs_}), targets);
  target_ = distribution_->target() ? *distribution_->target() : TensorType{DType::float64, {batch, targets.values}};
  const Node y = graph_.input("y", target_.shape, target_.dtype), weight = graph_.input("weight", {batch}, DType::float64);
  Node nll = -distribution_->log_prob(y);
  std::vector<std::int64_t> rest;
  for (std::size_t axis = 1; axis < nll.shape().rank(); ++axis) rest.push_back(static_cast<std::int64_t>(axis));
  if (nll.shape().rank() == 2 && nll.shape()[1].is_constant()) columns_ = static_cast<std::size_t>(nll.shape()[1].constant());
  else if (!rest.empty()) nll = reduce_sum(nll, rest);
  const Node values = reduce_sum(reshape(weight, {batch, 1}) * reshape(nll, {batch, static_cast<std::int64_t>(columns_)}), {0});
  graph_.output("values", values);
  number_layers(graph_);

  std::vector<Node> by{raw};
  std::vector<std::string> names;
  for (const auto& [info, node] : graph_.data()->variables)
    if (info->trainable) by.push_back(node), names.push_back(node.name());
  const std::vector<Node> gradients_by = gradients(reduce_sum(values), by);
  std::vector<std::pair<std::string, Node>> outputs{{"values", values}, {"gradient", gradients_by[0]}};
  for (std::size_t i = 0; i < names.size(); ++i) outputs.emplace_back("/gradient of " + names[i], gradients_by[i + 1]);
  session_.emplace(compile_program(graph_, {.outputs = outputs}, state_, {.name = "marginal"}, {}));
  for (const std::string& name : names) own_.emplace_back(name, state_->tensor(name));
}

Rows Marginal::Likelihood::take(const Tensor& y, const std::optional<Tensor>& weights) const {
  const std::int64_t n = y.rank() == 0 ? 0 : y.size(0);
  Extents extents{n};
  for (std::size_t axis = 1; axis < target_.shape.rank(); ++axis) extents.push_back(target_.shape[axis].constant());
  if (n == 0 || y.count() != count(extents))
    throw ShapeError(fmt::format("fit_marginal: the targets are {}, need {}, at least one row", to_string(std::span(y.extents())), to_string(target_.shape)));
  if (weights && weights->count() != n) throw ShapeError(fmt::format("fit_marginal: {} weights for {} rows", weights->count(), n));

  const Tensor all = y.cast(DType::float64);
  const auto values = all.values<double>();
  const auto width = static_cast<std::size_t>(y.count() / n);
  const auto weight_of = [&](std::int64_t row) { return weights ? weights->at(row) : 1.0; };
  std::vector<std::pair<std::size_t, double>> kept;  // row and weight
  for (std::int64_t row = 0; row < n; ++row) {
    const double weight = weight_of(row);
    if (!(weight >= 0) || std::isinf(weight))
      throw ArgumentError(fmt::format("fit_marginal: the weight at row {} is {}, needs to be finite and not negative", row, weight));
    if (weight > 0) kept.emplace_back(row, weight);
  }
  const Elements elements{y.dtype(), y.count(), y.data()};
  if (const std::optional<Support> support = distribution_->support())
    require_within_support("fit_marginal", *distribution_, *support, elements, {n, y.count() / n}, 0,
                           [&](std::int64_t k) { return weight_of(k * n / elements.count) > 0; });
  if (kept.empty()) throw ArgumentError(fmt::format("fit_marginal: all {} rows have weight 0", n));
  if (width == 1) {
    std::stable_sort(kept.begin(), kept.end(), [&](const auto& a, const auto& b) { return values[a.first] < values[b.first]; });
    std::size_t last = 0;
    for (std::size_t i = 1; i < kept.size(); ++i) {
      if (values[kept[i].first] == values[kept[last].first]) kept[last].second += kept[i].second;
      else kept[++last] = kept[i];
    }
    kept.resize(last + 1);
  }
  Rows rows;
  extents[0] = std::ssize(kept);
  Tensor taken(DType::float64, extents);
  auto to = taken.mutable_values<double>().begin();
  for (const auto& [row, weight] : kept) {
    to = std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * width), width, to);
    rows.weights.push_back(weight);
    rows.total_weight += weight;
  }
  rows.y = taken.cast(target_.dtype);
  return rows;
}

void Marginal::Likelihood::set_own(std::span<const double> values) {
  std::size_t next = 0;
  for (auto& named : own_) {
    Tensor& tensor = named.second;
    for_float(tensor.dtype(), [&]<class T>() {
      for (T& value : tensor.mutable_values<T>()) value = static_cast<T>(values[next++]);
    });
  }
}

void Marginal::Likelihood::evaluate(const Rows& rows, std::span<const double> raw, std::span<double> values, std::span<double> gradient) {
  std::fill(values.begin(), values.end(), 0.0);
  std::fill(gradient.begin(), gradient.end(), 0.0);
  own_gradient_.clear();
  for (const auto& [name, tensor] : own_) own_gradient_.resize(own_gradient_.size() + static_cast<std::size_t>(tensor.count()));
  const Tensor constants = Tensor::from(raw, {1, outputs_});
  const Tensor weights = Tensor::from(rows.weights);
  const std::int64_t n = std::ssize(rows.weights), at_once = std::max<std::int64_t>(1, elements_at_once / std::max(outputs_, rows.y.count() / n));
  const auto add = [&](std::string_view output, std::span<double> to) {
    const Tensor part = session_->fetch(output);
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += part.at(static_cast<std::int64_t>(i)) / rows.total_weight;
  };
  for (std::int64_t begin = 0; begin < n; begin += at_once) {
    const std::int64_t end = std::min(begin + at_once, n);
    session_->step({{"raw", constants}, {"y", rows.y.rows(begin, end)}, {"weight", weights.rows(begin, end)}});
    add("values", values);
    add("gradient", gradient);
    std::span<double> rest = own_gradient_;
    for (const auto& [name, tensor] : own_) {
      add("/gradient of " + name, rest.first(static_cast<std::size_t>(tensor.count())));
      rest = rest.subspan(static_cast<std::size_t>(tensor.count()));
    }
  }
}

namespace {

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

Marginal fit_marginal(const Family& family, const Targets& targets, const Tensor& y, const std::optional<Tensor>& weights) {
  Marginal result;
  result.likelihood_ = std::make_shared<Marginal::Likelihood>(family, targets);
  Marginal::Likelihood& likelihood = *result.likelihood_;
  const Rows rows = likelihood.take(y, weights);
  const std::size_t outputs = likelihood.outputs(), columns = likelihood.columns();

  // Values of a target are fitted each on its own where none depends on another's raw outputs: output by output, as elementwise families have them.
  const auto evaluate_columns = [&](std::span<const double> x, std::span<double> values, std::span<double> gradient) {
    likelihood.evaluate(rows, x, values, gradient);
  };
  BlockFunction raw{columns, outputs / columns, evaluate_columns};
  if (columns > 1 && (outputs % columns != 0 || !blocks_are_independent(raw))) {
    raw = {1, outputs, [&, buffer = std::vector<double>(columns)](std::span<const double> x, std::span<double> values, std::span<double> gradient) mutable {
             likelihood.evaluate(rows, x, buffer, gradient);
             values[0] = sum(buffer);
           }};
  }
  const bool by_value = !family.needs_classes && raw.size * raw.blocks == outputs && raw.blocks == static_cast<std::size_t>(targets.values);
  const Guesses guesses = by_value ? guesses_by_value(rows.y, rows.weights, raw.size) : guesses_of_rows(rows.y, rows.weights, targets, outputs);
  result.raw_.assign(outputs, 0.0);
  const bool there = take_best_guess(raw, guesses, result.raw_);
  const auto fit_raw = [&] {
    result.is_maximum_ = raw.size <= most_dependent;
    if (result.is_maximum_ && minimize_by_newton(raw, result.raw_)) minimize_by_golden_section(raw, guesses.width, result.raw_);
  };
  if (!there) fit_raw();

  // The family's own parameters, such as one scale for all, and the raw outputs in turn.
  std::vector<double> own;
  for (const auto& [name, tensor] : likelihood.own())
    for (std::int64_t i = 0; i < tensor.count(); ++i) own.push_back(tensor.at(i));
  if (!own.empty()) {
    std::vector<double> values(columns), gradient(outputs);
    const BlockFunction of_own{1, own.size(), [&](std::span<const double> x, std::span<double> value, std::span<double> g) {
                                 likelihood.set_own(x);
                                 likelihood.evaluate(rows, result.raw_, values, gradient);
                                 value[0] = sum(values);
                                 std::ranges::copy(likelihood.own_gradient(), g.begin());
                               }};
    constexpr int most_rounds = 100;
    double before = std::numeric_limits<double>::infinity();
    for (int round = 0; round < most_rounds; ++round) {
      minimize_by_newton(of_own, own);
      likelihood.set_own(own);
      fit_raw();
      likelihood.evaluate(rows, result.raw_, values, gradient);
      const double now = sum(values);
      if (!(before - now > 1e-14 * std::max(1.0, std::abs(now)))) break;
      before = now;
    }
    for (const auto& [name, tensor] : likelihood.own()) result.parameters_.emplace_back(name, tensor.cast(DType::float64));
  }

  std::vector<double> values(columns), gradient(outputs);
  likelihood.evaluate(rows, result.raw_, values, gradient);
  result.nll_ = sum(values);
  return result;
}

Marginal fit_marginal(std::string_view name, const Targets& targets, const Tensor& y, const std::optional<Tensor>& weights) {
  return fit_marginal(family(name), targets, y, weights);
}

double Marginal::nll(const Tensor& y, const std::optional<Tensor>& weights) const {
  const Rows rows = likelihood_->take(y, weights);
  std::vector<double> values(likelihood_->columns()), gradient(likelihood_->outputs());
  const std::lock_guard lock(likelihood_->in_use);
  likelihood_->evaluate(rows, raw_, values, gradient);
  return sum(values);
}

}  // namespace loglik
