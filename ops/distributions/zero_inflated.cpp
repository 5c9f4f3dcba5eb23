#include "ops/distributions/zero_inflated.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/distributions/advice.h"
#include "ops/distributions/bernoulli.h"
#include "ops/distributions/gradient_gate.h"
#include "ops/distributions/tails.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/random.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::string_view wrapper = "ZeroInflated";

Node log_zero(const ZeroInflated& d) { return -softplus(-d.logits); }  // log π
Node log_rest(const ZeroInflated& d) { return -softplus(d.logits); }   // log(1 − π)
Node zero(const ZeroInflated& d) { return d.logits.graph().constant(0.0, d.logits.dtype()); }

// bool: is 0 a point of positive probability of the base? Absent if it surely is none.
Node base_atom_at_zero(const ZeroInflated& d) {
  Node found;
  for (const Node atom : d.base.atoms()) found = found ? logical_or(found, equal(atom, 0.0)) : equal(atom, 0.0);
  return found;
}

}  // namespace

Node ZeroInflated::log_prob(Node y) const {
  require_numbers(base, wrapper);
  y = as_float(y);
  const Node is_zero = equal(y, 0.0);
  if (is_discrete()) {  // a zero that the base can't have made is none of its
    const Node used = logical_or(logical_not(is_zero), greater(base.log_prob(zero(*this)), -infinity));
    const Node rest = gradient_where(used, [&] { return base.log_prob(y); }) + log_rest(*this);
    return where(is_zero, logaddexp(log_zero(*this), rest), rest);
  }
  const Node atom = base_atom_at_zero(*this);
  const Node used = atom ? logical_or(logical_not(is_zero), atom) : logical_not(is_zero);
  const Node rest = log_prob_where(base, y, used) + log_rest(*this);
  return where(is_zero, atom ? logaddexp(log_zero(*this), where(used, rest, -infinity)) : log_zero(*this), rest);
}

Node ZeroInflated::mean() const { return sigmoid(-logits) * base.mean(); }
Node ZeroInflated::variance() const { return sigmoid(-logits) * (base.variance() + sigmoid(logits) * square(base.mean())); }

Node ZeroInflated::mode() const {  // π/(1 − π) + p(0) against p(mode)
  const Node mode = as_float(base.mode());
  const Node at_zero = logaddexp(logits, base.log_prob(zero(*this)));
  return where(greater_equal(at_zero, base.log_prob(mode)), 0.0, mode);
}

Node ZeroInflated::median() const { return quantile(logits.graph().constant(0.5, logits.dtype())); }
Node ZeroInflated::entropy() const { return Bernoulli{.logits = logits}.entropy() + sigmoid(-logits) * base.entropy(); }

Node ZeroInflated::log_cdf(Node y) const {
  y = as_float(y);
  const Node rest = Tails(base, wrapper).log_below(y) + log_rest(*this);
  return where(less(y, 0.0), rest, minimum(logaddexp(log_zero(*this), rest), 0.0));
}

Node ZeroInflated::log_survival(Node y) const {
  y = as_float(y);
  const Node rest = Tails(base, wrapper).log_above(y) + log_rest(*this);
  return where(less(y, 0.0), minimum(logaddexp(log_zero(*this), rest), 0.0), rest);
}

Node ZeroInflated::cdf(Node y) const { return exp(log_cdf(y)); }
Node ZeroInflated::survival(Node y) const { return exp(log_survival(y)); }

// With what the base has below 0, F₀: its quantile of p/(1 − π) up to p = (1 − π)·F₀, then 0 as far as π more, then that of (p − π)/(1 −
// π).
Node ZeroInflated::quantile(Node p) const {
  const Tails tails(base, wrapper);
  const Node pi = sigmoid(logits), rest = sigmoid(-logits);
  const auto of_base = [&](Node taken, Node level) {  // 0.5 where it is not taken
    const Node all = where(taken, rest, 1.0), share = where(taken, level, 0.5) / all;
    return base.quantile(where(logical_and(taken, equal(p, 1.0)), 1.0, minimum(share, 1.0)));  // rounding may lead past 1, or not to it
  };
  Node result, below;
  if (!tails.is_before(is_discrete() ? -1 : 0)) {
    below = rest * -expm1(tails.log_at_least(zero(*this)));
    const Node negative = less_equal(p, below);
    result = where(negative, of_base(negative, p), 0.0);
  }
  const Node positive = greater(p, below ? below + pi : pi), of_positive = of_base(positive, p - pi);
  result = where(positive, of_positive, result ? result : zero(*this));
  const Node proper = logical_and(greater_equal(p, 0.0), less_equal(p, 1.0));
  return where(proper, result, std::numeric_limits<double>::quiet_NaN());
}

Node ZeroInflated::sample(std::string_view key) const {
  require_numbers(base, wrapper);
  Graph& graph = logits.graph();
  const Scope scope = graph.scope(key);
  const Node draw = base.sample("base");
  const Shape shape = broadcast_shapes(draw.shape(), logits.shape());
  if (draw.shape() != shape)
    throw ShapeError(fmt::format("{}: a draw of the base has shape {}, needs {}: give its parameters that shape (broadcast_to)", name(),
                                 to_string(draw.shape()), to_string(shape)));
  const Node u = random_uniform(graph, shape, {.dtype = DType::float64}).named("zero");
  return where(less(u, sigmoid(cast(logits, DType::float64))), 0.0, draw);
}

Node ZeroInflated::kl(const ZeroInflated& other) const {
  return Bernoulli{.logits = logits}.kl(Bernoulli{.logits = other.logits}) + sigmoid(-logits) * base.kl(other.base);
}

Support with_zero(const Support& support) {
  return {std::min(support.lower(), 0.0), std::max(support.upper(), 0.0), support.lower() < 0 && support.lower_is_open(),
          support.upper() > 0 && support.upper_is_open(), support.is_integer()};
}

std::optional<Support> ZeroInflated::support() const {
  const std::optional<Support> of_base = base.support();
  if (!of_base) return {};
  return with_zero(*of_base);
}

std::string ZeroInflated::advice(double y) const { return advice_for(support(), y); }

std::vector<Node> ZeroInflated::atoms() const {
  if (is_discrete()) return {};
  std::vector<Node> atoms = base.atoms();
  atoms.push_back(zero(*this));
  return atoms;
}

std::string ZeroInflated::certificate() const {
  if (is_discrete()) return fmt::format("NLL = −log(π + (1 − π)·p(0)) at 0, else that of {} − log(1 − π)", base.name());
  return fmt::format("NLL = −log π at 0, else that of {} − log(1 − π)", base.name());
}

}  // namespace loglik
