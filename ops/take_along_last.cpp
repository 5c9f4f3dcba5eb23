// take_along_last, its gradient, one_hot: one element a row.
#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/gather.h"
#include "ops/site_text.h"

namespace loglik {
namespace {

constexpr std::int64_t rows_a_piece = 4096;

Shape with_axis(const Shape& shape, Dim last) {
  std::vector<Dim> dims(shape.dims().begin(), shape.dims().end());
  dims.push_back(last);
  return Shape(std::move(dims));
}

// y {…, n}: row i is zero but for value(i) at indices[i].
template <class T, class Value>
void fill_rows(const KernelArgs& args, std::span<const std::int32_t> indices, Value value) {
  const std::int64_t n = args.output_shape(0).back();
  T* y = args.output<T>(0).data();
  args.parallel_for(static_cast<std::int64_t>(indices.size()), std::max<std::int64_t>(1, rows_a_piece / (n / 4 + 1)),
                    [&](std::int64_t begin, std::int64_t end) {
                      std::fill(y + begin * n, y + end * n, T(0));
                      for (std::int64_t i = begin; i < end; ++i) {
                        const std::int64_t index = indices[static_cast<std::size_t>(i)];
                        check_index(index, n, i);
                        y[i * n + index] = value(i);
                      }
                    });
}

Node add_take_gradient(Node g, Node indices, Dim n);

class TakeAlongLast final : public Op {  // ∂x = g at the index, else 0
 public:
  std::string_view name() const override { return "take_along_last"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    const Shape& x = inputs[0].shape;
    require_dtype("the indices", inputs[1], DType::int32);
    if (x.rank() == 0) throw ShapeError("x is a scalar, needs an axis to take from");
    if (x.without(x.rank() - 1) != inputs[1].shape)
      throw ShapeError(
          fmt::format("x {} needs indices {}, got {}", to_string(x), to_string(x.without(x.rank() - 1)), to_string(inputs[1].shape)));
    return {{inputs[0].dtype, inputs[1].shape}};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t n = args.shape(0).back();
    const auto indices = args.input<std::int32_t>(1);
    for_dtype(args.dtype(0), [&]<class T>() {
      const T* x = args.input<T>(0).data();
      const auto y = args.output<T>(0);
      args.parallel_for(static_cast<std::int64_t>(indices.size()), rows_a_piece, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t index = indices[static_cast<std::size_t>(i)];
          check_index(index, n, i);
          y[static_cast<std::size_t>(i)] = x[i * n + index];
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {args.wants(0) ? add_take_gradient(args.output_gradient(0), args.input(1), args.input(0).shape().back()) : Node(), Node()};
  }

  double flops(std::span<const TensorType>) const override { return 0; }
};

class TakeAlongLastGradient final : public Op {  // y[i, indices[i]] = g[i], else 0;    ∂g = take_along_last of what comes in
 public:
  explicit TakeAlongLastGradient(Dim n) : n_(n) {}
  std::string_view name() const override { return "take_along_last_gradient"; }
  Attributes attributes() const override { return {{"size", Shape{n_}}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_dtype("the indices", inputs[1], DType::int32);
    if (inputs[0].shape != inputs[1].shape)
      throw ShapeError(fmt::format("g is {}, the indices are {}", to_string(inputs[0].shape), to_string(inputs[1].shape)));
    return {{inputs[0].dtype, with_axis(inputs[0].shape, n_)}};
  }

  void run(const KernelArgs& args) const override {
    for_dtype(args.dtype(0), [&]<class T>() {
      const T* g = args.input<T>(0).data();
      fill_rows<T>(args, args.input<std::int32_t>(1), [g](std::int64_t i) { return g[i]; });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {args.wants(0) ? take_along_last(args.output_gradient(0), args.input(1)) : Node(), Node()};
  }

  double flops(std::span<const TensorType>) const override { return 0; }

 private:
  Dim n_;
};

Node add_take_gradient(Node g, Node indices, Dim n) { return make_node(std::make_shared<TakeAlongLastGradient>(n), {g, indices}); }

class OneHot final : public Op {
 public:
  OneHot(std::int64_t n, DType dtype) : n_(n), dtype_(dtype) {}
  std::string_view name() const override { return "one_hot"; }
  Attributes attributes() const override { return {{"n", n_}, {"dtype", dtype_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_dtype("the indices", inputs[0], DType::int32);
    if (n_ < 0) throw ArgumentError(fmt::format("n is {}, needs 0 or more", n_));
    return {{dtype_, with_axis(inputs[0].shape, n_)}};
  }

  void run(const KernelArgs& args) const override {
    for_dtype(dtype_, [&]<class T>() { fill_rows<T>(args, args.input<std::int32_t>(0), [](std::int64_t) { return T(1); }); });
  }

  std::vector<Node> gradient(const GradientArgs&) const override { return {Node()}; }
  double flops(std::span<const TensorType>) const override { return 0; }

 private:
  std::int64_t n_;
  DType dtype_;
};

}  // namespace

Node take_along_last(Operand x, Operand indices) {
  if (x.is_number() || indices.is_number() || x.shape().rank() == 0) return make_node(std::make_shared<TakeAlongLast>(), {x, indices});
  const Shape rows = x.shape().without(x.shape().rank() - 1);
  if (rows == indices.shape()) return make_node(std::make_shared<TakeAlongLast>(), {x, indices});
  Shape shape;
  try {
    shape = broadcast_shapes(rows, indices.shape());
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("{}x {}, indices {}: {}", at("take_along_last", x.site()), to_string(x.shape()),
                                 to_string(indices.shape()), error.what()));
  }
  const SiteScope site(x.site());
  const Node wide = rows == shape ? x.node() : broadcast_to(x, with_axis(shape, x.shape().back()));
  return make_node(std::make_shared<TakeAlongLast>(), {wide, indices.shape() == shape ? indices.node() : broadcast_to(indices, shape)});
}

Node one_hot(Operand indices, std::int64_t n, DType dtype) { return make_node(std::make_shared<OneHot>(n, dtype), {indices}); }

void register_take_ops() {
  register_op("take_along_last", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<TakeAlongLast>(); });
  register_op("take_along_last_gradient", [](const Attributes& a) -> std::shared_ptr<const Op> {
    const Shape& size = a.get<Shape>("size");
    if (size.rank() != 1) throw ArgumentError(fmt::format("the attribute \"size\" is {}, needs one dimension", to_string(size)));
    return std::make_shared<TakeAlongLastGradient>(size[0]);
  });
  register_op("one_hot", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<OneHot>(a.get<std::int64_t>("n"), a.get<DType>("dtype"));
  });
}

}  // namespace loglik
