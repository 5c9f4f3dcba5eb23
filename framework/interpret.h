#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "framework/node.h"
#include "framework/random.h"
#include "framework/tensor.h"

namespace loglik {

/// Runs one op on host tensors, for constant folding and tests. Types are inferred again from the tensors.
std::vector<Tensor> run_op(const Op& op, std::span<const Tensor> inputs, RandomKey random = {});

/// The values of nodes, computed one op after the other in memory of their own: no compiler, no plan. Slow and simple, the compiler's oracle.
///
/// `feed` gives inputs by name. Variables have their initial values, keyed by `seed`. Random ops draw with (`seed`, `step`).
/// Throws NameError for an input without value and default, ShapeError where sizes do not agree.
std::vector<Tensor> interpret(std::span<const Node> nodes, std::span<const std::pair<std::string, Tensor>> feed = {}, std::uint64_t seed = 0,
                              std::uint64_t step = 0);
Tensor interpret(Node node, std::initializer_list<std::pair<std::string, Tensor>> feed = {}, std::uint64_t seed = 0, std::uint64_t step = 0);

}  // namespace loglik
