#include "ops/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/site_text.h"

namespace loglik {
namespace {

class StopGradient final : public Op {
 public:
  std::string_view name() const override { return "stop_gradient"; }
  bool is_alias() const override { return true; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  void run(const KernelArgs& args) const override {
    const std::size_t bytes = static_cast<std::size_t>(args.inputs[0].count) * size_of(args.dtype(0));
    if (bytes > 0) std::memcpy(args.outputs[0].data, args.inputs[0].data, bytes);
  }
  std::vector<Node> gradient(const GradientArgs&) const override { return {Node()}; }
  double flops(std::span<const TensorType>) const override { return 0; }
};

}  // namespace

Node flatten(Operand x, std::int64_t start) {
  const Shape& shape = x.shape();
  const auto rank = static_cast<std::int64_t>(shape.rank());
  const std::int64_t first = start < 0 ? start + rank : start;
  if (first < 0 || first > rank)
    throw ShapeError(fmt::format("{}{} has no axis {} to start at", at("flatten", x.site()), to_string(shape), start));
  std::vector<Dim> dims(shape.dims().begin(), shape.dims().begin() + first);
  Dim joined = 1;
  try {
    for (std::int64_t axis = first; axis < rank; ++axis) joined = joined * shape[static_cast<std::size_t>(axis)];
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("{}{} from axis {}: {}", at("flatten", x.site()), to_string(shape), first, error.what()));
  }
  dims.push_back(joined);
  return reshape(x, Shape(std::move(dims)));
}

Node expand_dims(Operand x, std::int64_t axis) {
  const Shape& shape = x.shape();
  const auto rank = static_cast<std::int64_t>(shape.rank());
  if (axis < -rank - 1 || axis > rank)
    throw ShapeError(fmt::format("{}{} with one axis more has the axes {} to {}, not {}", at("expand_dims", x.site()), to_string(shape),
                                 -rank - 1, rank, axis));
  std::vector<Dim> dims(shape.dims().begin(), shape.dims().end());
  dims.insert(dims.begin() + (axis < 0 ? axis + rank + 1 : axis), Dim(1));
  return reshape(x, Shape(std::move(dims)));
}

Node squeeze(Operand x, std::span<const std::int64_t> axes) {
  const Shape& shape = x.shape();
  std::vector<std::size_t> removed;
  try {
    if (!axes.empty()) removed = normalize_axes(axes, shape.rank());
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("{}{}: {}", at("squeeze", x.site()), to_string(shape), error.what()));
  }
  for (const std::size_t axis : removed)
    if (shape[axis] != Dim(1))
      throw ShapeError(
          fmt::format("{}axis {} of {} has size {}, not 1", at("squeeze", x.site()), axis, to_string(shape), to_string(shape[axis])));
  std::vector<Dim> dims;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const bool drop = axes.empty() ? shape[axis] == Dim(1) : std::find(removed.begin(), removed.end(), axis) != removed.end();
    if (!drop) dims.push_back(shape[axis]);
  }
  return reshape(x, Shape(std::move(dims)));
}

Node squeeze(Operand x, std::initializer_list<std::int64_t> axes) {
  return squeeze(x, std::span<const std::int64_t>(axes.begin(), axes.size()));
}

Node stop_gradient(Operand x) { return make_node(std::make_shared<StopGradient>(), {x}); }

void register_shape_ops() {
  register_op("stop_gradient", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<StopGradient>(); });
}

}  // namespace loglik
