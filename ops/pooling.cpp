// Adjoint pairs: max_pool2d_gradient and max_pool2d_select (at given positions), average_pool2d and average_pool2d_gradient. Each is
// linear, so the other is its gradient; max_pool2d is the selection at positions that it finds itself.
#include "ops/pooling.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "framework/elementwise.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/pattern.h"
#include "framework/registry.h"
#include "ops/pooling_kernels.h"
#include "ops/window_axis.h"

namespace loglik {
namespace {

constexpr std::int64_t grain_pixels = 16384;  // a piece of work reads, about

// Calls body(begin, end) for pieces of the images {n, c, …}, `pixels` large.
template <class Body>
void for_each_piece(const KernelArgs& args, const Extents& extents, std::int64_t pixels, const Body& body) {
  args.parallel_for(extents[0] * extents[1], std::max<std::int64_t>(1, grain_pixels / pixels), body);
}

// Calls body(plane) for each of them.
template <class Body>
void for_each_plane(const KernelArgs& args, const Extents& extents, std::int64_t pixels, const Body& body) {
  for_each_piece(args, extents, pixels, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t plane = begin; plane < end; ++plane) body(plane);
  });
}

Window2d slide(Size2d image, Size2d window, Size2d stride, Padding padding) {
  if (padding.size().height >= std::max<std::int64_t>(window.height, 1) || padding.size().width >= std::max<std::int64_t>(window.width, 1))
    throw ArgumentError(fmt::format("padding {{{}, {}}} must be smaller than the window {{{}, {}}}, which would see no pixel",
                                    padding.size().height, padding.size().width, window.height, window.width));
  return slide_window(image, window, stride, padding, 1, "window");
}

Size2d default_stride(Size2d stride, Size2d window) { return stride == Size2d(0) ? window : stride; }

void require_outputs(const Shape& y, const Window2d& window) {
  if (y[2] != Dim(window.rows.output) || y[3] != Dim(window.columns.output))
    throw ShapeError(fmt::format("y is {}, pooling images {{{}, {}}} gives {{{}, {}}}", to_string(y), window.rows.input,
                                 window.columns.input, window.rows.output, window.columns.output));
}

// Which operand of an elementwise node is an image of which it is a nondecreasing function, the same one all over a channel; nothing if none.
std::optional<std::size_t> image_operand(Node y) {
  const auto* op = dynamic_cast<const ElementwiseOp*>(&y.op());
  if (op == nullptr || !op->is_nondecreasing()) return {};
  const auto is_constant_in_channel = [](Node operand) {
    const auto dims = operand.shape().dims();
    return std::all_of(dims.end() - std::min<std::ptrdiff_t>(2, std::ssize(dims)), dims.end(), [](Dim dim) { return dim == Dim(1); });
  };
  for (std::size_t image = 0; image < y.inputs().size(); ++image) {
    bool found = y.inputs()[image].shape() == y.shape();
    for (std::size_t k = 0; k < y.inputs().size(); ++k) found &= k == image || is_constant_in_channel(y.inputs()[k]);
    if (found) return image;
  }
  return {};
}

// max f(x) = f(max x) for a nondecreasing f: of fewer elements, forward and backward. Windows lie within the image, so that none is without
// a pixel. Where rounding makes two values of f equal, it is the larger x that is chosen, and gets the gradient, not the first.
std::vector<Node> recognize_pool_first(const PatternArgs& args) {
  if (args.is_read(1)) return {};  // positions are those of the largest f(x)
  const Shape &before = args.input(0).shape(), &after = args.output_type(0).shape;
  if (after[2].constant() * after[3].constant() >= before[2].constant() * before[3].constant()) return {};
  std::vector<std::pair<Node, std::size_t>> functions;  // outermost first, each with its operand
  Node x = args.input(0);
  for (;;) {
    const std::optional<std::size_t> image = args.readers(x) == 1 ? image_operand(x) : std::nullopt;
    if (!image) break;
    functions.emplace_back(x, *image);
    x = x.inputs()[*image];
  }
  if (functions.empty()) return {};
  Node y = make_node(args.op(), {x});
  Graph& graph = y.graph();
  for (auto f = functions.rbegin(); f != functions.rend(); ++f) {
    const NodeRecord record = graph.record(f->first.index());  // a copy: records move while nodes are added
    const Scope scope = graph.enter(record.scope);
    std::vector<Operand> operands(record.inputs.begin(), record.inputs.end());
    operands[f->second] = y;
    y = make_node(record.op, operands);
  }
  return {y};
}

constexpr Pattern max_pool_patterns[] = {{"max_pool2d", recognize_pool_first}};

class MaxPool2d final : public Op {
 public:
  explicit MaxPool2d(const MaxPoolOptions& options) : options_(options) {
    options_.stride = default_stride(options.stride, options.window);
  }
  std::string_view name() const override { return "max_pool2d"; }
  Attributes attributes() const override {
    return {
        {"window", to_attribute(options_.window)}, {"stride", to_attribute(options_.stride)}, {"padding", to_attribute(options_.padding)}};
  }

