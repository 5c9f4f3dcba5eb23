#pragma once
#include <span>
#include <vector>

#include "framework/tensor.h"
#include "ops/distributions/block_minimizer.h"
#include "ops/distributions/family.h"

namespace loglik {

// Where to begin a fit of constant raw outputs: what usual links would make of the targets' moments, without knowing the family.

struct Guesses {
  /// Trials, each a value for every variable of a BlockFunction {size·blocks}, or NaN where a moment says nothing. `together`: taken as a
  /// whole; else variable by variable, which are tried one after the other with the best of those before.
  std::vector<std::vector<double>> trials;
  bool together = false;
  std::vector<double> width;  ///< how far around to look for each variable: the spread of the targets for the first, 2 for the others
};

/// For families that look at each value of a target {n, values} on its own, with `size` raw outputs each.
Guesses guesses_by_value(const Tensor& y, std::span<const double> weights, std::size_t size);

/// For labels {n}: logits of their frequencies, of each or cumulative; for rows {n, values}: their means, then the logs of their spreads.
Guesses guesses_of_rows(const Tensor& y, std::span<const double> weights, const Targets& targets, std::size_t outputs);

/// Puts the best guess of each block into x; true if the gradient there is 0 but for rounding.
bool take_best_guess(const BlockFunction& function, const Guesses& guesses, std::vector<double>& x);

/// Does each block depend on its own variables only? Seen by moving those of the first.
bool blocks_are_independent(const BlockFunction& function);

}  // namespace loglik
