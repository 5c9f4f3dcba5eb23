#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "framework/distribution.h"
#include "framework/graph.h"

namespace loglik {

// Priors on parameters: what is known of θ before any data. The objective, Σᵢ −log p(yᵢ | θ) − log p(θ) over a data set, is then least at the
// maximum a posteriori: L2 is a Gaussian prior, L1 a Laplace.
//
//     graph.head("y", …);
//     add_gaussian_prior(graph, "prior", parameters_named(graph, "weight"), 0.5);    // L2 with factor 1/(2·0.5²)
//
// A prior counts once a data set: the mean loss of a sample has −log p(θ)/Σw, for which `fit` knows Σw. It is reported by its name, in nats a
// sample; `describe` prints what it is.

/// The trainable Variables of a graph that are called so within their layer ("weight", "bias"), in the order in which they were made. Throws
/// NameError if there are none.
std::vector<Node> parameters_named(Graph& graph, std::string_view name);

/// Adds the term −log p(θ), the elements of all parameters independent. Distribution and parameters are of one dtype. Throws ArgumentError
/// for no parameters, NameError if a term has that name.
void add_prior(Graph& graph, std::string_view name, const Distribution& prior, std::span<const Node> parameters);

/// Gaussian with mean 0: −log p(θ) = Σ ½(θ/σ)² + log σ + ½·log 2π. Throws ArgumentError unless `stddev` is finite and above 0.
void add_gaussian_prior(Graph& graph, std::string_view name, std::span<const Node> parameters, double stddev);

/// Laplace with median 0: −log p(θ) = Σ |θ|/b + log 2b. It pulls parameters that data say little of to 0, by the sign: gradient 0 at 0 itself.
/// Throws ArgumentError unless `scale` is finite and above 0.
void add_laplace_prior(Graph& graph, std::string_view name, std::span<const Node> parameters, double scale);

}  // namespace loglik
