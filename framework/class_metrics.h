#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace loglik {

/// What predictions of one of K classes are worth; every sample counts its weight.
struct ClassMetrics {
  std::int64_t classes = 0;
  double accuracy = 0;            ///< Σ w·[mode = y] / Σ w, in [0, 1]
  std::vector<double> top;        ///< top[k − 1]: the share of samples whose class is among the k most probable, for k below K and up to 5
  std::vector<double> confusion;  ///< {K, K}, row-major: Σ w by the true class (row) and the mode (column)
  /// By class: how well its probability tells its samples from the others; see `auroc`. Absent where one of the two has no weight.
  std::vector<std::optional<double>> auroc = {};
  std::optional<double> mean_auroc = {};  ///< the plain mean over classes, of those that have one; of two classes: that of class 1
};

/// The area under the receiver operating characteristic: the probability that a positive sample has a higher score than a negative one, ties
/// counting a half. Exact, by ranks; samples are drawn by their weights, which are finite and ≥ 0. Absent if there is no positive or no
/// negative sample with weight. Source: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747; equation 1.
std::optional<double> auroc(std::span<const double> scores, const std::vector<bool>& positive, std::span<const double> weights);

/// Gathers predictions of classes. Keeps all of them, since ranks need them: 8·(K + 2) bytes a sample.
class ClassTally {
 public:
  explicit ClassTally(std::int64_t classes) : classes_(classes), confusion_(static_cast<std::size_t>(classes * classes)) {}

  /// A sample of class `label`; the most probable class and the probabilities of all, of equal ones the first counts as the more probable. Both
  /// classes lie in {0, …, K − 1}. A weight of 0 adds nothing.
  void add(std::int64_t label, std::int64_t mode, std::span<const double> probabilities, double weight);
  ClassMetrics result() const;

 private:
  std::int64_t classes_;
  double weight_ = 0, correct_ = 0;
  std::vector<double> confusion_, ranked_ = std::vector<double>(5);  // Σ w of samples whose class is the k-th most probable
  std::vector<std::int64_t> labels_;
  std::vector<double> weights_, probabilities_;
};

}  // namespace loglik
