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

// From 60 digits, at parameters at which the differences of the textbooks' forms have no digit left in float32, or in float64.
TEST(Information, IsPreciseWhereItsTermsCancel) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const double tolerance = dtype == DType::float64 ? 1e-11 : 1e-5;
    const auto number = [&](double x) { return graph.constant(x, dtype); };
    const auto expect = [&](Node entry, double expected) {
      if (dtype == DType::float32 && std::abs(expected) < 1e-37) return;
      EXPECT_NEAR(interpret(entry).item() / expected, 1, tolerance) << expected;
    };
    for (const auto& [logits, log_precision, of_mean, mixed, of_precision] :
         {std::tuple{0.5, -40.0, 0.52999257559681102, -0.24491866240370913, 1.0}, {0.5, -2.0, 0.53302029550909017, -0.24348479652262678, 0.98928141728246675},
          {0.5, 1.0, 0.97204988939402052, -0.17579395472309578, 0.67503418836634448}, {0.5, 14.0, 282616.73608472552, -0.12245947563709187, 0.50000045113924468},
          {-2.0, 17.0, 2536115.4898566326, 0.38079712802780312, 0.50000005881741569}, {3.0, 40.0, 10633920105566008.0, -0.45257412682243323, 0.5},
          {-1.0, 75.0, 7.3399992624894172e+31, 0.23105857863000488, 0.5}}) {
      const std::vector<Node> entries = Beta{number(logits), number(log_precision)}.fisher_information().entries;
      expect(entries[0], of_mean), expect(entries[1], mixed), expect(entries[3], of_precision);
    }
    for (const auto& [degrees, expected] :
         {std::pair{1e-3, 999166.78946383713}, {0.5, 2.6162433290898284}, {4.0, 0.00650122054414075}, {100.0, 3.3738345280847353e-8},
          {1990.0, 2.2276431387980457e-13}, {2010.0, 2.1403349913333802e-13}, {1e4, 3.4987003948810363e-16}, {1e6, 3.4999870000394999e-24}, {1e8, 3.4999998700000039e-32}}) {
      // ν = degrees + softplus(n), with dν/dn = S(n) = ½ at 0
      const double below = degrees - std::log(2.0);
      if (below <= 0) continue;
      expect(4.0 * StudentT{.loc = number(0), .degrees = below, .raw_degrees = number(0)}.fisher_information().entries[3], expected);
    }
  }
}

}  // namespace
}  // namespace loglik
