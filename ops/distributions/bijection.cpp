#include "ops/distributions/bijection.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// What has 1 + λy > 0.
Support box_cox_range(double lambda) {
  return {lambda > 0 ? -1 / lambda : -infinity, lambda < 0 ? -1 / lambda : infinity, true, true, false};
}

void require_finite(double lambda) {
  if (!std::isfinite(lambda)) throw ArgumentError(fmt::format("box_cox: lambda is {}, must be finite", lambda));
}

// (x^λ − 1)/λ as expm1(λ·log x)/λ, which does not cancel for small λ.
Node to_box_cox(Node x, double lambda) { return lambda == 0 ? log(x) : expm1(lambda * log(x)) / lambda; }
Node log_of_inverse(Node y, double lambda) { return lambda == 0 ? y : log1p(lambda * y) / lambda; }

double box_cox_end(double x, double lambda) { return lambda == 0 ? std::log(x) : std::expm1(lambda * std::log(x)) / lambda; }
double inverse_box_cox_end(double y, double lambda) { return std::exp(lambda == 0 ? y : std::log1p(std::max(lambda * y, -1.0)) / lambda); }

Node logit_of(Node x) { return loglik::log(x) - log1p(-x); }

}  // namespace

Bijection Bijection::exp() {
  return {.name = "exp",
          .forward = [](Node x) { return loglik::exp(x); },
          .inverse = [](Node y) { return loglik::log(y); },
          .log_abs_derivative = [](Node x, Node) { return x; },
          .end = [](double x) { return std::exp(x); },
          .range = Support::positive,
          .mean_log_derivative = [](Node mean) { return mean; }};
}

Bijection Bijection::log() {
  return {.name = "log",
          .forward = [](Node x) { return loglik::log(x); },
          .inverse = [](Node y) { return loglik::exp(y); },
          .log_abs_derivative = [](Node, Node y) { return -y; },
          .end = [](double x) { return std::log(x); },
          .domain = Support::positive};
}

Bijection Bijection::sigmoid() {  // g′ = g·(1 − g)
  return {.name = "sigmoid",
          .forward = [](Node x) { return loglik::sigmoid(x); },
          .inverse = logit_of,
          .log_abs_derivative = [](Node, Node y) { return loglik::log(y) + log1p(-y); },
          .end = [](double x) { return 1 / (1 + std::exp(-x)); },
          .range = Support::open_unit};
}

Bijection Bijection::logit() {  // −log g′ = log x + log(1 − x), in terms of y: precise also where x is rounded to 1
  return {.name = "logit",
          .forward = logit_of,
          .inverse = [](Node y) { return loglik::sigmoid(y); },
          .log_abs_derivative = [](Node, Node y) { return softplus(y) + softplus(-y); },
          .end = [](double x) { return std::log(x) - std::log1p(-x); },
          .domain = Support::open_unit};
}

Bijection Bijection::box_cox(double lambda) {  // g′ = x^(λ − 1)
  require_finite(lambda);
  return {.name = fmt::format("box_cox({:g})", lambda),
          .forward = [=](Node x) { return to_box_cox(x, lambda); },
          .inverse = [=](Node y) { return loglik::exp(log_of_inverse(y, lambda)); },
          .log_abs_derivative = [=](Node, Node y) { return (lambda - 1) * log_of_inverse(y, lambda); },
          .end = [=](double x) { return box_cox_end(x, lambda); },
          .domain = Support::positive,
          .range = box_cox_range(lambda)};
}

Bijection Bijection::inverse_box_cox(double lambda) {  // g′ = y^(1 − λ)
  require_finite(lambda);
  return {.name = fmt::format("inverse_box_cox({:g})", lambda),
          .forward = [=](Node x) { return loglik::exp(log_of_inverse(x, lambda)); },
          .inverse = [=](Node y) { return to_box_cox(y, lambda); },
          .log_abs_derivative = [=](Node, Node y) { return (1 - lambda) * loglik::log(y); },
          .end = [=](double x) { return inverse_box_cox_end(x, lambda); },
          .domain = box_cox_range(lambda),
          .range = Support::positive};
}

}  // namespace loglik
