// Reverse mode: walking the nodes backwards, each op turns the gradients of its outputs into contributions to those of its inputs.
#include "framework/autodiff.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

// The gradient of each output of each node that exists when differentiation begins.
class Accumulator {
 public:
  explicit Accumulator(std::size_t nodes) : gradients_(nodes) {}

  void add(Node node, Node contribution) {
    if (is_float(node.dtype())) contribution = sum_to(contribution, node.shape());
    Node& sum = slot(node);
    if (!sum) sum = contribution;
    else if (is_float(node.dtype())) sum = sum + contribution;
  }
  Node get(Node node) { return slot(node); }
  bool reached(std::size_t index) const { return !gradients_[index].empty(); }
  std::span<const Node> outputs(std::size_t index) const { return gradients_[index]; }

 private:
  Node& slot(Node node) {
    auto& outputs = gradients_[node.index()];
    if (outputs.empty()) outputs.resize(node.graph().record(node.index()).outputs.size());
    return outputs[node.output_index()];
  }
  std::vector<std::vector<Node>> gradients_;
};

// Names one of the x that `index` depends on, for the error message.
std::string needed_for(const Graph& graph, std::size_t index, std::span<const Node> xs) {
  std::vector<char> above(index + 1, 0);
  above[index] = 1;
  for (std::size_t i = index + 1; i-- > 0;)
    if (above[i])
      for (const Node input : graph.record(i).inputs) above[input.index()] = 1;
  for (const Node x : xs)
    if (x.index() <= index && above[x.index()]) return x.name();
  return "?";
}

bool carries_no_float(const Graph& graph, std::size_t index, std::span<const char> wanted) {
  const NodeRecord& record = graph.record(index);
  for (const TensorType& type : record.outputs)
    if (is_float(type.dtype)) return false;
  for (std::size_t k = 0; k < wanted.size(); ++k)
    if (wanted[k] && is_float(record.inputs[k].dtype())) return false;
  return true;
}

}  // namespace

std::vector<Node> vector_jacobian_product(std::span<const Node> ys, std::span<const Node> seeds, std::span<const Node> xs) {
  std::vector<Node> result(xs.size());
  if (ys.empty()) return result;
  Graph& graph = ys[0].graph();
  for (const Node x : xs) {
    if (x.data() != ys[0].data()) throw ArgumentError(fmt::format("a derivative with respect to {} at {}: it is of another graph", x.op().name(), to_string(x.site())));
    if (!is_float(x.dtype()))
      throw DtypeError(fmt::format("a derivative with respect to {} at {}: it is {}, needs a float", x.op().name(), to_string(x.site()), to_string(x.type())));
  }
  const std::size_t count = graph.node_count();
  std::vector<char> depends(count, 0);  // on any x
  for (const Node x : xs) depends[x.index()] = 1;
  for (std::size_t i = 0; i < count; ++i)
    if (!depends[i])
      for (const Node input : graph.record(i).inputs) depends[i] |= depends[input.index()];

  Accumulator gradient(count);
  for (std::size_t i = 0; i < ys.size(); ++i)
    if (depends[ys[i].index()]) gradient.add(ys[i], seeds[i]);

  for (std::size_t i = count; i-- > 0;) {
    if (!depends[i] || !gradient.reached(i) || graph.record(i).inputs.empty()) continue;
    const std::vector<Node> inputs = graph.record(i).inputs;  // a copy: records move while nodes are added
    const std::shared_ptr<const Op> op = graph.record(i).op;
    std::vector<char> wanted(inputs.size());
    bool any = false;
    for (std::size_t k = 0; k < inputs.size(); ++k) any |= (wanted[k] = depends[inputs[k].index()]);
    if (!any) continue;
    const std::vector<Node> outputs(gradient.outputs(i).begin(), gradient.outputs(i).end());
    if (carries_no_float(graph, i, wanted)) {  // integers from integers: hand on that a derivative is wanted, to the op that made them
      const Node wish = *std::find_if(outputs.begin(), outputs.end(), [](Node g) { return static_cast<bool>(g); });
      for (std::size_t k = 0; k < inputs.size(); ++k)
        if (wanted[k]) gradient.add(inputs[k], wish);
      continue;
    }
    const SiteScope site(graph.record(i).site);
    const Scope scope = graph.enter(graph.record(i).scope);
    std::vector<Node> contributions;
    try {
      contributions = op->gradient(GradientArgs(graph.node(i), outputs, std::span(reinterpret_cast<const bool*>(wanted.data()), wanted.size())));
    } catch (const GradientError& error) {
      throw GradientError(fmt::format("{}, the loss needs one for {}", error.what(), needed_for(graph, i, xs)));
    }
    for (std::size_t k = 0; k < inputs.size() && k < contributions.size(); ++k)
      if (wanted[k] && contributions[k]) gradient.add(inputs[k], contributions[k]);
  }
  for (std::size_t i = 0; i < xs.size(); ++i) result[i] = gradient.get(xs[i]);
  return result;
}

std::vector<Node> gradients(Node y, std::span<const Node> xs) {
  if (y.shape().rank() != 0 || !is_float(y.dtype()))
    throw ShapeError(fmt::format("gradients of {} at {}: needs a float scalar, got {}", y.op().name(), to_string(y.site()), to_string(y.type())));
  Graph& graph = y.graph();
  const SiteScope site(y.site());
  const Node seed = graph.constant(1.0, y.dtype(), y.site());
  std::vector<Node> result = vector_jacobian_product(std::span(&y, 1), std::span(&seed, 1), xs);
  for (std::size_t i = 0; i < xs.size(); ++i)
    if (!result[i]) result[i] = broadcast_to(graph.constant(0.0, xs[i].dtype(), xs[i].site()), xs[i].shape());
  return result;
}

Node gradient(Node y, Node x) { return gradients(y, std::span(&x, 1))[0]; }

}  // namespace loglik
