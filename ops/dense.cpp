#include "ops/dense.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/matmul.h"

namespace loglik {

struct Dense::State {
  DenseOptions options;
  LayerScope scope;
  Node weight = {};
  Node bias = {};
};

Dense::Dense(Graph& graph, DenseOptions options, Site site) {
  LayerScope scope(graph, "dense", options.name, site);
  if (options.units < 1) throw ArgumentError(fmt::format("{}units = {}, must be at least 1", scope.at(site), options.units));
  state_ = std::make_shared<State>(State{std::move(options), std::move(scope)});
}

Node Dense::operator()(Operand x) const {
  State& s = *state_;
  s.scope.check_dtype(x, s.weight);
  const Shape& shape = x.shape();
  if (shape.rank() < 2)
    throw ShapeError(fmt::format("{}input is {}, needs at least 2 axes {{batch, …, features}}", s.scope.at(x.site()), to_string(shape)));
  if (!shape.back().is_constant())
    throw ShapeError(fmt::format("{}input is {}: the number of features must be a constant, {} is a symbol", s.scope.at(x.site()),
                                 to_string(shape), to_string(shape.back())));
  if (s.weight && s.weight.shape()[0] != shape.back())
    throw ShapeError(fmt::format("{}input has {} features {}, the layer made at {} expects {}", s.scope.at(x.site()),
                                 to_string(shape.back()), to_string(shape), to_string(s.scope.site()), to_string(s.weight.shape()[0])));

  const SiteScope site(x.site());
  const Scope scope = s.scope.enter();
  if (!s.weight) {
    s.weight = s.scope.parameter("weight", {shape.back(), s.options.units}, s.options.weight_initializer, x.dtype());
    if (s.options.use_bias) s.bias = s.scope.parameter("bias", {s.options.units}, s.options.bias_initializer, x.dtype());
  }
  Node y = matmul(x, s.weight);
  if (s.bias) y = y + s.bias;
  return s.options.activation ? s.options.activation(y) : y;
}

Node Dense::weight() const { return state_->weight; }
Node Dense::bias() const { return state_->bias; }

Node dense(Operand x, DenseOptions options) { return Dense(x.graph(), std::move(options), x.site())(x); }

}  // namespace loglik
