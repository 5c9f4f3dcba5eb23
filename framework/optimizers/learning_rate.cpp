#include "framework/optimizers/learning_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "framework/error.h"

namespace loglik {
namespace {

double require_rate(double rate) {
  if (!(rate >= 0) || std::isinf(rate)) throw ArgumentError(fmt::format("learning rate {}, needs to be finite and not negative", rate));
  return rate;
}

void require_steps(const char* schedule, const char* name, std::int64_t steps) {
  if (steps < 1) throw ArgumentError(fmt::format("{}: {} = {}, needs at least 1{}", schedule, name, steps, name == std::string_view("every") ? " step" : ""));
}

void require_positive(const char* schedule, const char* name, double value) {
  if (!(value > 0) || std::isinf(value)) throw ArgumentError(fmt::format("{}: {} = {}, needs a positive one", schedule, name, value));
}

// From `from` at 0 to `to` at 1.
double half_cosine(double from, double to, double share) { return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2; }

double share(std::int64_t step, std::int64_t steps) { return static_cast<double>(step) / static_cast<double>(steps); }

}  // namespace

LearningRate::LearningRate(double rate) : rate_(require_rate(rate)) {}

LearningRate::LearningRate(std::function<double(std::int64_t)> schedule) {
  if (!schedule) throw ArgumentError("learning rate: the schedule is an empty function");
  schedule_ = std::make_shared<const std::function<double(std::int64_t)>>(std::move(schedule));
}

double LearningRate::at(std::int64_t step) const {
  const double rate = factor_ * (schedule_ == nullptr ? rate_ : require_rate((*schedule_)(step)));
  return step < warmup_ ? rate * static_cast<double>(step + 1) / static_cast<double>(warmup_) : rate;
}

LearningRate LearningRate::with_warmup(std::int64_t steps) const {
  if (steps < 0) throw ArgumentError(fmt::format("with_warmup: {} steps, needs 0 or more", steps));
  LearningRate result = *this;
  result.warmup_ = steps;
  return result;
}

LearningRate LearningRate::scaled(double factor) const {
  LearningRate result = *this;
  result.factor_ = require_rate(factor_ * factor);
  return result;
}

LearningRate step_decay(double rate, std::int64_t every, double factor) {
  require_rate(rate);
  require_steps("step_decay", "every", every);
  require_positive("step_decay", "factor", factor);
  return LearningRate([=](std::int64_t step) { return rate * std::pow(factor, static_cast<double>(step / every)); });
}

LearningRate exponential_decay(double rate, std::int64_t steps, double factor) {
  require_rate(rate);
  require_steps("exponential_decay", "steps", steps);
  require_positive("exponential_decay", "factor", factor);
  return LearningRate([=](std::int64_t step) { return rate * std::pow(factor, share(step, steps)); });
}

LearningRate polynomial_decay(double rate, std::int64_t steps, double power, double final_rate) {
  require_rate(rate);
  require_rate(final_rate);
  require_steps("polynomial_decay", "steps", steps);
  require_positive("polynomial_decay", "power", power);
  return LearningRate([=](std::int64_t step) {
    return step >= steps ? final_rate : final_rate + (rate - final_rate) * std::pow(1 - share(step, steps), power);
  });
}

LearningRate cosine_decay(double rate, std::int64_t steps, double final_rate) {
  require_rate(rate);
  require_rate(final_rate);
  require_steps("cosine_decay", "steps", steps);
  return LearningRate([=](std::int64_t step) { return step >= steps ? final_rate : half_cosine(rate, final_rate, share(step, steps)); });
}

LearningRate cosine_restarts(double rate, std::int64_t steps, double stretch, double final_rate) {
  require_rate(rate);
  require_rate(final_rate);
  require_steps("cosine_restarts", "steps", steps);
  if (!(stretch >= 1) || std::isinf(stretch)) throw ArgumentError(fmt::format("cosine_restarts: stretch = {}, needs at least 1", stretch));
  return LearningRate([=](std::int64_t step) {
    std::int64_t period = steps, begin = 0;
    if (stretch == 1) begin = step / steps * steps;
    else
      for (; step - begin >= period; period = static_cast<std::int64_t>(std::min(static_cast<double>(period) * stretch, 0x1p62))) begin += period;
    return half_cosine(rate, final_rate, share(step - begin, period));
  });
}

LearningRate one_cycle(double peak, std::int64_t steps, const OneCycleOptions& options) {
  require_rate(peak);
  require_steps("one_cycle", "steps", steps);
  if (!(options.rise > 0 && options.rise < 1)) throw ArgumentError(fmt::format("one_cycle: rise = {}, needs to be in (0, 1)", options.rise));
  require_positive("one_cycle", "start_divisor", options.start_divisor);
  require_positive("one_cycle", "final_divisor", options.final_divisor);
  const double start = peak / options.start_divisor, final_rate = start / options.final_divisor;
  // The last step has the final rate, the peak is where `rise` of them are over.
  const double last = static_cast<double>(std::max<std::int64_t>(1, steps - 1)), top = options.rise * static_cast<double>(steps) - 1;
  return LearningRate([=](std::int64_t step) {
    const double k = static_cast<double>(step);
    if (k >= last) return final_rate;
    return k <= top ? half_cosine(start, peak, k / top) : half_cosine(peak, final_rate, (k - top) / (last - top));
  });
}

}  // namespace loglik
