#pragma once
#include <cmath>
#include <vector>

#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {

/// Every answer that both have, at targets and at levels of quantiles, within `tolerance` of 1 + the size of the expected. What is expected
/// to be NaN is not compared: a density below its support.
inline void expect_same_answers(const Distribution& actual, const Distribution& expected, const std::vector<double>& targets,
                                double tolerance, const std::vector<double>& levels) {
  Graph& graph = expected.median().graph();
  const Node y = graph.constant(row(targets)), p = graph.constant(row(levels));
  const auto same = [&](const char* what, Node a, Node b) {
    const Tensor left = interpret(a), right = interpret(b);
    ASSERT_EQ(left.extents(), right.extents()) << what;
    for (std::int64_t i = 0; i < left.count(); ++i) {
      if (left.at(i) == right.at(i) || std::isnan(right.at(i))) continue;  // infinities too
      EXPECT_NEAR(left.at(i), right.at(i), tolerance * (1 + std::abs(right.at(i)))) << what << " " << i;
    }
  };
  same("log_prob", actual.log_prob(y), expected.log_prob(y));
  same("cdf", actual.cdf(y), expected.cdf(y));
  same("survival", actual.survival(y), expected.survival(y));
  same("log_cdf", actual.log_cdf(y), expected.log_cdf(y));
  same("log_survival", actual.log_survival(y), expected.log_survival(y));
  same("quantile", actual.quantile(p), expected.quantile(p));
  same("median", actual.median(), expected.median());
  const auto both = [&](const char* what, auto answer, Node (Distribution::*ask)() const) {
    using Answer = decltype(answer);
    if (actual.has<Answer>() && expected.has<Answer>()) same(what, (actual.*ask)(), (expected.*ask)());
  };
  both("mean", Mean(), &Distribution::mean);
  both("mode", Mode(), &Distribution::mode);
  both("variance", Variance(), &Distribution::variance);
  both("entropy", Entropy(), &Distribution::entropy);
  if (actual.has<Crps>() && expected.has<Crps>()) same("crps", actual.crps(y), expected.crps(y));
}

}  // namespace loglik
