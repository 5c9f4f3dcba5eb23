#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "ops/initializers.h"
#include "ops/layer.h"

namespace loglik {

struct DenseOptions {
  std::int64_t units = 0;  ///< outputs; at least 1
  Activation activation = {};
  bool use_bias = true;
  Initializer weight_initializer = glorot_uniform();
  Initializer bias_initializer = {};  ///< zeros
  std::string name = {};              ///< of the scope that holds the parameters; numbered without: dense_1, dense_2, …
};

/// A fully connected layer: activation(x · weight + bias) along the last axis, {batch, …, in} → {batch, …, units}.
///
/// The parameters `weight` {in, units} and `bias` {units} are made by the first call, in x's dtype; every call of the layer, or of a copy
/// of it, uses the same ones. A call throws ShapeError for fewer than two axes, a last axis that is a symbol, or another width than the
/// first call's; DtypeError for integers (cast images first) or another dtype than the first call's. A layer must not outlive its graph.
class Dense {
 public:
  /// Throws ArgumentError unless units ≥ 1.
  explicit Dense(Graph& graph, DenseOptions options, Site site = {__builtin_FILE(), __builtin_LINE()});

  Node operator()(Operand x) const;
  Node weight() const;  ///< absent before the first call
  Node bias() const;    ///< absent before the first call and without bias

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A Dense that is called once.
Node dense(Operand x, DenseOptions options);

}  // namespace loglik
