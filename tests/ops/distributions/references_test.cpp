// Every univariate family against recorded values: references/make.py says where they come from.
#include "tests/ops/distributions/references.h"
#include "framework/distribution.h"
#include "framework/error.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

struct Case {
  const char* name;
  MakeDistribution make;
  bool has_kl = false;
  std::size_t functions = 9;  // recorded
  bool is_share = false;  // of targets in (0, 1): u/(1 + u) is put where the others have u
};

const Case cases[] = {
    {"asymmetric_laplace", [](Node a, Node b) -> Distribution { return AsymmetricLaplace{.loc = a, .level = 0.9, .log_scale = b}; }},
    {"beta", [](Node a, Node b) -> Distribution { return Beta{.logits = a, .log_precision = b}; }, true, 9, true},
    {"exponential", [](Node a, Node) -> Distribution { return Exponential{a}; }, true},
    {"gaussian",
     [](Node a, Node b) -> Distribution {
       return Gaussian{a, b};
     },
     true},
    {"gamma", [](Node a, Node b) -> Distribution { return Gamma{.log_mean = a, .log_shape = b}; }, true},
    {"gumbel", [](Node a, Node b) -> Distribution { return Gumbel{.loc = a, .log_scale = b}; }},
    {"inverse_gaussian", [](Node a, Node b) -> Distribution { return InverseGaussian{.log_mean = a, .log_concentration = b}; }, true,
     8},  // its CRPS: crps_references_test.cpp
    {"laplace",
     [](Node a, Node b) -> Distribution {
       return Laplace{a, b};
     },
     true},
    {"log_normal",
     [](Node a, Node b) -> Distribution {
       return LogNormal{a, b};
     },
     true},
    {"logistic",
     [](Node a, Node b) -> Distribution {
       return Logistic{a, b};
     }},
    {"student_t", [](Node a, Node b) -> Distribution { return StudentT{.loc = a, .log_scale = b, .degrees = 4.5}; }},
    {"weibull", [](Node a, Node b) -> Distribution { return Weibull{.log_scale = a, .log_shape = b}; }},
};

class References : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Families, References, testing::ValuesIn(cases), [](const auto& test) { return std::string(test.param.name); });

TEST_P(References, AreReached) { expect_references(GetParam().name, GetParam().make, GetParam().functions); }

// log p and its gradients are not NaN for any parameters, as long as y − μ fits the dtype.
TEST_P(References, NoGradientIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    std::vector<double> raws, ys;
    for (const double magnitude : {0.0, 1e-30, 1e-8, 1.0, 20.0, 88.0, 104.0, 710.0, 1e4, 1e10, 1.6e38})
      for (const double sign : {1.0, -1.0}) raws.push_back(sign * magnitude);
    for (const double magnitude : {1.2e-38, 1e-8, 0.5, 1.0, 3.0, 40.0, 1e10, 1e38})
      ys.push_back(GetParam().is_share ? std::min(magnitude / (1 + magnitude), 1 - 0x1p-24) : magnitude);
    Graph graph;
    const auto n = static_cast<std::int64_t>(raws.size()), m = static_cast<std::int64_t>(ys.size());
    const Node first = graph.constant(row(raws).cast(dtype).reshape({1, n, 1})),
               second = graph.constant(row(raws).cast(dtype).reshape({1, 1, n}));
    const Node y = graph.constant(row(ys).cast(dtype).reshape({m, 1, 1}));
    // Of each element alone: a sum would hide a NaN behind another.
    const Node a = broadcast_to(first, {m, n, n}), b = broadcast_to(second, {m, n, n}), at = broadcast_to(y, {m, n, n});
    const Node log_prob = broadcast_to(GetParam().make(a, b).log_prob(at), {m, n, n});
    std::vector<Node> results = gradients(reduce_sum(where(equal(log_prob, log_prob), log_prob, 0.0)), std::vector<Node>{a, b, at});
    results.insert(results.begin(), log_prob);
    for (std::size_t r = 0; r < results.size(); ++r) {
      if (!results[r]) continue;
      const Tensor values = interpret(results[r]);
      for (std::int64_t i = 0; i < values.count(); ++i) {
        ASSERT_FALSE(std::isnan(values.at(i))) << (r == 0 ? "log_prob" : "gradient by input " + std::to_string(r - 1)) << " in "
                                               << (dtype == DType::float64 ? "float64" : "float32") << ": y = " << ys[i / (n * n)]
                                               << ", parameters " << raws[i / n % n] << ", " << raws[i % n];
      }
    }
  }
}

