// gather and its gradient, a sum of g's entries by index.
#include "ops/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "framework/error.h"
#include "framework/registry.h"

namespace loglik {
namespace {

constexpr std::int64_t piece_elements = 16384;

// {A…, n, B…} with the axis replaced by the indices' axes.
Shape gathered_shape(const Shape& x, const Shape& indices, std::size_t axis) {
  std::vector<Dim> dims(x.dims().begin(), x.dims().begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), x.dims().begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.dims().end());
  return Shape(std::move(dims));
}

// x as {outer, size, inner}.
struct Layout {
  std::int64_t outer, size, inner;
  Layout(const Extents& x, std::size_t axis)
      : outer(count(std::span(x).first(axis))), size(x[axis]), inner(count(std::span(x).subspan(axis + 1))) {}
};

Node add_gather_gradient(Node g, Node indices, Shape shape, std::int64_t axis);

class Gather final : public Op {
 public:
  explicit Gather(std::int64_t axis) : axis_(axis) {}
  std::string_view name() const override { return "gather"; }
  Attributes attributes() const override { return {{"axis", axis_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_dtype("the indices", inputs[1], DType::int32);
    const Shape& x = inputs[0].shape;
    return {{inputs[0].dtype, gathered_shape(x, inputs[1].shape, normalize_axis(axis_, x.rank()))}};
  }

  void run(const KernelArgs& args) const override {
    const Layout x(args.shape(0), normalize_axis(axis_, args.shape(0).size()));
    const auto indices = args.input<std::int32_t>(1);
    const auto entries = static_cast<std::int64_t>(indices.size());
    const std::size_t bytes = static_cast<std::size_t>(x.inner) * size_of(args.dtype(0));
    const auto* from = static_cast<const std::byte*>(args.inputs[0].data);
    auto* to = static_cast<std::byte*>(args.outputs[0].data);
    args.parallel_for(x.outer * entries, std::max<std::int64_t>(1, piece_elements / (x.inner + 1)),
                      [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t i = begin; i < end; ++i) {
                          const std::int64_t entry = i % entries;
                          const std::int64_t index = indices[static_cast<std::size_t>(entry)];
                          check_index(index, x.size, entry);
                          if (bytes > 0)
                            std::memcpy(to + static_cast<std::size_t>(i) * bytes,
                                        from + static_cast<std::size_t>(i / entries * x.size + index) * bytes, bytes);
                        }
                      });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {args.wants(0) ? add_gather_gradient(args.output_gradient(0), args.input(1), args.input(0).shape(), axis_) : Node(), Node()};
  }

  double flops(std::span<const TensorType>) const override { return 0; }

 private:
  std::int64_t axis_;
};

class GatherGradient final : public Op {  // y[a, indices[i], b] += g[a, i, b];    ∂g = gather of what comes in
 public:
  GatherGradient(Shape shape, std::int64_t axis) : shape_(std::move(shape)), axis_(axis) {}
  std::string_view name() const override { return "gather_gradient"; }
  Attributes attributes() const override { return {{"shape", shape_}, {"axis", axis_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("g", inputs[0]);
    require_dtype("the indices", inputs[1], DType::int32);
    if (const Shape g = gathered_shape(shape_, inputs[1].shape, normalize_axis(axis_, shape_.rank())); g != inputs[0].shape)
      throw ShapeError(fmt::format("gather gives {} of {}, g is {}", to_string(g), to_string(shape_), to_string(inputs[0].shape)));
    return {{inputs[0].dtype, shape_}};
  }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() { run_as<T>(args); });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {args.wants(0) ? gather(args.output_gradient(0), args.input(1), axis_) : Node(), Node()};
  }

 private:
  // A piece owns some columns of all entries and adds in the order of the indices: the same bits for any number of threads.
  template <class T>
  void run_as(const KernelArgs& args) const {
    const Layout y(args.output_shape(0), normalize_axis(axis_, args.output_shape(0).size()));
    const auto indices = args.input<std::int32_t>(1);
    const auto entries = static_cast<std::int64_t>(indices.size());
    const T* g = args.input<T>(0).data();
    T* out = args.output<T>(0).data();
    constexpr std::int64_t line = 16;  // columns, or more: pieces share no line of cache
    const std::int64_t width = std::max(line, piece_elements / (y.size + entries + 1) / line * line);
    const std::int64_t across = (y.inner + width - 1) / width;
    args.parallel_for(y.outer * across, [&](std::int64_t piece) {
      const std::int64_t column = piece % across * width;
      const std::int64_t columns = std::min(width, y.inner - column);
      T* sums = out + piece / across * y.size * y.inner + column;
      const T* terms = g + piece / across * entries * y.inner + column;
      for (std::int64_t i = 0; i < y.size; ++i) std::fill_n(sums + i * y.inner, columns, T(0));
      for (std::int64_t i = 0; i < entries; ++i) {
        const std::int64_t index = indices[static_cast<std::size_t>(i)];
        check_index(index, y.size, i);
        T* sum = sums + index * y.inner;
        const T* term = terms + i * y.inner;
        for (std::int64_t j = 0; j < columns; ++j) sum[j] += term[j];
      }
    });
  }

  Shape shape_;
  std::int64_t axis_;
};

Node add_gather_gradient(Node g, Node indices, Shape shape, std::int64_t axis) {
  return make_node(std::make_shared<GatherGradient>(std::move(shape), axis), {g, indices});
}

}  // namespace

Node gather(Operand x, Operand indices, std::int64_t axis) { return make_node(std::make_shared<Gather>(axis), {x, indices}); }

void register_take_ops();

void register_gather_ops() {
  register_op("gather",
              [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Gather>(a.get<std::int64_t>("axis")); });
  register_op("gather_gradient", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<GatherGradient>(a.get<Shape>("shape"), a.get<std::int64_t>("axis"));
  });
  register_take_ops();
}

}  // namespace loglik
