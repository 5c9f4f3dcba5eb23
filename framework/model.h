#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/graph.h"
#include "framework/optimizers/adam.h"
#include "framework/optimizers/optimizer.h"
#include "framework/optimizers/parameter_group.h"
#include "framework/session.h"
#include "framework/state.h"

namespace loglik {

class TargetCheck;

/// Sees the graph after each pass of the compiler, for those who want to watch it work.
using PassObserver = std::function<void(std::string_view program, std::string_view pass, const Graph& after)>;

struct CompileOptions {
  Optimizer optimizer = Adam{};
  std::vector<ParameterGroup> parameter_groups = {};  ///< with a rate or decay of their own, or frozen
  std::uint64_t seed = 0;        ///< of initial parameters and of all random bits
  double dataset_weight = 0;     ///< Σ w of the training set, for terms per data set; `fit` sets it
  bool fusion = true;            ///< may several ops run as one? Bits are the same either way; without, each op is a step of its own
  bool patterns = true;          ///< may ops stand for compositions that users wrote? Values may differ by rounding: see framework/README.md
  std::optional<std::size_t> memory_budget = {};  ///< bytes that a training step may take beside the State: see framework/README.md
  std::vector<std::pair<std::string, std::int64_t>> sizes = {};  ///< at which sizes the budget holds: {{"batch", 64}}
  PassObserver observe = {};
};

enum class ProgramMode { train, evaluate };

/// A further program on a Model's State.
struct ProgramRequest {
  std::string name = "program";
  Node minimize = {};                             ///< float scalar of the model's graph; absent: nothing is trained
  std::vector<std::string> over = {};             ///< names of the parameters to train; empty: all that `minimize` depends on
  std::optional<Optimizer> optimizer = {};        ///< absent: the model's
  std::optional<ProgramMode> mode = {};           ///< absent: train (dropout drops) if something is minimised, else evaluate
  std::vector<std::string> outputs = {};          ///< "label.entropy", "encoder/h", names given to `graph.output`
};

/// One State and the programs compiled from one graph on it: train, evaluate, predict.
///
/// Movable. `predict` may be called from any number of threads at once, as long as none trains.
class Model {
 public:
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  /// A Session that trains: each `step` is forward, backward and update.
  Session session() const;
  /// A Session that evaluates: "loss", "<head>.total_nll", "<head>.total_weight" and, for classes, "<head>.total_correct" can be fetched.
  Session evaluation_session() const;

  /// What the heads say of the targets, from inputs alone: "<head>.mean", ".mode", ".variance", ".probabilities", where they exist, and nodes
  /// that were given names. Thread-safe. Throws as Session::step does.
  TensorMap predict(const Batch& inputs) const;
  TensorMap predict(const Tensor& x) const;  ///< of a model with one input

  /// A further program on the same State, to be run in a Session of its own. The graph's updates belong to the training program alone.
  /// Throws NameError for unknown outputs or parameters, ShapeError unless `minimize` is a float scalar, ArgumentError if it is of another
  /// graph or does not depend on a parameter of `over`.
  std::shared_ptr<const Program> compile(const ProgramRequest& request) const;

  State& state() const;
  TensorMap parameters() const;                 ///< by name; writing to a tensor changes the parameter
  std::int64_t steps() const;                   ///< training steps done
  const LearningRate& learning_rate() const;    ///< the optimiser's, or what was set since
  void set_learning_rate(LearningRate rate);    ///< from the next step on
  void set_dataset_weight(double total_weight);  ///< Σ w of the training set; needed by terms per data set

  /// Refuses targets outside their support; see TargetCheck. `first_row`: what the batch's first row is called.
  void check_targets(const Batch& batch, std::int64_t first_row = 0) const;

  const Graph& graph() const;
  const CompileOptions& options() const;  ///< it was compiled with
  const Program& train_program() const;
  const Program& evaluate_program() const;
  const Program& predict_program() const;

  /// Inputs, parameters, heads with their certificates, and the training program with its memory plan for this batch size; each of its steps
  /// only if wanted.
  std::string describe(std::int64_t batch_size = 64, bool with_steps = false) const;

 private:
  friend Model compile(Graph& graph, const CompileOptions& options);
  struct Data;
  explicit Model(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

/// Turns a graph into programs: numbers its layers, differentiates the objective Σ heads' NLL + terms, attaches the optimiser, simplifies,
/// schedules, plans memory. The graph may go on being used, also for other models.
///
/// Throws ArgumentError for a graph without heads and terms, an optimiser's field out of range or a memory budget that can't be met (it says
/// what could), GradientError where the objective can't be differentiated, NameError if two Variables or two outputs have one name, a node
/// is called "loss" or a parameter group has no parameter.
Model compile(Graph& graph, const CompileOptions& options = {});

}  // namespace loglik
