#include "ops/distributions/mixture.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <utility>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/distributions/atoms.h"
#include "ops/distributions/categorical.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/gradient_gate.h"
#include "ops/distributions/within_support.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/logsumexp.h"
#include "ops/shape.h"
#include "ops/softmax.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using Ask = std::function<Node(const Distribution&, Node y)>;

bool counts(const Distribution& d) { return d.support() && d.support()->is_integer(); }

void check(const Mixture& d) {
  const auto n = static_cast<std::int64_t>(d.components.size());
  if (n == 0) throw ArgumentError("a mixture has no components, needs one at least");
  if (const Shape& shape = d.logits.shape(); shape.rank() == 0 || shape.back() != Dim(n))
    throw ShapeError(
        fmt::format("{}: logits have shape {}, need a last axis of {}, one for each component", d.name(), to_string(shape), n));
  const Distribution& first = d.components.front();
  for (const Distribution& other : d.components) {
    require_density_or_integers(other, d.name());
    if (other.event_rank() != first.event_rank())
      throw ArgumentError(fmt::format("{}: an observation of {} has {} axes, one of {} has {}: need as many", d.name(), first.name(),
                                      first.event_rank(), other.name(), other.event_rank()));
    if (other.support() && first.support() && counts(other) != counts(first))
      throw ArgumentError(fmt::format("{}: the probabilities of integers of {} and a density do not mix: discretise the density", d.name(),
                                      counts(first) ? first.name() : other.name()));
  }
}

Node with_axes(Node x, std::size_t n) {  // axes of 1 at the end
  for (std::size_t i = 0; i < n; ++i) x = expand_dims(x, -1);
  return x;
}

// One node for each component → {…, K}, in the shape of all together and of `like`.
Node stack(std::vector<Node> parts, const Shape& like) {
  Shape shape = like;
  for (const Node part : parts) shape = broadcast_shapes(shape, part.shape());
  for (Node& part : parts) part = expand_dims(part.shape() == shape ? part : broadcast_to(part, shape), -1);
  return concat(parts, -1);
}

Shape choices(const Mixture& d) { return d.logits.shape().slice(0, d.logits.shape().rank() - 1); }

// {…, 1 …, K}, with an axis of 1 for each of an observation's.
Node for_elements(Node weights, std::size_t event_rank) {
  for (std::size_t i = 0; i < event_rank; ++i) weights = expand_dims(weights, -2);
  return weights;
}

// Σₖ π_k·xₖ, of elements of observations.
Node average(const Mixture& d, std::vector<Node> parts) {
  const Node weights = for_elements(d.weights(), d.event_rank());
  const Node x = stack(std::move(parts), weights.shape().slice(0, weights.shape().rank() - 1));
  return reduce_sum(weights * where(greater(weights, 0.0), x, 0.0), {-1});  // an infinite moment of weight 0 is not to become NaN
}

template <class F>
std::vector<Node> of_each(const Mixture& d, F f) {
  check(d);
  std::vector<Node> parts;
  for (const Distribution& component : d.components) parts.push_back(f(component));
  return parts;
}

// Where a component's density is not 0, whatever the parameters: what its density is asked at in place of a y that it can't have made.
Node interior(const Distribution& d, Node y) {
  const std::optional<Support> support = d.support();
  const bool row = y.shape().rank() > 0 && y.shape().back().is_constant();
  const Node middle = y.graph().constant(support ? support->inside(row ? y.shape().back().constant() : 1) : 0.0, y.dtype());
  if (support && (support->is_integer() || support->is_simplex())) return middle;
  Node at;
  if (d.has<Median>())
    at = d.median();
  else if (d.has<Mean>())
    at = d.mean();
  else if (d.has<Quantile>())
    at = d.quantile(y.graph().constant(0.5, y.dtype()));
  else
    return middle;
  // Finite, and off the bounds, where its density may be infinite.
  const bool wide = y.dtype() == DType::float64;
  const double largest = wide ? std::numeric_limits<double>::max() : std::numeric_limits<float>::max();
  const auto beside = [&](double bound, double away) { return bound + away * (1e-6 * std::abs(bound) + (wide ? 1e-300 : 1e-37)); };
  const double lower = support && std::isfinite(support->lower()) ? beside(support->lower(), 1) : -largest;
  const double upper = support && std::isfinite(support->upper()) ? beside(support->upper(), -1) : largest;
  return minimum(maximum(stop_gradient(at), lower), upper);
}

// A log of a component, with no gradient where y lies outside its support, and where the log is −∞, also by underflow, or a tail's is 0.
// There a gradient of weight 0 would meet an infinite derivative within the component, and be NaN: so it is asked again, at a place of its
// own. A tail's differ `below` and `above` the support, a density's don't.
Node log_of(const Distribution& d, Node y, const Ask& ask, double below, double above) {
  const std::size_t event_rank = d.event_rank();
  const WithinSupport within(d.support(), y, event_rank);
  const Node value = ask(d, within.y());
  Node usable = not_equal(value, -infinity);
  if (below != above) usable = logical_and(usable, not_equal(value, 0.0));
  if (within.outside()) usable = logical_and(usable, logical_not(within.outside()));
  const Node safe = where(with_axes(usable, event_rank), within.y(), interior(d, y));
  return within.otherwise(where(usable, gradient_where(usable, [&] { return ask(d, safe); }), stop_gradient(value)), below, above);
}

