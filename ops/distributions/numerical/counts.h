#pragma once
#include <functional>
#include <string_view>

#include "ops/distributions/numerical/log_density.h"

namespace loglik::numerical {

/// The answers of a distribution of whole numbers from a lowest one on: sums over all of them if there are 4,095 or fewer, else over 4,095
/// neighbours from where, on the lower side, the probability is e^−60 of its maximum. A run throws IntegrationError unless it is below e^−40
/// of it at their upper end, too, and their sum 1 to 1e-5. float64. A tail outside the window, below e^−40 or so, counts as 0, its log as
/// −∞.
class Counts {
 public:
  explicit Counts(const Distribution& d);

  Node mean() const;
  Node variance() const;
  Node mode() const;  ///< of 4,095 neighbours around the maximum that a search finds: of a distribution of any width
  Node entropy() const;
  Node mass(Node y, bool upper, std::string_view what) const;  ///< P(Y ≤ y), or P(Y > y)
  Node quantile(Node p) const;
  Node crps(Node y) const;
  Node kl(const std::function<Node(Node)>& log_q) const;

 private:
  Node searched_top() const;
  Node first_of_window() const;
  Node log_p_of(Node k) const;  ///< −∞ outside the support
  Node normaliser(Node answer, std::string_view what) const;
  Node widened(Node y) const;
  Node place(Node y) const;  ///< how many numbers of the window are below y, as float64

  LogDensity log_density_;
  double lower_, upper_;
  Node top_;           // the maximum that was searched {S…}; absent where the window is all numbers
  Node first_;         // of the window {S…}
  Node steps_;         // 0, 1, … {n, 1, …}: number k is first + step
  Node log_p_, p_;     // {n, S…}
  Node below_, above_;  // P(k < first + i), P(k ≥ first + i) {n + 1, S…}
};

}  // namespace loglik::numerical
