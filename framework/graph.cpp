#include "framework/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"
#include "framework/leaves.h"

namespace loglik {
namespace {
constexpr std::size_t largest_rank = 8;  // kernels keep strides in arrays of this size

void require_name(std::string_view what, std::string_view name) {
  if (name.empty()) throw NameError(fmt::format("a {} needs a name, got an empty one", what));
  if (name.find('/') != std::string_view::npos) throw NameError(fmt::format("the {} name \"{}\" holds a '/': open a scope instead", what, name));
}

void require_free_name(const GraphData& graph, int scope, std::string_view name) {
  for (const NodeRecord& record : graph.nodes)
    if (record.scope == scope && record.name == name)
      throw NameError(fmt::format("the name \"{}\" is taken in its scope by {} at {}", name, record.op->name(), to_string(record.site)));
}

// Calls body; prefixes what Error it throws with the op and the line.
template <class E> [[noreturn]] void rethrow(const Op& op, Site site, const E& error) {
  const std::string at = to_string(site);
  throw E(at.empty() ? fmt::format("{}: {}", op.name(), error.what()) : fmt::format("{} at {}: {}", op.name(), at, error.what()));
}

std::vector<TensorType> infer(const Op& op, std::span<const TensorType> inputs, Site site) {
  try {
    std::vector<TensorType> outputs = op.infer(inputs);
    for (const TensorType& type : outputs)
      if (type.shape.rank() > largest_rank) throw ShapeError(fmt::format("{} has rank {}, the largest is {}", to_string(type.shape), type.shape.rank(), largest_rank));
    return outputs;
  } catch (const ShapeError& error) {
    rethrow(op, site, error);
  } catch (const DtypeError& error) {
    rethrow(op, site, error);
  } catch (const ArgumentError& error) {
    rethrow(op, site, error);
  }
}
}  // namespace

Scope::Scope(GraphData& graph, int scope) : graph_(&graph), outer_(graph.scope), id_(scope) { graph.scope = scope; }
Scope::~Scope() {
  if (graph_ != nullptr) graph_->scope = outer_;
}
Scope::Scope(Scope&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)), outer_(other.outer_), id_(other.id_) {}

Graph::Graph() : data_(std::make_shared<GraphData>()) {}

Node Graph::add(std::shared_ptr<const Op> op, std::vector<Node> inputs, Site site) {
  if (const Site outer = SiteScope::current(); outer.file != nullptr) site = outer;
  std::vector<TensorType> types;
  types.reserve(inputs.size());
  for (const Node input : inputs) {
    if (input.data() != data_.get()) throw ArgumentError(fmt::format("{} at {}: an operand belongs to another graph", op->name(), to_string(site)));
    types.push_back(input.type());
  }
  std::vector<TensorType> outputs = infer(*op, types, site);
  data_->nodes.push_back({std::move(op), std::move(inputs), std::move(outputs), site, data_->scope, {}});
  return Node(data_.get(), static_cast<std::uint32_t>(data_->nodes.size() - 1), 0);
}

Node Graph::input(std::string_view name, Shape shape, DType dtype, std::optional<double> default_value, Site site) {
  if (name.empty()) throw NameError("an input needs a name, got an empty one");
  for (const NodeRecord& record : data_->nodes)
    if (const auto* other = dynamic_cast<const InputOp*>(record.op.get()); other != nullptr && other->input_name() == name)
      throw NameError(fmt::format("input at {}: there is an input \"{}\" already, at {}", to_string(site), name, to_string(record.site)));
  return add(std::make_shared<InputOp>(std::string(name), TensorType{dtype, std::move(shape)}, default_value), {}, site);
}

Node Graph::parameter(std::string_view name, Shape shape, Initializer initializer, DType dtype, Site site) {
  if (!is_float(dtype)) throw DtypeError(fmt::format("parameter \"{}\" at {}: needs float32 or float64, got {}", name, to_string(site), loglik::name(dtype)));
  return variable(name, {dtype, std::move(shape)}, std::move(initializer), {.trainable = true}, site).value();
}

