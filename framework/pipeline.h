#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "framework/model.h"
#include "framework/passes/passes.h"
#include "framework/program.h"

namespace loglik {

/// What to make a program of.
struct ProgramSource {
  std::vector<std::pair<std::string, Node>> outputs;
  std::vector<Update> updates = {};
  ProgramMode mode = ProgramMode::evaluate;
  struct Training {                ///< how to minimise the output "loss"
    Optimizer optimizer;
    std::string scope;             ///< of the optimiser's Variables
    std::vector<std::string> over = {};  ///< names of parameters; empty: all trainable ones
    std::shared_ptr<LearningRate> schedule;
    std::vector<ParameterGroup> groups = {};
  };
  std::optional<Training> training = {};
};

/// What the arena of a program that trains may take, at which sizes.
struct MemoryBudget {
  std::size_t bytes;
  Sizes sizes;
};

/// Which passes run that a user may leave out.
struct PassChoice {
  bool fusion = true;
  bool patterns = true;
};

/// The compiler: extract → evaluation form → recognise patterns → differentiate → attach updates → simplify → recompute → fuse → schedule, plan
/// memory and lower in Program. New Variables are added to the State. Throws ArgumentError if a budget can't be met or has no size for a symbol.
std::shared_ptr<const Program> compile_program(const Graph& graph, const ProgramSource& source, std::shared_ptr<State> state, ProgramOptions options,
                                               const PassObserver& observe, PassChoice passes = {}, const std::optional<MemoryBudget>& budget = {});

/// The parameters that have a gradient in `graph`, by group, dtype and how they lie in the State already: see attach_updates.
std::vector<Slab> find_slabs(const Graph& graph, const State& state, std::span<const ParameterGroup> groups);

}  // namespace loglik
