#include "framework/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <optional>

#include "framework/error.h"
#include "framework/floating_point_guard.h"
#include "framework/leaves.h"
#include "framework/op.h"
#include "framework/profile.h"
#include "framework/session_inputs.h"
#include "framework/target_check.h"

namespace loglik {

struct Session::Step {
  const Op* op;
  std::uint32_t node;
  std::vector<TensorView> inputs, outputs;
  KernelArgs args;  // refers to them
};

/// The steps with resolved pointers, for one set of sizes.
struct Session::Bound {
  struct Copy {
    const void* from;
    void* to;
    std::size_t bytes;
  };
  Sizes sizes;
  std::vector<Step> steps;
  std::size_t commit = 0;
  std::vector<TensorView> inputs;  // by input of the program
  std::vector<Copy> copies;        // updates that are not in place
  std::optional<std::size_t> profiled;  // what the Profile calls these sizes
  const double* loss = nullptr;
  const double* gradient_norm_squared = nullptr;
};

Session::Session(const Program& program) : program_(&program), given_(program.inputs().size()), masks_(program.inputs().size()), random_(std::make_unique<RandomKey>()) {
  random_->seed = program.state().seed();
}
Session::Session(std::shared_ptr<const Program> program) : Session(*program) { owner_ = std::move(program); }
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::set_draw(std::uint64_t number) {
  if (program_->options().training) throw ArgumentError("set_draw: this program trains, its draws are keyed by its steps");
  random_->step = number;
}

void Session::set_profile(std::shared_ptr<Profile> profile) {
  if (profile != nullptr) profile->attach(*program_);
  profile_ = std::move(profile);
  for (const std::unique_ptr<Bound>& bound : bound_) bound->profiled.reset();
}

StepResult Session::step(const Batch& batch) {
  const std::int64_t begin = profile_ == nullptr ? 0 : profile_->now();
  if (target_check_ != nullptr) target_check_->check(batch, 0);
  bind(batch);
  Bound& bound = prepare();
  if (profile_ != nullptr) profile_->begin_run(profiled_sizes(bound), begin);
  load_inputs(bound);

  const ProgramOptions& options = program_->options();
  const State& state = program_->state();
  if (options.dataset_weight != nullptr && !(*reinterpret_cast<const double*>(state.data(options.dataset_weight.get())) > 0))
    throw ArgumentError("the objective has a term per data set: tell the model the data set's total weight (set_dataset_weight) before the first step");
  if (options.training) {
    const double done = *reinterpret_cast<const double*>(state.data(options.training->step.get()));
    random_->step = static_cast<std::uint64_t>(done);
    double& rate = *reinterpret_cast<double*>(state.data(options.training->learning_rate.get()));
    const double before = rate;
    if (!options.training->schedule->is_constant()) rate = options.training->schedule->at(static_cast<std::int64_t>(done));
    try {
      run(bound);
    } catch (...) {
      rate = before;
      throw;
    }
  } else {
    run(bound);
  }
  if (profile_ != nullptr) profile_->end_run();
  return {bound.loss == nullptr ? 0.0 : *bound.loss, bound.gradient_norm_squared == nullptr ? 0.0 : std::sqrt(*bound.gradient_norm_squared)};
}

void Session::load_inputs(Bound& bound) {
  for (std::size_t i = 0; i < given_.size(); ++i) {
    copy_input(program_->inputs()[i], given_[i], masks_[i], bound.inputs[i]);
    if (bound.loss != nullptr && given_[i] != nullptr) check_weights(program_->inputs()[i], bound.inputs[i]);
  }
}

void Session::bind(const Batch& batch) {
  batch_ = &batch;
  match_inputs(*program_, batch, given_, masks_);
  bind_sizes(*program_, given_, sizes_);
}

std::byte* Session::data(Node node) const {
  const Location& at = program_->plan()(node);
  std::byte* base = nullptr;
  switch (at.kind) {
    case Location::Kind::buffer: base = arena_.get() + layout_.offsets[at.index]; break;
    case Location::Kind::constant: base = const_cast<std::byte*>(constant_value(program_->graph().node(at.index))->data()); break;
    case Location::Kind::variable:
      base = program_->state().data(dynamic_cast<const VariableOp&>(program_->graph().node(at.index).op()).variable().get());
      break;
    case Location::Kind::none: return nullptr;
  }
  return base + static_cast<std::size_t>(at.offset) * size_of(node.dtype());
}

TensorView Session::view(Node node, const Sizes& sizes) const {
  TensorView result{node.dtype(), node.shape().bind(sizes), 0, data(node)};
  result.count = count(result.extents);
  return result;
}

// Lays the arena out anew if these sizes, or their scratch, don't fit.
void Session::make_room() {
  const std::vector<std::size_t> scratch = scratch_bytes(program_->graph(), program_->schedule(), sizes_);
  scratch_.resize(scratch.size(), 0);
  const bool fits = std::equal(scratch.begin(), scratch.end(), scratch_.begin(), std::less_equal<>());
  if (arena_ != nullptr && fits && capacity_.covers(sizes_)) return;
  capacity_.raise_to(sizes_);
  std::transform(scratch.begin(), scratch.end(), scratch_.begin(), scratch_.begin(), [](std::size_t a, std::size_t b) { return std::max(a, b); });
  bound_.clear();
  layout_ = lay_out_arena(program_->graph(), program_->plan(), capacity_, scratch_);
  const Tensor block(DType::uint8, {static_cast<std::int64_t>(layout_.bytes)});
  arena_ = block.shared_data();
  arena_bytes_ = layout_.bytes;
}

Session::Bound& Session::prepare() {
  for (std::size_t i = 0; i < bound_.size(); ++i)
    if (bound_[i]->sizes == sizes_) {
      std::rotate(bound_.begin(), bound_.begin() + static_cast<std::ptrdiff_t>(i), bound_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return *bound_.front();
    }

  make_room();
  const Graph& graph = program_->graph();
  constexpr std::size_t most_bound = 8;
  if (bound_.size() == most_bound) bound_.pop_back();

  auto bound = std::make_unique<Bound>();
  bound->sizes = sizes_;
  for (const ProgramInput& input : program_->inputs()) bound->inputs.push_back(view(input.node, sizes_));
  const Schedule& schedule = program_->schedule();
  for (std::size_t position = 0; position < schedule.nodes.size(); ++position) {
    if (position == schedule.commit) bound->commit = bound->steps.size();
    const std::uint32_t index = schedule.nodes[position];
    const NodeRecord& record = graph.record(index);
    if (record.op->is_alias()) continue;
    Step step{record.op.get(), index, {}, {}, {}};
    for (const Node input : record.inputs) step.inputs.push_back(view(input, sizes_));
    for (std::size_t k = 0; k < record.outputs.size(); ++k) step.outputs.push_back(view(graph.node(index).output(k), sizes_));
    step.args.inputs = step.inputs;
    step.args.outputs = step.outputs;
    step.args.scratch = arena_.get() + layout_.scratch_offsets[position];
    step.args.random = random_.get();
    step.args.random_name = hash_name(graph.name(index));
    bound->steps.push_back(std::move(step));
  }
  if (schedule.commit == schedule.nodes.size()) bound->commit = bound->steps.size();
  for (std::size_t u = 0; u < graph.updates().size(); ++u) {
    if (schedule.in_place[u]) continue;
    const Update& update = graph.updates()[u];
    const TensorView from = view(update.value, sizes_);
    bound->copies.push_back({from.data, program_->state().data(update.variable.shared_info().get()), static_cast<std::size_t>(from.count) * size_of(from.dtype)});
  }
  if (const Node loss = program_->find_output("loss")) bound->loss = reinterpret_cast<const double*>(data(loss));
  if (const Node norm = program_->find_output("gradient_norm_squared")) bound->gradient_norm_squared = reinterpret_cast<const double*>(data(norm));
  bound_.insert(bound_.begin(), std::move(bound));
  return *bound_.front();
}

void Session::run_step(const Step& step) const {
  const auto where = [&] { return fmt::format("{} at {}: ", step.op->name(), to_string(program_->graph().record(step.node).site)); };
  try {
    step.op->run(step.args);
  } catch (const IndexError& error) {
    throw IndexError(where() + error.what());
  } catch (const MatrixError& error) {
    throw MatrixError(where() + error.what());
  }
}

void Session::run_steps(const Bound& bound, std::size_t begin, std::size_t end) const {
  if (profile_ != nullptr) return profile_->time(begin, end, [&](std::size_t i) { run_step(bound.steps[i]); });
  for (std::size_t i = begin; i < end; ++i) run_step(bound.steps[i]);
}

std::size_t Session::profiled_sizes(Bound& bound) const {
  if (!bound.profiled) {
    std::vector<std::pair<const Op*, const KernelArgs*>> steps;
    for (const Step& step : bound.steps) steps.emplace_back(step.op, &step.args);
    bound.profiled = profile_->add_sizes(bound.sizes, steps);
  }
  return *bound.profiled;
}

void Session::run(Bound& bound) {
  const FloatingPointGuard guard;
  run_steps(bound, 0, bound.commit);
  require_finite(bound);
  run_steps(bound, bound.commit, bound.steps.size());
  for (const Bound::Copy& copy : bound.copies) std::memcpy(copy.to, copy.from, copy.bytes);
}

void Session::require_finite(Bound& bound) {
  if (bound.loss != nullptr && !std::isfinite(*bound.loss)) explain_not_finite(bound, "loss", *bound.loss);
  if (bound.gradient_norm_squared != nullptr && !std::isfinite(*bound.gradient_norm_squared))
    explain_not_finite(bound, "gradient's norm", *bound.gradient_norm_squared);
}

namespace {
struct NotFinite {
  bool nan = false;
  bool infinity = false;
  std::int64_t element = 0;  // the first that is not finite
};

NotFinite look(const TensorView& view) {
  NotFinite found;
  if (!is_float(view.dtype)) return found;
  for_float(view.dtype, [&]<class T>() {
    const T* values = static_cast<const T*>(view.data);
    for (std::int64_t i = 0; i < view.count; ++i) {
      if (std::isfinite(values[i])) continue;
      if (!found.nan && !found.infinity) found.element = i;
      if (std::isnan(values[i]) && !found.nan) found.element = i;
      (std::isnan(values[i]) ? found.nan : found.infinity) = true;
    }
  });
  return found;
}
}  // namespace

// Runs the step again from the same state, inputs and random bits (nothing has been written over them), looking at every result: of every op,
// so of the graph before ops were fused.
void Session::explain_not_finite(Bound& bound, std::string_view what, double value) {
  if (program_->options().unfused != nullptr) {
    ProgramOptions options = program_->options();
    options.unfused = nullptr;
    Session again(std::make_shared<const Program>(*program_->options().unfused, program_->shared_state(), options));
    *again.random_ = *random_;
    again.bind(*batch_);
    Bound& same = again.prepare();
    again.load_inputs(same);
    again.explain_not_finite(same, what, value);
  }
  std::string text = fmt::format("the {} is {}", what, std::isnan(value) ? "NaN" : "infinite");
  if (program_->options().training) text += fmt::format(" in step {}, nothing was updated", random_->step + 1);
  const Graph& graph = program_->graph();
  for (std::size_t i = 0; i < bound.inputs.size(); ++i)
    if (const NotFinite found = look(bound.inputs[i]); found.nan || found.infinity)
      throw NumericError(fmt::format("{}: the input \"{}\" is {} at element {}", text, program_->inputs()[i].name, found.nan ? "NaN" : "infinite", found.element));
  for (const auto& [info, node] : graph.data()->variables)
    if (const NotFinite found = look(view(node, bound.sizes)); found.nan || found.infinity)
      throw NumericError(fmt::format("{}: the Variable \"{}\" is {} at element {}", text, node.name(), found.nan ? "NaN" : "infinite", found.element));
  std::string first_infinity;
  for (std::size_t i = 0; i < bound.commit; ++i) {
    const Step& step = bound.steps[i];
    run_step(step);
    for (const TensorView& output : step.args.outputs) {
      const NotFinite found = look(output);
      if (!found.nan && !found.infinity) continue;
      const NodeRecord& record = graph.record(step.node);
      const std::string where = fmt::format("{} at {}{}", record.op->name(), to_string(record.site), record.scope != 0 ? " (" + graph.name(step.node) + ")" : "");
      const std::string which = fmt::format("element {} of {}", found.element, to_string(std::span(output.extents)));
      if (found.nan)
        throw NumericError(fmt::format("{}: {} is the first to give NaN, {}{}", text, where, which, first_infinity.empty() ? "" : "; before that " + first_infinity));
      if (first_infinity.empty()) first_infinity = fmt::format("{} is the first to give an infinity, {}", where, which);
    }
  }
  throw NumericError(text + ": " + (first_infinity.empty() ? "a second run of the step was finite" : first_infinity));
}

Tensor Session::fetch(std::string_view name) const {
  const Node node = program_->output(name);
  if (bound_.empty()) throw ArgumentError(fmt::format("\"{}\" was asked for before the first step", name));
  const TensorView from = view(node, bound_.front()->sizes);
  Tensor result(from.dtype, from.extents);
  std::memcpy(result.mutable_data(), from.data, result.bytes());
  return result;
}

Elements Session::elements(std::string_view name) const {
  const Node node = program_->output(name);
  if (bound_.empty()) throw ArgumentError(fmt::format("\"{}\" was asked for before the first step", name));
  Elements result{node.dtype(), 1, data(node)};
  for (const Dim dim : node.shape().dims()) result.count *= dim.size(bound_.front()->sizes);
  return result;
}

void Session::extents(std::string_view name, Extents& result) const {
  const Node node = program_->output(name);
  if (bound_.empty()) throw ArgumentError(fmt::format("\"{}\" was asked for before the first step", name));
  result.clear();
  for (const Dim dim : node.shape().dims()) result.push_back(dim.size(bound_.front()->sizes));
}

double Session::scalar(std::string_view name) const {
  const Elements value = elements(name);
  if (value.count != 1) throw ShapeError(fmt::format("\"{}\" has {} elements, not one", name, value.count));
  return for_dtype(value.dtype, [&]<class T>() { return static_cast<double>(*static_cast<const T*>(value.data)); });
}

bool Session::has_output(std::string_view name) const { return static_cast<bool>(program_->find_output(name)); }

}  // namespace loglik
