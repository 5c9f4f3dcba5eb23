#pragma once
#include <functional>
#include <string_view>

#include "ops/distributions/numerical/table.h"

namespace loglik::numerical {

/// The answers of a distribution with a density, from its table. float64.
class Continuous {
 public:
  explicit Continuous(const Distribution& d) : table_(d) {}

  Node mean() const;
  Node variance() const;
  Node entropy() const;
  /// The mass below y or, where that is smaller, above, and which it is.
  struct Side {
    Node mass, is_lower;
  };
  Side side(Node y, std::string_view what) const;
  /// log side.mass, also where that is below all numbers.
  Node log_mass(const Side& side, Node y) const;
  Node quantile(Node p) const;
  Node crps(Node y) const;
  /// E log p − log q, of a log q of float64 y that is −∞ where q is 0.
  Node kl(const std::function<Node(Node)>& log_q) const;

 private:
  struct Place;
  Place place(Node v) const;
  Node mass_at(const Place& at) const;
  template <class F> Node summed(const Place& at, Node below, Node above, F f) const;
  Node widened(Node y) const;  ///< float64, in the shape of the answers
  Node z(Node v) const;
  Node from_z(Node z) const;
  Node number(double value) const;
  Node mean_z() const;
  Node tail_moment(int side, int order) const;
  Node half_mean_difference() const;
  Table table_;
};

/// Where the density, by y, is highest: not differentiable. An end of the support, to 1e-300 or 13 digits, if it rises towards that.
Node density_mode(const Distribution& d);

}  // namespace loglik::numerical
