#include "framework/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/leaves.h"
#include "framework/objective.h"
#include "framework/op.h"
#include "framework/passes/passes.h"
#include "framework/pipeline.h"
#include "framework/primitives.h"
#include "framework/target_check.h"
#include "framework/temporary.h"
#include "framework/text.h"

namespace loglik {
namespace {

using Outputs = std::vector<std::pair<std::string, Node>>;

const InputOp* input_of(const Graph& graph, std::size_t index) { return dynamic_cast<const InputOp*>(graph.record(index).op.get()); }

// Names of the inputs that only likelihoods read: targets, also where they are cast, and weights.
std::set<std::string> likelihood_inputs(const Graph& graph) {
  std::set<std::string> names;
  for (const auto& head : graph.heads()) {
    names.insert(head->name + ".weight");
    Node source = head->target;
    while (source.inputs().size() == 1) source = source.inputs()[0];
    if (const InputOp* target = input_of(graph, source.index()); target != nullptr && target->input_name() == head->name) names.insert(head->name);
  }
  return names;
}

// Which nodes need one of these inputs, by index.
std::vector<char> needing(const Graph& graph, const std::set<std::string>& inputs) {
  std::vector<char> needs(graph.node_count(), 0);
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    if (const InputOp* input = input_of(graph, i)) needs[i] = inputs.contains(input->input_name());
    for (const Node input : graph.record(i).inputs) needs[i] |= needs[input.index()];
  }
  return needs;
}

// `graph.output`s and the nodes that were given names.
Outputs named_nodes(const Graph& graph) {
  Outputs result(graph.outputs().begin(), graph.outputs().end());
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const NodeRecord& record = graph.record(i);
    if (!record.name.empty() && dynamic_cast<const VariableOp*>(record.op.get()) == nullptr)
      result.emplace_back(graph.name(i), graph.node(i).output(record.named_output));
  }
  return result;
}

// What a program computes can be told apart by its name.
void require_distinct_names(const Outputs& outputs) {
  std::map<std::string_view, Node> seen;
  for (const auto& [name, node] : outputs) {
    const auto [other, fresh] = seen.emplace(name, node);
    if (fresh || (other->second == node && name != "loss")) continue;
    throw NameError(fmt::format("the name \"{}\" of {} at {} is taken{}", name, node.op().name(), to_string(node.site()),
                                name == "loss" || name == "gradient_norm_squared" ? ": the objective is called so" : fmt::format(" by {} at {}", other->second.op().name(), to_string(other->second.site()))));
  }
}

Outputs answers(const Graph& graph) {
  Outputs result;
  for (const auto& head : graph.heads())
    for (const auto& [answer, node] : head->answers) result.emplace_back(head->name + "." + answer, node);
  return result;
}

// What `predict` computes unasked.
bool is_prediction(std::string_view output) {
  for (const std::string_view answer : {".mean", ".mode", ".variance", ".probabilities"})
    if (output.ends_with(answer)) return true;
  return false;
}

// The parameters that a request trains are there, and its loss depends on each.
void require_parameters(const Graph& graph, const ProgramRequest& request) {
  std::vector<std::string> names;
  std::map<std::string, Node> parameters;
  for (const auto& [info, node] : graph.data()->variables) {
    names.push_back(node.name());
    parameters.emplace(names.back(), node);
  }
  std::vector<char> needed(graph.node_count(), 0);
  needed[request.minimize.index()] = 1;
  for (std::size_t i = graph.node_count(); i-- > 0;)
    if (needed[i])
      for (const Node input : graph.record(i).inputs) needed[input.index()] = 1;
  for (const std::string& name : request.over) {
    const auto found = parameters.find(name);
    if (found == parameters.end()) throw NameError(fmt::format("the model has no parameter \"{}\"{}", name, suggestion(name, names)));
    if (!needed[found->second.index()])
      throw ArgumentError(fmt::format("program \"{}\": {} at {} does not depend on the parameter \"{}\"", request.name, request.minimize.op().name(),
                                      to_string(request.minimize.site()), name));
  }
}

}  // namespace

struct Model::Data {
  Graph graph;
  CompileOptions options;
  std::shared_ptr<State> state;
  std::shared_ptr<LearningRate> learning_rate;
  std::shared_ptr<const VariableInfo> dataset_weight = nullptr;  // null if the objective has no terms per data set
  std::vector<std::string> known_inputs = {};
  std::vector<std::pair<std::string, std::string>> aliases = {};
  std::vector<CheckedTarget> checked = {};
  std::shared_ptr<const Program> train = nullptr, evaluate = nullptr, predict = nullptr, targets = nullptr;
  int optimizers = 1;  // scopes in use: "optimizer", "optimizer_2", …

