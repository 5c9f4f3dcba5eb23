#include "tests/conformance/check_op.h"

#include <gtest/gtest.h>

namespace loglik::conformance {

Report check_op(const Builder& build, const OpOptions& options) {
  Report report = examine_op(build, options);
  for (const Failure& failure : report.failures) ADD_FAILURE() << to_string(failure);
  return report;
}

}  // namespace loglik::conformance
