#include "ops/distributions/beta.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/beta_log_density.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_beta.h"
#include "ops/random.h"

namespace loglik {
namespace {

// e^log_shape, finite: above e^80 every answer but log_prob is that of a point.
Node shape(const Beta& d, Node log_mean) { return exp(minimum(d.log_precision + log_mean, 80.0)); }

Node within(Node y) { return clamp(y, 0, 1); }

}  // namespace

Node Beta::alpha() const { return shape(*this, -softplus(-logits)); }
Node Beta::beta() const { return shape(*this, -softplus(logits)); }

Node Beta::log_prob(Node y) const { return beta_log_density(y, logits, log_precision); }
Node Beta::mean() const { return sigmoid(broadcast_to(logits, broadcast_shapes(logits.shape(), log_precision.shape()))); }

Node Beta::mode() const {
  const Node a = alpha(), b = beta(), inside = greater(minimum(a, b), 1.0);
  const Node peak = (where(inside, a, 2.0) - 1.0) / (where(inside, a + b, 4.0) - 2.0);
  return where(inside, peak, 0.5 + 0.5 * sign(a - b));
}

Node Beta::median() const { return quantile(logits.graph().constant(0.5, logits.dtype())); }
Node Beta::variance() const { return sigmoid(logits) * sigmoid(-logits) * sigmoid(-log_precision); }

// log B − (α − 1)·(ψ(α) − ψ(α + β)) − (β − 1)·(ψ(β) − ψ(α + β))
Node Beta::entropy() const {
  const Node a = alpha(), b = beta();
  return lbeta(a, b) + (a - 1.0) * polygamma_increment(0, a, b) + (b - 1.0) * polygamma_increment(0, b, a);
}

Node Beta::cdf(Node y) const { return incomplete_beta(alpha(), beta(), within(y), 1.0 - within(y)); }
Node Beta::survival(Node y) const { return incomplete_beta(beta(), alpha(), 1.0 - within(y), within(y)); }
Node Beta::log_cdf(Node y) const { return log_incomplete_beta(alpha(), beta(), within(y), 1.0 - within(y)); }
Node Beta::log_survival(Node y) const { return log_incomplete_beta(beta(), alpha(), 1.0 - within(y), within(y)); }
Node Beta::quantile(Node p) const { return sigmoid(incomplete_beta_inverse(alpha(), beta(), p, 1.0 - p)); }

// y·(2·I_y(α, β) − 1) + μ·(1 − 2·I_y(α + 1, β) − 2·B(2α, 2β)/(α·B(α, β)²))
Node Beta::crps(Node y) const {
  const Node a = alpha(), b = beta(), at = within(y);
  const Node difference = exp(lbeta(2.0 * a, 2.0 * b) - 2.0 * lbeta(a, b)) / a;
  const Node odd = incomplete_beta(a, b, at, 1.0 - at) - incomplete_beta(b, a, 1.0 - at, at);
  const Node odd_mean = incomplete_beta(b, a + 1.0, 1.0 - at, at) - incomplete_beta(a + 1.0, b, at, 1.0 - at);
  return y * odd + sigmoid(logits) * (odd_mean - 2.0 * difference);
}

// With s = φμ(1 − μ): s²·(ψ′(α) + ψ′(β)), s·(αψ′(α) − βψ′(β)) and α²ψ′(α) + β²ψ′(β) − φ²ψ′(φ). In these x²ψ′(x) = x + ½ + x²δ″(x), where
// the x's cancel by themselves, in float64: as they stand, float32 has no digit of the last from φ = 1e7 on, which is ½ there.
FisherInformation Beta::fisher_information() const {
  const Node x = cast(logits, DType::float64), c = clamp(cast(log_precision, DType::float64), -300, 300);
  const auto shape_of = [](Node log_shape) { return exp(maximum(log_shape, -345)); };  // whose square is a number: x²ψ′(x) is 1 there
  const Node a = shape_of(c - softplus(-x)), b = shape_of(c - softplus(x)), slope = a * sigmoid(-x);
  const auto remainder = [](Node shape) { return square(shape) * stirling_remainder_derivative(2, shape); };
  const Node of_a = remainder(a), of_b = remainder(b);
  const Node both = sigmoid(-x) * (0.5 + of_a) - sigmoid(x) * (0.5 + of_b);
  const Node of_precision = 0.5 + of_a + of_b - remainder(exp(c));
  const auto narrow = [&](Node entry) { return cast(entry, logits.dtype()); };
  const Node of_mean = narrow(square(slope) * (trigamma(a) + trigamma(b))), mixed = narrow(both);
  return {{logits, log_precision}, {of_mean, mixed, mixed, narrow(of_precision)}};
}

Node Beta::sample(std::string_view key) const {
  const Node a = alpha(), b = beta();
  const Node u = maximum(random_uniform(logits.graph(), a.shape(), {.dtype = DType::float64}).named(key), 0x1p-54);
  const Node logit = incomplete_beta_inverse(cast(a, DType::float64), cast(b, DType::float64), u, 1.0 - u);
  const bool is_single = logits.dtype() == DType::float32;
  return clamp(sigmoid(cast(logit, logits.dtype())), is_single ? 0x1p-126 : 0x1p-1022, is_single ? 1 - 0x1p-24 : 1 - 0x1p-53);
}

// log B(q)/B(p) + (α_p − α_q)·(ψ(α_p) − ψ(φ_p)) + (β_p − β_q)·(ψ(β_p) − ψ(φ_p))
Node Beta::kl(const Beta& other) const {
  const Node a = alpha(), b = beta(), other_a = other.alpha(), other_b = other.beta();
  return lbeta(other_a, other_b) - lbeta(a, b) - (a - other_a) * polygamma_increment(0, a, b) -
         (b - other_b) * polygamma_increment(0, b, a);
}

std::string Beta::advice(double y) const {
  return (y == 0 || y == 1 ? "move targets inwards by Beta::squeeze, or " : "") + advice_for(support(), y);
}
std::string Beta::certificate() const { return "NLL = log B(α, β) − (α − 1)·log y − (β − 1)·log(1 − y)"; }

Node Beta::squeeze(Node y, std::int64_t n) {
  if (n < 1) throw ArgumentError(fmt::format("beta: n is {}, must be at least 1", n));
  const auto count = static_cast<double>(n);
  return (y * (count - 1) + 0.5) / count;
}

}  // namespace loglik
