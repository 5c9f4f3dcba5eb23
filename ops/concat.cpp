#include "ops/concat.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/site_text.h"
#include "ops/slice.h"
#include "ops/strided_copy.h"

namespace loglik {
namespace {

class Concat final : public Op {  // ∂partᵢ = g's part i
 public:
  explicit Concat(std::int64_t axis) : axis_(axis) {}
  std::string_view name() const override { return "concat"; }
  Attributes attributes() const override { return {{"axis", axis_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    const std::size_t axis = normalize_axis(axis_, inputs[0].shape.rank());
    Shape shape = inputs[0].shape;
    require_same_dtype(inputs);
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      const Shape& part = inputs[i].shape;
      if (part.rank() != shape.rank() || part.without(axis) != shape.without(axis))
        throw ShapeError(fmt::format("part 0 is {}, part {} is {}: all sizes but those of axis {} must be equal",
                                     to_string(inputs[0].shape), i, to_string(part), axis));
      try {
        shape[axis] = shape[axis] + part[axis];
      } catch (const ShapeError& error) {
        throw ShapeError(
            fmt::format("part {} is {}, the axis {} before it {}: {}", i, to_string(part), axis, to_string(shape[axis]), error.what()));
      }
    }
    return {{inputs[0].dtype, shape}};
  }

  void run(const KernelArgs& args) const override {
    const Extents& shape = args.output_shape(0);
    const std::size_t axis = normalize_axis(axis_, shape.size());
    const std::size_t element_size = size_of(args.dtype(0));
    const std::int64_t outer = count(std::span(shape).first(axis));
    const std::int64_t row = count(std::span(shape).subspan(axis));  // elements between neighbours of the axes before
    auto* to = static_cast<std::byte*>(args.outputs[0].data);
    for (std::size_t i = 0; i < args.inputs.size(); ++i) {
      const std::int64_t run = count(std::span(args.shape(i)).subspan(axis));
      StridedCopy copy;
      copy.add_axis(outer, run, row);
      copy.add_axis(run, 1, 1);
      copy.run(args, element_size, args.inputs[i].data, to);
      to += static_cast<std::size_t>(run) * element_size;
    }
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    std::vector<Node> result;
    Dim begin = 0;
    for (std::size_t i = 0; i < args.input_count(); ++i) {
      const Dim size = args.input(i).shape()[normalize_axis(axis_, args.input(i).shape().rank())];
      result.push_back(args.wants(i) ? narrow(args.output_gradient(0), axis_, begin, size) : Node());
      begin = begin + size;
    }
    return result;
  }

  std::vector<Node> simplify(const SimplifyArgs& args) const override {
    if (args.input_count() == 1) return {args.input(0)};
    return {};
  }

  double flops(std::span<const TensorType>) const override { return 0; }

 private:
  std::int64_t axis_;
};

}  // namespace

Node concat(std::initializer_list<Operand> parts, std::int64_t axis) {
  if (parts.size() == 0) throw ArgumentError("concat: there are no parts, needs one or more");
  return make_node(std::make_shared<Concat>(axis), parts);
}

Node concat(std::span<const Node> parts, std::int64_t axis, Site site) {
  if (parts.empty()) throw ArgumentError(at("concat", site) + "there are no parts, needs one or more");
  std::vector<Operand> operands;
  for (const Node part : parts) operands.emplace_back(part, site.file, site.line);
  return make_node(std::make_shared<Concat>(axis), operands);
}

void register_concat_ops() {
  register_op("concat",
              [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Concat>(a.get<std::int64_t>("axis")); });
}

}  // namespace loglik
