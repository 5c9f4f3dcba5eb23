#include "ops/distributions/student_t.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/distributions/location_scale.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/random.h"
#include "ops/student_t_functions.h"

namespace loglik {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

void check(const StudentT& d) {
  if (!(d.degrees > 0) || !std::isfinite(d.degrees))
    throw ArgumentError(fmt::format("student_t: degrees is {}, must be finite and > 0", d.degrees));
}

// The shape of loc and log_scale together, which LocationScale answers in, and of raw_degrees.
Shape answer_shape(const StudentT& d) {
  const Shape two = LocationScale(d).shape();
  return d.raw_degrees ? broadcast_shapes(two, d.raw_degrees.shape()) : two;
}

Node stretched(Node x, const Shape& shape) { return x.shape() == shape ? x : broadcast_to(x, shape); }

// ν in its own shape.
Node nu(const StudentT& d) {
  check(d);
  return d.raw_degrees ? d.degrees + softplus(d.raw_degrees) : d.loc.graph().constant(d.degrees, d.loc.dtype());
}

// log(1 + s²), also where s² overflows.
Node log1p_square(Node s) {
  const Node size = abs(s), near = less(size, 1.0), inside = where(near, s, 0.0), outside = where(near, 1.0, size);
  return where(near, log1p(square(inside)), 2.0 * log(outside) + log1p(square(1.0 / outside)));
}

// `value` of ν where ν > bound, else infinite; ν is kept above the bound, so that no gradient is NaN.
template <class Value>
Node above(Node degrees, double bound, Value value) {
  const Node exists = greater(degrees, bound);
  return where(exists, value(where(exists, degrees, bound + 1)), infinite);
}

// In ν: −¼·(ψ′(x + ½) − ψ′(x)) − (ν + 5)/(2ν(ν + 1)(ν + 3)) with x = ν/2, about 3.5/ν⁴, of which the terms are 1/(2ν²). By ψ′(x) = 1/x +
// 1/(2x²) + δ″(x) it is (5ν + 3)/(2ν²(ν + 1)²(ν + 3)) + ¼·(δ″(x) − δ″(x + ½)); and that difference is, about x + ¼, −½·(δ‴ + δ⁗′/96), to
// 3e-14 from x = 1000 on, where less of it is left.
Node curvature(Node degrees) {
  const Node x = 0.5 * degrees, far = greater(x, 1000.0), near = where(far, 1.0, x), at = where(far, x, 1000.0) + 0.25;
  const auto delta = [](int order, Node point) { return stirling_remainder_derivative(order, point); };
  const Node difference = where(far, -0.5 * (delta(3, at) + delta(5, at) / 96.0), delta(2, near) - delta(2, near + 0.5));
  return (5.0 * degrees + 3.0) / (2.0 * square(degrees * (degrees + 1.0)) * (degrees + 3.0)) + 0.25 * difference;
}

}  // namespace

Node StudentT::degrees_of_freedom() const { return stretched(nu(*this), answer_shape(*this)); }

Node StudentT::log_prob(Node y) const { return student_t_log_density(y, loc, LocationScale(*this).log_scale(), nu(*this)); }
Node StudentT::mean() const {
  return above(degrees_of_freedom(), 1, [&](Node) { return mode(); });
}
Node StudentT::mode() const { return stretched(LocationScale(*this).location(), answer_shape(*this)); }

Node StudentT::variance() const {  // σ²·ν/(ν − 2)
  const Node squared = exp(2.0 * LocationScale(*this).log_scale());
  return above(degrees_of_freedom(), 2, [&](Node degrees) { return squared * (degrees / (degrees - 2.0)); });
}

// ½(ν + 1)·(ψ((ν + 1)/2) − ψ(ν/2)) + log √ν·B(ν/2, ½) + log σ
Node StudentT::entropy() const {
  const Node degrees = degrees_of_freedom(), half = 0.5 * degrees;
  return (half + 0.5) * polygamma_increment(0, half, 0.5) + (0.5 * log(degrees) + lbeta(half, 0.5)) + LocationScale(*this).log_scale();
}

