#pragma once
#include <functional>
#include <string>
#include <vector>

#include "framework/node.h"
#include "framework/tensor.h"

namespace loglik {

/// Float64 values in [−1, 1) that look random, the same every time.
Tensor scattered(const Extents& extents, std::uint64_t seed);

/// Compares the derivatives of Σ w·f(x…) with w of no symmetry, first and second, with central differences in float64.
///
/// `f` is linear in each input on its own or smooth; sizes of the inputs are `extents`. Failures are reported through GoogleTest.
void expect_gradients(const std::function<Node(const std::vector<Node>&)>& f, const std::vector<Extents>& extents, const std::string& what);

}  // namespace loglik
