#pragma once
// The kit's own: derivatives against central differences.
#include <span>
#include <string>
#include <vector>

#include "tests/conformance/op_case.h"

namespace loglik::conformance {

/// Compares `derivatives` (absent: zero), which claim to be ∂(Σ weights·outputs)/∂x for each of `inputs`, with central differences in
/// float64. Returns what is wrong, an input a line; `magnitudes`: for each input the Σ |weight·∂output/∂x| of each element.
std::vector<std::string> compare_with_differences(std::span<const Node> outputs, std::span<const Tensor> weights,
                                                  std::span<const Node> inputs, std::span<const Node> derivatives, Feed feed,
                                                  std::vector<Tensor>* magnitudes = nullptr);

}  // namespace loglik::conformance
