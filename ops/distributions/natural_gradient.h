#pragma once
#include <functional>

#include "framework/distribution.h"

namespace loglik {

struct NaturalGradientOptions {
  /// λ ≥ 0, added to the diagonal of the Fisher matrix in the raw outputs. With standardised targets the default changes a step for a mean
  /// by 1 % where σ is 100, and holds a step for an output that its link has saturated to 500 times its gradient.
  double damping = 1e-6;
};

/// Raw network outputs, unchanged, whose gradient g becomes the natural gradient (I + λ)⁻¹·g for each value of each sample: the step that
/// changes the distribution the same, however it is parametrised. From a far start it goes straight where the plain gradient of a Gaussian
/// with predicted scale grows with the square of the distance.
///
///     const auto make = [](Node raw) -> Distribution { … };                       // as a family's `make`
///     graph.head("price", make(with_natural_gradient(raw, make)));
///
/// I = JᵀI_θJ is the Fisher information in the raw outputs, from the distribution's `fisher_information` in its parameters θ and the links'
/// derivatives J = ∂θ/∂raw, all taken as constants. Where it is diagonal, as absent entries and links of one output each tell (Gaussian,
/// Laplace, Gamma, …), this is a division; else each value's few outputs are solved for. Entries are held within ±1e30 and pivots above
/// max(λ, 1e-30): nothing is divided by 0.
///
/// raw is {…, r·c} for answers {…, c}: r outputs a value, output by output, each parameter of a value made of that value's outputs alone. Throws
/// ArgumentError for a distribution without Fisher information, a `make` that makes trainable parameters or a negative damping; ShapeError
/// where shapes are not so. Source: Amari 1998, doi:10.1162/089976698300017746.
Node with_natural_gradient(Node raw, const std::function<Distribution(Node)>& make, const NaturalGradientOptions& options = {});

}  // namespace loglik
