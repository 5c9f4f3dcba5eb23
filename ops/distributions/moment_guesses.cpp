#include "ops/distributions/moment_guesses.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loglik {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Moments {
  double mean = 0, variance = 0;
  double log_mean = 0, log_variance = 0;  // of log y; NaN unless all are positive
};

std::vector<Moments> moments(const Tensor& y, std::span<const double> weights) {
  const Tensor converted = y.cast(DType::float64);
  const auto values = converted.values<double>();
  const std::size_t n = weights.size(), width = values.size() / n;
  double total = 0;
  for (const double weight : weights) total += weight;
  std::vector<Moments> result(width);
  const auto for_each = [&](auto take) {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < width; ++k) take(result[k], values[i * width + k], weights[i] / total);
  };
  for_each([](Moments& m, double value, double share) {
    m.mean += share * value;
    m.log_mean += value > 0 ? share * std::log(value) : nan;
  });
  for_each([](Moments& m, double value, double share) {
    m.variance += share * (value - m.mean) * (value - m.mean);
    if (value > 0) m.log_variance += share * (std::log(value) - m.log_mean) * (std::log(value) - m.log_mean);
  });
  return result;
}

// log x, or NaN: x may be 0 where the targets are all equal.
double log_of(double x) { return x > 0 ? std::log(x) : nan; }

double logit(double p) {
  constexpr double least = 1e-10;  // targets that are all 0 or all 1
  return p >= 0 && p <= 1 ? std::log(std::max(p, least)) - std::log(std::max(1 - p, least)) : nan;
}

std::vector<double> of_location(const Moments& m) { return {m.mean, logit(m.mean), log_of(m.mean), m.log_mean, 0.0}; }

std::vector<double> of_shape(const Moments& m) {
  return {0.5 * log_of(m.variance),                              // log of a standard deviation
          0.5 * log_of(m.log_variance),                          // of that of the logs
          log_of(m.mean * m.mean / m.variance),                  // Gamma's shape
          3 * log_of(m.mean) - log_of(m.variance),               // inverse Gaussian's λ
          log_of(m.mean * (1 - m.mean) / m.variance - 1),        // Beta's precision
          log_of(m.mean * m.mean / (m.variance - m.mean)),       // negative binomial's size
          log_of(1.28 / std::sqrt(m.log_variance)),              // Weibull's shape
          0.0, 2.0, -2.0};
}

}  // namespace

Guesses guesses_by_value(const Tensor& y, std::span<const double> weights, std::size_t size) {
  const std::vector<Moments> columns = moments(y, weights);
  const std::size_t blocks = columns.size();
  Guesses guesses{.width = std::vector<double>(size * blocks, 2.0)};
  for (std::size_t b = 0; b < blocks; ++b) guesses.width[b] = std::max(std::sqrt(columns[b].variance), 1e-3);
  for (std::size_t j = 0; j < size; ++j) {
    const auto of = j == 0 ? of_location : of_shape;
    for (std::size_t trial = 0; trial < of(columns[0]).size(); ++trial) {
      std::vector<double> values(size * blocks, nan);
      for (std::size_t b = 0; b < blocks; ++b) values[j * blocks + b] = of(columns[b])[trial];
      guesses.trials.push_back(std::move(values));
    }
  }
  return guesses;
}

Guesses guesses_of_rows(const Tensor& y, std::span<const double> weights, const Targets& targets, std::size_t outputs) {
  Guesses guesses{.together = true, .width = std::vector<double>(outputs, 2.0)};
  guesses.trials.emplace_back(outputs, 0.0);
  const auto classes = static_cast<std::size_t>(targets.classes);
  if (classes == 0) {
    std::vector<double> trial(outputs, 0.0);
    const std::vector<Moments> columns = moments(y, weights);
    for (std::size_t k = 0; k < columns.size(); ++k) {
      if (k < outputs) trial[k] = columns[k].mean;
      if (k + columns.size() < outputs && columns[k].variance > 0) trial[k + columns.size()] = 0.5 * std::log(columns[k].variance);
    }
    guesses.trials.push_back(std::move(trial));
    return guesses;
  }
  std::vector<double> frequency(classes, 0.0), cumulative(classes);
  for (std::size_t i = 0; i < weights.size(); ++i) frequency[static_cast<std::size_t>(y.at(static_cast<std::int64_t>(i)))] += weights[i];
  const double total = [&] { double s = 0; for (const double f : frequency) s += f; return s; }();
  double largest = 0, seen = 0, middle = 0;
  for (const double f : frequency) largest = std::max(largest, f);
  for (std::size_t k = 0; k < classes; ++k) cumulative[k] = logit((seen += frequency[k]) / total);
  const auto of_frequency = [&](std::size_t k) { return std::log(std::max(frequency[k] / largest, 1e-10)); };
  for (std::size_t k = 0; k < classes; ++k) middle += of_frequency(k) / static_cast<double>(classes);
  std::vector<double> logits(outputs, 0.0), from_first(outputs, 0.0), cuts(outputs, 0.0), steps(outputs, 0.0);
  for (std::size_t k = 0; k < std::min(classes, outputs); ++k) logits[k] = of_frequency(k) - middle;  // add up to 0; exactly 0 for even classes
  for (std::size_t k = 0; k + 1 < classes && k < outputs; ++k) {
    from_first[k] = of_frequency(k + 1) - of_frequency(0);
    cuts[k] = cumulative[k];
    steps[k] = k == 0 ? cumulative[0] : std::log(std::max(cumulative[k] - cumulative[k - 1], 1e-3));
  }
  for (auto* trial : {&logits, &from_first, &cuts, &steps}) guesses.trials.push_back(*trial);
  return guesses;
}

bool take_best_guess(const BlockFunction& f, const Guesses& guesses, std::vector<double>& x) {
  constexpr double nothing = 2e-10;  // what guesses for frequencies of 0 leave
  const std::size_t blocks = f.blocks;
  std::vector<double> best(blocks, std::numeric_limits<double>::infinity()), gradient(x.size(), 0.0), values(blocks), slopes(x.size());
  const auto consider = [&](const std::vector<double>& trial) {
    std::vector<double> at = x;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!std::isnan(trial[i])) at[i] = trial[i];
    f.evaluate(at, values, slopes);
    for (std::size_t b = 0; b < blocks; ++b) {
      if (!(values[b] < best[b])) continue;
      best[b] = values[b];
      for (std::size_t i = b; i < x.size(); i += blocks) x[i] = at[i], gradient[i] = slopes[i];
    }
    const bool found = std::all_of(best.begin(), best.end(), [](double value) { return std::isfinite(value); });
    return found && std::all_of(gradient.begin(), gradient.end(), [](double g) { return std::abs(g) < nothing; });
  };
  // Twice where variables are tried one by one: the first sweep judged the first of them with the others at 0.
  for (int sweep = 0; sweep < (guesses.together || f.size == 1 ? 1 : 2); ++sweep)
    for (const auto& trial : guesses.trials)
      if (consider(trial)) return true;
  return false;
}

bool blocks_are_independent(const BlockFunction& f) {
  std::vector<double> x(f.blocks * f.size, 0.0), before(f.blocks), after(f.blocks), gradient(x.size());
  f.evaluate(x, before, gradient);
  for (std::size_t i = 0; i < x.size(); i += f.blocks) x[i] = 0.25;
  f.evaluate(x, after, gradient);
  return std::equal(before.begin() + 1, before.end(), after.begin() + 1);
}

}  // namespace loglik
