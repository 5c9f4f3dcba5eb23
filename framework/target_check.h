#pragma once
#include <memory>
#include <string>
#include <vector>

#include "framework/distribution.h"
#include "framework/session.h"

namespace loglik {

/// What a target is held against.
struct CheckedTarget {
  std::string head;  ///< its name
  Distribution distribution;  ///< one with a support
};

/// Refuses targets outside their distribution's support. Not thread-safe: it holds the memory of its own runs.
class TargetCheck {
 public:
  /// `program` computes the outputs "<head>.target" and "<head>.weight".
  TargetCheck(std::shared_ptr<const Program> program, std::vector<CheckedTarget> targets);

  /// Throws SupportError for the first target of a sample with positive weight that lies outside: head, row (counted from `first_row`), value,
  /// support and the distribution that would fit, where that is known. Denormal targets count as 0.
  void check(const Batch& batch, std::int64_t first_row);

 private:
  std::vector<CheckedTarget> targets_;
  std::vector<std::pair<std::string, std::string>> outputs_;  // names of target and weight
  Session session_;
};

}  // namespace loglik
