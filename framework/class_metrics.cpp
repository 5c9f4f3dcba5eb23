#include "framework/class_metrics.h"

#include <algorithm>
#include <numeric>

namespace loglik {

std::optional<double> auroc(std::span<const double> scores, const std::vector<bool>& positive, std::span<const double> weights) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  // Σ over positives of their weight × the weight of negatives below, and half of those that tie.
  double pairs = 0, positives = 0, negatives = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double tied_positives = 0, tied_negatives = 0;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) (positive[order[end]] ? tied_positives : tied_negatives) += weights[order[end]];
    if (end == begin) return {};  // NaN has no rank
    pairs += tied_positives * (negatives + 0.5 * tied_negatives);
    positives += tied_positives;
    negatives += tied_negatives;
  }
  if (!(positives > 0 && negatives > 0)) return {};
  return pairs / positives / negatives;
}

void ClassTally::add(std::int64_t label, std::int64_t mode, std::span<const double> probabilities, double weight) {
  if (!(weight > 0)) return;
  weight_ += weight;
  if (label == mode) correct_ += weight;
  confusion_[static_cast<std::size_t>(label * classes_ + mode)] += weight;
  std::size_t before = 0;
  const double own = probabilities[static_cast<std::size_t>(label)];
  for (std::int64_t k = 0; k < classes_; ++k) {
    const double other = probabilities[static_cast<std::size_t>(k)];
    if (other > own || (other == own && k < label)) ++before;
  }
  if (before < ranked_.size()) ranked_[before] += weight;
  labels_.push_back(label);
  weights_.push_back(weight);
  probabilities_.insert(probabilities_.end(), probabilities.begin(), probabilities.end());
}

ClassMetrics ClassTally::result() const {
  ClassMetrics result{.classes = classes_, .accuracy = weight_ > 0 ? correct_ / weight_ : 0, .confusion = confusion_};
  double among = 0;
  for (std::int64_t k = 0; k < std::min<std::int64_t>(std::ssize(ranked_), classes_ - 1); ++k) {
    among += ranked_[static_cast<std::size_t>(k)];
    result.top.push_back(weight_ > 0 ? among / weight_ : 0);
  }
  double sum = 0;
  int known = 0;
  std::vector<double> scores(labels_.size());
  std::vector<bool> positive(labels_.size());
  for (std::int64_t k = 0; k < classes_; ++k) {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      scores[i] = probabilities_[i * static_cast<std::size_t>(classes_) + static_cast<std::size_t>(k)];
      positive[i] = labels_[i] == k;
    }
    result.auroc.push_back(auroc(scores, positive, weights_));
    if (!result.auroc.back()) continue;
    sum += *result.auroc.back();
    ++known;
  }
  if (classes_ == 2) result.mean_auroc = result.auroc[1];
  else if (known > 0) result.mean_auroc = sum / known;
  return result;
}

}  // namespace loglik
