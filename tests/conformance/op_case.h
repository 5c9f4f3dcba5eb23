#pragma once
// The kit's own: an op built at one set of shapes, and the checks that work on it.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "framework/graph.h"
#include "framework/op.h"
#include "tests/conformance/check_op.h"

namespace loglik::conformance {

using loglik::to_string;  // beside those of reports
using Feed = std::vector<std::pair<std::string, Tensor>>;

/// A graph of the op, its inputs and its derivatives.
struct OpCase {
  std::string where;  ///< "relu of float64 {3, 5}"
  Graph graph;
  std::vector<Node> inputs;
  std::vector<Node> outputs;
  Feed feed;                              ///< values of all inputs
  std::vector<Node> wanted = {};          ///< inputs that are differentiated
  std::vector<Node> differentiated = {};  ///< float outputs
  std::vector<Tensor> output_weights = {};
  std::vector<Node> gradients = {};  ///< of Σ weight·output, for each of `wanted`; absent for zero
};

/// The values of all inputs, floats as float64 that float32 can hold.
std::vector<Tensor> draw_inputs(const OpOptions& options, const std::vector<Extents>& shapes);

/// Inputs of a dtype for those that have none of their own; `batched`: with a symbol for the leading axis. Throws what the builder throws.
OpCase build_case(const Builder& build, const OpOptions& options, const std::vector<Extents>& shapes, const std::vector<Tensor>& values,
                  DType dtype, bool batched = false);
/// Adds gradients. Throws GradientError.
void differentiate(OpCase& c);

void check_kernels(const OpCase& c, Report& report);                         // kernels.cpp
void check_program(const OpCase& c, Report& report, bool allocations);       // programs.cpp
void check_batched(const OpCase& c, const OpCase& batched, Report& report);  // programs.cpp
void check_threads(const OpCase& c, Report& report);                         // programs.cpp

}  // namespace loglik::conformance