  std::span<const Pattern> patterns() const override { return max_pool_patterns; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    const Shape& x = inputs[0].shape;
    const Window2d w = window(image_size("x", x));
    const Shape y{x[0], x[1], w.rows.output, w.columns.output};
    return {{inputs[0].dtype, y}, {DType::int32, y}};
  }

  void run(const KernelArgs& args) const override {
    const Window2d w = window({args.shape(0)[2], args.shape(0)[3]});
    for_float(args.dtype(0), [&]<class T>() {
      for_each_piece(args, args.shape(0), w.pixels(), [&](std::int64_t begin, std::int64_t end) {
        max_pool_planes(w, end - begin, args.input<T>(0).data() + begin * w.pixels(), args.output<T>(0).data() + begin * w.positions(),
                        args.output<std::int32_t>(1).data() + begin * w.positions());
      });
    });
  }

  double flops(std::span<const TensorType> inputs) const override {  // comparisons
    const Shape& x = inputs[0].shape;
    const Window2d w = window(image_size("x", x));
    return static_cast<double>(x[0].constant() * x[1].constant() * w.positions()) * static_cast<double>(w.rows.kernel * w.columns.kernel);
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.output_gradient(0);
    return {g ? max_pool2d_gradient(g, args.output(1), image_size("x", args.input(0).shape())) : Node()};
  }

 private:
  Window2d window(Size2d image) const { return slide(image, options_.window, options_.stride, options_.padding); }
  MaxPoolOptions options_;
};

