// Deviance and Fisher information of the families that have them in closed form, against their definitions.
#include "framework/distribution.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

struct Case {
  const char* name;
  Distribution (*make)(Node first, Node second);
  std::size_t parameters;
  bool kinked = false;  // at its location: there the scores jump
};

const Case cases[] = {
    {"asymmetric_laplace", [](Node a, Node b) -> Distribution { return AsymmetricLaplace{.loc = a, .level = 0.8, .log_scale = b}; }, 2, true},
    {"exponential", [](Node a, Node) -> Distribution { return Exponential{a}; }, 1},
    {"gamma", [](Node a, Node b) -> Distribution { return Gamma{.log_mean = a, .log_shape = b}; }, 2},
    {"gaussian", [](Node a, Node b) -> Distribution { return Gaussian{.loc = a, .log_scale = b}; }, 2},
    {"gumbel", [](Node a, Node b) -> Distribution { return Gumbel{.loc = a, .log_scale = b}; }, 2},
    {"gumbel_of_fixed_scale", [](Node a, Node) -> Distribution { return Gumbel{.loc = a, .scale = 2.5}; }, 1},
    {"inverse_gaussian", [](Node a, Node b) -> Distribution { return InverseGaussian{.log_mean = a, .log_concentration = b}; }, 2},
    {"laplace", [](Node a, Node b) -> Distribution { return Laplace{.loc = a, .log_scale = b}; }, 2, true},
    {"log_normal", [](Node a, Node b) -> Distribution { return LogNormal{.loc = a, .log_scale = b}; }, 2},
    {"negative_binomial", [](Node a, Node b) -> Distribution { return NegativeBinomial{.log_mean = a, .log_size = b}; }, 2},
    {"student_t", [](Node a, Node b) -> Distribution { return StudentT{.loc = a, .log_scale = b, .degrees = 4.5}; }, 2},
    {"student_t_of_predicted_degrees",
     [](Node a, Node b) -> Distribution { return StudentT{.loc = a, .scale = 2.5, .degrees = 3, .raw_degrees = b}; }, 2},
    {"poisson", [](Node a, Node) -> Distribution { return Poisson{a}; }, 1},
    {"logistic", [](Node a, Node b) -> Distribution { return Logistic{.loc = a, .log_scale = b}; }, 2},
    {"weibull", [](Node a, Node b) -> Distribution { return Weibull{.log_scale = a, .log_shape = b}; }, 2},
};

class Information : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Families, Information, testing::ValuesIn(cases), [](const auto& test) { return std::string(test.param.name); });

// The first parameter is what y itself, or its logarithm, fits best.
TEST_P(Information, DevianceIsTwiceWhatTheBestFitGains) {
  Graph graph;
  const Node y = graph.constant(row({0.03125, 0.5, 1, 2, 3, 17, 40})), a = graph.constant(row({0.3})), b = graph.constant(row({-0.25}));
  const Distribution d = GetParam().make(a, b);
  const Distribution best = GetParam().make(d.support()->lower() == 0 ? log(y) : y, b);
  const std::vector<Tensor> values = interpret(std::vector<Node>{d.deviance(y), 2.0 * (best.log_prob(y) - d.log_prob(y))}, {});
  for (std::int64_t i = 0; i < values[0].count(); ++i)
    EXPECT_NEAR(values[0].at(i), values[1].at(i), 1e-12 * (1 + std::abs(values[1].at(i)))) << i;
}

// Points and weights that add up to an expectation. Of a density: the trapezoidal rule in t = log(p/(1 − p)), which leaves out 2e-16 of
// either tail, and converges exponentially; where there is a kink the midpoints of 100,000 equal parts, with the kink between two of them.
// Of counts: the sum.
struct Rule {
  std::vector<double> points, weights;
};
Rule rule(const Distribution& scalar, bool kinked) {
  Rule r;
  Graph graph;
  if (scalar.support()->is_integer()) {
    for (int y = 0; y < 200; ++y) r.points.push_back(y);
    r.weights.assign(200, 1);
    return r;
  }
  std::vector<double> levels;
  constexpr double step = 0.0625;
  constexpr int parts = 100'000;
  for (int i = 0; kinked && i < parts; ++i) {
    levels.push_back((i + 0.5) / parts);
    r.weights.push_back(1.0 / parts);
  }
  for (int i = -576; !kinked && i <= 576; ++i) {
    const double p = 1 / (1 + std::exp(-i * step));
    levels.push_back(p);
    r.weights.push_back(step * p / (1 + std::exp(i * step)));
  }
  const Tensor values = interpret(scalar.quantile(scalar.mean().graph().constant(row(levels))));
  r.points.assign(values.values<double>().begin(), values.values<double>().end());
  return r;
}

TEST_P(Information, FisherIsTheMeanProductOfScores) {
  for (const auto& [first, second] : {std::pair{0.3, -0.25}, {-0.5, 0.5}}) {
    Graph graph;
    const Node a = graph.constant(row({first})), b = graph.constant(row({second}));
    const Distribution scalar = GetParam().make(a, b);
    const FisherInformation fisher = scalar.fisher_information();
    const std::size_t k = GetParam().parameters;
    ASSERT_EQ(fisher.parameters.size(), k);
    ASSERT_EQ(fisher.entries.size(), k * k);
    EXPECT_TRUE(fisher.parameters[0] == a && (k == 1 || fisher.parameters[1] == b));

    const Rule r = rule(scalar, GetParam().kinked);
    const auto n = static_cast<std::int64_t>(r.points.size());
    const std::vector<Node> wide{broadcast_to(a, {n}), broadcast_to(b, {n})};
    const Node log_prob = GetParam().make(wide[0], wide[1]).log_prob(graph.constant(row(r.points)));
    const std::vector<Node> scores = gradients(reduce_sum(log_prob), std::vector<Node>(wide.begin(), wide.begin() + std::int64_t(k)));
    Node weights = graph.constant(row(r.weights));
    if (scalar.support()->is_integer()) weights = exp(log_prob);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < k; ++j) {
        const Node entry = fisher.entries[i * k + j];
        const double expected = interpret(reduce_sum(weights * scores[i] * scores[j])).item();
        if (entry) {
          EXPECT_EQ(entry.shape(), scalar.mean().shape());
        }
        EXPECT_NEAR(entry ? interpret(entry).at(0) : 0, expected, (GetParam().kinked ? 1e-3 : 1e-10) * (1 + std::abs(expected))) << i << ", " << j;
      }
  }
}

}  // namespace
}  // namespace loglik
