#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "framework/node.h"
#include "framework/tensor.h"
#include "tests/conformance/report.h"
#include "tests/conformance/values.h"

namespace loglik::conformance {

struct GradientOptions {
  std::vector<std::pair<std::string, Tensor>> feed = {};  ///< values of inputs; floats that are not given are drawn from `domain`
  Domain domain = {};
  std::int64_t batch = 3;     ///< the size of symbols that no given value binds
  int orders = 2;             ///< derivatives are checked up to this order
  std::uint64_t seed = 0;     ///< of initial parameters and random bits
  double float32_ulps = 512;  ///< how far a gradient of the graph's own float32 may be from float64, in 2⁻²³ of its largest magnitude
};

/// Compares ∂loss/∂x for any nodes x of a graph, such as parameters and inputs, with central differences: for compositions, layers, heads.
///
/// The differences are those of a copy of the graph in which all float32 is float64; each x of it becomes an input and is moved. The
/// gradient of the graph as it is, in float32, is compared with that of the copy. `loss` is a float scalar.
/// Throws ArgumentError if an input of integers or bools is not fed.
Report examine_gradient(Node loss, const std::vector<Node>& xs, const GradientOptions& options = {});

/// The same in a GoogleTest: each failure is an ADD_FAILURE.
Report check_gradient(Node loss, const std::vector<Node>& xs, const GradientOptions& options = {});

}  // namespace loglik::conformance
