#include "ops/triangle.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>
#include <vector>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/gather.h"
#include "ops/site_text.h"
#include "ops/transpose.h"

namespace loglik {
namespace {

std::int64_t checked_size(std::string_view function, const Operand& x) {
  try {
    return square_size("x", x.type());
  } catch (const ShapeError& error) {
    throw ShapeError(at(function, x.site()) + error.what());
  }
}

}  // namespace

std::int64_t square_size(std::string_view what, const TensorType& x) {
  const Shape& shape = x.shape;
  if (shape.rank() < 2 || shape.back() != shape[shape.rank() - 2] || !shape.back().is_constant())
    throw ShapeError(fmt::format("{} is {}, needs two last axes of one constant size", what, to_string(shape)));
  return shape.back().constant();
}

Node triangle(Operand x, TriangleOptions options) {
  const std::int64_t n = checked_size("triangle", x);
  const SiteScope site(x.site());
  Tensor kept(DType::boolean, {n, n}), on_diagonal(DType::boolean, {n, n});
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      kept.mutable_values<bool>()[static_cast<std::size_t>(i * n + j)] = options.lower ? j <= i : j >= i;
      on_diagonal.mutable_values<bool>()[static_cast<std::size_t>(i * n + j)] = i == j;
    }
  const Node result = where(x.graph().constant(std::move(kept)), x, 0.0);
  return options.diagonal == 1 ? result : where(x.graph().constant(std::move(on_diagonal)), options.diagonal * result, result);
}

Node transpose_last(Operand x) {
  std::vector<std::int64_t> order(x.shape().rank());
  std::iota(order.begin(), order.end(), 0);
  if (order.size() < 2)
    throw ShapeError(fmt::format("{}x is {}, needs two axes or more", at("transpose_last", x.site()), to_string(x.shape())));
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  const SiteScope site(x.site());
  return transpose(x, order);
}

Node diagonal(Operand x) {
  const std::int64_t n = checked_size("diagonal", x);
  Tensor places(DType::int32, {n});
  std::iota(places.mutable_values<std::int32_t>().begin(), places.mutable_values<std::int32_t>().end(), 0);
  const SiteScope site(x.site());
  return take_along_last(x, x.graph().constant(std::move(places)));
}

}  // namespace loglik
