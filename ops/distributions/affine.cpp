#include "ops/distributions/affine.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/leaves.h"
#include "framework/primitives.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

void check(const Affine& d) {
  if (d.scale == 0 || !std::isfinite(d.scale))
    throw ArgumentError(fmt::format("{}: scale is {}, must be finite and not 0", d.name(), d.scale));
}

// x in the shape that it has together with both parameters.
Node stretched(const Affine& d, Node x) {
  Shape shape = x.shape();
  for (const Node parameter : {d.loc, d.log_scale})
    if (parameter) shape = broadcast_shapes(shape, parameter.shape());
  return x.shape() == shape ? x : broadcast_to(x, shape);
}

Node times_power(const Affine& d, Node x, double factor, int power) {
  if (factor != 1) x = factor * x;
  if (!d.log_scale) return x;
  return mul_exp(x, power == 1 ? d.log_scale : double(power) * d.log_scale);
}

// What all elements of a parameter are, if it is a constant; 0 if absent.
std::optional<double> known(Node parameter) {
  if (!parameter) return 0;
  const Tensor* value = constant_value(parameter);
  if (value == nullptr || value->count() == 0) return {};
  for (std::int64_t i = 1; i < value->count(); ++i)
    if (value->at(i) != value->at(0)) return {};
  return value->at(0);
}

// Where a bound of the base's support goes.
std::optional<double> image(const Affine& d, double bound) {
  if (std::isinf(bound)) return d.scale * bound;
  const std::optional<double> loc = known(d.loc), log_scale = bound == 0 ? 0 : known(d.log_scale);
  if (!loc || !log_scale) return {};
  return *loc + d.scale * std::exp(*log_scale) * bound;
}

}  // namespace

Node Affine::value(Node x) const {
  check(*this);
  x = times_power(*this, x, scale, 1);
  return loc ? loc + x : x;
}

Node Affine::standardised(Node y) const {
  check(*this);
  if (loc) y = y - loc;
  if (scale != 1) y = y / scale;
  return log_scale ? mul_exp(y, -log_scale) : y;
}

Node Affine::log_abs_scale(Node like) const {
  check(*this);
  const double constant = std::log(std::abs(scale));
  if (!log_scale) return like.graph().constant(constant, like.dtype());
  return constant == 0 ? log_scale : log_scale + constant;
}

Transformed Affine::transformed() const {
  check(*this);
  const Affine copy = *this;
  Bijection bijection{.name = "affine",
                      .forward = [copy](Node x) { return copy.value(x); },
                      .inverse = [copy](Node y) { return copy.standardised(y); },
                      .log_abs_derivative = [copy](Node, Node y) { return copy.log_abs_scale(y); },
                      .increasing = scale > 0};
  const std::optional<Support> from = base.support();
  if (from && image(*this, from->lower()) && image(*this, from->upper()))
    bijection.end = [copy](double bound) { return *image(copy, bound); };
  return {base, bijection};
}

Node Affine::log_prob(Node y) const { return transformed().log_prob(y); }

Node Affine::mean() const {
  transformed().check();
  return stretched(*this, value(base.mean()));
}
Node Affine::mode() const {
  transformed().check();
  return stretched(*this, value(base.mode()));
}
Node Affine::median() const { return stretched(*this, transformed().median()); }
Node Affine::variance() const {
  transformed().check();
  return stretched(*this, times_power(*this, base.variance(), scale * scale, 2));
}
Node Affine::entropy() const {
  transformed().check();
  const Node of_base = base.entropy();
  return stretched(*this, of_base + log_abs_scale(of_base));
}

Node Affine::cdf(Node y) const { return transformed().cdf(y); }
Node Affine::survival(Node y) const { return transformed().survival(y); }
Node Affine::log_cdf(Node y) const { return transformed().log_cdf(y); }
Node Affine::log_survival(Node y) const { return transformed().log_survival(y); }
Node Affine::quantile(Node p) const { return transformed().quantile(p); }

Node Affine::crps(Node y) const {
  transformed().check();
  return times_power(*this, base.crps(standardised(y)), std::abs(scale), 1);
}

Node Affine::sample(std::string_view key) const {
  transformed().check();
  const Node draw = base.sample(key), result = value(draw);
  if (result.shape() != draw.shape())
    throw ShapeError(fmt::format("{}: a draw of the base has shape {}, needs {}: give its parameters that shape (broadcast_to)", name(),
                                 to_string(draw.shape()), to_string(result.shape())));
  return result;
}

Node Affine::kl(const Affine& other) const { return stretched(*this, base.kl(other.base)); }
bool Affine::has_kl(const Affine& other) const {
  return loc == other.loc && log_scale == other.log_scale && scale == other.scale && base.has_kl(other.base);
}

std::optional<Support> Affine::support() const { return transformed().support(); }
std::vector<Node> Affine::atoms() const { return transformed().atoms(); }

std::string Affine::certificate() const {
  check(*this);
  return fmt::format("NLL = that of {} at (y − a)/b, plus log |b|", base.name());
}

}  // namespace loglik
