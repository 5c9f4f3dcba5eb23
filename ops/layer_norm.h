#pragma once
#include <cstdint>
#include <span>

#include "framework/node.h"

namespace loglik {

struct Pattern;

struct LayerNormOptions {
  std::int64_t axes = 1;  ///< how many trailing axes are normalised together
  double epsilon = 1e-5;  ///< ε ≥ 0; 0 gives NaN where all elements are equal
};

/// Layer normalisation: y = (x − m)/√(v + ε)·scale + shift, with mean m and (biased) variance v over the trailing axes.
///
/// x {…, n} of any leading axes, scale and shift {n} (of all normalised axes). float32, float64; means and sums are taken in float64, the
/// variance in two passes: a large mean costs no more precision than x − m does. The gradient takes one pass over x and g for all three.
/// Outputs 1 and 2 {…}, m and 1/√(v + ε), are what it goes on; they have none themselves. Throws ShapeError for too few axes or another
/// shape of scale or shift, DtypeError for other dtypes, ArgumentError for options out of range.
/// Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450.
Node layer_norm(Operand x, const LayerNormOptions& options = {});
Node layer_norm(Operand x, Operand scale, const LayerNormOptions& options = {});
Node layer_norm(Operand x, Operand scale, Operand shift, const LayerNormOptions& options = {});

/// As it is written with means and variances: see layer_norm_patterns.cpp. Brought by layer_norm and by means and variances.
std::span<const Pattern> layer_norm_patterns();

void register_layer_norm_ops();  ///< called by register_builtin_ops

}  // namespace loglik