Node StudentT::cdf(Node y) const { return student_t_cdf(LocationScale(*this).z(y), nu(*this)); }
Node StudentT::survival(Node y) const { return student_t_cdf(-LocationScale(*this).z(y), nu(*this)); }
Node StudentT::log_cdf(Node y) const { return student_t_log_cdf(LocationScale(*this).z(y), nu(*this)); }
Node StudentT::log_survival(Node y) const { return student_t_log_cdf(-LocationScale(*this).z(y), nu(*this)); }
Node StudentT::quantile(Node p) const { return LocationScale(*this).value(student_t_quantile(p, nu(*this))); }

// σ·(z·(2F − 1) + 2·f·(ν + z²)/(ν − 1) − 2·√ν/(ν − 1)·B(½, ν − ½)/B(½, ν/2)²), f·(ν + z²) by its log: z² may overflow
Node StudentT::crps(Node y) const {
  const Node z = LocationScale(*this).z(y);
  return above(nu(*this), 1, [&](Node degrees) {
    const Node log_degrees = log(degrees);
    const Node log_spread = student_t_log_density(z, 0.0, 0.0, degrees) + log1p_square(mul_exp(z, -0.5 * log_degrees)) + log_degrees;
    const Node difference = exp(lbeta(degrees - 0.5, 0.5) - 2.0 * lbeta(0.5 * degrees, 0.5) + 0.5 * log_degrees);
    const Node odd = z * (student_t_cdf(z, degrees) - student_t_cdf(-z, degrees));
    return LocationScale(*this).times_scale(odd + 2.0 * (exp(log_spread) - difference) / (degrees - 1.0));
  });
}

Node StudentT::deviance(Node y) const {
  const Node degrees = nu(*this);
  return (degrees + 1.0) * log1p_square(LocationScale(*this).z(y) / sqrt(degrees));
}

FisherInformation StudentT::fisher_information() const {
  const Node degrees = degrees_of_freedom(), log_sigma = stretched(LocationScale(*this).log_scale(), degrees.shape());
  FisherInformation fisher{{loc}, {}};
  std::vector<std::vector<Node>> rows{{(degrees + 1.0) / (degrees + 3.0) * exp(-2.0 * log_sigma)}};
  const Node of_scale = 2.0 * degrees / (degrees + 3.0);
  if (log_scale) {
    fisher.parameters.push_back(log_scale);
    rows[0].push_back({});
    rows.push_back({Node(), of_scale});
  }
  if (raw_degrees) {
    const Node link = sigmoid(raw_degrees), both = link * (-2.0 / (degrees + 1.0) / (degrees + 3.0));
    fisher.parameters.push_back(raw_degrees);
    for (std::vector<Node>& row : rows) row.push_back({});
    rows.push_back(std::vector<Node>(rows.size() + 1));
    rows.back().back() = square(link) * cast(curvature(cast(degrees, DType::float64)), degrees.dtype());
    if (log_scale) rows[1].back() = rows.back()[1] = both;
  }
  for (const std::vector<Node>& row : rows) fisher.entries.insert(fisher.entries.end(), row.begin(), row.end());
  return fisher;
}

Node StudentT::sample(std::string_view key) const {
  const Node u = maximum(random_uniform(loc.graph(), answer_shape(*this), {.dtype = DType::float64}).named(key), 0x1p-54);
  return LocationScale(*this).draw(student_t_quantile(u, cast(nu(*this), DType::float64)));
}

std::string StudentT::certificate() const {
  LocationScale(*this).shape();  // throws where the scale is out of range
  check(*this);
  if (raw_degrees) return "NLL = ½(ν + 1)·log(1 + z²/ν) + log σ + C(ν)";
  const double constant = std::lgamma(degrees / 2) - std::lgamma((degrees + 1) / 2) + 0.5 * std::log(std::numbers::pi * degrees);
  return fmt::format("NLL = {:.6g}·log(1 + z²/{:.6g}) + log σ + {:.6f}", 0.5 * (degrees + 1), degrees, constant);
}

}  // namespace loglik
