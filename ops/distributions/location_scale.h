#pragma once
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/shape.h"

namespace loglik {

/// What the families of location and scale share: Y = μ + σ·Z with a Z of no parameters, and σ = scale·e^log_scale.
///
/// A family is a struct of its own with the fields loc, log_scale and scale, and makes one of these: `LocationScale(*this)`. Methods throw
/// ArgumentError unless scale is finite and above 0.
class LocationScale {
 public:
  template <class Family>
  requires requires(const Family& d) { d.loc, d.log_scale, d.scale, Family::name; }
  explicit LocationScale(const Family& d) : LocationScale(Family::name, d.loc, d.log_scale, d.scale) {}

  Shape shape() const;                     ///< of loc and log_scale together: of all answers
  Node z(Node y) const;                    ///< (y − μ)/σ
  Node value(Node z) const;                ///< μ + σ·z
  Node times_scale(Node x) const;          ///< σ·x, in the answers' shape or that of x broadcast with it
  Node log_scale() const;                  ///< log σ, in the answers' shape
  Node density(Node log_prob_of_z) const;  ///< log p(y) from log p(z): less log σ
  Node location() const;                   ///< μ, in the answers' shape
  /// A draw of a uniform number, float64 in (0, 1), of the answers' shape: `standard_quantile` of it, cast, is a draw of Z.
  Node uniform(std::string_view key) const;
  Node draw(Node standard) const;  ///< μ + σ·z for a z of float64: differentiable by μ and σ

  /// The Fisher information in loc and log_scale, those of them that the family holds as nodes: of_loc/σ², across/σ, of_log_scale; the
  /// factors are Z's.
  FisherInformation fisher_information(double of_loc, double across, double of_log_scale) const;

  /// A trainable scalar, 0 at first, for log_scale: the parameter "<family>_1/log_scale".
  static Node learned_log_scale(Node loc, std::string_view family);

 private:
  LocationScale(std::string_view family, Node loc, Node log_scale, double scale);
  Node loc_, log_scale_;
  double scale_;
};

}  // namespace loglik
