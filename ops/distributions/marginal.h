#pragma once
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "framework/tensor.h"
#include "ops/distributions/family.h"

namespace loglik {

/// The best that a family can say of targets without looking at any features: constant raw outputs of maximum likelihood.
///
/// A network's head starts there, with these as the bias of its last layer; and its loss can be reported as *skill*, the marginal's nats a
/// sample less its own on the same targets.
class Marginal {
 public:
  const std::vector<double>& raw() const { return raw_; }  ///< {raw_outputs}
  bool is_maximum() const { return is_maximum_; }  ///< or only the best candidate
  double nll() const { return nll_; }  ///< Σ w·nll / Σ w of the targets that it was fitted to, nats a sample
  /// The same of other targets. Throws as fit_marginal. From any threads: those of one fit, copies of it included, wait for each other.
  double nll(const Tensor& y, const std::optional<Tensor>& weights = {}) const;
  /// Parameters that the family trains for itself ("gaussian_1/log_scale"), with their maximum-likelihood values; float64.
  const std::vector<std::pair<std::string, Tensor>>& parameters() const { return parameters_; }

 private:
  Marginal() = default;  // by fit_marginal alone
  friend Marginal fit_marginal(const Family&, const Targets&, const Tensor&, const std::optional<Tensor>&);
  class Likelihood;
  std::shared_ptr<Likelihood> likelihood_;
  std::vector<double> raw_;
  double nll_ = 0;
  bool is_maximum_ = true;
  std::vector<std::pair<std::string, Tensor>> parameters_;
};

/// Fits constant raw outputs to targets y {n, values}, or {n} for one value or for labels, by maximum likelihood in float64.
///
/// Of weights {n}, those of 0 leave out their rows, NaN targets too. Candidates from moments, Newton's method with Levenberg's damping, each
/// value of a target on its own where the family allows it; where the likelihood has kinks (Laplace), sample quantiles and golden sections,
/// to about 1e-8 of the targets' spread. Where the maximum lies at infinity (a class that never comes, targets that are all equal) it stops
/// within about 1e-10 nats of it. Of more than 256 raw outputs that depend on each other (a covariance of many values) the best candidate is
/// taken, which labels' frequencies are to a categorical; `is_maximum` tells. The same bits for any number of threads.
///
/// Throws SupportError for a target outside the family's support, ShapeError where shapes do not fit, ArgumentError for weights that are
/// negative, not finite or all 0.
Marginal fit_marginal(const Family& family, const Targets& targets, const Tensor& y, const std::optional<Tensor>& weights = {});
Marginal fit_marginal(std::string_view family, const Targets& targets, const Tensor& y, const std::optional<Tensor>& weights = {});

}  // namespace loglik
