#pragma once
#include "framework/node.h"
#include "framework/support.h"

namespace loglik::numerical {

/// An interval as the image of the whole line, y(x) ascending: itself; e^x above a lower end; b − e^(−x) below an upper one; between two ends
/// the logistic function. A density that grows or falls there as a power of y falls exponentially in x. float64.
class Line {
 public:
  explicit Line(const Support& support);  ///< its ends; throws ArgumentError unless lower < upper

  Node y(Node x) const;
  Node log_slope(Node x) const;  ///< log ∂y/∂x
  Node x(Node y) const;          ///< of y beyond an end: that of a y within, far out

  /// Moments are of y less this, at which y − origin loses no digit: an end, the lower one of two; 0 on the whole line.
  double origin() const;
  Node from_origin(Node x) const;  ///< y(x) − origin
  bool is_heavy(int side) const;   ///< does y grow without bound on the left (0) or right (1) side?

  bool is_all() const { return kind_ == Kind::all; }
  double first() const { return first_; }  ///< between these the y of float64 are told from the ends by 13 digits or more
  double last() const { return last_; }
  double lower() const { return lower_; }
  double upper() const { return upper_; }
  /// By how much log y′(x) falls for each unit of x far out on the left (0) or right (1) side; on the whole line −1: log ∂x/∂v by v.
  double fall(int side) const;

 private:
  enum class Kind { all, above, below, between } kind_;
  double lower_, upper_, first_, last_;
};

}  // namespace loglik::numerical
