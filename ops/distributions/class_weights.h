#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "framework/tensor.h"

namespace loglik {

// Class weights are sample weights: a sample counts as its class does, and the mean loss is Σ w·nll / Σ w.
//
//     const std::vector<double> weights = balanced_class_weights(labels, 3);
//     Dataset::from(x, labels, {.weights = weights_of(labels, weights)});

/// The weight of each label's class: float64 in the labels' shape. Throws DtypeError unless labels are integers, IndexError for a label
/// without a weight, ArgumentError for a weight that is negative or not finite.
Tensor weights_of(const Tensor& labels, std::span<const double> class_weights);

/// n/(classes·n_k): each class counts the same in sum, and Σ w = n. A class without samples gets 0. Throws DtypeError, IndexError as above.
std::vector<double> balanced_class_weights(const Tensor& labels, std::int64_t classes);

}  // namespace loglik
