// A composition whose quantiles take the conformance kit minutes: wrappers of wrappers that are quick are in
// tests/ops/distributions/conformance_of_compositions_test.cpp.
#include <gtest/gtest.h>

#include "framework/primitives.h"
#include "ops/ops.h"
#include "tests/conformance/check_distribution.h"

namespace loglik {
namespace {

TEST(Compositions, TruncatedZeroInflatedMixture) {  // nothing, or one of two kinds of waiting times, none above 6
  conformance::check_distribution(
      [](std::vector<Node> raw) {
        const Node second = reshape(raw[0], Shape{raw[0].shape()[0], 1, 1});
        const Distribution times = Mixture{.logits = concat({0.0 * second, second}, -1),
                                           .components = {Exponential{.log_mean = raw[1]}, LogNormal{.loc = raw[2]}}};
        return Truncated{.base = ZeroInflated{.base = times, .logits = raw[0]}, .lower = 0, .upper = 6};
      },
      {.raw_outputs = 3,
       .draw_gradient = "a draw's gradient is that of its component alone",
       .exchangeable = true,
       .parameters = 1,
       .largest = 20});
}

}  // namespace
}  // namespace loglik