// False where y is a point of positive probability of another component, but not of this one.
Node has_share(const Mixture& d, const Distribution& own, Node y) {
  const auto at = [&](const std::vector<Node>& atoms) {
    Node any;
    for (const Node atom : atoms) any = any ? logical_or(any, equal(y, atom)) : equal(y, atom);
    return any;
  };
  const Node all = at(d.atoms()), mine = at(own.atoms());
  if (!all) return {};
  return mine ? logical_or(logical_not(all), mine) : logical_not(all);
}

// log π_k + log p_k(y): {…, K}.
Node joint(const Mixture& d, Node y) {
  if (!is_float(y.dtype()) && y.dtype() != DType::int32) y = cast(y, DType::int32);
  const std::vector<Node> parts = of_each(d, [&](const Distribution& component) {
    const Node log_p = log_of(
        component, y, [](const Distribution& c, Node at) { return c.log_prob(at); }, -infinity, -infinity);
    const Node share = has_share(d, component, y);
    return share ? where(share, log_p, -infinity) : log_p;
  });
  return stack(parts, choices(d)) + log_softmax(d.logits);
}

// log Σ π_k·e^(log_k), in whose upper half what the other side says is what has precision.
Node log_mixed(const Mixture& d, Node y, const Ask& ask, double below, double above, Node probability, Node other) {
  const std::vector<Node> parts = of_each(d, [&](const Distribution& component) { return log_of(component, y, ask, below, above); });
  const Node log_sum = logsumexp(stack(parts, choices(d)) + log_softmax(d.logits), {-1});
  return where(greater(probability, 0.5), log1p(-minimum(other, 0.75)), log_sum);
}

constexpr auto ask_cdf = [](const Distribution& d, Node y) { return d.cdf(y); };
constexpr auto ask_survival = [](const Distribution& d, Node y) { return d.survival(y); };

// Of a probability that is 0 or 1 to the last bit no gradient: one of 0 may meet an infinite derivative there.
Ask tame(const Ask& ask) {
  return [ask](const Distribution& d, Node y) {
    const Node value = ask(d, y), proper = logical_and(greater(value, 0.0), less(value, 1.0));
    return where(proper, gradient_where(proper, [&] { return ask(d, y); }), stop_gradient(value));
  };
}

Node probability(const Mixture& d, Node y, const Ask& ask, double below, double above) {
  return clamp(average(d, of_each(d,
                                  [&](const Distribution& component) {
                                    const WithinSupport within(component.support(), y);
                                    return within.otherwise(ask(component, within.y()), below, above);
                                  })),
               0, 1);
}

}  // namespace

bool Mixture::is_gaussian() const {
  return std::ranges::all_of(components, [](const Distribution& d) { return d.as<Gaussian>() != nullptr; });
}

std::string Mixture::name() const {
  std::vector<std::pair<std::string, int>> families;
  for (const Distribution& component : components) {
    const std::string of_component = component.name();
    const auto known = std::ranges::find(families, of_component, &std::pair<std::string, int>::first);
    if (known == families.end())
      families.emplace_back(of_component, 1);
    else
      ++known->second;
  }
  std::string text = "mixture of ";
  for (std::size_t i = 0; i < families.size(); ++i)
    text += fmt::format("{}{} {}", i == 0 ? "" : i + 1 == families.size() ? " and " : ", ", families[i].second, families[i].first);
  return families.empty() ? "mixture of nothing" : text;
}

Node Mixture::log_prob(Node y) const { return logsumexp(joint(*this, y), {-1}); }

Node Mixture::responsibilities(Node y) const {
  const Node all = joint(*this, y), sum = logsumexp(all, {-1}, true);
  return exp(all - where(equal(sum, -infinity), 0.0, sum));
}

Node Mixture::weights() const {
  check(*this);
  return softmax(logits);
}

Node Mixture::mean() const {
  return average(*this, of_each(*this, [](const Distribution& d) { return d.mean(); }));
}

Node Mixture::variance() const {  // where the mean is infinite, so is a component's variance
  const Node center = mean(), finite = less(abs(center), infinity);
  return average(*this,
                 of_each(*this, [&](const Distribution& d) { return d.variance() + square(where(finite, d.mean() - center, 0.0)); }));
}

