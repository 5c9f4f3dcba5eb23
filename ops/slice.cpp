#include "ops/slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/site_text.h"
#include "ops/strided_copy.h"

namespace loglik {
namespace {

// For each axis: element i of the part is element begin + i·step of the whole, begin counted from the end if negative. A size of −1 is all
// there is, whatever the axis's size: begin is then 0 or, if reversed, −1.
struct Part {
  std::vector<std::int64_t> begin, size, step;

  void add(std::int64_t first, std::int64_t count, std::int64_t stride) {
    begin.push_back(first);
    size.push_back(count);
    step.push_back(stride);
  }
  bool is_all(std::size_t axis) const {
    return size[axis] == -1 && begin[axis] == (step[axis] == 1 ? 0 : -1) && (step[axis] == 1 || step[axis] == -1);
  }
};

Shape part_shape(const Part& part, const Shape& whole) {
  const std::size_t rank = whole.rank();
  std::vector<Dim> dims;
  bool fits = part.begin.size() == rank && part.size.size() == rank && part.step.size() == rank;
  for (std::size_t axis = 0; fits && axis < rank; ++axis) {
    if (part.size[axis] == -1) {
      fits = part.is_all(axis);
      dims.push_back(whole[axis]);
    } else {
      dims.push_back(part.size[axis]);
      if (!whole[axis].is_constant())
        throw ShapeError(fmt::format("axis {} of {} has no constant size and can only be taken whole", axis, to_string(whole)));
      const std::int64_t last = part.begin[axis] + (part.size[axis] - 1) * part.step[axis];
      const std::int64_t size = whole[axis].factor();
      fits = part.size[axis] == 0 || (part.size[axis] > 0 && part.begin[axis] >= 0 && part.begin[axis] < size && last >= 0 && last < size);
    }
  }
  if (!fits)
    throw ShapeError(fmt::format("begin {}, size {}, step {} do not lie in {}", to_string(std::span(part.begin)),
                                 to_string(std::span(part.size)), to_string(std::span(part.step)), to_string(whole)));
  return Shape(std::move(dims));
}

// Copies between the part and the whole, in either direction. Nothing may be empty.
void copy_part(const KernelArgs& args, const Part& part, const Extents& whole, const Extents& extents, bool to_whole) {
  StridedCopy copy;
  std::int64_t offset = 0, stride = 1, part_stride = 1;
  for (std::size_t axis = whole.size(); axis-- > 0;) {
    const std::int64_t step = stride * part.step[axis];
    offset += (part.begin[axis] < 0 ? part.begin[axis] + whole[axis] : part.begin[axis]) * stride;
    if (to_whole)
      copy.add_axis(extents[axis], part_stride, step);
    else
      copy.add_axis(extents[axis], step, part_stride);
    stride *= whole[axis];
    part_stride *= extents[axis];
  }
  const std::size_t size = size_of(args.dtype(0));
  auto* from = static_cast<std::byte*>(args.inputs[0].data);
  auto* to = static_cast<std::byte*>(args.outputs[0].data);
  (to_whole ? to : from) += static_cast<std::size_t>(offset) * size;
  copy.run(args, size, from, to);
}

Node add_slice(Operand x, Part part);
Node add_slice_gradient(Operand g, Part part, Shape shape);

class Slice final : public Op {  // ∂x = g among zeros
 public:
  explicit Slice(Part part) : part_(std::move(part)) {}
  std::string_view name() const override { return "slice"; }
  Attributes attributes() const override { return {{"begin", part_.begin}, {"size", part_.size}, {"step", part_.step}}; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    return {{inputs[0].dtype, part_shape(part_, inputs[0].shape)}};
  }
  void run(const KernelArgs& args) const override {
    if (args.outputs[0].count > 0) copy_part(args, part_, args.shape(0), args.output_shape(0), false);
  }
  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {add_slice_gradient(args.output_gradient(0), part_, args.input(0).shape())};
  }
  std::vector<Node> simplify(const SimplifyArgs& args) const override {
    for (std::size_t axis = 0; axis < part_.size.size(); ++axis)
      if (!part_.is_all(axis) || part_.step[axis] != 1) return {};
    return {args.input(0)};
  }
  double flops(std::span<const TensorType>) const override { return 0; }

