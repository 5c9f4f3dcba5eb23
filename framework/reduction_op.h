#pragma once
#include <array>
#include <utility>
#include <vector>

#include "framework/fold_kernel.h"
#include "framework/op.h"
#include "framework/primitives.h"
#include "framework/reduction.h"
#include "framework/registry.h"

namespace loglik {

/// An op of one input that reduces some of its axes (all, if none are given), removed or kept as 1: attributes, shapes and layout.
/// A subclass gives name, `run` (by `fold`), `workspace` (by `fold_workspace`) and gradient; or, if one fold is all there is to it, derives from
/// FoldOp below.
class ReductionOp : public Op {
 public:
  ReductionOp(std::vector<std::int64_t> axes, bool keep_dims) : axes_(std::move(axes)), keep_dims_(keep_dims) {}
  Attributes attributes() const override { return {{"axes", axes_}, {"keep_dims", keep_dims_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check(inputs[0]);
    return {{inputs[0].dtype, reduced_shape(inputs[0].shape, axes(inputs[0].shape.rank()), keep_dims_)}};
  }

  std::vector<std::size_t> axes(std::size_t rank) const { return normalize_axes(axes_, rank); }  ///< those that are reduced, in order

  ReductionLayout layout(std::span<const std::int64_t> extents) const {  // in `run`: allocates nothing
    std::array<bool, 8> reduced{};
    if (axes_.empty()) reduced.fill(true);
    for (const std::int64_t axis : axes_)
      reduced[static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(extents.size()) : axis)] = true;
    return ReductionLayout(extents, std::span(reduced).first(extents.size()));
  }
  ReductionLayout layout(const TensorType& x) const { return layout(x.shape.constant()); }

 protected:
  virtual void check(const TensorType& x) const { require_float("x", x); }

  /// A node of the output's shape, or its gradient, with the reduced axes as 1: it broadcasts to the input.
  Node with_kept_axes(Node y, const Shape& input) const { return reshape(y, reduced_shape(input, axes(input.rank()), true)); }

  std::vector<std::int64_t> axes_;
  bool keep_dims_;
};

/// A reduction that is one fold of its input, which a compiler may join to the elementwise ops that compute the input. A subclass has
///
///     template <class T> auto make_fold(const TensorView& output, std::int64_t reduced) const;     // a Fold for `fold`; reduced: elements an output
///     static constexpr bool integers = true;                                                // if T may be int32_t too
///
/// next to name and gradient. Derive from FoldOp<The reduction>.
class TileReduction : public ReductionOp {
 public:
  using ReductionOp::ReductionOp;
  /// The fold, which writes to `output`, for inputs of `dtype`.
  virtual const FoldKernel& kernel(FoldStorage& storage, DType dtype, const TensorView& output, std::int64_t reduced) const = 0;
};

template <class Derived>
class FoldOp : public TileReduction {
 public:
  using TileReduction::TileReduction;
  std::size_t workspace(std::span<const TensorType> inputs) const override {
    return for_element(inputs[0].dtype, [&]<class T>() {
      using Fold = decltype(std::declval<const Derived&>().template make_fold<T>(std::declval<const TensorView&>(), 0));
      return fold_workspace<typename Fold::Accumulator>(layout(inputs[0]));
    });
  }
  void run(const KernelArgs& args) const override {
    const ReductionLayout over = layout(args.shape(0));
    for_element(args.dtype(0), [&]<class T>() { fold<T>(args, over, self().template make_fold<T>(args.outputs[0], over.reduced())); });
  }
  const FoldKernel& kernel(FoldStorage& storage, DType dtype, const TensorView& output, std::int64_t reduced) const override {
    return for_element(dtype, [&]<class T>() -> const FoldKernel& { return keep_fold<T>(storage, self().template make_fold<T>(output, reduced)); });
  }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
  template <class F>
  static decltype(auto) for_element(DType dtype, F&& body) {
    if constexpr (requires { Derived::integers; })
      if (dtype == DType::int32) return body.template operator()<std::int32_t>();
    return for_float(dtype, body);
  }
};

/// Registers a ReductionOp whose constructor takes axes and keep_dims.
template <class Reduction>
void register_reduction(std::string_view name) {
  register_op(name, [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<Reduction>(a.get<std::vector<std::int64_t>>("axes"), a.get<bool>("keep_dims"));
  });
}

}  // namespace loglik
