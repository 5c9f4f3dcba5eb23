#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "framework/node.h"
#include "framework/tensor.h"
#include "framework/variable.h"

namespace loglik {

class Distribution;
struct Head;
struct HeadOptions;

/// A node as the graph stores it.
struct NodeRecord {
  std::shared_ptr<const Op> op;
  std::vector<Node> inputs;
  std::vector<TensorType> outputs;
  Site site;
  int scope = 0;
  std::string name;  ///< within its scope; empty if it was given none
  std::uint32_t named_output = 0;  ///< which output that is the name of
};

/// A part of the names: "encoder/dense_1" is the scope `dense_1` in the scope `encoder` in the root, which is scope 0.
struct ScopeRecord {
  int parent = -1;
  std::string name;
  bool numbered = false;  ///< "dense" that becomes "dense_1" when `compile` walks the graph
  int number = 0;         ///< 0 until then
};

/// What a term of the objective is measured by.
enum class Per {
  sample,   ///< has the samples as leading axis; the objective takes its mean over them
  dataset,  ///< a scalar for the whole data set (a prior); the objective takes it over the data set's total weight
};

struct Term {
  std::string name;
  Node node;
  Per per;
  std::string description = {};  ///< for `describe`: "prior gaussian on 3 numbers"
};

struct Update {
  Variable variable;
  Node value;
};

struct VariableOptions {
  bool trainable = false;  ///< trained by the optimiser of `compile`
};

/// While one lives, nodes and parameters made in its graph belong to a scope.
class Scope {
 public:
  Scope(GraphData& graph, int scope);
  ~Scope();
  Scope(Scope&& other) noexcept;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  int id() const { return id_; }  ///< to enter it again: Graph::enter

 private:
  GraphData* graph_;
  int outer_;
  int id_;
};

/// A model as a user writes it down: nodes, Variables, heads, terms and updates. Compiling it gives a Model.
///
/// Nodes are only ever added. Movable: Nodes stay valid. Not safe to change from several threads at once.
class Graph {
 public:
  Graph();
  Graph(Graph&&) noexcept = default;
  Graph& operator=(Graph&&) noexcept = default;
  Graph(const Graph&) = delete;
  explicit Graph(std::shared_ptr<GraphData> data) : data_(std::move(data)) {}

  /// Data of each run, given by name. `default_value`: what every element is in a run that is not given it.
  /// Throws NameError for a name that is empty or taken.
  Node input(std::string_view name, Shape shape, DType dtype = DType::float32, std::optional<double> default_value = {},
             Site site = {__builtin_FILE(), __builtin_LINE()});

  /// A trainable Variable. Its name is unique within its scope. Throws ShapeError unless the shape is constant, DtypeError unless float.
  Node parameter(std::string_view name, Shape shape, Initializer initializer, DType dtype = DType::float32,
                 Site site = {__builtin_FILE(), __builtin_LINE()});

  /// A Variable. Throws ShapeError unless the shape is constant, NameError if the name is taken in the open scope.
  Variable variable(std::string_view name, TensorType type, Initializer initializer, VariableOptions options = {},
                    Site site = {__builtin_FILE(), __builtin_LINE()});

  /// A node that reads a Variable of this or another graph; the same node every time.
  Node read(const std::shared_ptr<const VariableInfo>& variable, std::string_view name, Site site = {});

  Node constant(Tensor value, Site site = {__builtin_FILE(), __builtin_LINE()});
  /// A scalar of a dtype. Throws DtypeError if the dtype can't hold the value exactly (float32 rounds).
  Node constant(double value, DType dtype, Site site = {__builtin_FILE(), __builtin_LINE()});

  /// The dimension of that name.
  Dim dim(std::string_view name) const { return Dim(1, Symbol(name)); }

  /// Opens a scope of that name in the open one; the same scope if it was opened before. Throws NameError for an empty name or a '/'.
  [[nodiscard]] Scope scope(std::string_view name);
  /// Opens a new scope that `compile` will number: "dense" becomes "dense_1", "dense_2", … in the order of the finished graph.
  [[nodiscard]] Scope numbered_scope(std::string_view kind);
  [[nodiscard]] Scope enter(int scope);

  /// Ends the graph in a distribution: p(y | outputs). Its negative log-likelihood joins the objective. See framework/head.h.
  /// Throws NameError if the name is taken, ShapeError if log_prob has fewer axes than `sample_rank`.
  const Head& head(std::string_view name, const Distribution& distribution, const HeadOptions& options,
                   Site site = {__builtin_FILE(), __builtin_LINE()});
  const Head& head(std::string_view name, const Distribution& distribution, Site site = {__builtin_FILE(), __builtin_LINE()});

  /// Adds a term to the objective, in nats. Reported by name; `describe` prints the description.
  /// Throws NameError if the name is taken, DtypeError unless a float, ShapeError where `per` wants another shape.
  void add_term(std::string_view name, Operand node, Per per, std::string_view description = {});

  /// `variable` takes this value at the end of each training step, after every read.
  /// Throws ShapeError or DtypeError unless the types agree, ArgumentError for a second update of the same Variable.
  void update(const Variable& variable, Operand value);

  /// An output that `predict` and `Model::compile` can be asked for by name.
  void output(std::string_view name, Node node);

  /// Adds an op; see `make_node`, which ops call.
  Node add(std::shared_ptr<const Op> op, std::vector<Node> inputs, Site site);

  std::size_t node_count() const;
  Node node(std::size_t index) const;  ///< output 0
  const NodeRecord& record(std::size_t index) const;
  std::string name(std::size_t index) const;  ///< scoped name, or the op's name for a node without
  std::string scope_path(int scope) const;    ///< "encoder/dense_1"; "" for the root
  const std::vector<std::shared_ptr<Head>>& heads() const;
  const std::vector<Term>& terms() const;
  const std::vector<Update>& updates() const;
  const std::vector<std::pair<std::string, Node>>& outputs() const;
  Node named(std::string_view scoped_name) const;  ///< the node that was given this name, or absent

  const std::shared_ptr<GraphData>& data() const { return data_; }

 private:
  friend class Node;
  Node add_variable(const std::shared_ptr<const VariableInfo>& variable, std::string_view name, Site site);
  void set_name(Node node, std::string_view name);
  std::shared_ptr<GraphData> data_;
};

/// All that a Graph holds. Passes work on it; users have no need to.
struct GraphData {
  std::vector<NodeRecord> nodes;
  std::vector<ScopeRecord> scopes{ScopeRecord{}};
  int scope = 0;  ///< the open one
  std::vector<std::shared_ptr<Head>> heads;
  std::vector<Term> terms;
  std::vector<Update> updates;
  std::vector<std::pair<std::string, Node>> outputs;
  std::vector<std::pair<const VariableInfo*, Node>> variables;
  std::unordered_map<std::string, std::uint32_t> names;  ///< nodes by scope and name, to find out quickly whether a name is taken
  Graph self{std::shared_ptr<GraphData>(std::shared_ptr<void>(), this)};  ///< what Node::graph refers to; owns nothing
};

/// Where a name is noted in GraphData::names.
std::string name_key(int scope, std::string_view name);

/// The nodes, one a line: "%3 = matmul(%1, %2) float32 {batch, 10}  dense_1  train.cpp:12".
std::string to_string(const Graph& graph);

}  // namespace loglik
