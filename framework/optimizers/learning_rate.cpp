#include "framework/optimizers/learning_rate.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "framework/error.h"

namespace loglik {

namespace {
double require_rate(double rate) {
  if (!(rate >= 0) || std::isinf(rate)) throw ArgumentError(fmt::format("learning rate {}, needs to be finite and not negative", rate));
  return rate;
}
}  // namespace

LearningRate::LearningRate(double rate) : rate_(require_rate(rate)) {}

double LearningRate::at(std::int64_t step) const {
  double rate = rate_;
  if (kind_ == Kind::step) rate = rate_ * std::pow(extra_, static_cast<double>(step / steps_));
  if (kind_ == Kind::cosine)
    rate = step >= steps_ ? extra_ : extra_ + (rate_ - extra_) * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps_))) / 2;
  return step < warmup_ ? rate * static_cast<double>(step + 1) / static_cast<double>(warmup_) : rate;
}

LearningRate LearningRate::with_warmup(std::int64_t steps) const {
  if (steps < 0) throw ArgumentError(fmt::format("with_warmup: {} steps, needs 0 or more", steps));
  LearningRate result = *this;
  result.warmup_ = steps;
  return result;
}

LearningRate step_decay(double rate, std::int64_t every, double factor) {
  if (every < 1) throw ArgumentError(fmt::format("step_decay: every = {}, needs at least 1 step", every));
  if (!(factor > 0)) throw ArgumentError(fmt::format("step_decay: factor = {}, needs a positive one", factor));
  LearningRate result(rate);
  result.kind_ = LearningRate::Kind::step;
  result.steps_ = every;
  result.extra_ = factor;
  return result;
}

LearningRate cosine_decay(double rate, std::int64_t steps, double final_rate) {
  if (steps < 1) throw ArgumentError(fmt::format("cosine_decay: steps = {}, needs at least 1", steps));
  LearningRate result(rate);
  result.kind_ = LearningRate::Kind::cosine;
  result.steps_ = steps;
  result.extra_ = require_rate(final_rate);
  return result;
}

}  // namespace loglik
