#include "tests/conformance/check_distribution.h"

#include <gtest/gtest.h>

namespace loglik::conformance {

Report check_distribution(const DistributionBuilder& build, const DistributionOptions& options) {
  Report report = examine_distribution(build, options);
  for (const Failure& failure : report.failures) ADD_FAILURE() << to_string(failure);
  return report;
}

}  // namespace loglik::conformance
