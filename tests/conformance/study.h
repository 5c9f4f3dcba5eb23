#pragma once
// The kit's own: what the checks of a distribution work on.
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/conformance/report.h"
#include "tests/conformance/rule.h"
#include "tests/conformance/subject.h"

namespace loglik::conformance {

using loglik::to_string;  // beside those of reports

/// A distribution in float64 with its rules, and what is said about it.
struct Study {
  const DistributionBuilder& build;
  const DistributionOptions& options;
  std::shared_ptr<Subject> subject;  ///< float64
  std::vector<std::vector<double>> thetas;
  std::vector<std::shared_ptr<const Rule>> rules;  ///< one for each of thetas
  Report report;
  std::map<const Rule*, std::vector<double>> draws = {};  ///< at the theta of each rule

  void fail(Property property, std::string where, std::string text) {
    report.failures.push_back({property, std::move(where), std::move(text)});
  }
  /// Is there an answer? If not, says that what is tested of it is skipped.
  bool needs(Property property, Answer answer, std::string_view what);
};

/// The worst of many comparisons, told as one failure.
class Worst {
 public:
  /// `text` is called for the worst one only. A NaN is worse than any number.
  template <class Text>
  void see(double off, double tolerance, Text text) {
    const double badness = off <= tolerance ? 0 : off / (tolerance + 1e-300);
    ++seen_;
    if (off <= tolerance) return;
    ++failed_;
    if (!(badness <= worst_) || text_.empty()) {
      worst_ = std::isnan(badness) ? 1e308 : badness;
      text_ = text();
    }
  }
  template <class Text>
  void compare(double got, double expected, double tolerance, Text text) {
    if (got == expected) return see(0, tolerance, text);
    see(std::abs(got - expected), tolerance, text);
  }
  std::string text() const;  ///< "" if all is well
  bool failed() const { return failed_ > 0; }

 private:
  double worst_ = 0;
  std::int64_t seen_ = 0, failed_ = 0;
  std::string text_;
};

/// "0.25, not 0.5 (off by 0.25, tolerance 1e-08)".
std::string against(double got, double expected, double tolerance);

// The checks, a property each or several; those that look only at nodes can be run on a mutant.
void check_contract(Study& study);     // distribution_contract.cpp
void check_validation(Study& study);   // distribution_contract.cpp
void check_gradients(Study& study);    // distribution_gradients.cpp
void check_float32(Study& study);      // distribution_floats.cpp
void check_extremes(Study& study);     // distribution_floats.cpp
void check_mass(Study& study);         // distribution_integrals.cpp
void check_score(Study& study);        // distribution_integrals.cpp
void check_moments(Study& study);      // distribution_moments.cpp
void check_coherence(Study& study);    // distribution_coherence.cpp
void check_propriety(Study& study);    // distribution_scores.cpp
void check_sampler(Study& study);      // distribution_draws.cpp
void check_float32_draws(Study& study);  // distribution_draws.cpp
void check_recovery(Study& study);     // distribution_recovery.cpp
void check_calibration(Study& study);  // distribution_draws.cpp
void check_identities(Study& study);   // distribution_identities.cpp

/// `count` targets of a rule, spread evenly over its mass: count·elements numbers.
std::vector<double> typical_targets(const Rule& rule, std::size_t count);

/// The rules of all thetas. Those that cannot be made are absent; the report says why.
void make_rules(Study& study);

}  // namespace loglik::conformance
