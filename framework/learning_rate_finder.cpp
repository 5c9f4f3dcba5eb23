#include "framework/learning_rate_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "framework/batches.h"
#include "framework/error.h"
#include "framework/tally.h"

namespace loglik {
namespace {

void check(const LearningRateSearch& search) {
  if (!(search.from > 0 && search.from < search.to && std::isfinite(search.to)))
    throw ArgumentError(fmt::format("find_learning_rate: rates from {} to {}, needs 0 < from < to", search.from, search.to));
  if (search.steps < 2) throw ArgumentError(fmt::format("find_learning_rate: steps = {}, needs at least 2", search.steps));
  if (!(search.smoothing >= 0 && search.smoothing < 1))
    throw ArgumentError(fmt::format("find_learning_rate: smoothing = {}, needs to be in [0, 1)", search.smoothing));
}

// All Variables and the schedule as they were, when it goes.
class PutBack {
 public:
  explicit PutBack(Model& model) : model_(model), rate_(model.learning_rate()) {
    for (const auto& [name, tensor] : model.state().tensors()) {
      Tensor kept(tensor.dtype(), tensor.extents());
      if (tensor.bytes() > 0) std::memcpy(kept.mutable_data(), tensor.data(), tensor.bytes());
      kept_.emplace_back(tensor, std::move(kept));
    }
  }
  ~PutBack() {
    model_.set_learning_rate(rate_);
    for (auto& [tensor, kept] : kept_)
      if (kept.bytes() > 0) std::memcpy(tensor.mutable_data(), kept.data(), kept.bytes());
  }
  PutBack(const PutBack&) = delete;

 private:
  Model& model_;
  LearningRate rate_;
  std::vector<std::pair<Tensor, Tensor>> kept_;  // shares the model's elements; as they were
};

// The rate between neighbours where the smoothed loss falls fastest.
std::optional<double> steepest(const std::vector<LearningRateCurve::Point>& points) {
  std::optional<double> best;
  double fall = 0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i)
    if (points[i].smoothed - points[i + 1].smoothed > fall) {
      fall = points[i].smoothed - points[i + 1].smoothed;
      best = std::sqrt(points[i].learning_rate * points[i + 1].learning_rate);
    }
  return best;
}

}  // namespace

LearningRateCurve find_learning_rate(Model& model, const Dataset& data, const LearningRateSearch& search) {
  check(search);
  Batches batches(data, search.batch_size);
  const PutBack put_back(model);
  model.set_dataset_weight(check_dataset(model, data, search.batch_size, "training data"));
  batches.shuffle(model.state().seed(), 1);
  Session session = model.session();
  session.set_target_check(nullptr);  // check_dataset has seen all targets

  LearningRateCurve curve;
  double average = 0, least = 0;
  const double factor = std::pow(search.to / search.from, 1 / static_cast<double>(search.steps - 1));
  for (std::int64_t i = 0; i < search.steps; ++i) {
    const double rate = search.from * std::pow(factor, static_cast<double>(i));
    model.set_learning_rate(rate);
    double loss = 0;
    try {
      loss = session.step(batches[i % batches.count()]).loss;
    } catch (const NumericError&) {
      break;
    }
    average = search.smoothing * average + (1 - search.smoothing) * loss;
    const double smoothed = average / (1 - std::pow(search.smoothing, static_cast<double>(i + 1)));
    curve.points.push_back({rate, loss, smoothed});
    least = i == 0 ? smoothed : std::min(least, smoothed);
    const double first = curve.points.front().smoothed;
    if (smoothed - least > 3 * std::abs(least) && smoothed > first) break;
  }
  curve.suggestion = steepest(curve.points);
  return curve;
}

}  // namespace loglik
