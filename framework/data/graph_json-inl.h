#pragma once
// A graph as JSON and back: the part "graph" of a model.json. Internal, as json-inl.h is.
//
//     "scopes":  [{"parent": 0, "name": "dense", "numbered": true, "number": 1}, …]     from scope 1 on; 0 is the root
//     "nodes":   [{"op": "relu", "attributes": {"slope": {"float": 0.1}}, "inputs": [3, [4, 1]], "outputs": [{"dtype": …, "shape": ["batch", 10]}],
//                  "scope": 1, "name": "h", "named_output": 0, "site": "train.cpp:12"}, …]
//     "heads", "terms", "updates", "outputs"
//
// An input, or any other reference to a node, is its number, or [number, output] if that is not its first. A dimension is a number, the name
// of a symbol, or [factor, symbol]. An attribute says its type: "int", "float", "bool", "text", "ints", "dtype", "shape", "tensor". A tensor of
// at most 64 elements, no NaN among them, is there; another is in the parameter file, and the name it has there is here.
#include <map>
#include <string>

#include "framework/data/json-inl.h"
#include "framework/graph.h"

namespace loglik {

/// Adds to `tensors`, which holds the Variables by name, the large tensors of attributes. Throws ArgumentError for a name that is not UTF-8.
Json graph_to_json(const Graph& graph, std::map<std::string, Tensor>& tensors);

/// The graph that `graph_to_json` described. Variables have the initialisers' descriptions alone, heads a DescribedDistribution.
/// Throws DataError, with file and place: for an op that nobody registered, for attributes that its factory refuses, inputs that do not fit it, outputs
/// of other types than were saved; what is missing or of a wrong type. What it does not know it ignores.
Graph graph_from_json(const JsonValue& json, const std::map<std::string, Tensor>& tensors);

}  // namespace loglik