Variable Graph::variable(std::string_view name, TensorType type, Initializer initializer, VariableOptions options, Site site) {
  require_name("variable", name);
  require_free_name(*data_, data_->scope, name);
  if (!type.shape.is_constant())
    throw ShapeError(fmt::format("variable \"{}\" at {}: its shape {} is not constant", name, to_string(site), to_string(type.shape)));
  auto info = std::make_shared<VariableInfo>(VariableInfo{std::move(type), std::move(initializer), options.trainable});
  return Variable(info, read(info, name, site));
}

Node Graph::read(const std::shared_ptr<const VariableInfo>& variable, std::string_view name, Site site) {
  for (const auto& [info, node] : data_->variables)
    if (info == variable.get()) return node;
  const Node node = add(std::make_shared<VariableOp>(variable), {}, site);
  data_->nodes.back().name = name;
  data_->variables.emplace_back(variable.get(), node);
  return node;
}

Node Graph::constant(Tensor value, Site site) { return add(std::make_shared<ConstantOp>(std::move(value)), {}, site); }

Node Graph::constant(double value, DType dtype, Site site) {
  const bool fits = is_float(dtype) || (dtype == DType::boolean   ? value == 0 || value == 1
                                        : dtype == DType::uint8 ? value == std::floor(value) && value >= 0 && value <= 255
                                                                : value == std::floor(value) && std::abs(value) <= 2147483647.0);
  if (!fits) throw DtypeError(fmt::format("constant at {}: {} can't hold {}", to_string(site), loglik::name(dtype), value));
  return constant(Tensor::scalar(value).cast(dtype), site);
}

Scope Graph::scope(std::string_view name) {
  require_name("scope", name);
  auto& scopes = data_->scopes;
  for (std::size_t i = 1; i < scopes.size(); ++i)
    if (scopes[i].parent == data_->scope && !scopes[i].numbered && scopes[i].name == name) return Scope(*data_, static_cast<int>(i));
  scopes.push_back({data_->scope, std::string(name)});
  return Scope(*data_, static_cast<int>(scopes.size() - 1));
}

Scope Graph::numbered_scope(std::string_view kind) {
  require_name("scope", kind);
  data_->scopes.push_back({data_->scope, std::string(kind), true});
  return Scope(*data_, static_cast<int>(data_->scopes.size() - 1));
}

Scope Graph::enter(int scope) { return Scope(*data_, scope); }

void Graph::add_term(std::string_view name, Operand node, Per per) {
  require_name("term", name);
  const Node value = node.node();
  for (const Term& term : data_->terms)
    if (term.name == name) throw NameError(fmt::format("add_term at {}: there is a term \"{}\" already", to_string(node.site()), name));
  if (!is_float(value.dtype())) throw DtypeError(fmt::format("add_term at {}: the term \"{}\" is {}, needs a float", to_string(node.site()), name, to_string(value.type())));
  if (per == Per::dataset && value.shape().rank() != 0)
    throw ShapeError(fmt::format("add_term at {}: the term \"{}\" is per data set and needs a scalar, got {}", to_string(node.site()), name, to_string(value.shape())));
  if (per == Per::sample && value.shape().rank() == 0)
    throw ShapeError(fmt::format("add_term at {}: the term \"{}\" is per sample and needs an axis of samples, got a scalar", to_string(node.site()), name));
  data_->terms.push_back({std::string(name), value, per});
}

void Graph::update(const Variable& variable, Operand value) {
  const Node node = value.node();
  if (node.type() != variable.info().type) {
    const std::string text = fmt::format("update of {} at {}: the Variable is {}, the new value {}", variable.name(), to_string(value.site()),
                                         to_string(variable.info().type), to_string(node.type()));
    if (node.dtype() != variable.info().type.dtype) throw DtypeError(text);
    throw ShapeError(text);
  }
  for (const Update& other : data_->updates)
    if (&other.variable.info() == &variable.info())
      throw ArgumentError(fmt::format("update of {} at {}: it has an update already", variable.name(), to_string(value.site())));
  data_->updates.push_back({variable, node});
}