// A head may be trained by its CRPS: for parameters within the bounds of the families' links neither it nor its gradients are NaN.
TEST_P(References, NoGradientOfCrpsIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    const std::vector<double> raws{-9.2, -6, -4, -1, 0, 1, 4, 6, 9.2}, ys{1e-6, 0.01, 0.5, 1, 3, 40, 1e4};
    Graph graph;
    const auto n = static_cast<std::int64_t>(raws.size()), m = static_cast<std::int64_t>(ys.size());
    const Node a = broadcast_to(graph.constant(row(raws).cast(dtype).reshape({1, n, 1})), {m, n, n});
    const Node b = broadcast_to(graph.constant(row(raws).cast(dtype).reshape({1, 1, n})), {m, n, n});
    const Distribution d = GetParam().make(a, b);
    const Node crps = d.crps(broadcast_to(graph.constant(row(ys).cast(dtype).reshape({m, 1, 1})), {m, n, n}));
    std::vector<Node> results = gradients(reduce_sum(crps), std::vector<Node>{a, b});
    results.insert(results.begin(), crps);
    for (std::size_t r = 0; r < results.size(); ++r) {
      if (!results[r]) continue;
      const Tensor values = interpret(results[r]);
      for (std::int64_t i = 0; i < values.count(); ++i)
        ASSERT_FALSE(std::isnan(values.at(i))) << (r == 0 ? "crps" : "gradient by parameter " + std::to_string(r)) << " in "
                                               << (dtype == DType::float64 ? "float64" : "float32")
                                               << ": y = " << ys[static_cast<std::size_t>(i / (n * n))] << ", parameters "
                                               << raws[static_cast<std::size_t>(i / n % n)] << ", "
                                               << raws[static_cast<std::size_t>(i % n)];
    }
  }
}

TEST_P(References, GradientsAreThoseOfDifferences) {
  const Build build = [](const std::vector<Node>& x) {
    return GetParam().make(x[1], x[2]).log_prob(GetParam().is_share ? x[0] / (1.0 + x[0]) : x[0]);
  };
  expect_derivatives(build, {spread({3, 1, 1}, 0.3, 4), spread({2, 1}, -0.7, 0.2, 2), spread({2}, -0.5, 0.5, 3)}, 2);
}

// Draws against the distribution's own cdf, which is tested above: of shares few may lie above float32's last number below 1. A correct sampler fails with a probability below 1e-6.
TEST_P(References, DrawsFollowTheCdf) {
  Graph graph;
  const Node loc = graph.constant(Tensor::from(std::vector<float>(ks_draws, 0.75F))),
             log_scale = graph.constant(Tensor::from(std::vector<float>(ks_draws, GetParam().is_share ? 2.5F : -0.5F)));
  const Distribution d = GetParam().make(loc, log_scale);
  const Node draws = d.sample("draws");
  const std::vector<Tensor> values = interpret(std::vector<Node>{draws, d.cdf(draws)}, {});
  EXPECT_EQ(values[0].dtype(), DType::float32);
  EXPECT_LT(ks_distance(values[1], [](double u) { return u; }), ks_bound);  // F(Y) is uniform
  for (std::int64_t i = 0; i < ks_draws; ++i) ASSERT_TRUE(d.support()->contains(values[0].at(i))) << values[0].at(i);
}

// ∂draw/∂parameter at the same random number is −(∂F/∂parameter)/p.
TEST_P(References, DrawsAreReparameterised) {
  Graph graph;
  const Node loc = graph.constant(spread({32}, -1, 1)), log_scale = graph.constant(spread({32}, -1, 1, 2));
  const Distribution d = GetParam().make(loc, log_scale);
  const Node draws = d.sample("draws"), at = stop_gradient(draws);
  for (const Node parameter : {loc, log_scale}) {
    const Node by = gradients(reduce_sum(draws), std::vector<Node>{parameter})[0];
    const Node of_cdf = gradients(reduce_sum(d.cdf(at)), std::vector<Node>{parameter})[0];
    ASSERT_EQ(static_cast<bool>(by), static_cast<bool>(of_cdf));
    if (!by) continue;
    const std::vector<Tensor> values = interpret(std::vector<Node>{by, -of_cdf / exp(d.log_prob(at))}, {});
    for (std::int64_t i = 0; i < 32; ++i) EXPECT_NEAR(values[0].at(i), values[1].at(i), 1e-9 * (1 + std::abs(values[1].at(i)))) << i;
  }
}

// The closed form against the mean of log p − log q at the middles of 20,000 equally probable pieces of p: what is left out of a tail in
// which the ratio grows like y is below (1 + log n)/n = 6e-4 of it, and the ratio's slope here below 2.
TEST_P(References, KlIsTheMeanLogRatio) {
  constexpr std::int64_t n = 20000;
  std::vector<double> levels(n);
  for (std::int64_t i = 0; i < n; ++i) levels[static_cast<std::size_t>(i)] = (static_cast<double>(i) + 0.5) / n;
  Graph graph;
  const auto make = [&](double first, double second) {
    return GetParam().make(graph.constant(row({first})), graph.constant(row({second})));
  };
  const Distribution p = make(0.3, -0.2), q = make(-0.5, 0.1);
  if (!GetParam().has_kl) {
    EXPECT_THROW(p.kl(q), ArgumentError);
    return;
  }
  const Node kl = p.kl(q);
  const Node y = p.quantile(graph.constant(row(levels)));
  EXPECT_NEAR(interpret(kl).at(0), interpret(reduce_mean(p.log_prob(y) - q.log_prob(y))).item(), 2e-3);
  EXPECT_EQ(interpret(p.kl(p)).at(0), 0);
}

}  // namespace
}  // namespace loglik
