#pragma once
#include <functional>
#include <string>

#include "framework/node.h"
#include "framework/support.h"

namespace loglik {

/// A smooth function g that has an inverse, as graph: y = g(x), elementwise. What `Transformed` takes a distribution of X through.
///
/// One of your own:
///
///     const Bijection cube{.name = "cube",
///                          .forward = [](Node x) { return x * x * x; },
///                          .inverse = [](Node y) { return sign(y) * pow(abs(y), 1.0 / 3); },
///                          .log_abs_derivative = [](Node x, Node) { return log(3.0 * square(x)); },
///                          .end = [](double x) { return x * x * x; }};
struct Bijection {
  std::string name;                                        ///< "exp"; the same for two only if they are the same function
  std::function<Node(Node x)> forward;                     ///< g(x)
  std::function<Node(Node y)> inverse;                     ///< g⁻¹(y)
  std::function<Node(Node x, Node y)> log_abs_derivative;  ///< log |g′(x)|, where y = g(x): of either, as is more precise
  std::function<double(double)> end = {};  ///< g at the ends of a support; absent: the image of a part of `domain` is not known
  bool increasing = true;                  ///< or decreasing
  Support domain = Support::real;          ///< what g takes
  Support range = Support::real;           ///< what g⁻¹ takes
  std::function<Node(Node mean)> mean_log_derivative = {};  ///< E log |g′(X)| from E X, if that is enough: then there is an entropy

  static Bijection exp();      ///< real → positive
  static Bijection log();      ///< positive → real
  static Bijection sigmoid();  ///< real → (0, 1)
  static Bijection logit();    ///< (0, 1) → real

  /// y = (x^λ − 1)/λ, log x for λ = 0: from the positive numbers to those with 1 + λy > 0. What skewed data are often made symmetric by.
  /// Throws ArgumentError unless λ is finite. Source: Box & Cox 1964, doi:10.1111/j.2517-6161.1964.tb00553.x.
  static Bijection box_cox(double lambda);
  /// y = (1 + λx)^(1/λ), e^x for λ = 0. A base has to keep to 1 + λx > 0: Gaussian does not, truncated it does.
  static Bijection inverse_box_cox(double lambda);
};

}  // namespace loglik