Node Mixture::cdf(Node y) const { return probability(*this, y, ask_cdf, 0, 1); }
Node Mixture::survival(Node y) const { return probability(*this, y, ask_survival, 1, 0); }
Node Mixture::log_cdf(Node y) const {
  const Ask ask = [](const Distribution& d, Node at) { return d.log_cdf(at); };
  return log_mixed(*this, y, ask, -infinity, 0, cdf(y), probability(*this, y, tame(ask_survival), 1, 0));
}
Node Mixture::log_survival(Node y) const {
  const Ask ask = [](const Distribution& d, Node at) { return d.log_survival(at); };
  return log_mixed(*this, y, ask, 0, -infinity, survival(y), probability(*this, y, tame(ask_cdf), 0, 1));
}

// Σ π_i·A(y − μ_i, σ_i) − ½·ΣΣ π_i·π_j·A(μ_i − μ_j, √(σ_i² + σ_j²)), A(m, s) = E|m + s·Z| = s·(z·erf(z/√2) + 2φ(z)), z = m/s
Node Mixture::crps(Node y) const {
  if (!is_gaussian()) throw ArgumentError(fmt::format("{}: the crps has a closed form for Gaussian components only", name()));
  const auto distance = [](Node m, Node log_s) {
    const Node z = mul_exp(m, -log_s);
    return mul_exp(z * erf(std::numbers::sqrt2 / 2 * z) + 2 / std::sqrt(2 * std::numbers::pi) * exp(-0.5 * square(z)), log_s);
  };
  const Node pi = weights();
  const Node loc = stack(of_each(*this, [](const Distribution& d) { return d.mean(); }), choices(*this));
  const Node log_scale = stack(of_each(*this, [](const Distribution& d) { return d.as<Gaussian>()->log_sigma(); }), choices(*this));
  const auto pairs = [](Node x) { return std::pair(expand_dims(x, -1), expand_dims(x, -2)); };
  const auto [loc_i, loc_j] = pairs(loc);
  const auto [log_i, log_j] = pairs(log_scale);
  const auto [pi_i, pi_j] = pairs(pi);
  const Node apart = reduce_sum(pi_i * pi_j * distance(loc_i - loc_j, 0.5 * logaddexp(2.0 * log_i, 2.0 * log_j)), {-1, -2});
  return reduce_sum(pi * distance(expand_dims(y, -1) - loc, log_scale), {-1}) - 0.5 * apart;
}

Node Mixture::sample(std::string_view key) const {
  check(*this);
  const Scope scope = logits.graph().scope(key);
  std::vector<Node> draws;
  for (std::size_t k = 0; k < components.size(); ++k) draws.push_back(components[k].sample(std::to_string(k)));
  Shape shape = choices(*this);
  for (const Node draw : draws) shape = broadcast_shapes(shape, draw.shape().slice(0, draw.shape().rank() - event_rank()));
  for (std::size_t k = 0; k < draws.size(); ++k)
    if (const Shape own = draws[k].shape().slice(0, draws[k].shape().rank() - event_rank()); own != shape)
      throw ShapeError(fmt::format("{}: a draw of component {} has shape {}, needs {}: give its parameters that shape (broadcast_to)",
                                   name(), k, to_string(own), to_string(shape)));
  const std::size_t all = shape.rank();
  std::vector<Dim> dims(shape.dims().begin(), shape.dims().end());
  dims.push_back(logits.shape().back());
  const Node choice = Categorical{.logits = broadcast_to(logits, Shape(std::move(dims)))}.sample("component");
  const Node chosen = with_axes(choice, draws.front().shape().rank() - all);
  Node result = draws.front();
  for (std::size_t k = 1; k < draws.size(); ++k) result = where(equal(chosen, k), draws[k], result);
  return result;
}

std::optional<Support> Mixture::support() const {
  check(*this);
  std::optional<Support> hull = components.front().support();
  for (const Distribution& component : components) {
    const std::optional<Support> other = component.support();
    if (!hull || !other || hull->is_simplex() != other->is_simplex()) return {};
    if (other->is_simplex()) continue;
    const auto wider = [](bool other_is_wider, bool same, bool open, bool other_open) {
      return other_is_wider ? other_open : open && (!same || other_open);
    };
    hull = Support(std::min(hull->lower(), other->lower()), std::max(hull->upper(), other->upper()),
                   wider(other->lower() < hull->lower(), other->lower() == hull->lower(), hull->lower_is_open(), other->lower_is_open()),
                   wider(other->upper() > hull->upper(), other->upper() == hull->upper(), hull->upper_is_open(), other->upper_is_open()),
                   hull->is_integer());
  }
  return hull;
}

std::optional<TensorType> Mixture::target() const {
  check(*this);
  const std::optional<TensorType> type = components.front().target();
  for (const Distribution& component : components)
    if (component.target() != type) return {};
  return type;
}

std::vector<Node> Mixture::atoms() const {
  std::vector<Node> all;
  for (const Distribution& component : components)
    for (const Node atom : component.atoms()) all.push_back(atom);
  return all;
}

std::string Mixture::certificate() const { return "NLL = −log Σ π·p(y) over " + name().substr(std::string_view("mixture of ").size()); }

}  // namespace loglik
