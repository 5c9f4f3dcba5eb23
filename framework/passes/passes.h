#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/graph.h"
#include "framework/optimizers/optimizer.h"
#include "framework/optimizers/parameter_group.h"

namespace loglik {

// The passes of the compiler, in the order in which `compile` runs them. Each is a function from a graph to a graph, in a file of its own,
// that names no op but primitives, and leaves the graph it was given alone; one that finds nothing to do may return that graph itself. A
// graph's `outputs` and `updates` are what must be computed.

/// Numbers the layers that were not named ("dense_1", …), walking from the heads, terms, updates and outputs left to right, inputs first: so
/// never by order of creation. The one pass that changes its graph: numbers once given stay. What only `more` needs comes last.
/// Throws NameError if two Variables have one name.
void number_layers(Graph& graph, std::span<const Node> more = {});

/// The part of a graph that these outputs and updates need, in an order that depends on the graph alone: inputs left to right, depth first.
Graph extract(const Graph& graph, std::span<const std::pair<std::string, Node>> outputs, std::span<const Update> updates);

/// Every op in the form it has when a model is evaluated, not trained: dropout becomes its input.
Graph evaluation_form(const Graph& before);

/// Compositions replaced by the ops that stand for them, as ops bring them (`Op::patterns`): the one pass that may change values, by
/// rounding. Throws ArgumentError for a pattern that changes a type.
Graph recognize_patterns(const Graph& before);

/// How the outputs are called that hold gradients; no node that a user names begins so.
inline constexpr std::string_view gradient_prefix = "/gradient/";

/// Adds ∂loss/∂parameter for each trainable Variable (or those of `over`, if not empty) that the output `loss` depends on, as outputs named
/// "/gradient/<parameter>". Throws GradientError if an op on the way has none.
Graph differentiate(const Graph& before, std::string_view loss, std::span<const std::string> over = {});

/// Parameters that are updated as one: of one dtype, neighbours in memory, in that order, and in the same way.
struct Slab {
  std::vector<std::string> parameters;
  ParameterGroup group = {};
};

/// Hands the gradients to an optimiser. Each slab becomes one flat parameter and one flat gradient. Adds the updates, Variables under the scope `scope` ("optimizer/m", "optimizer/step",
/// "optimizer/learning_rate"), the output "gradient_norm_squared" (float64), and takes the "/gradient/…" outputs away.
Graph attach_updates(const Graph& before, const Optimizer& optimizer, std::span<const Slab> slabs, std::string_view scope);

/// Ops' own rewrites (`Op::simplify`), and elementwise ops read what was stretched in its unstretched form.
Graph simplify_ops(const Graph& before);

/// Computes, once and for all, ops whose inputs are constants; results of up to 65,536 elements.
Graph fold_constants(const Graph& before);

/// Merges nodes with the same op, attributes and inputs. Random ops stay apart.
Graph eliminate_common_subexpressions(const Graph& before);

/// Drops what neither outputs nor updates need.
Graph remove_dead_nodes(const Graph& before);

/// The four above, repeated until nothing more goes away.
Graph simplify(const Graph& before);

struct Recomputed {
  Graph graph;
  std::size_t bytes;  ///< of its plan
};
/// The bytes that running a graph takes.
using PlanBytes = std::function<std::size_t(const Graph&)>;

/// Computes values of the forward pass (what comes up to the output `loss`) again in the backward pass, cheap ones first, until the plan takes
/// no more than `budget` bytes; random ops draw the same bits again. The graph itself if it fits or has no loss. If none of the plans that it
/// tries fits, the smallest.
Recomputed recompute(const Graph& before, std::string_view loss, const Sizes& sizes, std::size_t budget, const PlanBytes& plan_bytes);

/// Groups elementwise ops that read each other into one op each, which computes them tile by tile: see tile_program.h. Same bits as before.
Graph fuse_elementwise(const Graph& before);

/// Elementwise ops, fused or not, that are all that reads a product (Op::offers_epilogue) become its epilogue: see with_epilogue.h. Same bits.
Graph attach_epilogues(const Graph& before);

/// Elementwise ops, fused or not, take in reductions of what they compute: see fused_elementwise.h. Same bits.
Graph fuse_reductions(const Graph& before);

}  // namespace loglik
