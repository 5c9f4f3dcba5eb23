#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "ops/initializers.h"
#include "ops/layer.h"
#include "ops/window.h"

namespace loglik {

struct Conv2dOptions {
  std::int64_t filters = 0;  ///< output channels; at least 1
  Size2d kernel = 0;         ///< size of each filter; at least 1
  Size2d stride = 1;         ///< pixels between neighbouring outputs
  Padding padding = 0;       ///< zeros around the image: a number, {height, width}, Padding::same or Padding::valid
  Size2d dilation = 1;       ///< pixels between neighbouring taps of a filter
  std::int64_t groups = 1;   ///< channels are cut into so many groups, each seen by as many filters; = channels: depthwise
  Activation activation = {};
  bool use_bias = true;
  Initializer weight_initializer = glorot_uniform();
  Initializer bias_initializer = {};  ///< zeros
  std::string name = {};              ///< of the scope that holds the parameters; numbered without: conv2d_1, conv2d_2, …
};

/// A convolutional layer: activation(conv2d(x, weight) + bias), {batch, channels, height, width} → {batch, filters, oh, ow}.
///
/// The parameters `weight` {filters, channels / groups, kernel} and `bias` {filters} are made by the first call, in x's dtype; every call
/// of the layer, or of a copy of it, uses the same ones. A call throws as the op conv2d below. A layer must not outlive its graph.
class Conv2d {
 public:
  /// Throws ArgumentError unless filters, kernel and groups are at least 1.
  explicit Conv2d(Graph& graph, Conv2dOptions options, Site site = {__builtin_FILE(), __builtin_LINE()});

  Node operator()(Operand x) const;
  Node weight() const;  ///< absent before the first call
  Node bias() const;    ///< absent before the first call and without bias

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A Conv2d that is called once.
Node conv2d(Operand x, Conv2dOptions options);

/// How the filters of a convolution move over the image.
struct ConvolutionOptions {
  Size2d stride = 1;        ///< pixels between neighbouring outputs
  Padding padding = 0;      ///< zeros around the image: a number, {height, width}, Padding::same or Padding::valid
  Size2d dilation = 1;      ///< pixels between neighbouring taps of a filter
  std::int64_t groups = 1;  ///< channels are cut into so many groups, each seen by as many filters; = channels: depthwise
};

/// The op: 2-D convolution with given filters, as networks mean it (a cross-correlation), with p zeros around the image:
///
///     y[n, f, i, j] = Σ_{c, a, b} filters[f, c, a, b] · x[n, c, i·stride + a·dilation − p, j·stride + b·dilation − p]
///
/// x {batch, channels, height, width}, filters {f, channels / groups, kernel height, kernel width} → {batch, f, oh, ow} with
/// oh = ⌊(height + 2p − dilation·(kernel − 1) − 1) / stride⌋ + 1. float32, float64. Filter f sees the channels of group
/// ⌊f · groups / filters⌋. Differentiable to any order.
///
/// Throws ShapeError if channels do not fit, do not divide by groups, or the kernel is larger than the padded image, or height or width
/// is a symbol; ArgumentError for options out of range; DtypeError for anything but two equal float types.
Node conv2d(Operand x, Operand filters, const ConvolutionOptions& options = {});

/// The adjoint of conv2d in x, also known as transposed convolution: what each output contributes to each pixel of an image of `size`.
///
/// y {batch, f, oh, ow} as conv2d gives it for that size; → {batch, channels, size}. Throws as conv2d does.
Node conv2d_input_gradient(Operand y, Operand filters, Size2d size, const ConvolutionOptions& options = {});

/// The adjoint of conv2d in the filters, for filters of size `kernel`; x and y as in conv2d; → {f, channels / groups, kernel}.
///
/// Summed over images in an order that depends on the shapes only. Throws as conv2d does.
Node conv2d_filter_gradient(Operand x, Operand y, Size2d kernel, const ConvolutionOptions& options = {});

void register_conv2d_ops();  ///< called by register_builtin_ops

}  // namespace loglik
