#include "ops/distributions/divergence.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/distributions/atoms.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/gumbel.h"
#include "ops/distributions/numerical/log_density.h"
#include "ops/distributions/numerical/numerical.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/reductions.h"
#include "ops/shape.h"

namespace loglik {
namespace {

// E log p = −(log β + γ + 1); −E log q = ½·log 2π + log σ + ((m − μ)² + π²β²/6)/(2σ²), m = E X.
Node gumbel_to_gaussian(const Gumbel& p, const Gaussian& q) {
  return 0.5 * (square(q.z(p.mean())) + exp(log(p.variance()) - 2.0 * q.log_sigma())) + q.log_sigma() + 0.5 * std::log(2 * std::numbers::pi) - p.entropy();
}

Divergence exact(Node value) { return {value, broadcast_to(value.graph().constant(0.0, value.dtype()), value.shape())}; }

// Has each value of d a probability, rather than a density?
Node has_probability(const Distribution& d, Node x) {
  const Node atom = is_atom(d, x);
  return atom ? atom : x.graph().constant(is_discrete(d) ? 1.0 : 0.0, DType::boolean);
}

// log p(x) − log q(x); ∞ where one of them is a probability and the other a density.
Node gain(const Distribution& p, const Distribution& q, Node x) {
  const Node difference = p.log_prob(x) - q.log_prob(x);
  if (p.event_rank() > 0 || (p.atoms().empty() && q.atoms().empty())) return difference;
  return where(logical_xor(has_probability(p, x), has_probability(q, x)), std::numeric_limits<double>::infinity(), difference);
}

}  // namespace

Divergence kl(const Distribution& p, const Distribution& q, const KlOptions& options) {
  if (options.draws < 2) throw ArgumentError(fmt::format("kl: draws is {}, must be 2 or more", options.draws));
  if (p.has_kl(q)) return exact(p.kl(q));
  if (const auto *gumbel = p.as<Gumbel>(); gumbel != nullptr)
    if (const auto *gaussian = q.as<Gaussian>(); gaussian != nullptr) return exact(gumbel_to_gaussian(*gumbel, *gaussian));
  const bool single_numbers = p.event_rank() == 0 && q.event_rank() == 0, no_atoms = p.atoms().empty() && q.atoms().empty();
  if (single_numbers && no_atoms && is_discrete(p) != is_discrete(q)) {
    const TensorType type = numerical::LogDensity(p).type();
    const Node infinite = graph_of(p).constant(std::numeric_limits<double>::infinity(), type.dtype);
    return exact(broadcast_to(infinite, broadcast_shapes(type.shape, numerical::LogDensity(q).type().shape)));
  }
  if (numerical::answers(p) && q.event_rank() == 0 && q.atoms().empty()) return exact(numerical::kl(p, q));
  if (!p.has_sample()) throw ArgumentError(fmt::format("kl of the distribution \"{}\" to \"{}\": no closed form, and \"{}\" has no sample", p.name(), q.name(), p.name()));
  std::vector<Node> terms;
  for (std::int64_t i = 0; i < options.draws; ++i) {
    const Node x = p.sample(fmt::format("{}_{}", options.key, i));
    terms.push_back(expand_dims(gain(p, q, x), 0));
  }
  const Node all = concat(terms, 0), value = reduce_mean(all, {0});
  const Node error = sqrt(reduce_variance(all, {0}, false, 1) / static_cast<double>(options.draws));
  return {value, where(equal(value, std::numeric_limits<double>::infinity()), 0.0, error)};
}

}  // namespace loglik
