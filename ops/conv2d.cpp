// conv2d is linear in x and in the filters. With A its adjoint in x and B its adjoint in the filters,
//
//     y = conv(x, f):    ∂x = A(g, f),     ∂f = B(x, g)
//     x = A(y, f):       ∂y = conv(g, f),  ∂f = B(g, y)
//     f = B(x, y):       ∂x = A(y, g),     ∂y = conv(x, g)
//
// so that derivatives of any order are these three ops again.
#include "ops/conv2d.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/op.h"
#include "framework/registry.h"
#include "ops/conv2d_kernels.h"
#include "ops/window_axis.h"

namespace loglik {
namespace {

Size2d size_of(const Shape& shape) { return {shape[2].constant(), shape[3].constant()}; }
Size2d size_of(const Extents& extents) { return {extents[2], extents[3]}; }

// What the three ops share: options, checks, and the sizes of their common convolution.
class Conv2dOp : public Op {
 public:
  Conv2dOp(const ConvolutionOptions& options, Conv2dTarget target) : options_(options), target_(target) {}

  std::size_t workspace(std::span<const TensorType> inputs) const final {
    return conv2d_workspace(sizes(inputs[0].shape.constant(), inputs[1].shape.constant()), target_, inputs[0].dtype);
  }

  // A multiplication and an addition for each output and each element of its patch.
  double flops(std::span<const TensorType> inputs) const final {
    const Conv2dSizes s = sizes(inputs[0].shape.constant(), inputs[1].shape.constant());
    return 2.0 * static_cast<double>(s.images * s.filters * s.patch()) * static_cast<double>(s.window.positions());
  }

  Attributes attributes() const override {
    return {{"stride", to_attribute(options_.stride)},
            {"padding", to_attribute(options_.padding)},
            {"dilation", to_attribute(options_.dilation)},
            {"groups", options_.groups}};
  }

 protected:
  virtual Conv2dSizes sizes(const Extents& a, const Extents& b) const = 0;

  Window2d window(Size2d image, Size2d kernel) const {
    return slide_window(image, kernel, options_.stride, options_.padding, options_.dilation);
  }

  void check_dtypes(std::string_view a, std::string_view b, std::span<const TensorType> inputs) const {
    require_float(a, inputs[0]);
    require_float(b, inputs[1]);
    require_same_dtype(inputs);
    if (options_.groups < 1) throw ArgumentError(fmt::format("groups = {}, must be at least 1", options_.groups));
  }

  static Size2d filter_size(const Shape& filters) {
    if (filters.rank() != 4 || !filters.is_constant())
      throw ShapeError(
          fmt::format("the filters are {}, need 4 constant axes {{filters, channels / groups, height, width}}", to_string(filters)));
    return size_of(filters);
  }

  void check_groups(std::string_view what, std::int64_t count, const Shape& shape) const {
    if (count % options_.groups != 0)
      throw ShapeError(fmt::format("{} {} {} do not divide into {} groups", count, what, to_string(shape), options_.groups));
  }

  // Output gradients, or what a transposed convolution starts from, must be what the convolution gives.
  static void check_outputs(const Shape& y, Dim filters, const Window2d& window) {
    if (y[1] != filters)
      throw ShapeError(fmt::format("y has {} channels {}, there are {} filters", to_string(y[1]), to_string(y), to_string(filters)));
    if (y[2] != Dim(window.rows.output) || y[3] != Dim(window.columns.output))
      throw ShapeError(fmt::format("y is {}, a convolution of images {{{}, {}}} gives {{{}, {}}}", to_string(y), window.rows.input,
                                   window.columns.input, window.rows.output, window.columns.output));
  }

  ConvolutionOptions options_;

 private:
  Conv2dTarget target_;
};

class Conv2dForward final : public Conv2dOp {
 public:
  explicit Conv2dForward(const ConvolutionOptions& options) : Conv2dOp(options, Conv2dTarget::output) {}
  std::string_view name() const override { return "conv2d"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check_dtypes("x", "filters", inputs);
    const Shape& x = inputs[0].shape;
    const Shape& filters = inputs[1].shape;
    const Size2d image = image_size("x", x);
    const Size2d kernel = filter_size(filters);
    const std::int64_t channels = x[1].factor();
    const std::int64_t expected = filters[1].factor() * options_.groups;
    check_groups("channels", channels, x);
    if (channels != expected)
      throw ShapeError(fmt::format("input has {} channels {}, the filters expect {}", channels, to_string(x), expected));
    check_groups("filters", filters[0].factor(), filters);
    const Window2d w = window(image, kernel);
    return {{inputs[0].dtype, {x[0], filters[0], w.rows.output, w.columns.output}}};
  }

  bool offers_epilogue() const override { return true; }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      conv2d_output<T>(args, sizes(args.shape(0), args.shape(1)), args.input<T>(0).data(), args.input<T>(1).data(),
                       args.output<T>(0).data());
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.output_gradient(0), x = args.input(0), filters = args.input(1);
    return {args.wants(0) ? conv2d_input_gradient(g, filters, size_of(x.shape()), options_) : Node(),
            args.wants(1) ? conv2d_filter_gradient(x, g, size_of(filters.shape()), options_) : Node()};
  }