 private:
  Part part_;
};

class SliceGradient final : public Op {  // x's shape, zero but for the part where g is;    ∂g = slice of what comes in
 public:
  SliceGradient(Part part, Shape shape) : part_(std::move(part)), shape_(std::move(shape)) {}
  std::string_view name() const override { return "slice_gradient"; }
  Attributes attributes() const override { return {{"shape", shape_}, {"begin", part_.begin}, {"size", part_.size}, {"step", part_.step}}; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    if (const Shape part = part_shape(part_, shape_); part != inputs[0].shape)
      throw ShapeError(fmt::format("the part of {} is {}, g is {}", to_string(shape_), to_string(part), to_string(inputs[0].shape)));
    return {{inputs[0].dtype, shape_}};
  }
  void run(const KernelArgs& args) const override {
    const std::size_t size = size_of(args.dtype(0));
    auto* out = static_cast<std::byte*>(args.outputs[0].data);
    if (args.outputs[0].count != args.inputs[0].count)
      args.parallel_for(args.outputs[0].count, 65536, [&](std::int64_t begin, std::int64_t end) {
        std::memset(out + static_cast<std::size_t>(begin) * size, 0, static_cast<std::size_t>(end - begin) * size);
      });
    if (args.inputs[0].count > 0) copy_part(args, part_, args.output_shape(0), args.shape(0), true);
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {add_slice(args.output_gradient(0), part_)}; }
  double flops(std::span<const TensorType>) const override { return 0; }

  const Part& part() const { return part_; }

 private:
  Part part_;
  Shape shape_;
};

Node add_slice(Operand x, Part part) { return make_node(std::make_shared<Slice>(std::move(part)), {x}); }
Node add_slice_gradient(Operand g, Part part, Shape shape) {
  return make_node(std::make_shared<SliceGradient>(std::move(part), std::move(shape)), {g});
}

// Adds one axis of constant size to a Part, as NumPy reads the range.
void add_range(Part& part, std::int64_t size, const Range& range) {
  const bool forward = range.step > 0;
  const std::int64_t lowest = forward ? 0 : -1;
  const auto place = [&](std::optional<std::int64_t> index, std::int64_t otherwise) {
    if (!index) return otherwise;
    return std::clamp(*index < 0 ? *index + size : *index, lowest, lowest + size);
  };
  const std::int64_t begin = place(range.begin, forward ? 0 : size - 1);
  const std::int64_t distance = forward ? place(range.end, size) - begin : begin - place(range.end, -1);
  const std::int64_t stride = forward ? range.step : -std::max(range.step, -std::numeric_limits<std::int64_t>::max());
  const std::int64_t count = distance > 0 ? (distance - 1) / stride + 1 : 0;
  if (count == size && stride == 1)
    part.add(forward ? 0 : -1, -1, range.step);
  else if (count <= 1)
    part.add(count == 0 ? 0 : begin, count, 1);
  else
    part.add(begin, count, range.step);
}

// narrow(x, axis, begin, size), or absent where sums of slices' gradients leave it zero.
Node narrow_sparse(Node x, std::size_t axis, std::int64_t begin, std::int64_t size) {
  if (x.op().name() == "add" && x.inputs()[0].shape() == x.inputs()[1].shape()) {
    const Node a = narrow_sparse(x.inputs()[0], axis, begin, size), b = narrow_sparse(x.inputs()[1], axis, begin, size);
    return a && b ? a + b : a ? a : b;
  }
  if (const auto* gradient = dynamic_cast<const SliceGradient*>(&x.op()); gradient != nullptr && gradient->part().size[axis] != -1) {
    const Part& part = gradient->part();
    const std::int64_t first = part.begin[axis], last = first + (part.size[axis] - 1) * part.step[axis];
    if (std::max(first, last) < begin || std::min(first, last) >= begin + size) return {};
    bool same = first == begin && part.size[axis] == size && (part.step[axis] == 1 || size == 1);
    for (std::size_t other = 0; other < part.size.size(); ++other) same = same && (other == axis || (part.is_all(other) && part.step[other] == 1));
    if (same) return x.inputs()[0];
  }
  return narrow(x, static_cast<std::int64_t>(axis), begin, size);
}

// x with one axis split into two: {…, outer, inner, …}.
Node with_axis_split(Node x, std::size_t axis, Dim outer, Dim inner) {
  std::vector<Dim> dims(x.shape().dims().begin(), x.shape().dims().end());
  dims[axis] = outer;
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, inner);
  return reshape(x, Shape(std::move(dims)));
}

