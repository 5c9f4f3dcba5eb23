#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/conv2d.h"
#include "ops/window_axis.h"

namespace loglik {

struct Conv2d::State {
  Conv2dOptions options;
  LayerScope scope;
  Node weight = {};
  Node bias = {};
};

namespace {
// What the op would refuse, before there are parameters.
void check_input(const Conv2dOptions& o, Operand x, const std::string& at) {
  try {
    const Size2d image = image_size("x", x.shape());
    const Dim channels = x.shape()[1];
    if (channels.factor() % o.groups != 0)
      throw ShapeError(fmt::format("{} channels {} do not divide into {} groups", to_string(channels), to_string(x.shape()), o.groups));
    slide_window(image, o.kernel, o.stride, o.padding, o.dilation);
  } catch (const ShapeError& error) {
    throw ShapeError(at + error.what());
  } catch (const ArgumentError& error) {
    throw ArgumentError(at + error.what());
  }
}
}  // namespace

Conv2d::Conv2d(Graph& graph, Conv2dOptions options, Site site) {
  LayerScope scope(graph, "conv2d", options.name, site);
  if (options.filters < 1) throw ArgumentError(fmt::format("{}filters = {}, must be at least 1", scope.at(site), options.filters));
  if (std::min(options.kernel.height, options.kernel.width) < 1)
    throw ArgumentError(
        fmt::format("{}kernel is {{{}, {}}}, must be at least 1", scope.at(site), options.kernel.height, options.kernel.width));
  if (options.groups < 1) throw ArgumentError(fmt::format("{}groups = {}, must be at least 1", scope.at(site), options.groups));
  state_ = std::make_shared<State>(State{std::move(options), std::move(scope)});
}

Node Conv2d::operator()(Operand x) const {
  State& s = *state_;
  const Conv2dOptions& o = s.options;
  s.scope.check_dtype(x, s.weight);
  const Shape& shape = x.shape();
  if (s.weight && shape.rank() == 4 && shape[1] != s.weight.shape()[1] * o.groups)
    throw ShapeError(fmt::format("{}input has {} channels {}, the layer made at {} expects {}", s.scope.at(x.site()), to_string(shape[1]),
                                 to_string(shape), to_string(s.scope.site()), to_string(s.weight.shape()[1] * o.groups)));
  if (!s.weight) check_input(o, x, s.scope.at(x.site()));

  const SiteScope site(x.site());
  const Scope scope = s.scope.enter();
  if (!s.weight) {
    s.weight = s.scope.parameter("weight", {o.filters, shape[1].factor() / o.groups, o.kernel.height, o.kernel.width}, o.weight_initializer,
                                 x.dtype());
    if (o.use_bias) s.bias = s.scope.parameter("bias", {o.filters}, o.bias_initializer, x.dtype());
  }
  Node y = conv2d(x, s.weight, {.stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups});
  if (s.bias) y = y + reshape(s.bias, {o.filters, 1, 1});
  return o.activation ? o.activation(y) : y;
}

Node Conv2d::weight() const { return state_->weight; }
Node Conv2d::bias() const { return state_->bias; }

Node conv2d(Operand x, Conv2dOptions options) { return Conv2d(x.graph(), std::move(options), x.site())(x); }

}  // namespace loglik
