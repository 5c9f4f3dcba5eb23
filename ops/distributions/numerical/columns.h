#pragma once
#include <cmath>
#include <vector>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/shape.h"
#include "ops/slice.h"

// Small things about tensors of columns {n, S…}.
namespace loglik::numerical {

inline std::vector<double> evenly(double from, double to, std::int64_t n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(n - 1);
    values[static_cast<std::size_t>(i)] = (1 - t) * from + t * to;
  }
  return values;
}

/// {first…, 1, 1, …} of that rank.
inline Shape ones_after(std::vector<Dim> first, std::size_t rank) {
  first.resize(rank, Dim(1));
  return Shape(std::move(first));
}

/// A constant {n, 1, 1, …} of that rank.
inline Node along_first(Graph& graph, const std::vector<double>& values, std::size_t rank) {
  return reshape(graph.constant(Tensor::from(values)), ones_after({Dim(values.size())}, rank));
}

inline Shape with_first(Dim n, const Shape& shape) {
  std::vector<Dim> dims{n};
  dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
  return Shape(std::move(dims));
}

/// The same values in each column: {n, S…}.
inline Node over_columns(Graph& graph, const std::vector<double>& values, const Shape& columns) {
  return broadcast_to(along_first(graph, values, columns.rank() + 1), with_first(Dim(values.size()), columns));
}

inline Node rows(Node x, std::int64_t from, std::int64_t to) { return slice(x, 0, {.begin = from, .end = to}); }
inline Node row(Node x, std::int64_t i) { return reshape(rows(x, i, i + 1), x.shape().slice(1, x.shape().rank())); }

/// {n, m, S…} → {n·m, S…}.
inline Node merged(Node x) {
  return reshape(x, with_first(x.shape()[0] * x.shape()[1], x.shape().slice(2, x.shape().rank())));
}

/// Nodes, broadcast together, one after the other along a new first axis.
inline Node stacked(const std::vector<Node>& parts) {
  Shape shape;
  for (const Node part : parts) shape = broadcast_shapes(shape, part.shape());
  std::vector<Node> axes;
  for (const Node part : parts) axes.push_back(expand_dims(part.shape() == shape ? part : broadcast_to(part, shape), 0));
  return concat(axes, 0);
}

/// x {n, S…} with S stretched to what the last axes of `shape` are.
inline Node fitted(Node x, const Shape& shape) {
  const std::size_t rank = x.shape().rank() - 1;
  const Shape wanted = with_first(x.shape()[0], shape.slice(shape.rank() - rank, shape.rank()));
  return x.shape() == wanted ? x : broadcast_to(x, wanted);
}

inline Node clamped(Node x, double low, double high) { return minimum(maximum(x, low), high); }

}  // namespace loglik::numerical
