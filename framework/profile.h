#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "framework/kernel_args.h"

namespace loglik {

class Op;
class Program;

/// What one run of an op has to do.
struct Work {
  double flops = 0;  ///< as the op says (Op::flops)
  double bytes = 0;  ///< of its inputs and outputs, each element once, however often it is read; what comes from caches included
};

/// An input that is stretched, or given twice, counts once; an op without arithmetic reads of an input no more elements than it writes (a
/// slice, a gather); parts of a pack that are computed in place are not moved at all.
Work work_of(const Op& op, const KernelArgs& args);

/// Where the time of a Session's runs goes: by step of its program, and when each began and ended in the last runs.
///
///     const auto profile = std::make_shared<Profile>();
///     session.set_profile(profile);
///     for (…) session.step(batch);
///     std::puts(report(*profile, measure_roofline()).c_str());     // framework/profile_report.h
///
/// Costs a look at the clock for each step of the program, some 25 ns. Allocates nothing but for sizes that were not seen before. A run that
/// throws does not count. One Profile is for Sessions of one Program, one at a time.
class Profile {
 public:
  /// `traced_runs`: of how many runs, the last ones, events are kept.
  explicit Profile(std::size_t traced_runs = 64);

  /// One step of the program, over all runs.
  struct Step {
    std::uint32_t node = 0;  ///< "%12" in Program::describe
    std::string op, scope;   ///< "conv2d", "encoder/conv_1"
    std::string fused;       ///< the ops that it joins: "add relu"
    std::int64_t runs = 0;
    double seconds = 0;
    Work work = {};          ///< summed up over the runs
  };
  /// When a step ran, in one of the last runs.
  struct Event {
    std::int64_t begin = 0, end = 0;  ///< nanoseconds since the Profile was made
  };
  struct Run {
    std::int64_t number = 0;  ///< from 1
    Event event;              ///< the whole of Session::step
    std::size_t sizes = 0;    ///< which Sizes it had; see `shapes` and `work`
    std::vector<Event> steps;
  };

  const std::string& program() const { return program_; }
  const std::vector<Step>& steps() const { return steps_; }  ///< in the order in which they run
  std::int64_t runs() const { return runs_; }
  double seconds() const { return seconds_; }  ///< of all runs, what lies between steps included: inputs, checks, the first binding
  std::vector<const Run*> traced() const;      ///< the last runs, the oldest first
  const Work& work(std::size_t sizes, std::size_t step) const { return sizes_[sizes].work[step]; }  ///< of one run
  /// "{64, 784} {784, 10} → {64, 10}"
  const std::string& shapes(std::size_t sizes, std::size_t step) const { return sizes_[sizes].shapes[step]; }

 private:
  friend class Session;
  struct OfSizes {
    Sizes sizes;
    std::vector<Work> work;           // by step
    std::vector<std::string> shapes;  // likewise
  };
  void attach(const Program& program);  // throws ArgumentError if it is attached to another
  std::size_t add_sizes(const Sizes& sizes, const std::vector<std::pair<const Op*, const KernelArgs*>>& steps);
  std::int64_t now() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_).count();
  }
  void begin_run(std::size_t sizes, std::int64_t begin);
  void end_run();

  // Runs steps [begin, end): one ends where the next begins.
  template <class RunStep> void time(std::size_t begin, std::size_t end, RunStep&& run_step) {
    std::int64_t since = now();
    for (std::size_t i = begin; i < end; ++i) {
      run_step(i);
      const std::int64_t until = now();
      current_->steps[i] = {since, until};
      since = until;
    }
  }

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const Program* attached_ = nullptr;
  std::string program_;
  std::vector<Step> steps_;
  std::vector<OfSizes> sizes_;
  std::vector<Run> last_;  // run number r in r % size
  Run* current_ = nullptr;
  std::int64_t runs_ = 0;
  double seconds_ = 0;
};

}  // namespace loglik
