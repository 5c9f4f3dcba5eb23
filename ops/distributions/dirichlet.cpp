#include "ops/distributions/dirichlet.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_gamma.h"
#include "ops/logsumexp.h"
#include "ops/random.h"
#include "ops/shape.h"
#include "ops/slice.h"
#include "ops/softmax.h"

namespace loglik {
namespace {

const double log_2pi = std::log(2 * std::numbers::pi);

// As far as float32 holds what the gradients are made of: α₀ above, 1/α² below.
Node held(Node log_alpha) { return clamp(log_alpha, -40, 80); }

// What the answers are made of; sums over the elements are {…, 1}.
struct Parts {
  double k;
  Node log_alpha, alpha, log_mean, mean, log_total, total;

  explicit Parts(const Dirichlet& d)
      : k(static_cast<double>(d.elements())),
        log_alpha(held(d.log_concentration)),
        alpha(exp(log_alpha)),
        log_mean(log_softmax(log_alpha)),
        mean(exp(log_mean)),
        log_total(logsumexp(log_alpha, {-1}, true)),
        total(exp(log_total)) {}

  // αₖ·D(yₖ/mₖ), D(u) = u − 1 − log u. Away from u = 1, or where mₖ underflows, αₖ·(yₖ/mₖ − 1) is α₀·(yₖ − mₖ).
  Node deviation(Node y, Node log_y) const {
    const Node difference = y - mean, near = less(abs(difference), 0.5 * mean);
    const Node ratio = where(near, difference, 0.0) / where(near, mean, 1.0);
    return where(near, -(alpha * log1pmx(ratio)), total * difference + alpha * (log_mean - log_y));
  }

  // δ(αₖ) − ½·log αₖ {…, K} and δ(α₀) − ½·log α₀ {…, 1}: log B(α) is the sum of the former less the latter, ½·(K − 1)·log 2π and what
  // `deviation` holds.
  Node elements() const { return stirling_remainder(alpha) - 0.5 * log_alpha; }
  Node whole() const { return stirling_remainder(total) - 0.5 * log_total; }
};

Node without_last(Node x) { return squeeze(x, {-1}); }
Node sum(Node x) { return reduce_sum(x, {-1}); }

// δ′(x) = ψ(x) − log x + 1/(2x)
Node stirling_slope(Node x) { return gradient(reduce_sum(stirling_remainder(x)), x); }

}  // namespace

Node Dirichlet::log_prob(Node y) const {
  const Parts parts(*this);
  const Node log_y = log(y);
  return without_last(parts.whole()) - sum(parts.elements() + log_y + parts.deviation(y, log_y)) - 0.5 * (parts.k - 1) * log_2pi;
}

Node Dirichlet::mean() const { return Parts(*this).mean; }

Node Dirichlet::mode() const {
  const Parts parts(*this);
  const Node excess = maximum(expm1(parts.log_alpha), 0.0), all = reduce_sum(excess, {-1}, true), some = greater(all, 0.0);
  return where(some, excess / where(some, all, 1.0), parts.mean);
}

Node Dirichlet::variance() const {  // m·(1 − m)/(α₀ + 1)
  const Parts parts(*this);
  return parts.mean * -expm1(parts.log_mean) / (parts.total + 1.0);
}

// log B + Σ (αₖ − 1)·(ψ(α₀) − ψ(αₖ)), where Σ αₖ·(log mₖ + ψ(α₀) − ψ(αₖ)) = ½·(K − 1) + α₀·δ′(α₀) − Σ αₖ·δ′(αₖ).
Node Dirichlet::entropy() const {
  const Parts parts(*this);
  const Node each = parts.elements() - parts.alpha * stirling_slope(parts.alpha) -
                    polygamma_increment(0, parts.alpha, maximum(parts.total - parts.alpha, 0.0));
  const Node whole = parts.whole() - parts.total * stirling_slope(parts.total);
  return sum(each) - without_last(whole) + 0.5 * (parts.k - 1) * (log_2pi + 1);
}

// G = G′·u^(1/α) has shape α if G′ has shape α + 1: so log G is a number also where G underflows.
Node Dirichlet::sample(std::string_view key) const {
  const Node log_alpha = cast(held(log_concentration), DType::float64);
  std::vector<Dim> dims{Dim(2)};
  for (const Dim dim : log_concentration.shape().dims()) dims.push_back(dim);
  elements();
  const Node u = random_uniform(log_concentration.graph(), Shape(std::move(dims)), {.dtype = DType::float64}).named(key);
  const std::vector<Node> halves = split(u, 2, 0);
  const Node first = maximum(squeeze(halves[0], {0}), 0x1p-54), second = maximum(squeeze(halves[1], {0}), 0x1p-54);
  const Node log_gamma = log(gamma_p_inverse(exp(log_alpha) + 1.0, first)) + mul_exp(log(second), -log_alpha);
  const double low = log_concentration.dtype() == DType::float32 ? 0x1p-126 : 0x1p-1022;
  const double high = log_concentration.dtype() == DType::float32 ? 1 - 0x1p-24 : 1 - 0x1p-53;
  return cast(clamp(softmax(log_gamma), low, high), log_concentration.dtype());
}

// With β for the other: log B(β) − log B(α) + Σ (αₖ − βₖ)·(ψ(αₖ) − ψ(α₀)), where Σ βₖ·log(β's mₖ/α's mₖ) is its deviation of α's mean.
Node Dirichlet::kl(const Dirichlet& other) const {
  const Parts p(*this), q(other);
  const Node slope_of_whole = 0.5 / p.total - stirling_slope(p.total);
  const Node slopes = slope_of_whole + (stirling_slope(p.alpha) - 0.5 / p.alpha);
  const Node each = (q.elements() - p.elements()) + q.deviation(p.mean, p.log_mean) + (p.alpha - q.alpha) * slopes;
  return sum(each) - without_last(q.whole() - p.whole());
}

TensorType Dirichlet::target() const {
  elements();
  return log_concentration.type();
}

std::int64_t Dirichlet::elements() const {
  const Shape& shape = log_concentration.shape();
  if (shape.rank() == 0 || !shape.back().is_constant() || shape.back().constant() < 2)
    throw ShapeError(
        fmt::format("Dirichlet: log_concentration has shape {}, needs a last axis of constant size, 2 or more", to_string(shape)));
  return shape.back().constant();
}

}  // namespace loglik
