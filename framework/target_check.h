#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/distribution.h"
#include "framework/session.h"

namespace loglik {

/// Throws SupportError for the first of `values`, a row-major array of these sizes, that lies outside d's support, and for the first
/// row of a simplex that does not add up to 1: "head "y": y = 2 at row 17, value 2 lies outside (0, 1), the support of beta: use …", where
/// `who` is `head "y"` and rows are counted from `first_row`. Only of elements k for which `counts(k)`. Denormals count as 0.
/// `support` is d's, which may take time and memory to ask for.
void require_within_support(std::string_view who, const Distribution& d, const Support& support, const Elements& values, const Extents& extents,
                            std::int64_t first_row, const std::function<bool(std::int64_t)>& counts);

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
  struct Names {
    std::string head, target, weight;  // for messages, and of the outputs
  };
  std::vector<Support> supports_;  // asked for once: wrappers check themselves and name their parts
  std::vector<Names> names_;
  Extents extents_;  // of the target at hand: a step allocates nothing
  Session session_;
};

}  // namespace loglik