class MaxPool2dGradient final : public Op {
 public:
  explicit MaxPool2dGradient(Size2d size) : size_(size) {}
  std::string_view name() const override { return "max_pool2d_gradient"; }
  Attributes attributes() const override { return {{"size", to_attribute(size_)}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("y", inputs[0]);
    require_dtype("positions", inputs[1], DType::int32);
    const Shape& y = inputs[0].shape;
    image_size("y", y);
    if (inputs[1].shape != y) throw ShapeError(fmt::format("y is {}, its positions are {}", to_string(y), to_string(inputs[1].shape)));
    if (std::min(size_.height, size_.width) < 1)
      throw ArgumentError(fmt::format("size is {{{}, {}}}, must be at least 1", size_.height, size_.width));
    return {{inputs[0].dtype, {y[0], y[1], size_.height, size_.width}}};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t pixels = size_.height * size_.width, count = args.shape(0)[2] * args.shape(0)[3];
    for_float(args.dtype(0), [&]<class T>() {
      for_each_plane(args, args.shape(0), pixels, [&](std::int64_t plane) {
        const T* y = args.input<T>(0).data() + plane * count;
        const std::int32_t* positions = args.input<std::int32_t>(1).data() + plane * count;
        T* x = args.output<T>(0).data() + plane * pixels;
        std::fill_n(x, pixels, T(0));
        for (std::int64_t i = 0; i < count; ++i) {  // in order: same bits where windows overlap
          check_index(positions[i], pixels, plane * count + i);
          x[positions[i]] += y[i];
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {max_pool2d_select(args.output_gradient(0), args.input(1)), Node()};
  }

 private:
  Size2d size_;
};

class MaxPool2dSelect final : public Op {
 public:
  std::string_view name() const override { return "max_pool2d_select"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    require_dtype("positions", inputs[1], DType::int32);
    const Shape &x = inputs[0].shape, &positions = inputs[1].shape;
    image_size("x", x);
    image_size("positions", positions);
    if (positions[0] != x[0] || positions[1] != x[1])
      throw ShapeError(
          fmt::format("x is {}, the positions are {}: they need as many samples and channels", to_string(x), to_string(positions)));
    return {{inputs[0].dtype, positions}};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t pixels = args.shape(0)[2] * args.shape(0)[3], count = args.shape(1)[2] * args.shape(1)[3];
    for_float(args.dtype(0), [&]<class T>() {
      for_each_plane(args, args.shape(0), std::max<std::int64_t>(count, 1), [&](std::int64_t plane) {
        const T* x = args.input<T>(0).data() + plane * pixels;
        const std::int32_t* positions = args.input<std::int32_t>(1).data() + plane * count;
        T* y = args.output<T>(0).data() + plane * count;
        for (std::int64_t i = 0; i < count; ++i) {
          check_index(positions[i], pixels, plane * count + i);
          y[i] = x[positions[i]];
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {max_pool2d_gradient(args.output_gradient(0), args.input(1), image_size("x", args.input(0).shape())), Node()};
  }
};

// average_pool2d and its adjoint share their options.
class AveragePoolOp : public Op {
 public:
  explicit AveragePoolOp(const AveragePoolOptions& options) : options_(options) {
    options_.stride = default_stride(options.stride, options.window);
  }
  Attributes attributes() const override {
    return {{"window", to_attribute(options_.window)},
            {"stride", to_attribute(options_.stride)},
            {"padding", to_attribute(options_.padding)},
            {"count_include_pad", options_.count_include_pad}};
  }

 protected:
  Window2d window(Size2d image) const { return slide(image, options_.window, options_.stride, options_.padding); }
  double flops_of(std::int64_t planes, const Window2d& w) const {
    return static_cast<double>(planes * w.positions()) * static_cast<double>(w.rows.kernel * w.columns.kernel + 1);
  }
  AveragePoolOptions options_;
};

class AveragePool2d final : public AveragePoolOp {
 public:
  using AveragePoolOp::AveragePoolOp;
  std::string_view name() const override { return "average_pool2d"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    const Shape& x = inputs[0].shape;
    const Window2d w = window(image_size("x", x));
    return {{inputs[0].dtype, {x[0], x[1], w.rows.output, w.columns.output}}};
  }

  void run(const KernelArgs& args) const override {
    const Window2d w = window({args.shape(0)[2], args.shape(0)[3]});
    for_float(args.dtype(0), [&]<class T>() {
      for_each_plane(args, args.shape(0), w.pixels(), [&](std::int64_t plane) {
        average_pool_plane(w, options_.count_include_pad, args.input<T>(0).data() + plane * w.pixels(),
                           args.output<T>(0).data() + plane * w.positions());
      });
    });
  }

  double flops(std::span<const TensorType> inputs) const override {
    const Shape& x = inputs[0].shape;
    return flops_of((x[0] * x[1]).constant(), window(image_size("x", x)));
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {average_pool2d_gradient(args.output_gradient(0), image_size("x", args.input(0).shape()), options_)};
  }
};

class AveragePool2dGradient final : public AveragePoolOp {
 public:
  AveragePool2dGradient(Size2d size, const AveragePoolOptions& options) : AveragePoolOp(options), size_(size) {}
  std::string_view name() const override { return "average_pool2d_gradient"; }
  Attributes attributes() const override {
    Attributes attributes = AveragePoolOp::attributes();
    attributes.set("size", to_attribute(size_));
    return attributes;
  }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("y", inputs[0]);
    const Shape& y = inputs[0].shape;
    image_size("y", y);
    require_outputs(y, window(size_));
    return {{inputs[0].dtype, {y[0], y[1], size_.height, size_.width}}};
  }

  void run(const KernelArgs& args) const override {
    const Window2d w = window(size_);
    for_float(args.dtype(0), [&]<class T>() {
      for_each_plane(args, args.shape(0), w.pixels(), [&](std::int64_t plane) {
        average_pool_gradient_plane(w, options_.count_include_pad, args.input<T>(0).data() + plane * w.positions(),
                                    args.output<T>(0).data() + plane * w.pixels());
      });
    });
  }

  double flops(std::span<const TensorType> inputs) const override {
    return flops_of((inputs[0].shape[0] * inputs[0].shape[1]).constant(), window(size_));
  }

  std::vector<Node> gradient(const GradientArgs& args) const override { return {average_pool2d(args.output_gradient(0), options_)}; }

 private:
  Size2d size_;
};

AveragePoolOptions average_options(const Attributes& a) {
  return {.window = size_attribute(a, "window"),
          .stride = size_attribute(a, "stride"),
          .padding = padding_attribute(a, "padding"),
          .count_include_pad = a.get<bool>("count_include_pad")};
}

}  // namespace

Node max_pool2d(Operand x, const MaxPoolOptions& options) { return make_node(std::make_shared<MaxPool2d>(options), {x}); }

Node max_pool2d_gradient(Operand y, Operand positions, Size2d size) {
  return make_node(std::make_shared<MaxPool2dGradient>(size), {y, positions});
}

Node max_pool2d_select(Operand x, Operand positions) { return make_node(std::make_shared<MaxPool2dSelect>(), {x, positions}); }

Node average_pool2d(Operand x, const AveragePoolOptions& options) { return make_node(std::make_shared<AveragePool2d>(options), {x}); }

Node average_pool2d_gradient(Operand y, Size2d size, const AveragePoolOptions& options) {
  return make_node(std::make_shared<AveragePool2dGradient>(size, options), {y});
}

void register_pooling_ops() {
  register_op("max_pool2d", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<MaxPool2d>(MaxPoolOptions{
        .window = size_attribute(a, "window"), .stride = size_attribute(a, "stride"), .padding = padding_attribute(a, "padding")});
  });
  register_op("max_pool2d_gradient", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<MaxPool2dGradient>(size_attribute(a, "size"));
  });
  register_op("max_pool2d_select", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<MaxPool2dSelect>(); });
  register_op("average_pool2d",
              [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<AveragePool2d>(average_options(a)); });
  register_op("average_pool2d_gradient", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<AveragePool2dGradient>(size_attribute(a, "size"), average_options(a));
  });
}

}  // namespace loglik
