#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "framework/graph.h"

namespace loglik {

/// What a layer applies to its result: a function of one Operand, `.activation = relu`, or a lambda. Empty: nothing.
class Activation : public std::function<Node(Operand)> {
 public:
  using std::function<Node(Operand)>::function;
  Activation() = default;
  Activation(Node (*function)(Operand)) : std::function<Node(Operand)>(function) {}  ///< picks ours of the name: C has a `tanh` too
};

/// Where the nodes and parameters of one layer belong, for writing layers; ops/dense.cpp is one to imitate.
///
/// A named layer has the scope of that name, others a numbered one: "dense" becomes "dense_1", "dense_2", … when the graph is compiled.
class LayerScope {
 public:
  LayerScope(Graph& graph, std::string_view kind, std::string_view name, Site site);

  [[nodiscard]] Scope enter() const { return data_->self.enter(scope_); }  ///< while it lives, nodes belong to the layer
  Node parameter(std::string_view name, Shape shape, const Initializer& initializer, DType dtype) const;

  Site site() const { return site_; }  ///< where the layer was made
  std::string at(Site call) const;     ///< begins an error about a call: "dense "encoder" at train.cpp:12: "

  /// Throws DtypeError unless x is a float, and `weight`, if there is one already, of the same dtype.
  void check_dtype(Operand x, Node weight) const;

 private:
  GraphData* data_;
  int scope_;
  Site site_;
  std::string title_;
};

}  // namespace loglik
