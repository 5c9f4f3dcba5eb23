#include "framework/op.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/leaves.h"

namespace loglik {

std::size_t Op::workspace(std::span<const TensorType>) const { return 0; }
std::vector<Node> Op::gradient(const GradientArgs& args) const { not_differentiable(args); }
std::vector<Node> Op::evaluation_form(std::span<const Node>) const { return {}; }
std::vector<Node> Op::simplify(const SimplifyArgs&) const { return {}; }
bool Op::may_overwrite(std::size_t, std::size_t) const { return false; }

double Op::flops(std::span<const TensorType> inputs) const {
  double elements = 0;  // one operation for each element of the largest input
  for (const TensorType& type : inputs) elements = std::max(elements, static_cast<double>(type.shape.count().constant()));
  return elements;
}

bool Op::same_as(const Op& other) const { return name() == other.name() && attributes() == other.attributes(); }

bool SimplifyArgs::is_constant(std::size_t i, double value) const {
  const Tensor* tensor = constant_value(inputs_[i]);
  if (tensor == nullptr) return false;
  for (std::int64_t k = 0; k < tensor->count(); ++k)
    if (tensor->at(k) != value || std::signbit(tensor->at(k)) != std::signbit(value)) return false;
  return true;
}

void not_differentiable(const GradientArgs& args, std::string_view why) {
  const Node node = args.output(0);
  throw GradientError(fmt::format("{} at {} has no gradient{}{}", node.op().name(), to_string(node.site()), why.empty() ? "" : ": ", why));
}

Node make_node(std::shared_ptr<const Op> op, std::initializer_list<Operand> operands) {
  return make_node(std::move(op), std::span<const Operand>(operands.begin(), operands.size()));
}

Node make_node(std::shared_ptr<const Op> op, std::span<const Operand> operands) {
  const auto is_node = [](const Operand& operand) { return !operand.is_number(); };
  const auto first = std::find_if(operands.begin(), operands.end(), is_node);
  const Site site = operands.empty() ? Site{} : operands.front().site();
  if (first == operands.end())
    throw ArgumentError(fmt::format("{} at {}: at least one operand must be a node, graph.constant makes one", op->name(), to_string(SiteScope::outermost(site))));
  const auto typed = std::find_if(operands.begin(), operands.end(), [&](const Operand& o) { return is_node(o) && o.dtype() != DType::boolean; });
  const DType dtype = typed == operands.end() ? DType::float32 : typed->dtype();
  Graph& graph = first->graph();
  std::vector<Node> inputs;
  inputs.reserve(operands.size());
  for (const Operand& operand : operands) inputs.push_back(operand.is_number() ? graph.constant(operand.number(), dtype, site) : operand.node());
  return graph.add(std::move(op), std::move(inputs), site);
}

void require_float(std::string_view what, const TensorType& type) {
  if (!is_float(type.dtype)) throw DtypeError(fmt::format("{} is {}, needs float32 or float64: cast it", what, to_string(type)));
}

void require_dtype(std::string_view what, const TensorType& type, DType dtype) {
  if (type.dtype != dtype) throw DtypeError(fmt::format("{} is {}, needs {}: cast it", what, to_string(type), name(dtype)));
}

void require_same_dtype(std::span<const TensorType> types) {
  for (const TensorType& type : types)
    if (type.dtype != types[0].dtype) throw DtypeError(fmt::format("{} and {} differ in dtype: cast one of them", to_string(types[0]), to_string(type)));
}

void require_rank(std::string_view what, const TensorType& type, std::size_t rank) {
  if (type.shape.rank() != rank) throw ShapeError(fmt::format("{} is {}, needs {} axes, has {}", what, to_string(type.shape), rank, type.shape.rank()));
}

void throw_bad_index(std::int64_t index, std::int64_t size, std::int64_t element) {
  throw IndexError(fmt::format("index {} at element {} is not in [0, {})", index, element, size));
}

}  // namespace loglik
