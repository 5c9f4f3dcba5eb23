#pragma once
#include <span>
#include <vector>

#include "framework/node.h"

namespace loglik {

/// ∂y/∂x for each x, as new nodes of the same graph: reverse-mode differentiation, so that derivatives of any order are graphs too.
///
/// `y` is a float scalar; each x any float node. An x that y does not depend on gets zeros. Deterministic: contributions are added in the order
/// of the graph. Throws ShapeError if y is no float scalar, DtypeError for an x that is no float, ArgumentError for one of another graph, GradientError
/// if an op on the way has no gradient.
std::vector<Node> gradients(Node y, std::span<const Node> xs);
Node gradient(Node y, Node x);

/// Σᵢ seedᵢ·∂yᵢ/∂x (a vector-Jacobian product); each seed has the shape of its y. An x that no y depends on gets an absent Node.
std::vector<Node> vector_jacobian_product(std::span<const Node> ys, std::span<const Node> seeds, std::span<const Node> xs);

}  // namespace loglik