void Graph::output(std::string_view name, Node node) {
  for (const auto& [other, unused] : data_->outputs)
    if (other == name) throw NameError(fmt::format("there is an output \"{}\" already", name));
  data_->outputs.emplace_back(std::string(name), node);
}

std::size_t Graph::node_count() const { return data_->nodes.size(); }
Node Graph::node(std::size_t index) const { return Node(data_.get(), static_cast<std::uint32_t>(index), 0); }
const NodeRecord& Graph::record(std::size_t index) const { return data_->nodes[index]; }

std::string Graph::scope_path(int scope) const {
  if (scope <= 0) return "";
  const ScopeRecord& record = data_->scopes[static_cast<std::size_t>(scope)];
  std::string own = record.name;
  if (record.numbered) own += record.number > 0 ? fmt::format("_{}", record.number) : "_?";
  const std::string outer = scope_path(record.parent);
  return outer.empty() ? own : outer + "/" + own;
}

std::string Graph::name(std::size_t index) const {
  const NodeRecord& record = data_->nodes[index];
  const std::string path = scope_path(record.scope);
  const std::string own = record.name.empty() ? std::string(record.op->name()) : record.name;
  return path.empty() ? own : path + "/" + own;
}

const std::vector<std::shared_ptr<Head>>& Graph::heads() const { return data_->heads; }
const std::vector<Term>& Graph::terms() const { return data_->terms; }
const std::vector<Update>& Graph::updates() const { return data_->updates; }
const std::vector<std::pair<std::string, Node>>& Graph::outputs() const { return data_->outputs; }

Node Graph::named(std::string_view scoped_name) const {
  for (std::size_t i = 0; i < node_count(); ++i)
    if (!record(i).name.empty() && name(i) == scoped_name) return node(i);
  return {};
}

Graph& Node::graph() const { return graph_->self; }
const TensorType& Node::type() const { return graph_->nodes[index_].outputs[output_]; }
const Op& Node::op() const { return *graph_->nodes[index_].op; }
const std::vector<Node>& Node::inputs() const { return graph_->nodes[index_].inputs; }
Site Node::site() const { return graph_->nodes[index_].site; }
std::string Node::name() const { return graph_->self.name(index_); }
Node Node::output(std::size_t index) const { return Node(graph_, index_, static_cast<std::uint32_t>(index)); }

Node Node::named(std::string_view name) const {
  require_name("node", name);
  require_free_name(*graph_, graph_->scope, name);
  NodeRecord& record = graph_->nodes[index_];
  if (!record.name.empty()) throw NameError(fmt::format("{} at {} is named \"{}\" already", record.op->name(), to_string(record.site), record.name));
  record.name = name;
  record.scope = graph_->scope;
  return *this;
}

Node Operand::node() const {
  if (is_number()) throw ArgumentError(fmt::format("the number {} at {}: at least one operand must be a node, graph.constant makes one", number_, to_string(site_)));
  return node_;
}

std::string to_string(const Graph& graph) {
  std::string out;
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const NodeRecord& record = graph.record(i);
    std::vector<std::string> arguments;
    for (const Node input : record.inputs)
      arguments.push_back(input.output_index() == 0 ? fmt::format("%{}", input.index()) : fmt::format("%{}.{}", input.index(), input.output_index()));
    if (const std::string attributes = to_string(record.op->attributes()); !attributes.empty()) arguments.push_back(attributes);
    std::vector<std::string> types;
    for (const TensorType& type : record.outputs) types.push_back(to_string(type));
    std::string line = fmt::format("%{} = {}({}) {}", i, record.op->name(), fmt::join(arguments, ", "), fmt::join(types, ", "));
    if (!record.name.empty() || record.scope != 0) line += "  " + graph.name(i);
    if (const std::string site = to_string(record.site); !site.empty()) line += "  " + site;
    out += line + "\n";
  }
  for (const auto& [name, node] : graph.outputs()) out += fmt::format("output {} = %{}.{}\n", name, node.index(), node.output_index());
  for (const Update& update : graph.updates()) out += fmt::format("update {} = %{}.{}\n", update.variable.name(), update.value.index(), update.value.output_index());
  return out;
}

}  // namespace loglik
