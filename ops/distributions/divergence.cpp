#include "ops/distributions/divergence.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/gumbel.h"
#include "ops/distributions/numerical/numerical.h"
#include "ops/exponential.h"
#include "ops/reductions.h"
#include "ops/shape.h"

namespace loglik {
namespace {

// E log p = −(log β + γ + 1); −E log q = ½·log 2π + log σ + ((m − μ)² + π²β²/6)/(2σ²), m = E X.
Node gumbel_to_gaussian(const Gumbel& p, const Gaussian& q) {
  return 0.5 * (square(q.z(p.mean())) + exp(log(p.variance()) - 2.0 * q.log_sigma())) + q.log_sigma() + 0.5 * std::log(2 * std::numbers::pi) - p.entropy();
}

Divergence exact(Node value) { return {value, 0.0 * value}; }

}  // namespace

Divergence kl(const Distribution& p, const Distribution& q, const KlOptions& options) {
  if (options.draws < 2) throw ArgumentError(fmt::format("kl: draws is {}, must be 2 or more", options.draws));
  if (p.has_kl(q)) return exact(p.kl(q));
  if (const auto *gumbel = p.as<Gumbel>(); gumbel != nullptr)
    if (const auto *gaussian = q.as<Gaussian>(); gaussian != nullptr) return exact(gumbel_to_gaussian(*gumbel, *gaussian));
  if (numerical::answers(p) && q.event_rank() == 0 && q.atoms().empty()) return exact(numerical::kl(p, q));
  if (!p.has_sample()) throw ArgumentError(fmt::format("kl of the distribution \"{}\" to \"{}\": no closed form, and \"{}\" has no sample", p.name(), q.name(), p.name()));
  std::vector<Node> terms;
  for (std::int64_t i = 0; i < options.draws; ++i) {
    const Node x = p.sample(fmt::format("{}_{}", options.key, i));
    terms.push_back(expand_dims(p.log_prob(x) - q.log_prob(x), 0));
  }
  const Node all = concat(terms, 0);
  return {reduce_mean(all, {0}), sqrt(reduce_variance(all, {0}, false, 1) / static_cast<double>(options.draws))};
}

}  // namespace loglik
