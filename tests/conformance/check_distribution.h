#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "framework/distribution.h"
#include "ops/distributions/family.h"
#include "tests/conformance/report.h"
#include "tests/conformance/values.h"

namespace loglik::conformance {

/// What is tested: how raw network outputs, any numbers, become a distribution. Either a family, or a callable that returns any
/// distribution and takes
///
///   - one Node {batch, n}, all raw outputs of a sample, n being `DistributionOptions::raw_outputs`;
///   - or two, three or four Nodes {batch, 1}, one a raw output;
///   - or a std::vector<Node> of `raw_outputs` of those.
///
/// Each sample is one event: y is {batch, 1}, {batch}, or {batch, …} as `target()` says. It is called again for each dtype.
class DistributionBuilder {
 public:
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, DistributionBuilder> && !std::same_as<std::remove_cvref_t<F>, Family>)
      DistributionBuilder(F function) {
    if constexpr (std::invocable<const F&, std::vector<Node>>) {
      build_ = [function](Node raw, std::int64_t outputs) -> Distribution { return function(parts(raw, outputs)); };
    } else if constexpr (std::invocable<const F&, Node>) {
      build_ = [function](Node raw, std::int64_t) -> Distribution { return function(raw); };
    } else if constexpr (std::invocable<const F&, Node, Node>) {
      build_ = [function](Node raw, std::int64_t) -> Distribution { return spread<2>(function, parts(raw, 2)); };
      raw_outputs_ = 2;
    } else if constexpr (std::invocable<const F&, Node, Node, Node>) {
      build_ = [function](Node raw, std::int64_t) -> Distribution { return spread<3>(function, parts(raw, 3)); };
      raw_outputs_ = 3;
    } else {
      build_ = [function](Node raw, std::int64_t) -> Distribution { return spread<4>(function, parts(raw, 4)); };
      raw_outputs_ = 4;
    }
  }
  /// Targets of one value, of 3 classes, 3 shares, or vectors of 2.
  DistributionBuilder(const Family& family);
  DistributionBuilder(const Family& family, const Targets& targets);

  Distribution operator()(Node raw, std::int64_t outputs) const { return build_(raw, outputs); }
  std::int64_t raw_outputs() const { return raw_outputs_; }  ///< 0 if the options must say

 private:
  static std::vector<Node> parts(Node raw, std::int64_t outputs);
  template <std::size_t n, class F>
  static Distribution spread(const F& f, const std::vector<Node>& x) {
    if constexpr (n == 2)
      return f(x[0], x[1]);
    else if constexpr (n == 3)
      return f(x[0], x[1], x[2]);
    else
      return f(x[0], x[1], x[2], x[3]);
  }
  std::function<Distribution(Node, std::int64_t)> build_;
  std::int64_t raw_outputs_ = 0;
};

/// Two distributions that must be one: log_prob and every answer that both have. Made from the same raw outputs.
struct Identity {
  std::string text;  ///< "shape 1 is Exponential"
  DistributionBuilder one, other;
  std::int64_t raw_outputs = 1;  ///< of both
  double tolerance = 1e-9;       ///< relative to max(1, |answer|); limits reached only nearly need more
};

struct DistributionOptions {
  std::int64_t raw_outputs = 0;              ///< for a function of one Node or of a vector; 0 is 1
  Domain domain = {};                        ///< of all raw outputs
  std::vector<Domain> domains = {};          ///< of the first ones
  std::optional<Support> support = {};       ///< for a distribution that does not say, or says more than what it has a density on
  std::string kinks = {};                    ///< where log_prob has kinks ("y = loc"): there the gradient may be any between both sides'
  std::optional<std::size_t> location = {};  ///< the raw output that moves the distribution without changing its shape
  std::optional<std::size_t> scale = {};     ///< the one that stretches it about its location, by any link
  std::string draw_gradient = {};            ///< why the gradient of a draw is not that of a quantile ("of its component alone")
  std::string not_a_density = {};            ///< why log_prob is no log density ("a cross-entropy"): what integrates it is skipped
  bool exchangeable = false;  ///< do several parameters give the same distribution (mixtures)? Then recovery looks at likelihoods
  std::vector<Identity> identities = {};
  int parameters = 4;              ///< points in the space of raw outputs at which integrals and draws are looked at
  double tolerance = 1e-9;         ///< of integrals: more for a density that adds up to 1 only nearly
  double largest = 1e10;           ///< of raw outputs and targets at extremes; those of Loglik are held to float32's largest number
  double extreme_tolerance = 1e-4;  ///< of float32 at extremes, relative to max(1, |log_prob|)
  double resolution = 0.03;        ///< what distance between two distribution functions the tests of draws see
  std::vector<Skipped> skip = {};  ///< properties that it does not have, and why
};

/// What became of errors that were planted in a distribution.
struct KillRate {
  int planted = 0;                     ///< errors that change a value somewhere on the support
  int killed = 0;                      ///< of these, what the kit found
  int equivalent = 0;                  ///< changes that change nothing beyond rounding, not counted
  std::vector<std::string> survivors;  ///< "cdf: the constant 0.5 of mul at normal.cpp:44 is 1.001 times as large: changes values by 3e-13"
  std::vector<Failure> before;         ///< what fails without any error: then nothing is planted
  double rate() const { return planted == 0 ? 0 : static_cast<double>(killed) / planted; }  ///< 0 if nothing could be planted
};
std::string to_string(const KillRate& rate);

/// Puts a distribution through the battery: see Property. Never throws for what the distribution does.
///
/// Answers that it does not give are skipped, with the reason. All integrals are adaptive quadratures (sums with a bound of the tail for
/// counts) of its own log_prob in float64. Tests of draws raise a false alarm with a probability of at most 1e-6 a call.
Report examine_distribution(const DistributionBuilder& build, const DistributionOptions& options = {});

/// The same in a GoogleTest: each failure is an ADD_FAILURE.
Report check_distribution(const DistributionBuilder& build, const DistributionOptions& options = {});

/// Does the kit see the code of this distribution? Plants errors in the nodes of log_prob and of each other answer, one at a time: constants
/// 0.1 % larger (25 % in draws, of which less is not seen), signs flipped, terms and factors dropped, ops exchanged (exp and expm1, minimum
/// and maximum, branches); then looks for the first property that fails at one row of raw outputs after another.
KillRate kill_rate(const DistributionBuilder& build, const DistributionOptions& options = {});

}  // namespace loglik::conformance