Part read_part(const Attributes& a) {
  using List = std::vector<std::int64_t>;
  return {a.get<List>("begin"), a.get<List>("size"), a.get<List>("step")};
}

Part all_of(std::size_t rank) {
  Part part;
  for (std::size_t axis = 0; axis < rank; ++axis) part.add(0, -1, 1);
  return part;
}

std::size_t checked_axis(std::string_view op, Operand x, std::int64_t axis) {
  try {
    return normalize_axis(axis, x.shape().rank());
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("{}{}: {}", at(op, x.site()), to_string(x.shape()), error.what()));
  }
}

}  // namespace

Node slice(Operand x, std::span<const Range> ranges) {
  const Shape shape = x.shape();
  if (ranges.size() > shape.rank())
    throw ShapeError(
        fmt::format("{}{} ranges for {}, which has {} axes", at("slice", x.site()), ranges.size(), to_string(shape), shape.rank()));
  const SiteScope site(x.site());
  Part part;
  std::vector<std::size_t> every;  // axes k·symbol of which every p-th is taken
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const Range range = axis < ranges.size() ? ranges[axis] : Range{};
    if (range.step == 0) throw ArgumentError(fmt::format("{}the step of axis {} is 0", at("slice", x.site()), axis));
    const Dim dim = shape[axis];
    const bool to_end = !range.end.has_value();
    if (dim.is_constant()) {
      add_range(part, dim.factor(), range);
    } else if (to_end && range.step == 1 && range.begin.value_or(0) == 0) {
      part.add(0, -1, 1);
    } else if (to_end && range.step == -1 && range.begin.value_or(-1) == -1) {
      part.add(-1, -1, -1);
    } else if (to_end && range.step > 1 && dim.factor() % range.step == 0 && range.begin.value_or(0) >= 0 &&
               range.begin.value_or(0) < range.step) {
      part.add(0, -1, 1);
      every.push_back(axis);
    } else {
      throw ShapeError(
          fmt::format("{}axis {} of {} has no constant size: it can be taken whole, reversed, or every p-th with p dividing {}; "
                      "narrow takes multiples of {}",
                      at("slice", x.site()), axis, to_string(shape), dim.factor(), dim.symbol().name()));
    }
  }
  Node result = add_slice(x, std::move(part));
  for (const std::size_t axis : every) {
    const std::int64_t step = ranges[axis].step;
    const Dim kept(shape[axis].factor() / step, shape[axis].symbol());
    Part one = all_of(shape.rank() + 1);
    one.begin[axis + 1] = ranges[axis].begin.value_or(0);
    one.size[axis + 1] = 1;
    Shape taken = result.shape();
    taken[axis] = kept;
    result = reshape(add_slice(with_axis_split(result, axis, kept, step), std::move(one)), taken);
  }
  return result;
}

Node slice(Operand x, std::initializer_list<Range> ranges) { return slice(x, std::span<const Range>(ranges.begin(), ranges.size())); }

Node slice(Operand x, std::int64_t axis, Range range) {
  std::vector<Range> ranges(checked_axis("slice", x, axis) + 1);
  ranges.back() = range;
  return slice(x, ranges);
}

