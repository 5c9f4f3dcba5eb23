#pragma once
#include <array>
#include <vector>

#include "framework/op.h"
#include "framework/primitives.h"
#include "framework/reduction.h"
#include "framework/registry.h"

namespace loglik {

/// An op of one input that reduces some of its axes (all, if none are given), removed or kept as 1: attributes, shapes and layout.
/// A subclass gives name, `run` (by `fold`), `workspace` (by `fold_workspace`) and gradient.
class ReductionOp : public Op {
 public:
  ReductionOp(std::vector<std::int64_t> axes, bool keep_dims) : axes_(std::move(axes)), keep_dims_(keep_dims) {}
  Attributes attributes() const override { return {{"axes", axes_}, {"keep_dims", keep_dims_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check(inputs[0]);
    return {{inputs[0].dtype, reduced_shape(inputs[0].shape, axes(inputs[0].shape.rank()), keep_dims_)}};
  }

 protected:
  virtual void check(const TensorType& x) const { require_float("x", x); }

  std::vector<std::size_t> axes(std::size_t rank) const { return normalize_axes(axes_, rank); }

  ReductionLayout layout(std::span<const std::int64_t> extents) const {  // in `run`: allocates nothing
    std::array<bool, 8> reduced{};
    if (axes_.empty()) reduced.fill(true);
    for (const std::int64_t axis : axes_)
      reduced[static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(extents.size()) : axis)] = true;
    return ReductionLayout(extents, std::span(reduced).first(extents.size()));
  }
  ReductionLayout layout(const TensorType& x) const { return layout(x.shape.constant()); }

  /// A node of the output's shape, or its gradient, with the reduced axes as 1: it broadcasts to the input.
  Node with_kept_axes(Node y, const Shape& input) const { return reshape(y, reduced_shape(input, axes(input.rank()), true)); }

  std::vector<std::int64_t> axes_;
  bool keep_dims_;
};

/// Registers a ReductionOp whose constructor takes axes and keep_dims.
template <class Reduction>
void register_reduction(std::string_view name) {
  register_op(name, [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<Reduction>(a.get<std::vector<std::int64_t>>("axes"), a.get<bool>("keep_dims"));
  });
}

}  // namespace loglik
