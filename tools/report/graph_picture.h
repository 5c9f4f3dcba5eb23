#pragma once
#include <string>
#include <string_view>

#include "framework/graph.h"
#include "framework/shape.h"

namespace loglik::tools {

/// The graph as a stand-alone SVG, from inputs down to outputs: a box a node with its scope, op, shape, parameters and the memory of what it
/// computes at these sizes. Constants and parameters have no boxes: they are told of in those that read them.
std::string to_svg(const Graph& graph, const Sizes& sizes);

/// The same in a page, with what there is to tell besides. See html.h.
std::string graph_page(std::string_view title, std::string_view description, const Graph& graph, const Sizes& sizes);

}  // namespace loglik::tools
