#include "tests/conformance/check_op.h"

#include <gtest/gtest.h>

#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

TEST(CheckOp, PassesWhatIsRight) {
  const conformance::Report report =
      conformance::check_op(tanh, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3});
  EXPECT_TRUE(report.passed());
  for (const auto property : {conformance::Property::gradient, conformance::Property::second_order, conformance::Property::threads,
                              conformance::Property::attributes, conformance::Property::in_place})
    EXPECT_TRUE(report.was_tested(property)) << to_string(report);
  conformance::check_op(relu, {.shapes = {{3, 5}, {0, 4}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}});
  conformance::check_op(
      pow, {.shapes = {{{3, 1}, {5}}, {{5}, {5}}, {{}, {}}, {{0, 3}, {3}}}, .domain = {0.5, 2}, .large = {{{300, 401}, {401}}}});
}

}  // namespace
}  // namespace loglik
