#include "ops/transpose.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/strided_copy.h"

namespace loglik {
namespace {

class Transpose final : public Op {  // ∂x = g with the inverse permutation
 public:
  explicit Transpose(std::vector<std::int64_t> permutation) : permutation_(std::move(permutation)) {}
  std::string_view name() const override { return "transpose"; }
  Attributes attributes() const override { return {{"permutation", permutation_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    const Shape& x = inputs[0].shape;
    std::vector<bool> seen(x.rank(), false);
    std::vector<Dim> dims;
    for (const std::int64_t axis : permutation_) {
      const auto rank = static_cast<std::int64_t>(x.rank());
      if (axis < -rank || axis >= rank || seen[from_front(axis, x.rank())]) break;
      seen[from_front(axis, x.rank())] = true;
      dims.push_back(x[from_front(axis, x.rank())]);
    }
    if (dims.size() != x.rank() || permutation_.size() != x.rank())
      throw ShapeError(fmt::format("{} does not permute the axes of {}: each of 0 to {} once", to_string(std::span(permutation_)),
                                   to_string(x), static_cast<std::int64_t>(x.rank()) - 1));
    return {{inputs[0].dtype, Shape(std::move(dims))}};
  }

  void run(const KernelArgs& args) const override {
    const Extents& x = args.shape(0);
    std::array<std::int64_t, 8> strides{};
    std::int64_t stride = 1;
    for (std::size_t axis = x.size(); axis-- > 0; stride *= x[axis]) strides[axis] = stride;
    StridedCopy copy;
    stride = 1;
    for (std::size_t axis = x.size(); axis-- > 0;) {
      const std::size_t from = from_front(permutation_[axis], x.size());
      copy.add_axis(x[from], strides[from], stride);
      stride *= x[from];
    }
    copy.run(args, size_of(args.dtype(0)), args.inputs[0].data, args.outputs[0].data);
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    std::vector<std::int64_t> inverse(permutation_.size());
    for (std::size_t axis = 0; axis < inverse.size(); ++axis)
      inverse[from_front(permutation_[axis], inverse.size())] = static_cast<std::int64_t>(axis);
    return {transpose(args.output_gradient(0), inverse)};
  }

  std::vector<Node> simplify(const SimplifyArgs& args) const override {
    const Node x = args.input(0);
    if (x.op().name() == name()) {  // of a transpose: one permutation for both
      const auto first = x.op().attributes().get<std::vector<std::int64_t>>("permutation");
      std::vector<std::int64_t> both;
      for (const std::int64_t axis : permutation_) both.push_back(first[from_front(axis, first.size())]);
      return {transpose(x.inputs()[0], both)};
    }
    std::int64_t last = -1;
    for (const std::int64_t axis : permutation_) {
      const std::size_t from = from_front(axis, permutation_.size());
      if (x.shape()[from] == Dim(1)) continue;
      if (static_cast<std::int64_t>(from) < last) return {};
      last = static_cast<std::int64_t>(from);
    }
    if (x.shape() == args.output_type(0).shape) return {x};  // only axes of size 1 move
    return {reshape(x, args.output_type(0).shape)};
  }

  double flops(std::span<const TensorType>) const override { return 0; }

 private:
  static std::size_t from_front(std::int64_t axis, std::size_t rank) {
    return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
  }
  std::vector<std::int64_t> permutation_;
};

}  // namespace

Node transpose(Operand x, std::span<const std::int64_t> permutation) {
  std::vector<std::int64_t> axes(permutation.begin(), permutation.end());
  if (axes.empty())
    for (std::size_t axis = x.shape().rank(); axis-- > 0;) axes.push_back(static_cast<std::int64_t>(axis));
  return make_node(std::make_shared<Transpose>(std::move(axes)), {x});
}

Node transpose(Operand x, std::initializer_list<std::int64_t> permutation) {
  return transpose(x, std::span<const std::int64_t>(permutation.begin(), permutation.size()));
}

void register_transpose_ops() {
  register_op("transpose", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<Transpose>(a.get<std::vector<std::int64_t>>("permutation"));
  });
}

}  // namespace loglik
