#include "framework/optimizers/transforms.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/model.h"
#include "framework/optimizers/field_checks.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

// An optimiser around another, which does all that the outer one does not.
struct Wrapper {
  Optimizer inner;
  LearningRate learning_rate = inner.learning_rate();

  bool has_weight_decay() const { return inner.has_weight_decay(); }
  Node gradient(const OptimizerArgs& args) const { return inner.gradient(args); }
  Node update(const OptimizerArgs& args) const { return inner.update(args); }
};

struct ClipByValue : Wrapper {
  double limit;

  Node gradient(OptimizerArgs args) const {
    const Node g = args.gradient, below = where(less(g, -limit), -limit, g);
    args.gradient = where(greater(below, limit), limit, below);
    return inner.gradient(args);
  }
};

struct ClipByNorm : Wrapper {
  double norm;

  Node update(OptimizerArgs args) const {
    const Node size = sqrt(args.gradient_norm_squared), large = greater(size, norm);
    const Node factor = where(large, norm / where(large, size, 1.0), 1.0);
    args.gradient = args.gradient * args.scalar(factor);
    args.gradient_norm_squared = args.gradient_norm_squared * (factor * factor);
    return inner.update(args);
  }
};

struct DecoupledWeightDecay : Wrapper {
  double weight_decay;

  bool has_weight_decay() const { return true; }
  Node update(OptimizerArgs args) const {
    args.parameter = args.parameter * args.scalar(1.0 - args.learning_rate * args.weight_decay.value_or(weight_decay));
    return inner.update(args);
  }
};

struct Accumulate : Wrapper {
  std::int64_t batches;

  struct Round {
    Node whole;    // rounds that have ended, this step included
    Node is_last;  // of its round?
  };
  Round round(Node step) const {
    const auto count = static_cast<double>(batches);
    const Node whole = cast(cast((step + 0.5) / count, DType::int32), DType::float64);  // the half: no quotient lies where rounding decides
    return {whole, equal(whole * count, step)};
  }

  Node gradient(OptimizerArgs args) const {
    const Variable sum = args.slot("accumulated");
    const Node total = sum + args.gradient;
    args.graph.update(sum, where(round(args.step).is_last, 0.0, total));
    args.gradient = total / static_cast<double>(batches);
    return inner.gradient(args);
  }

  Node update(OptimizerArgs args) const {
    const Round now = round(args.step);
    args.step = where(now.is_last, now.whole, now.whole + 1.0);
    const std::size_t before = args.graph.updates().size();
    const Node updated = inner.update(args);
    for (std::size_t i = before; i < args.graph.updates().size(); ++i) {  // the state of `inner` rests too
      Update& update = args.graph.data()->updates[i];
      update.value = where(now.is_last, update.value, update.variable.value());
    }
    return where(now.is_last, updated, args.parameter);
  }
};

constexpr std::string_view average_slot = "average";

struct KeepAverage : Wrapper {
  double decay;

  Node update(const OptimizerArgs& args) const {
    const Node updated = inner.update(args), ramp = (args.step + 1.0) / (args.step + 10.0);
    const Node kept = where(equal(args.step, 1.0), 0.0, where(less(ramp, decay), ramp, decay));  // the first takes it all
    const Variable average = args.slot(average_slot);
    args.graph.update(average, args.scalar(kept) * average + args.scalar(1.0 - kept) * updated);
    return updated;
  }
};

}  // namespace

Optimizer clip_by_value(Optimizer optimizer, double limit) {
  require_positive("clip_by_value", "limit", limit);
  return ClipByValue{{std::move(optimizer)}, limit};
}

Optimizer clip_by_norm(Optimizer optimizer, double norm) {
  require_positive("clip_by_norm", "norm", norm);
  return ClipByNorm{{std::move(optimizer)}, norm};
}

Optimizer decoupled_weight_decay(Optimizer optimizer, double decay) {
  require_not_negative("decoupled_weight_decay", "decay", decay);
  return DecoupledWeightDecay{{std::move(optimizer)}, decay};
}

Optimizer accumulate(Optimizer optimizer, std::int64_t batches) {
  if (batches < 1) throw ArgumentError(fmt::format("accumulate: batches = {}, needs at least 1", batches));
  return Accumulate{{std::move(optimizer)}, batches};
}

Optimizer keep_average(Optimizer optimizer, double decay) {
  require_share("keep_average", "decay", decay);
  return KeepAverage{{std::move(optimizer)}, decay};
}

void swap_averages(const Model& model) {
  State& state = model.state();
  const std::vector<Update>& updates = model.train_program().graph().updates();
  std::vector<const VariableInfo*> slabs, averages;  // both in the order of the slabs
  for (const Update& update : updates) {
    if (!update.variable.info().parts.empty()) slabs.push_back(&update.variable.info());
    if (update.variable.name().starts_with(fmt::format("optimizer/{}", average_slot))) averages.push_back(&update.variable.info());
  }
  if (averages.size() != slabs.size()) throw ArgumentError("swap_averages: the model's optimiser keeps no averages: wrap it in keep_average");
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    std::byte* parameters = state.data(slabs[i]);
    std::swap_ranges(parameters, parameters + static_cast<std::size_t>(count(slabs[i]->type.shape.constant())) * size_of(slabs[i]->type.dtype),
                     state.data(averages[i]));
  }
}

}  // namespace loglik
