#include "framework/target_check.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "framework/error.h"
#include "framework/floating_point_guard.h"

namespace loglik {
namespace {
// As the data have it: 0.1 also if it is a float32.
float printed(float value) { return value; }
double printed(double value) { return value; }
int printed(std::int32_t value) { return value; }
}  // namespace

void require_within_support(std::string_view who, const Distribution& d, const Support& support, const Elements& y, const Extents& extents,
                            std::int64_t first_row, const std::function<bool(std::int64_t)>& counts) {
  const FloatingPointGuard guard;
  const std::int64_t values_a_row = extents.empty() || extents[0] == 0 ? 1 : y.count / extents[0];
  const auto place = [&](std::int64_t k) {
    return fmt::format("row {}{}", first_row + k / values_a_row, values_a_row > 1 ? fmt::format(", value {}", k % values_a_row) : "");
  };
  const auto refuse = [&](const std::string& what, double value) {
    const std::string advice = d.advice(value);
    throw SupportError(fmt::format("{}: {} outside {}, the support of {}{}{}", who, what, support.text(), d.name(), advice.empty() ? "" : ": ", advice));
  };
  for_dtype(y.dtype, [&]<class T>() {
    const T* values = static_cast<const T*>(y.data);
    const bool all_within = support.contains_all(std::span(values, static_cast<std::size_t>(y.count)));
    for (std::int64_t k = 0; !all_within && k < y.count; ++k) {
      const double value = static_cast<double>(values[k]) + 0.0;  // the addition flushes a denormal
      if (!support.contains(value) && counts(k)) refuse(fmt::format("y = {} at {} lies", printed(values[k]), place(k)), value);
    }
    if (!support.is_simplex()) return;
    const std::int64_t length = extents.back();
    for (std::int64_t k = 0; k < y.count; k += length) {
      const double sum = std::accumulate(values + k, values + k + length, 0.0);
      if (!(std::abs(sum - 1) <= Support::simplex_tolerance) && counts(k))
        refuse(fmt::format("the values from {} on add up to {:g}, not 1, and lie", place(k), sum), sum);
    }
  });
}

TargetCheck::TargetCheck(std::shared_ptr<const Program> program, std::vector<CheckedTarget> targets)
    : targets_(std::move(targets)), session_(std::move(program)) {
  for (const CheckedTarget& target : targets_) supports_.push_back(target.distribution.support().value());
  for (const CheckedTarget& target : targets_) names_.push_back({fmt::format("head \"{}\"", target.head), target.head + ".target", target.head + ".weight"});
}

void TargetCheck::check(const Batch& batch, std::int64_t first_row) {
  if (targets_.empty()) return;
  session_.step(batch);
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const Names& names = names_[i];
    const Elements y = session_.elements(names.target), weight = session_.elements(names.weight);
    if (weight.count == 0) continue;
    const std::int64_t values_a_sample = y.count / weight.count;
    const auto counts = [&](std::int64_t k) { return static_cast<const double*>(weight.data)[k / values_a_sample] > 0; };
    session_.extents(names.target, extents_);
    require_within_support(names.head, targets_[i].distribution, supports_[i], y, extents_, first_row, counts);
  }
}

}  // namespace loglik
