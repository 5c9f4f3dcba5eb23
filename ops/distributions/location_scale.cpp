#include "ops/distributions/location_scale.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/initializer.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/random.h"
#include "ops/shape.h"

namespace loglik {
namespace {

Node stretched(Node x, const Shape& shape) { return x.shape() == shape ? x : broadcast_to(x, shape); }

}  // namespace

LocationScale::LocationScale(std::string_view family, Node loc, Node log_scale, double scale)
    : loc_(loc), log_scale_(log_scale), scale_(scale) {
  if (!(scale > 0) || !std::isfinite(scale)) throw ArgumentError(fmt::format("{}: scale is {}, must be finite and > 0", family, scale));
}

Shape LocationScale::shape() const { return log_scale_ ? broadcast_shapes(loc_.shape(), log_scale_.shape()) : loc_.shape(); }

Node LocationScale::z(Node y) const {
  Node distance = y - loc_;
  if (scale_ != 1) distance = distance / scale_;
  return log_scale_ ? mul_exp(distance, -log_scale_) : distance;
}

Node LocationScale::times_scale(Node x) const {
  if (scale_ != 1) x = scale_ * x;
  return log_scale_ ? mul_exp(x, log_scale_) : x;
}

Node LocationScale::value(Node z) const { return loc_ + times_scale(z); }
Node LocationScale::location() const { return stretched(loc_, shape()); }

Node LocationScale::log_scale() const {
  const double constant = std::log(scale_);
  if (!log_scale_) return stretched(loc_.graph().constant(constant, loc_.dtype()), loc_.shape());
  return stretched(constant == 0 ? log_scale_ : log_scale_ + constant, shape());
}

Node LocationScale::density(Node log_prob_of_z) const {
  const double constant = std::log(scale_);
  if (log_scale_) log_prob_of_z = log_prob_of_z - log_scale_;
  return constant == 0 ? log_prob_of_z : log_prob_of_z - constant;
}

// In float64 whatever the dtype: tails of a float32 uniform would end at 2⁻²⁴. Its 0 becomes half its smallest step.
Node LocationScale::uniform(std::string_view key) const {
  return maximum(random_uniform(loc_.graph(), shape(), {.dtype = DType::float64}).named(key), 0x1p-54);
}

Node LocationScale::draw(Node standard) const { return value(cast(standard, loc_.dtype())); }

FisherInformation LocationScale::fisher_information(double of_loc, double across, double of_log_scale) const {
  const Node precision = of_loc * exp(-2.0 * log_scale());
  if (!log_scale_) return {{loc_}, {precision}};
  const Node cross = across == 0 ? Node() : across * exp(-log_scale());
  return {{loc_, log_scale_}, {precision, cross, cross, broadcast_to(loc_.graph().constant(of_log_scale, loc_.dtype()), shape())}};
}

Node LocationScale::learned_log_scale(Node loc, std::string_view family) {
  Graph& graph = loc.graph();
  const Scope scope = graph.numbered_scope(family);
  return graph.parameter("log_scale", {}, constant_initializer(0), loc.dtype(), loc.site());
}

}  // namespace loglik
