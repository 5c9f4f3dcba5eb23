#pragma once
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/kernel_args.h"
#include "framework/program.h"

namespace loglik {

/// Data for one run, by the names of inputs. "x" stands for the only input, "y" for the only head's target; "<head>.weight" and
/// "<head>.mask" ("weight" and "mask" for the only head) say how much each sample counts.
using Batch = std::vector<std::pair<std::string, Tensor>>;

class Profile;
class TargetCheck;

/// The elements of an output, row-major, in the Session's memory.
struct Elements {
  DType dtype;
  std::int64_t count;
  const void* data;
};

struct StepResult {
  double loss;           ///< the objective: mean nats a sample, before the update
  double gradient_norm;  ///< √Σ g² over all parameters; 0 in a program that does not train
};

/// The memory of one run of a Program, and the runs themselves. One thread at a time; any number of Sessions of one Program side by side,
/// as long as none of them trains.
class Session {
 public:
  explicit Session(const Program& program);
  /// Keeps the program alive.
  explicit Session(std::shared_ptr<const Program> program);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Copies the data in and runs the program once. In a training program that is one step: forward, backward, update.
  ///
  /// The sizes of symbols come from the data; a size not seen before costs memory and time once, after that nothing is allocated. Integers
  /// are widened (uint8 to int32), float32 to float64, and {n} is taken for {n, 1}.
  /// Throws NameError for a missing or unknown name, ShapeError and DtypeError where data do not fit, SupportError for a target outside its
  /// distribution's support, ArgumentError for a weight that is negative or not finite, IndexError and MatrixError from ops, NumericError if
  /// the loss or the gradient is not finite: it names the first node that was not. After an exception the State is as it was before the step.
  StepResult step(const Batch& batch);

  /// The value of an output or of a named node ("encoder/h") in the last run; a copy. Throws NameError with the nearest name.
  Tensor fetch(std::string_view name) const;
  double scalar(std::string_view name) const;    ///< the same of a scalar, without allocation
  Elements elements(std::string_view name) const;  ///< the same where they lie, until the next step
  void extents(std::string_view name, Extents& result) const;  ///< their sizes; allocates nothing where `result` has room
  bool has_output(std::string_view name) const;

  /// Which draw random ops make in the next runs of a program that does not train: the same number, the same bits; 0 at first. A program that
  /// trains draws anew in each step, keyed by the steps done. Throws ArgumentError for such a program.
  void set_draw(std::uint64_t number);

  const Program& program() const { return *program_; }
  std::size_t arena_bytes() const { return arena_bytes_; }

  /// Targets are checked against their support in each step; data that were checked before need not be.
  void set_target_check(std::shared_ptr<TargetCheck> check) { target_check_ = std::move(check); }

  /// From the next step on, its time is measured; null: no longer. Throws ArgumentError for the Profile of another Program.
  void set_profile(std::shared_ptr<Profile> profile);

 private:
  struct Step;
  struct Bound;
  void bind(const Batch& batch);
  Bound& prepare();
  void make_room();
  void run(Bound& bound);
  void run_step(const Step& step) const;
  void run_steps(const Bound& bound, std::size_t begin, std::size_t end) const;
  std::size_t profiled_sizes(Bound& bound) const;
  void require_finite(Bound& bound);
  void load_inputs(Bound& bound);
  [[noreturn]] void explain_not_finite(Bound& bound, std::string_view what, double value);
  std::byte* data(Node node) const;
  TensorView view(Node node, const Sizes& sizes) const;

  std::shared_ptr<const Program> owner_;
  const Program* program_;
  std::shared_ptr<TargetCheck> target_check_;
  std::shared_ptr<Profile> profile_;
  std::shared_ptr<std::byte> arena_;
  std::size_t arena_bytes_ = 0;
  ArenaLayout layout_;
  Sizes capacity_;  // the largest sizes seen: what the arena is laid out for
  std::vector<std::size_t> scratch_;  // likewise the most scratch that was needed, by position of the schedule
  Sizes sizes_;     // of this run
  const Batch* batch_ = nullptr;  // likewise
  std::vector<const Tensor*> given_;  // by input of the program, null for a default
  std::vector<const Tensor*> masks_;
  std::vector<std::unique_ptr<Bound>> bound_;  // most recently used first
  std::unique_ptr<RandomKey> random_;  // its address stays when the Session is moved: bound steps refer to it
};

}  // namespace loglik