  ProgramOptions program_options(std::string name, bool has_objective) const {
    ProgramOptions result{.name = std::move(name), .known_inputs = known_inputs, .aliases = aliases};
    if (has_objective) result.dataset_weight = dataset_weight;
    return result;
  }
  std::shared_ptr<const Program> build(std::string name, const ProgramSource& source, bool has_objective) const {
    return compile_program(graph, source, state, program_options(std::move(name), has_objective), options.observe, {options.fusion, options.patterns}, budget());
  }
  std::optional<MemoryBudget> budget() const {
    if (!options.memory_budget) return {};
    MemoryBudget result{*options.memory_budget, {}};
    for (const auto& [name, size] : options.sizes) {
      if (size < 0) throw ArgumentError(fmt::format("compile: the size of \"{}\" is {}, needs to be 0 or more", name, size));
      result.sizes.set(Symbol(name), size);
    }
    return result;
  }
  void find_inputs();
  void find_aliases();
  std::shared_ptr<TargetCheck> target_check() const { return checked.empty() ? nullptr : std::make_shared<TargetCheck>(targets, checked); }
};

void Model::Data::find_inputs() {
  for (std::size_t i = 0; i < graph.node_count(); ++i)
    if (const InputOp* input = input_of(graph, i)) known_inputs.push_back(input->input_name());
  for (const auto& head : graph.heads()) known_inputs.push_back(head->name + ".mask");
}

// "x" for the only input that is neither target nor weight, "y", "weight", "mask" for those of the only head; real names come first.
void Model::Data::find_aliases() {
  const std::set<std::string> likelihood = likelihood_inputs(graph);
  const auto add = [&](std::string alias, std::string name) {
    if (std::find(known_inputs.begin(), known_inputs.end(), alias) == known_inputs.end()) aliases.emplace_back(std::move(alias), std::move(name));
  };
  std::vector<std::string> features;
  for (std::size_t i = 0; i < graph.node_count(); ++i)
    if (const InputOp* input = input_of(graph, i); input != nullptr && !likelihood.contains(input->input_name())) features.push_back(input->input_name());
  if (features.size() == 1) add("x", features[0]);
  if (graph.heads().size() != 1) return;
  const std::string& head = graph.heads()[0]->name;
  if (likelihood.contains(head)) add("y", head);
  add("weight", head + ".weight");
  add("mask", head + ".mask");
}

