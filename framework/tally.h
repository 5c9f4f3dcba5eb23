#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/evaluate.h"

namespace loglik {

/// Adds up what the steps of an epoch say of their samples.
class Tally {
 public:
  explicit Tally(const Model& model);

  void clear();
  void add(const Session& session, std::int64_t rows);  ///< the last step's samples; no allocation

  double nll() const;                      ///< so far
  std::optional<double> accuracy() const;  ///< so far
  Evaluation result() const;

  std::vector<double> sums() const;             ///< all that it has added up, to go on from
  void restore(std::span<const double> sums);  ///< throws ArgumentError unless they are of such a model

 private:
  struct HeadSums {
    std::string head, nll_name, weight_name, correct_name, score_name;  // the last two are empty if there is none
    double nll = 0, weight = 0, correct = 0, score = 0;
  };
  struct TermSum {
    std::string name;
    double value = 0;
  };
  std::vector<HeadSums> heads_;
  std::vector<TermSum> terms_;
  double term_weight_ = 0;
};

/// Looks at a data set before it is used: does it fit the model's inputs, are its weights finite and not negative, its targets within their
/// support. Returns Σ w of the first head, or the number of rows without heads. `what` it is, for messages: "training data".
double check_dataset(const Model& model, const Dataset& data, std::int64_t batch_size, std::string_view what);

}  // namespace loglik
