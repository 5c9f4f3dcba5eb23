#include "ops/distributions/middle.h"

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/affine.h"
#include "ops/distributions/censored.h"
#include "ops/distributions/gradient_gate.h"
#include "ops/distributions/hurdle.h"
#include "ops/distributions/mixture.h"
#include "ops/distributions/transformed.h"
#include "ops/distributions/truncated.h"
#include "ops/distributions/zero_inflated.h"
#include "ops/logical.h"
#include "ops/shape.h"

namespace loglik {
namespace {

Node somewhere(const Distribution& d, Node like) {
  if (const auto* mixture = d.as<Mixture>(); mixture != nullptr && !mixture->components.empty()) return middle(mixture->components[0], like);
  if (const auto* inflated = d.as<ZeroInflated>()) return middle(inflated->base, like);
  if (const auto* hurdle = d.as<Hurdle>()) return middle(hurdle->base, like);
  if (const auto* censored = d.as<Censored>()) return middle(censored->base, like);
  if (const auto* affine = d.as<Affine>()) return affine->value(middle(affine->base, like));
  if (const auto* transformed = d.as<Transformed>()) return transformed->bijection.forward(middle(transformed->base, like));
  if (const auto* truncated = d.as<Truncated>()) {
    const Support support = truncated->support();
    const Node y = middle(truncated->base, like);
    return where(logical_and(greater(y, support.lower()), less(y, support.upper())), y, support.inside());
  }
  if (d.has<Median>()) return d.median();
  if (d.has<Mean>()) return d.mean();
  return like.graph().constant(d.support() ? d.support()->inside() : 0.0, like.dtype());
}

}  // namespace

Node middle(const Distribution& d, Node like) {
  // What overflows or vanishes is held where logs and squares are finite; 0 is out of bounds for a positive number.
  const bool positive = d.support() && d.support()->lower() == 0 && !d.support()->is_integer();
  const double least = like.dtype() == DType::float32 ? 0x1p-126 : 1e-300;
  return stop_gradient(clamp(somewhere(d, like), positive ? least : -1e15, positive ? 1e30 : 1e15));
}

Node log_prob_where(const Distribution& d, Node y, Node used) {
  const Node at = where(used, y, middle(d, y));
  return gradient_where(used, [&] { return d.log_prob(at); });
}

}  // namespace loglik
