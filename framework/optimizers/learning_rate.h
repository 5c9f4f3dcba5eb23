#pragma once
#include <cstdint>

namespace loglik {

/// The learning rate of each step: constant, or a schedule. A number converts to a constant one; all throw ArgumentError for a rate that is
/// negative or not finite.
class LearningRate {
 public:
  LearningRate(double rate);

  /// In step 0, 1, …: warm-up first, if any, then the schedule.
  double at(std::int64_t step) const;
  bool is_constant() const { return kind_ == Kind::constant && warmup_ == 0; }
  double base() const { return rate_; }

  /// The same, rising linearly over the first `steps` steps: step k of them has (k + 1)/steps of the rate. Throws ArgumentError if negative.
  LearningRate with_warmup(std::int64_t steps) const;

 private:
  friend LearningRate step_decay(double, std::int64_t, double);
  friend LearningRate cosine_decay(double, std::int64_t, double);
  enum class Kind { constant, step, cosine };
  Kind kind_ = Kind::constant;
  double rate_;
  std::int64_t steps_ = 1;
  double extra_ = 0;  // factor of step_decay, final rate of cosine_decay
  std::int64_t warmup_ = 0;
};

/// rate·factor^⌊k/every⌋ in step k. Throws ArgumentError unless every ≥ 1 and 0 < factor.
LearningRate step_decay(double rate, std::int64_t every, double factor = 0.1);

/// final + (rate − final)·(1 + cos(πk/steps))/2 in step k, `final` from step `steps` on. Throws ArgumentError unless steps ≥ 1.
/// Source: Loshchilov & Hutter 2017, "SGDR", equation 5, arXiv:1608.03983.
LearningRate cosine_decay(double rate, std::int64_t steps, double final_rate = 0);

}  // namespace loglik
