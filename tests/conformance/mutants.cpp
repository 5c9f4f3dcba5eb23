#include "tests/conformance/mutants.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <set>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/leaves.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"

namespace loglik::conformance {
namespace {

using Inputs = std::vector<Node>;
struct Error {
  const char* text;
  std::function<Node(const Inputs&)> make;
};

Node larger_constant(Node constant, double excess) {
  Tensor value = constant_value(constant)->clone();
  for_float(value.dtype(), [&]<class T>() {
    for (T& element : value.mutable_values<T>()) element = static_cast<T>(element == 0 ? excess : element * (1 + excess));
  });
  return constant.graph().constant(value, constant.site());
}

// What can go wrong where a formula is written down.
const std::multimap<std::string_view, Error>& errors() {
  static const std::multimap<std::string_view, Error> all{
      {"add", {"becomes sub", [](const Inputs& x) { return x[0] - x[1]; }}},
      {"add", {"loses its second term", [](const Inputs& x) { return x[0]; }}},
      {"add", {"loses its first term", [](const Inputs& x) { return x[1]; }}},
      {"sub", {"becomes add", [](const Inputs& x) { return x[0] + x[1]; }}},
      {"sub", {"loses its second term", [](const Inputs& x) { return x[0]; }}},
      {"sub", {"loses its first term", [](const Inputs& x) { return -x[1]; }}},
      {"mul", {"loses its second factor", [](const Inputs& x) { return x[0]; }}},
      {"mul", {"loses its first factor", [](const Inputs& x) { return x[1]; }}},
      {"mul", {"becomes div", [](const Inputs& x) { return x[0] / x[1]; }}},
      {"div", {"becomes mul", [](const Inputs& x) { return x[0] * x[1]; }}},
      {"div", {"loses its divisor", [](const Inputs& x) { return x[0]; }}},
      {"neg", {"loses its sign", [](const Inputs& x) { return x[0]; }}},
      {"mul_exp", {"multiplies by e^-s", [](const Inputs& x) { return mul_exp(x[0], -x[1]); }}},
      {"mul_exp", {"loses e^s", [](const Inputs& x) { return x[0]; }}},
      {"exp", {"becomes expm1", [](const Inputs& x) { return expm1(x[0]); }}},
      {"expm1", {"becomes exp", [](const Inputs& x) { return exp(x[0]); }}},
      {"log", {"becomes log1p", [](const Inputs& x) { return log1p(x[0]); }}},
      {"log1p", {"becomes log", [](const Inputs& x) { return log(x[0]); }}},
      {"log1mexp", {"becomes neg", [](const Inputs& x) { return -x[0]; }}},
      {"square", {"becomes abs", [](const Inputs& x) { return abs(x[0]); }}},
      {"abs", {"is left out", [](const Inputs& x) { return x[0]; }}},
      {"sqrt", {"is left out", [](const Inputs& x) { return x[0]; }}},
      {"minimum", {"becomes maximum", [](const Inputs& x) { return maximum(x[0], x[1]); }}},
      {"maximum", {"becomes minimum", [](const Inputs& x) { return minimum(x[0], x[1]); }}},
      {"erf", {"becomes erfc", [](const Inputs& x) { return erfc(x[0]); }}},
      {"erfc", {"becomes erf", [](const Inputs& x) { return erf(x[0]); }}},
      {"sigmoid", {"becomes tanh", [](const Inputs& x) { return tanh(x[0]); }}},
      {"softplus", {"becomes relu", [](const Inputs& x) { return relu(x[0]); }}},
      {"logaddexp", {"becomes maximum", [](const Inputs& x) { return maximum(x[0], x[1]); }}},
      {"lgamma", {"becomes digamma", [](const Inputs& x) { return digamma(x[0]); }}},
      {"digamma", {"becomes log", [](const Inputs& x) { return log(x[0]); }}},
      {"where", {"exchanges its branches", [](const Inputs& x) { return where(x[0], x[2], x[1]); }}},
      {"where", {"takes its first branch", [](const Inputs& x) { return x[1]; }}},
      {"where", {"takes its second branch", [](const Inputs& x) { return x[2]; }}},
      {"less", {"becomes greater", [](const Inputs& x) { return greater(x[0], x[1]); }}},
      {"greater", {"becomes less", [](const Inputs& x) { return less(x[0], x[1]); }}},
  };
  return all;
}

}  // namespace

std::vector<Mutant> mutants_of(Node answer, std::size_t first, double excess) {
  std::vector<Mutant> result;
  std::set<std::uint32_t> seen;
  std::vector<Node> open{answer};
  while (!open.empty()) {
    const Node node = open.back();
    open.pop_back();
    if (node.index() < first || !seen.insert(node.index()).second) continue;
    const std::string place = fmt::format("{} at {}", node.op().name(), to_string(node.site()));
    if (const Tensor* value = constant_value(node); value != nullptr && is_float(value->dtype()) && value->count() > 0)
      result.push_back({node, 0, excess, fmt::format("the constant {:.6g} at {} is {:g}% larger", value->at(0), to_string(node.site()), 100 * excess)});
    int kind = 0;
    const auto [begin, end] = errors().equal_range(node.op().name());
    for (auto error = begin; error != end; ++error) result.push_back({node, kind++, excess, fmt::format("{} {}", place, error->second.text)});
    open.insert(open.end(), node.inputs().begin(), node.inputs().end());
  }
  return result;
}

Node plant(Node answer, const Mutant& mutant) {
  Graph& graph = answer.graph();
  const std::size_t count = graph.node_count();
  try {
    Node wrong;
    if (constant_value(mutant.at) != nullptr)
      wrong = larger_constant(mutant.at, mutant.excess);
    else
      wrong = std::next(errors().equal_range(mutant.at.op().name()).first, mutant.kind)->second.make(mutant.at.inputs());
    if (wrong.dtype() != mutant.at.dtype()) return {};
    if (wrong.shape() != mutant.at.shape()) wrong = broadcast_to(wrong, mutant.at.shape());
    if (mutant.at == answer) return wrong;
    std::map<std::uint32_t, Node> changed{{mutant.at.index(), wrong}};  // the nodes after it that depend on it, output 0
    for (std::size_t i = mutant.at.index() + 1; i <= answer.index() && i < count; ++i) {
      std::vector<Node> inputs = graph.record(i).inputs;
      bool depends = false;
      for (Node& input : inputs)
        if (const auto found = changed.find(input.index()); found != changed.end()) {
          depends = true;
          input = input.output_index() == 0 ? found->second : found->second.output(input.output_index());
        }
      if (depends) changed[static_cast<std::uint32_t>(i)] = graph.add(graph.record(i).op, inputs, graph.record(i).site);
    }
    const auto found = changed.find(answer.index());
    return found == changed.end() ? Node() : answer.output_index() == 0 ? found->second : found->second.output(answer.output_index());
  } catch (const loglik::Error&) {  // such an error would have been seen at once
    return {};
  }
}

}  // namespace loglik::conformance
