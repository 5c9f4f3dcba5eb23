#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/graph.h"
#include "framework/optimizers/learning_rate.h"
#include "framework/passes/plan_memory.h"
#include "framework/passes/schedule.h"
#include "framework/state.h"

namespace loglik {

class Session;

/// What a run can be given.
struct ProgramInput {
  std::string name;
  TensorType type;
  std::optional<double> default_value;
  Node node;
};

/// The Variables that a training program reads from outside of its graph.
struct TrainingVariables {
  std::shared_ptr<const VariableInfo> step;           ///< float64: steps done
  std::shared_ptr<const VariableInfo> learning_rate;  ///< float64
  std::shared_ptr<LearningRate> schedule;             ///< gives learning_rate its value before each step, unless constant
};

struct ProgramOptions {
  std::string name = "program";                   ///< "train", "evaluate", "predict", …: for messages
  std::vector<std::string> known_inputs = {};     ///< names that a run may be given though this program has no use for them
  std::vector<std::pair<std::string, std::string>> aliases = {};  ///< other names of inputs: "x" for the only one
  std::optional<TrainingVariables> training = {};
  std::shared_ptr<const VariableInfo> dataset_weight = nullptr;   ///< set if the objective has terms per data set
  std::shared_ptr<const Graph> unfused = nullptr;  ///< what was fused: a step that fails is run again on it, op by op, to name the one at fault
};

/// A compiled graph: a flat list of steps and a memory plan, on the Variables of a State. Immutable; shared by any number of threads, each of
/// which runs it in a Session.
class Program {
 public:
  /// Schedules, plans and lowers. The graph's outputs can be fetched by name; so can nodes that were given names.
  Program(const Graph& graph, std::shared_ptr<State> state, ProgramOptions options);

  const Graph& graph() const { return graph_; }
  const Schedule& schedule() const { return schedule_; }
  const MemoryPlan& plan() const { return plan_; }
  State& state() const { return *state_; }
  const std::shared_ptr<State>& shared_state() const { return state_; }
  const ProgramOptions& options() const { return options_; }
  const std::vector<ProgramInput>& inputs() const { return inputs_; }
  Node output(std::string_view name) const;  ///< throws NameError with the nearest name
  Node find_output(std::string_view name) const;  ///< absent if there is none

  /// A Session to run it in, from a pool; it goes back by the pointer's deleter. Thread-safe.
  std::shared_ptr<Session> borrow() const;

  /// Steps, shapes and the memory plan for given sizes of the symbols; or only how many steps, and how much memory.
  std::string describe(const Sizes& sizes, bool with_steps = true) const;

 private:
  Graph graph_;
  std::shared_ptr<State> state_;
  ProgramOptions options_;
  Schedule schedule_;
  MemoryPlan plan_;
  std::vector<ProgramInput> inputs_;
  struct Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace loglik