Model::Model(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Model compile(Graph& graph, const CompileOptions& options) {
  if (graph.heads().empty() && graph.terms().empty())
    throw ArgumentError("compile: the graph has nothing to minimise: end it in graph.head(…) or graph.add_term(…)");
  number_layers(graph);
  auto data = std::make_unique<Model::Data>(Model::Data{Graph(graph.data()), options, std::make_shared<State>(options.seed),
                                                        std::make_shared<LearningRate>(options.optimizer.learning_rate())});
  Model::Data& model = *data;
  model.find_inputs();
  model.find_aliases();

  const Temporary temporary(graph);
  const Scope root = graph.enter(0);  // whatever scope the caller has open
  Node dataset_weight;
  if (std::any_of(graph.terms().begin(), graph.terms().end(), [](const Term& term) { return term.per == Per::dataset; })) {
    const Variable variable = graph.variable("dataset_weight", {DType::float64, {}}, constant_initializer(options.dataset_weight));
    model.dataset_weight = variable.shared_info();
    dataset_weight = variable.value();
  }
  const Objective objective = build_objective(graph, dataset_weight);
  const Outputs named = named_nodes(graph);
  Outputs outputs{{"loss", objective.loss}};
  outputs.insert(outputs.end(), objective.parts.begin(), objective.parts.end());
  for (const auto& [name, node] : named)
    if (name != "dataset_weight") outputs.emplace_back(name, node);
  Outputs all = outputs;
  all.emplace_back("gradient_norm_squared", objective.loss);
  for (auto& answer : answers(graph)) all.push_back(std::move(answer));
  require_distinct_names(all);

  model.train = model.build("train", {.outputs = outputs, .updates = graph.updates(), .mode = ProgramMode::train,
                                      .training = ProgramSource::Training{options.optimizer, "optimizer", {}, model.learning_rate, options.parameter_groups}}, true);
  model.evaluate = model.build("evaluate", {.outputs = outputs}, true);

  const std::vector<char> needs_target = needing(graph, likelihood_inputs(graph));
  Outputs predictions;
  for (const auto& [name, node] : answers(graph))
    if (is_prediction(name)) predictions.emplace_back(name, node);
  predictions.insert(predictions.end(), named.begin(), named.end());
  std::erase_if(predictions, [&](const auto& output) { return needs_target[output.second.index()]; });
  model.predict = model.build("predict", {.outputs = predictions}, false);

  Outputs targets;
  for (const auto& head : graph.heads()) {
    if (!head->distribution.support()) continue;
    targets.emplace_back(head->name + ".target", head->target);
    targets.emplace_back(head->name + ".weight", head->weight);
    model.checked.push_back({head->name, head->distribution});
  }
  if (!targets.empty()) model.targets = model.build("targets", {.outputs = targets}, false);
  return Model(std::move(data));
}

Session Model::session() const {
  Session session(data_->train);
  session.set_target_check(data_->target_check());
  return session;
}

Session Model::evaluation_session() const {
  Session session(data_->evaluate);
  session.set_target_check(data_->target_check());
  return session;
}

TensorMap Model::predict(const Batch& inputs) const {
  const std::shared_ptr<Session> session = data_->predict->borrow();
  session->step(inputs);
  std::vector<std::pair<std::string, Tensor>> results;
  for (const auto& [name, node] : data_->predict->graph().outputs()) results.emplace_back(name, session->fetch(name));
  return TensorMap(std::move(results));
}

TensorMap Model::predict(const Tensor& x) const {
  const auto& inputs = data_->predict->inputs();
  if (inputs.size() != 1) throw ArgumentError(fmt::format("predict of one tensor: the model has {} inputs, give them by name", inputs.size()));
  return predict(Batch{{inputs[0].name, x}});
}

std::shared_ptr<const Program> Model::compile(const ProgramRequest& request) const {
  Graph& graph = data_->graph;
  ProgramSource source{.outputs = {}, .mode = request.mode.value_or(request.minimize ? ProgramMode::train : ProgramMode::evaluate)};
  if (request.minimize) {
    const Node loss = request.minimize;
    if (loss.data() != graph.data().get()) throw ArgumentError(fmt::format("program \"{}\": the node to minimise is not of the model's graph", request.name));
    if (loss.shape().rank() != 0 || !is_float(loss.dtype()))
      throw ShapeError(fmt::format("program \"{}\": {} at {} can't be minimised: it is {}, needs to be a float scalar", request.name, loss.op().name(),
                                   to_string(loss.site()), to_string(loss.type())));
    number_layers(graph, std::span(&loss, 1));
  }
  Outputs available = answers(graph);
  for (auto& output : named_nodes(graph)) available.push_back(std::move(output));
  for (const std::string& name : request.outputs) {
    const auto found = std::find_if(available.begin(), available.end(), [&](const auto& output) { return output.first == name; });
    if (found == available.end()) {
      std::vector<std::string> names;
      for (const auto& [known, node] : available) names.push_back(known);
      throw NameError(fmt::format("the model has no output \"{}\"{}", name, suggestion(name, names)));
    }
    source.outputs.push_back(*found);
  }
  const Temporary temporary(graph);
  if (request.minimize) {
    require_parameters(graph, request);
    const SiteScope site(request.minimize.site());
    const Optimizer& optimizer = request.optimizer ? *request.optimizer : data_->options.optimizer;
    source.outputs.emplace_back("loss", cast(request.minimize, DType::float64));
    source.training = ProgramSource::Training{optimizer, fmt::format("optimizer_{}", ++data_->optimizers), request.over, std::make_shared<LearningRate>(optimizer.learning_rate())};
  }
  return data_->build(request.name, source, false);
}

State& Model::state() const { return *data_->state; }
TensorMap Model::parameters() const { return data_->state->tensors(true); }
std::int64_t Model::steps() const { return static_cast<std::int64_t>(data_->state->tensor("optimizer/step").item()); }

const LearningRate& Model::learning_rate() const { return *data_->learning_rate; }

void Model::set_learning_rate(LearningRate rate) {
  *data_->learning_rate = rate;
  Tensor value = data_->state->tensor("optimizer/learning_rate");
  value.mutable_values<double>()[0] = rate.at(steps());
}

void Model::set_dataset_weight(double total_weight) {
  if (data_->dataset_weight == nullptr) return;
  if (!(total_weight > 0)) throw ArgumentError(fmt::format("set_dataset_weight: {}, needs to be positive", total_weight));
  Tensor value = data_->state->tensor("dataset_weight");
  value.mutable_values<double>()[0] = total_weight;
}

void Model::check_targets(const Batch& batch, std::int64_t first_row) const {
  if (!data_->checked.empty()) TargetCheck(data_->targets, data_->checked).check(batch, first_row);
}

const Graph& Model::graph() const { return data_->graph; }
const CompileOptions& Model::options() const { return data_->options; }
const Program& Model::train_program() const { return *data_->train; }
const Program& Model::evaluate_program() const { return *data_->evaluate; }
const Program& Model::predict_program() const { return *data_->predict; }

}  // namespace loglik
