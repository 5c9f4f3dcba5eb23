#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace loglik {

/// The values that a distribution's targets can take, elementwise: an interval, of reals or of integers; or the simplex, of rows.
class Support {
 public:
  static const Support real;            ///< every finite number
  static const Support positive;        ///< (0, ∞)
  static const Support nonnegative;     ///< [0, ∞)
  static const Support open_unit;       ///< (0, 1)
  static const Support unit;            ///< [0, 1]
  static const Support binary;          ///< {0, 1}
  static const Support counts;          ///< {0, 1, 2, …}
  static const Support simplex;         ///< elements in (0, 1), those along the last axis add up to 1
  static const Support closed_simplex;  ///< the same with elements in [0, 1]
  static Support below(std::int64_t n);  ///< {0, …, n − 1}

  constexpr Support(double lower, double upper, bool lower_open, bool upper_open, bool integer)
      : lower_(lower), upper_(upper), lower_open_(lower_open), upper_open_(upper_open), integer_(integer) {}

  bool contains(double y) const;  ///< false for NaN and infinities; of the simplex: does it contain rows with such an element?
  /// Of each of these: at the speed of memory. T: the C++ type of any DType.
  template <class T>
  bool contains_all(std::span<const T> y) const;
  bool includes(const Support& inner) const;  ///< is each value, or row, of `inner` one of this support?
  bool is_integer() const { return integer_; }
  bool is_simplex() const { return simplex_; }
  static constexpr double simplex_tolerance = 1e-5;  ///< by how much a row's sum may differ from 1
  double lower() const { return lower_; }
  double upper() const { return upper_; }
  bool lower_is_open() const { return lower_open_; }  ///< is the bound itself outside?
  bool upper_is_open() const { return upper_open_; }
  /// A value within, at which a density is evaluated in place of a target that does not count: of the simplex, with rows of `elements`.
  double inside(std::int64_t elements = 1) const;
  std::string text() const;  ///< "(0, 1)", "{0, …, 9}", "the finite numbers"

 private:
  double lower_, upper_;
  bool lower_open_, upper_open_, integer_;
  bool simplex_ = false;
};

}  // namespace loglik