 private:
  Conv2dSizes sizes(const Extents& x, const Extents& filters) const override {
    return {x[0], x[1], filters[0], options_.groups, window(size_of(x), size_of(filters))};
  }
};

class Conv2dInputGradient final : public Conv2dOp {
 public:
  Conv2dInputGradient(Size2d size, const ConvolutionOptions& options) : Conv2dOp(options, Conv2dTarget::input), size_(size) {}
  std::string_view name() const override { return "conv2d_input_gradient"; }
  Attributes attributes() const override {
    Attributes attributes = Conv2dOp::attributes();
    attributes.set("size", to_attribute(size_));
    return attributes;
  }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check_dtypes("y", "filters", inputs);
    const Shape& y = inputs[0].shape;
    const Shape& filters = inputs[1].shape;
    image_size("y", y);
    const Size2d kernel = filter_size(filters);
    check_groups("filters", filters[0].factor(), filters);
    check_outputs(y, filters[0], window(size_, kernel));
    return {{inputs[0].dtype, {y[0], filters[1] * options_.groups, size_.height, size_.width}}};
  }

  bool offers_epilogue() const override { return true; }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      conv2d_input<T>(args, sizes(args.shape(0), args.shape(1)), args.input<T>(0).data(), args.input<T>(1).data(),
                      args.output<T>(0).data());
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.output_gradient(0), y = args.input(0), filters = args.input(1);
    return {args.wants(0) ? conv2d(g, filters, options_) : Node(),
            args.wants(1) ? conv2d_filter_gradient(g, y, size_of(filters.shape()), options_) : Node()};
  }

 private:
  Conv2dSizes sizes(const Extents& y, const Extents& filters) const override {
    return {y[0], filters[1] * options_.groups, filters[0], options_.groups, window(size_, size_of(filters))};
  }
  Size2d size_;
};

class Conv2dFilterGradient final : public Conv2dOp {
 public:
  Conv2dFilterGradient(Size2d kernel, const ConvolutionOptions& options) : Conv2dOp(options, Conv2dTarget::filters), kernel_(kernel) {}
  std::string_view name() const override { return "conv2d_filter_gradient"; }
  Attributes attributes() const override {
    Attributes attributes = Conv2dOp::attributes();
    attributes.set("kernel", to_attribute(kernel_));
    return attributes;
  }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check_dtypes("x", "y", inputs);
    const Shape& x = inputs[0].shape;
    const Shape& y = inputs[1].shape;
    const Size2d image = image_size("x", x);
    image_size("y", y);
    if (x[0] != y[0])
      throw ShapeError(fmt::format("x is {}, y is {}: {} images against {}", to_string(x), to_string(y), to_string(x[0]), to_string(y[0])));
    check_groups("channels", x[1].factor(), x);
    check_groups("filters", y[1].factor(), y);
    check_outputs(y, y[1], window(image, kernel_));
    return {{inputs[0].dtype, {y[1], x[1].factor() / options_.groups, kernel_.height, kernel_.width}}};
  }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      conv2d_filters<T>(args, sizes(args.shape(0), args.shape(1)), args.input<T>(0).data(), args.input<T>(1).data(),
                        args.output<T>(0).data());
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.output_gradient(0), x = args.input(0), y = args.input(1);
    return {args.wants(0) ? conv2d_input_gradient(y, g, size_of(x.shape()), options_) : Node(),
            args.wants(1) ? conv2d(x, g, options_) : Node()};
  }

 private:
  Conv2dSizes sizes(const Extents& x, const Extents& y) const override {
    return {x[0], x[1], y[1], options_.groups, window(size_of(x), kernel_)};
  }
  Size2d kernel_;
};

ConvolutionOptions read_options(const Attributes& a) {
  return {.stride = size_attribute(a, "stride"),
          .padding = padding_attribute(a, "padding"),
          .dilation = size_attribute(a, "dilation"),
          .groups = a.get<std::int64_t>("groups")};
}

}  // namespace

Node conv2d(Operand x, Operand filters, const ConvolutionOptions& options) {
  return make_node(std::make_shared<Conv2dForward>(options), {x, filters});
}

Node conv2d_input_gradient(Operand y, Operand filters, Size2d size, const ConvolutionOptions& options) {
  return make_node(std::make_shared<Conv2dInputGradient>(size, options), {y, filters});
}

Node conv2d_filter_gradient(Operand x, Operand y, Size2d kernel, const ConvolutionOptions& options) {
  return make_node(std::make_shared<Conv2dFilterGradient>(kernel, options), {x, y});
}

void register_conv2d_ops() {
  register_op("conv2d", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Conv2dForward>(read_options(a)); });
  register_op("conv2d_input_gradient", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<Conv2dInputGradient>(size_attribute(a, "size"), read_options(a));
  });
  register_op("conv2d_filter_gradient", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<Conv2dFilterGradient>(size_attribute(a, "kernel"), read_options(a));
  });
}

}  // namespace loglik
