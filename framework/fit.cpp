#include "framework/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "framework/batches.h"
#include "framework/error.h"
#include "framework/tally.h"

namespace loglik {
namespace {

class Clock {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The last times, in memory taken beforehand.
class Times {
 public:
  explicit Times(std::int64_t steps) { seconds_.reserve(static_cast<std::size_t>(std::clamp<std::int64_t>(steps, 1, most))); }

  void add(double seconds) {
    if (seconds_.size() < seconds_.capacity())
      seconds_.push_back(seconds);
    else
      seconds_[next_++ % seconds_.size()] = seconds;
  }
  double median() {
    if (seconds_.empty()) return 0;
    const auto middle = seconds_.begin() + static_cast<std::ptrdiff_t>(seconds_.size() / 2);
    std::nth_element(seconds_.begin(), middle, seconds_.end());
    return *middle;
  }

 private:
  static constexpr std::int64_t most = 65536;
  std::vector<double> seconds_;
  std::size_t next_ = 0;
};

// One data set with what it takes to run through it.
struct Run {
  Run(const Model& model, const Dataset& data, std::int64_t batch_size, Session s)
      : session(std::move(s)), batches(data, batch_size), tally(model) {
    session.set_target_check(nullptr);  // check_dataset has seen all targets
  }
  void step(std::int64_t index) {
    session.step(batches[index]);
    tally.add(session, batches.rows(index));
  }
  Session session;
  Batches batches;
  Tally tally;
};

}  // namespace

History fit(Model& model, const Dataset& train, const FitOptions& options) {
  if (options.epochs < 0) throw ArgumentError(fmt::format("fit: epochs = {}, needs to be 0 or more", options.epochs));
  if (options.first_epoch < 1) throw ArgumentError(fmt::format("fit: first_epoch = {}, epochs count from 1", options.first_epoch));
  model.set_dataset_weight(check_dataset(model, train, options.batch_size, "training data"));
  if (options.validation) check_dataset(model, *options.validation, options.batch_size, "validation data");

  Run training(model, train, options.batch_size, model.session());
  training.session.set_profile(options.profile);
  std::optional<Run> validation;
  if (options.validation) validation.emplace(model, *options.validation, options.batch_size, model.evaluation_session());
  const std::uint64_t seed = options.seed.value_or(model.state().seed());
  const std::int64_t steps = training.batches.count();
  const std::int64_t last_epoch = options.first_epoch + options.epochs - 1;
  const FitPosition start = options.start.value_or(FitPosition{.epoch = options.first_epoch});
  if (start.epoch < options.first_epoch || start.epoch > last_epoch + 1 || start.batch < 0 || start.batch > steps)
    throw ArgumentError(fmt::format("fit: a start at batch {} of epoch {}, there are {} batches and epochs {} to {}", start.batch, start.epoch, steps, options.first_epoch, last_epoch));
  const double all_samples = static_cast<double>(train.size()) * static_cast<double>(options.epochs);

  History history;
  Times times(std::min<std::int64_t>(options.epochs, 65536) * steps);
  const Clock whole;
  double last_report = 0;
  for (std::int64_t epoch = start.epoch; epoch <= last_epoch; ++epoch) {
    const Clock clock;
    if (options.shuffle) training.batches.shuffle(seed, epoch);
    training.tally.clear();
    const std::int64_t first = epoch == start.epoch ? start.batch : 0;
    if (first > 0 && !start.sums.empty()) training.tally.restore(start.sums);
    const std::int64_t before = std::min(first * options.batch_size, train.size());  // samples that another call saw
    std::int64_t samples = before;
    const auto report = [&](double trained, const EpochRecord* finished) {
      const double done =
          static_cast<double>(samples) + static_cast<double>(train.size()) * static_cast<double>(epoch - options.first_epoch);
      options.progress({.epoch = epoch,
                        .epochs = last_epoch,
                        .samples = samples,
                        .of_samples = train.size(),
                        .nll = training.tally.nll(),
                        .accuracy = training.tally.accuracy(),
                        .samples_per_second = static_cast<double>(samples - before) / std::max(trained, 1e-9),
                        .seconds_left = whole.seconds() * (all_samples - done) / done,
                        .finished = finished});
      last_report = whole.seconds();
    };
    for (std::int64_t i = first; i < steps; ++i) {
      const Clock step;
      training.step(i);
      times.add(step.seconds());
      samples += training.batches.rows(i);
      if (options.progress && whole.seconds() - last_report >= options.progress_seconds) report(clock.seconds(), nullptr);
      ++history.steps;
      if (options.on_step && !options.on_step({epoch, i + 1, training.tally.sums()})) {
        history.stopped = true;
        break;
      }
    }
    if (history.stopped) break;
    const double trained = clock.seconds();
    EpochRecord record{.epoch = epoch,
                       .steps = steps,
                       .train = training.tally.result(),
                       .samples_per_second = static_cast<double>(samples - before) / std::max(trained, 1e-9)};
    if (validation) {
      validation->tally.clear();
      for (std::int64_t i = 0; i < validation->batches.count(); ++i) validation->step(i);
      record.validation = validation->tally.result();
      if (options.marginal_nll) record.validation->skill = *options.marginal_nll - record.validation->nll;
    }
    record.seconds = clock.seconds();
    history.epochs.push_back(std::move(record));
    if (options.progress) report(trained, &history.epochs.back());
    if (options.on_epoch) options.on_epoch(history.epochs.back());
  }
  history.median_step_us = 1e6 * times.median();
  history.arena_bytes = training.session.arena_bytes();
  return history;
}

}  // namespace loglik
