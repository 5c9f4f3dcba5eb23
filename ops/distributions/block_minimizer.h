#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace loglik {

/// A sum of `blocks` functions of `size` variables each, no two of which share one: variable j of block b is x[j·blocks + b].
struct BlockFunction {
  std::size_t blocks = 1, size = 1;
  /// The value of each block {blocks} and the gradient {size·blocks}; +∞ or NaN where x is no place to be.
  std::function<void(std::span<const double> x, std::span<double> values, std::span<double> gradient)> evaluate;
};

/// Minimises each block by Newton's method with Levenberg's damping from x on, and leaves x at the best point found. The Hessian comes from
/// differences of the gradient, of all blocks at once: 2·size evaluations. Deterministic.
///
/// Returns whether a block was given up where its gradient is not small: where a function has a kink.
///
/// A block is done when a step promises less than 1e-15 of its value, or 1e-10 after 15 steps: then the minimum is likely to lie at infinity.
/// Source: Nocedal & Wright 2006, Numerical Optimization, section 10.3; differences: section 8.1.
bool minimize_by_newton(const BlockFunction& function, std::vector<double>& x);

/// Minimises each block along one variable after the other by golden sections within ± `width` {size·blocks}, again and again until that
/// brings less than 1e-13 of a value: for kinks, of functions with one minimum along each variable. Deterministic.
void minimize_by_golden_section(const BlockFunction& function, std::span<const double> width, std::vector<double>& x);

}  // namespace loglik
