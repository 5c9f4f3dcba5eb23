#include "framework/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/leaves.h"

namespace loglik {
namespace {
constexpr std::size_t largest_rank = 8;  // kernels keep strides in arrays of this size

void require_name(std::string_view what, std::string_view name) {
  if (name.empty()) throw NameError(fmt::format("a {} needs a name, got an empty one", what));
  if (name.find('/') != std::string_view::npos) throw NameError(fmt::format("the {} name \"{}\" holds a '/': open a scope instead", what, name));
}

// " at train.cpp:12", or nothing where the line is unknown.
std::string at(Site site) {
  const std::string text = to_string(site);
  return text.empty() ? "" : " at " + text;
}

constexpr int inputs_scope = -1;  // the names of inputs are apart from those of nodes

// Nodes may have been dropped since their names were noted (see Temporary): what is found is held against the node.
void require_free_name(const GraphData& graph, int scope, std::string_view name) {
  const auto found = graph.names.find(name_key(scope, name));
  if (found == graph.names.end() || found->second >= graph.nodes.size()) return;
  const NodeRecord& record = graph.nodes[found->second];
  if (scope == inputs_scope) {
    const auto* other = dynamic_cast<const InputOp*>(record.op.get());
    if (other != nullptr && other->input_name() == name) throw NameError(fmt::format("there is an input \"{}\" already{}", name, at(record.site)));
  } else if (record.scope == scope && record.name == name) {
    throw NameError(fmt::format("the name \"{}\" is taken in its scope by {}{}", name, record.op->name(), at(record.site)));
  }
}

void require_own(const GraphData& graph, std::string_view what, std::string_view name, Node node) {
  if (node.data() != &graph) throw ArgumentError(fmt::format("{} \"{}\": the node {}", what, name, node ? "is of another graph" : "is absent"));
}

// Calls body; prefixes what Error it throws with the op and the line.
template <class E> [[noreturn]] void rethrow(const Op& op, Site site, const E& error) {
  throw E(fmt::format("{}{}: {}", op.name(), at(site), error.what()));
}

std::vector<TensorType> infer(const Op& op, std::span<const TensorType> inputs, Site site) {
  try {
    std::vector<TensorType> outputs = op.infer(inputs);
    for (const TensorType& type : outputs) {
      for (const Dim dim : type.shape.dims())
        if (dim.factor() < 0) throw ShapeError(fmt::format("{}: a dimension is negative", to_string(type.shape)));
      if (type.shape.rank() > largest_rank) throw ShapeError(fmt::format("{} has rank {}, the largest is {}", to_string(type.shape), type.shape.rank(), largest_rank));
    }
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

std::string name_key(int scope, std::string_view name) { return std::to_string(scope).append("/").append(name); }

Scope::Scope(GraphData& graph, int scope) : graph_(&graph), outer_(graph.scope), id_(scope) { graph.scope = scope; }
Scope::~Scope() {
  if (graph_ != nullptr) graph_->scope = outer_;
}
Scope::Scope(Scope&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)), outer_(other.outer_), id_(other.id_) {}

Graph::Graph() : data_(std::make_shared<GraphData>()) {}

Node Graph::add(std::shared_ptr<const Op> op, std::vector<Node> inputs, Site site) {
  site = SiteScope::outermost(site);
  std::vector<TensorType> types;
  types.reserve(inputs.size());
  for (const Node input : inputs) {
    if (!input) throw ArgumentError(fmt::format("{}{}: an operand is an absent Node", op->name(), at(site)));
    if (input.data() != data_.get())
      throw ForeignNodeError(fmt::format("{}{}: an operand belongs to another graph", op->name(), at(site)), data_.get(), input.data());
    types.push_back(input.type());
  }
  std::vector<TensorType> outputs = infer(*op, types, site);
  data_->nodes.push_back({std::move(op), std::move(inputs), std::move(outputs), site, data_->scope, {}});
  return Node(data_.get(), static_cast<std::uint32_t>(data_->nodes.size() - 1), 0);
}

Node Graph::input(std::string_view name, Shape shape, DType dtype, std::optional<double> default_value, Site site) {
  site = SiteScope::outermost(site);
  try {
    if (name.empty()) throw NameError("an input needs a name, got an empty one");
    require_free_name(*data_, inputs_scope, name);
  } catch (const NameError& error) {
    throw NameError(fmt::format("input{}: {}", at(site), error.what()));
  }
  const Node node = add(std::make_shared<InputOp>(std::string(name), TensorType{dtype, std::move(shape)}, default_value), {}, site);
  data_->names.insert_or_assign(name_key(inputs_scope, name), node.index());
  return node;
}

Node Graph::parameter(std::string_view name, Shape shape, Initializer initializer, DType dtype, Site site) {
  if (!is_float(dtype))
    throw DtypeError(fmt::format("parameter \"{}\"{}: needs float32 or float64, got {}", name, at(SiteScope::outermost(site)), loglik::name(dtype)));
  return variable(name, {dtype, std::move(shape)}, std::move(initializer), {.trainable = true}, site).value();
}

Variable Graph::variable(std::string_view name, TensorType type, Initializer initializer, VariableOptions options, Site site) {
  site = SiteScope::outermost(site);
  try {
    require_name("variable", name);
    require_free_name(*data_, data_->scope, name);
  } catch (const NameError& error) {
    throw NameError(fmt::format("variable{}: {}", at(site), error.what()));
  }
  if (!type.shape.is_constant()) throw ShapeError(fmt::format("variable \"{}\"{}: its shape {} is not constant", name, at(site), to_string(type.shape)));
  auto info = std::make_shared<VariableInfo>(VariableInfo{std::move(type), std::move(initializer), options.trainable});
  return Variable(info, add_variable(info, name, site));
}

Node Graph::read(const std::shared_ptr<const VariableInfo>& variable, std::string_view name, Site site) {
  for (const auto& [info, node] : data_->variables)
    if (info == variable.get()) return node;
  return add_variable(variable, name, site);
}

Node Graph::add_variable(const std::shared_ptr<const VariableInfo>& variable, std::string_view name, Site site) {
  const Node node = add(std::make_shared<VariableOp>(variable), {}, site);
  set_name(node, name);
  data_->variables.emplace_back(variable.get(), node);
  return node;
}

void Graph::set_name(Node node, std::string_view name) {
  NodeRecord& record = data_->nodes[node.index()];
  record.name = name;
  record.named_output = node.output_index();
  record.scope = data_->scope;
  data_->names.insert_or_assign(name_key(record.scope, name), node.index());
}

Node Graph::constant(Tensor value, Site site) { return add(std::make_shared<ConstantOp>(std::move(value)), {}, site); }

Node Graph::constant(double value, DType dtype, Site site) {
  const bool whole = value == std::floor(value);
  bool fits = true;
  switch (dtype) {
    case DType::float32: fits = !std::isfinite(value) || std::abs(value) <= std::numeric_limits<float>::max(); break;
    case DType::float64: break;
    case DType::int32: fits = whole && value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max(); break;
    case DType::uint8: fits = whole && value >= 0 && value <= 255; break;
    case DType::boolean: fits = value == 0 || value == 1; break;
  }
  if (!fits) throw DtypeError(fmt::format("constant{}: {} can't hold {}", at(SiteScope::outermost(site)), loglik::name(dtype), value));
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

void Graph::add_term(std::string_view name, Operand node, Per per, std::string_view description) {
  const std::string where = "add_term" + at(SiteScope::outermost(node.site()));
  require_name("term", name);
  const Node value = node.node();
  require_own(*data_, where, name, value);
  for (const Term& term : data_->terms)
    if (term.name == name) throw NameError(fmt::format("{}: there is a term \"{}\" already", where, name));
  if (!is_float(value.dtype())) throw DtypeError(fmt::format("{}: the term \"{}\" is {}, needs a float", where, name, to_string(value.type())));
  if (per == Per::dataset && value.shape().rank() != 0)
    throw ShapeError(fmt::format("{}: the term \"{}\" is per data set and needs a scalar, got {}", where, name, to_string(value.shape())));
  if (per == Per::sample && value.shape().rank() == 0)
    throw ShapeError(fmt::format("{}: the term \"{}\" is per sample and needs an axis of samples, got a scalar", where, name));
  data_->terms.push_back({std::string(name), value, per, std::string(description)});
}

void Graph::update(const Variable& variable, Operand value) {
  const Node node = value.node();
  const std::string where = fmt::format("update of {}{}", variable.name(), at(SiteScope::outermost(value.site())));
  require_own(*data_, where, variable.name(), node);
  require_own(*data_, where, variable.name(), variable.value());
  if (node.type() != variable.info().type) {
    const std::string text = fmt::format("{}: the Variable is {}, the new value {}", where, to_string(variable.info().type), to_string(node.type()));
    if (node.dtype() != variable.info().type.dtype) throw DtypeError(text);
    throw ShapeError(text);
  }
  for (const Update& other : data_->updates)
    if (&other.variable.info() == &variable.info()) throw ArgumentError(where + ": it has an update already");
  data_->updates.push_back({variable, node});
}

void Graph::output(std::string_view name, Node node) {
  if (name.empty()) throw NameError("an output needs a name, got an empty one");
  require_own(*data_, "output", name, node);
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
    if (!record(i).name.empty() && name(i) == scoped_name) return node(i).output(record(i).named_output);
  return {};
}

namespace {
const NodeRecord& record_of(Node node) {
  if (!node) throw ArgumentError("an absent Node has no type, op or graph");
  return node.data()->nodes[node.index()];
}
}  // namespace

Graph& Node::graph() const {
  record_of(*this);
  return graph_->self;
}
const TensorType& Node::type() const { return record_of(*this).outputs[output_]; }
const Op& Node::op() const { return *record_of(*this).op; }
const std::vector<Node>& Node::inputs() const { return record_of(*this).inputs; }
Site Node::site() const { return record_of(*this).site; }
std::string Node::name() const { return graph().name(index_); }

Node Node::output(std::size_t index) const {
  const NodeRecord& record = record_of(*this);
  if (index >= record.outputs.size())
    throw ArgumentError(fmt::format("{}{} has {} output{}, no number {}", record.op->name(), at(record.site), record.outputs.size(), record.outputs.size() == 1 ? "" : "s", index));
  return Node(graph_, index_, static_cast<std::uint32_t>(index));
}

Node Node::named(std::string_view name) const {
  const NodeRecord& record = record_of(*this);
  require_name("node", name);
  require_free_name(*graph_, graph_->scope, name);
  if (!record.name.empty()) throw NameError(fmt::format("{}{} is named \"{}\" already", record.op->name(), at(record.site), record.name));
  graph_->self.set_name(*this, name);
  return *this;
}

Node Operand::node() const {
  if (is_number_)
    throw ArgumentError(fmt::format("the number {}{}: at least one operand must be a node, graph.constant makes one", number_, at(SiteScope::outermost(site_))));
  if (!node_) throw ArgumentError(fmt::format("the operand{} is an absent Node", at(SiteScope::outermost(site_))));
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
