#pragma once
#include <cstdint>
#include <functional>
#include <memory>

namespace loglik {

/// The learning rate of each step: constant, or a schedule. A number converts to a constant one. All throw ArgumentError for a rate that is
/// negative or not finite, and for fewer than 1 step.
class LearningRate {
 public:
  LearningRate(double rate);
  /// A schedule of your own: `schedule(k)` is the rate in step k = 0, 1, …; finite and not negative. Called by the thread that trains.
  explicit LearningRate(std::function<double(std::int64_t step)> schedule);

  /// In step 0, 1, …: warm-up first, if any, then the schedule. Throws ArgumentError if a schedule of your own gives a rate that can't be.
  double at(std::int64_t step) const;
  bool is_constant() const { return schedule_ == nullptr && warmup_ == 0; }

  /// The same, rising linearly over the first `steps` steps: step k of them has (k + 1)/steps of the rate. Throws ArgumentError if negative.
  LearningRate with_warmup(std::int64_t steps) const;
  /// The same times a factor. Throws ArgumentError if that is negative or not finite.
  LearningRate scaled(double factor) const;

 private:
  std::shared_ptr<const std::function<double(std::int64_t)>> schedule_;  // null: constant
  double rate_ = 0;  // a constant one's
  double factor_ = 1;
  std::int64_t warmup_ = 0;
};

/// rate·factor^⌊k/every⌋ in step k. Throws ArgumentError unless 0 < factor.
LearningRate step_decay(double rate, std::int64_t every, double factor = 0.1);

/// rate·factor^(k/steps) in step k: `factor` of it after `steps` steps. Throws ArgumentError unless 0 < factor.
LearningRate exponential_decay(double rate, std::int64_t steps, double factor = 0.1);

/// final + (rate − final)·(1 − k/steps)^power in step k, `final_rate` from step `steps` on; power 1 is linear. Throws ArgumentError unless 0 < power.
LearningRate polynomial_decay(double rate, std::int64_t steps, double power = 1, double final_rate = 0);

/// final + (rate − final)·(1 + cos(πk/steps))/2 in step k, `final_rate` from step `steps` on.
/// Source: Loshchilov & Hutter 2017, "SGDR", equation 5, arXiv:1608.03983.
LearningRate cosine_decay(double rate, std::int64_t steps, double final_rate = 0);

/// Cosine decays one after the other, each from the full rate: the first over `steps` steps, each later one `stretch` times as long as the one
/// before, rounded down to whole steps. Throws ArgumentError unless stretch ≥ 1. Source: as above, section 3.
LearningRate cosine_restarts(double rate, std::int64_t steps, double stretch = 1, double final_rate = 0);

struct OneCycleOptions {
  double rise = 0.3;             ///< share of the steps in which the rate rises, in (0, 1)
  double start_divisor = 25;     ///< it starts at peak / start_divisor
  double final_divisor = 1e4;    ///< and ends at its start / final_divisor
};
/// From peak/start_divisor up to `peak` and down to peak/start_divisor/final_divisor, both along half a cosine, in `steps` steps; the final rate
/// after that. Throws ArgumentError for a share or divisor out of range. Source: Smith & Topin 2019, "Super-convergence", arXiv:1708.07120.
LearningRate one_cycle(double peak, std::int64_t steps, const OneCycleOptions& options = {});

}  // namespace loglik
