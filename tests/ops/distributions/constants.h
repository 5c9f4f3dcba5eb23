#pragma once
#include <vector>

#include "tests/ops/derivatives.h"

namespace loglik {

/// A graph and its constants of one dtype.
struct Constants {
  Graph graph;
  DType dtype = DType::float64;
  Node operator()(const std::vector<double>& values) { return graph.constant(row(values).cast(dtype)); }
  Node operator()(double value) { return graph.constant(value, dtype); }
};

}  // namespace loglik
