#include <fmt/format.h>

#include <charconv>
#include <mutex>
#include <set>

#include "framework/data/attribute_json-inl.h"
#include "framework/data/described_distribution.h"
#include "framework/data/graph_json-inl.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/leaves.h"
#include "framework/registry.h"

namespace loglik {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

// A Site refers to a file's name for good: one of each is kept.
const char* kept(const std::string& file) {
  static std::mutex mutex;
  static std::set<std::string> files;
  const std::lock_guard lock(mutex);
  return files.insert(file).first->c_str();
}

Site read_site(const JsonValue& json) {
  const auto site = json.find("site");
  if (!site) return {};
  const std::string& text = site->text();
  const std::size_t colon = text.rfind(':');
  int line = 0;
  if (colon == std::string::npos || std::from_chars(text.data() + colon + 1, text.data() + text.size(), line).ptr != text.data() + text.size())
    site->fail("needs to be FILE:LINE");
  return {kept(text.substr(0, colon)), line};
}

Node read_node(const JsonValue& json, const Graph& graph) {
  const bool pair = json.json().is_array();
  const std::vector<JsonValue> parts = pair ? json.elements() : std::vector{json};
  if (pair && parts.size() != 2) json.fail("needs to be [node, output]");
  const auto nodes = static_cast<std::int64_t>(graph.node_count());
  const std::int64_t index = parts[0].integer(0, most);
  if (index >= nodes) json.fail(fmt::format("is node {} of {}", index, nodes));
  const Node node = graph.node(static_cast<std::size_t>(index));
  const auto outputs = static_cast<std::int64_t>(graph.record(node.index()).outputs.size());
  if (outputs == 0) json.fail(fmt::format("is node {}, which has no output", index));
  return pair ? node.output(static_cast<std::size_t>(parts[1].integer(0, outputs - 1))) : node;
}

// Calls `action`; what Error it throws becomes a DataError with this place.
template <class Action> auto at(const JsonValue& json, const std::string& what, Action action) {
  try {
    return action();
  } catch (const DataError&) {
    throw;
  } catch (const Error& error) {
    json.fail(fmt::format("({}): {}", what, error.what()));
  }
}

std::shared_ptr<const Op> read_op(const JsonValue& json, const std::string& name, const TensorsByName& tensors) {
  const auto described = json.find("attributes");
  const Attributes attributes = described ? read_attributes(*described, tensors) : Attributes();
  if (name == "constant") return std::make_shared<ConstantOp>(attributes.get<Tensor>("value"));
  if (name != "input" && name != "variable") {
    try {
      return make_op(name, attributes);
    } catch (const NameError& error) {
      const std::vector<std::string> known = registered_ops();
      if (std::find(known.begin(), known.end(), name) != known.end()) throw;  // it misses an attribute
      throw NameError(std::string(error.what()) + "; register_builtin_ops() makes Loglik's known, register_op(…) one's own");
    }
  }
  TensorType type{attributes.get<DType>("dtype"), attributes.get<Shape>("shape")};
  if (name == "input") {
    const bool has_default = attributes.has("default");
    return std::make_shared<InputOp>(attributes.get<std::string>("name"), std::move(type), has_default ? std::optional(attributes.get<double>("default")) : std::nullopt);
  }
  if (!type.shape.is_constant()) throw ShapeError(fmt::format("the shape {} is not constant", to_string(type.shape)));
  return std::make_shared<VariableOp>(std::make_shared<VariableInfo>(
      VariableInfo{std::move(type), {attributes.get<std::string>("initializer"), {}}, attributes.get<bool>("trainable")}));
}

void read_scopes(const JsonValue& json, GraphData& data) {
  for (const JsonValue& scope : json.elements()) {
    ScopeRecord record{static_cast<int>(scope["parent"].integer(0, std::ssize(data.scopes) - 1)), scope["name"].text()};
    if (record.name.empty() || record.name.find('/') != std::string::npos) scope.fail("has a name that is empty or holds a '/'");
    if (const auto numbered = scope.find("numbered")) record.numbered = numbered->boolean();
    if (record.numbered) record.number = static_cast<int>(scope["number"].integer(0, most));
    data.scopes.push_back(std::move(record));
  }
}

void add_node(const JsonValue& json, Graph& graph, const TensorsByName& tensors) {
  const std::string& op_name = json["op"].text();
  const auto name = json.find("name");
  const auto scope_number = json.find("scope");
  const Scope scope = graph.enter(scope_number ? static_cast<int>(scope_number->integer(0, std::ssize(graph.data()->scopes) - 1)) : 0);
  const Site site = read_site(json);
  const std::string said = name ? fmt::format("{}, named {}", op_name, name->text()) : op_name;
  std::vector<Node> inputs;
  if (const auto described = json.find("inputs"))
    for (const JsonValue& input : described->elements()) inputs.push_back(read_node(input, graph));
  const Node node = at(json, said, [&] {
    const std::shared_ptr<const Op> op = read_op(json, op_name, tensors);
    if (const auto* variable = dynamic_cast<const VariableOp*>(op.get())) {
      if (!name) throw NameError("a Variable without a name");
      if (name->text().empty() || name->text().find('/') != std::string::npos) throw NameError("its name is empty or holds a '/'");
      return graph.read(variable->variable(), name->text(), site);
    }
    if (const auto* input = dynamic_cast<const InputOp*>(op.get())) return graph.input(input->input_name(), input->type().shape, input->type().dtype, input->default_value(), site);
    return graph.add(op, inputs, site);
  });
  const NodeRecord& record = graph.record(node.index());
  std::vector<TensorType> saved;
  for (const JsonValue& type : json["outputs"].elements()) saved.push_back(read_type(type));
  if (saved != record.outputs) {
    std::string now;
    for (const TensorType& type : record.outputs) now += (now.empty() ? "" : ", ") + to_string(type);
    json.fail(fmt::format("({}): its outputs are not those that were saved, but {}", said, now));
  }
  if (!name || !record.name.empty()) return;
  const auto output = json.find("named_output");
  const std::int64_t named = output ? output->integer(0, std::ssize(record.outputs) - 1) : 0;
  at(json, said, [&] { return node.output(static_cast<std::size_t>(named)).named(name->text()); });
}

Support read_support(const JsonValue& json) {
  if (const auto simplex = json.find("simplex")) return simplex->text() == "open" ? Support::simplex : Support::closed_simplex;
  return {json["lower"].number(), json["upper"].number(), json["lower_open"].boolean(), json["upper_open"].boolean(), json["integer"].boolean()};
}

std::vector<std::pair<std::string, Node>> read_named(const JsonValue& json, const Graph& graph) {
  std::vector<std::pair<std::string, Node>> result;
  for (const JsonValue& element : json.elements()) result.emplace_back(element["name"].text(), read_node(element["node"], graph));
  return result;
}

DescribedDistribution read_distribution(const JsonValue& json) {
  DescribedDistribution result{.label = json["name"].text(), .rank = static_cast<std::size_t>(json["event_rank"].integer(0, 8))};
  if (const auto support = json.find("support")) result.values = read_support(*support);
  if (const auto target = json.find("target")) result.type = read_type(*target);
  if (const auto certificate = json.find("certificate")) result.statement = certificate->text();
  if (const auto advice = json.find("advice")) {
    const std::vector<JsonValue> texts = advice->elements();
    for (std::size_t i = 0; i < std::min(texts.size(), result.advices.size()); ++i) result.advices[i] = texts[i].text();
  }
  return result;
}

// What others rely on: a head's weight is its input, and its losses and sums have their types.
void require_head(const JsonValue& json, const Head& head, bool has_score) {
  const Shape& samples = head.weight.shape();
  const auto* weight = dynamic_cast<const InputOp*>(&head.weight.op());
  bool right = weight != nullptr && weight->input_name() == head.name + ".weight" && weight->default_value() == 1.0 && head.weight.dtype() == DType::float64;
  for (const Node node : {head.nll, head.score}) right = right && (!node || (node.shape() == samples && is_float(node.dtype())));
  for (const Node node : {head.total_nll, head.total_weight, head.loss, head.total_score, head.total_correct})
    right = right && (!node || node.type() == TensorType{DType::float64, {}});
  right = right && head.target.shape().rank() >= samples.rank() && head.target.shape().slice(0, samples.rank()) == samples;
  right = right && static_cast<bool>(head.score) == has_score && static_cast<bool>(head.total_score) == has_score;
  if (!right) json.fail("is no head: its nodes are not of the kinds that a head has");
}

void read_head(const JsonValue& json, Graph& graph) {
  const auto node = [&](const char* name) { return read_node(json[name], graph); };
  const auto optional = [&](const char* name) { return json.find(name) ? node(name) : Node(); };
  DescribedDistribution distribution = read_distribution(json["distribution"]);
  const auto answers = read_named(json["answers"], graph);
  distribution.answers = answers;
  const auto score = json.find("score_name");
  Head head{.name = json["name"].text(), .distribution = std::move(distribution), .target = node("target"), .weight = node("weight"), .nll = node("nll"),
            .total_nll = node("total_nll"), .total_weight = node("total_weight"), .score_name = score ? score->text() : "", .score = optional("score"),
            .total_score = optional("total_score"), .loss = node("loss"), .total_correct = optional("total_correct"), .answers = answers, .site = read_site(json)};
  require_head(json, head, score.has_value());
  for (const auto& other : graph.heads())
    if (other->name == head.name) json.fail(fmt::format("is a second head \"{}\"", head.name));
  graph.data()->heads.push_back(std::make_shared<Head>(std::move(head)));
}

void read_term(const JsonValue& json, Graph& graph) {
  const std::string& per = json["per"].text();
  if (per != "sample" && per != "dataset") json["per"].fail("needs to be \"sample\" or \"dataset\"");
  const Node node = read_node(json["node"], graph);
  at(json, "term", [&] { graph.add_term(json["name"].text(), node, per == "sample" ? Per::sample : Per::dataset, json["description"].text()); });
}

void read_update(const JsonValue& json, Graph& graph) {
  const Node node = read_node(json["variable"], graph);
  const auto* variable = dynamic_cast<const VariableOp*>(&node.op());
  if (variable == nullptr) json["variable"].fail("is no Variable");
  const Node value = read_node(json["value"], graph);
  at(json, "update", [&] { graph.update(Variable(variable->variable(), node), value); });
}

}  // namespace

Graph graph_from_json(const JsonValue& json, const TensorsByName& tensors) {
  Graph graph;
  read_scopes(json["scopes"], *graph.data());
  for (const JsonValue& node : json["nodes"].elements()) add_node(node, graph, tensors);
  for (const JsonValue& head : json["heads"].elements()) read_head(head, graph);
  for (const JsonValue& term : json["terms"].elements()) read_term(term, graph);
  for (const JsonValue& update : json["updates"].elements()) read_update(update, graph);
  for (const auto& output : read_named(json["outputs"], graph)) at(json["outputs"], output.first, [&] { graph.output(output.first, output.second); });
  return graph;
}

}  // namespace loglik