Node narrow(Operand x, std::int64_t axis, Dim begin, Dim size) {
  const std::size_t place = checked_axis("narrow", x, axis);
  const Dim dim = x.shape()[place];
  const auto of_axis = [&](Dim d) { return d == Dim(0) || d.symbol() == dim.symbol(); };
  if (!of_axis(begin) || !of_axis(size) || begin.factor() < 0 || size.factor() < 0 || begin.factor() > dim.factor() - size.factor())
    throw ShapeError(fmt::format("{}{} elements from {} on do not lie in axis {} of {}", at("narrow", x.site()), to_string(size),
                                 to_string(begin), place, to_string(x.shape())));
  if (size == dim) return x.node();
  const SiteScope site(x.site());
  Part part = all_of(x.shape().rank() + (dim.is_constant() ? 0 : 1));
  part.begin[place] = begin.factor();
  part.size[place] = size.factor();
  if (dim.is_constant()) return add_slice(x, std::move(part));
  Shape shape = x.shape();  // k·symbol is k rows of `symbol` elements: a part of those rows
  shape[place] = size;
  return reshape(add_slice(with_axis_split(x.node(), place, dim.factor(), Dim(1, dim.symbol())), std::move(part)), shape);
}

std::vector<Node> split(Operand x, std::int64_t parts, std::int64_t axis) {
  const Dim dim = x.shape()[checked_axis("split", x, axis)];
  if (parts < 1) throw ArgumentError(fmt::format("{}{} parts, needs one or more", at("split", x.site()), parts));
  if (dim.factor() % parts != 0)
    throw ShapeError(
        fmt::format("{}axis {} of {} does not divide into {} equal parts", at("split", x.site()), axis, to_string(x.shape()), parts));
  const SiteScope site(x.site());
  const std::int64_t size = dim.factor() / parts;
  std::vector<Node> result;
  for (std::int64_t i = 0; i < parts; ++i) result.push_back(narrow(x, axis, Dim(i * size, dim.symbol()), Dim(size, dim.symbol())));
  return result;
}

std::vector<Node> split(Operand x, std::span<const std::int64_t> sizes, std::int64_t axis) {
  const Dim dim = x.shape()[checked_axis("split", x, axis)];
  if (sizes.empty()) throw ArgumentError(at("split", x.site()) + "0 parts, needs one or more");
  std::int64_t total = 0;
  for (const std::int64_t size : sizes) total += size;
  if (dim != Dim(total) || *std::min_element(sizes.begin(), sizes.end()) < 0)
    throw ShapeError(fmt::format("{}parts of sizes {} do not make up axis {} of {}", at("split", x.site()), to_string(sizes), axis,
                                 to_string(x.shape())));
  const SiteScope site(x.site());
  std::vector<Node> result;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    result.push_back(narrow(x, axis, begin, size));
    begin += size;
  }
  return result;
}

std::vector<Node> split(Operand x, std::initializer_list<std::int64_t> sizes, std::int64_t axis) {
  return split(x, std::span<const std::int64_t>(sizes.begin(), sizes.size()), axis);
}

std::vector<Node> split_sparse(Node x, std::int64_t parts, std::int64_t axis) {
  const std::size_t place = checked_axis("split_sparse", x, axis);
  const Dim dim = x.shape()[place];
  if (parts < 1) throw ArgumentError(fmt::format("{}{} parts, needs one or more", at("split_sparse", x.site()), parts));
  if (!dim.is_constant() || dim.factor() % parts != 0)
    throw ShapeError(fmt::format("{}axis {} of {} does not divide into {} equal parts of constant size", at("split_sparse", x.site()), axis,
                                 to_string(x.shape()), parts));
  const std::int64_t size = dim.factor() / parts;
  std::vector<Node> result;
  for (std::int64_t i = 0; i < parts; ++i) result.push_back(narrow_sparse(x, place, i * size, size));
  return result;
}

void register_slice_ops() {
  register_op("slice", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Slice>(read_part(a)); });
  register_op("slice_gradient", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<SliceGradient>(read_part(a), a.get<Shape>("shape"));
  });
}

}  // namespace loglik
