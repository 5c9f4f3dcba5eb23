// Truncated, censored, inflated and binned distributions against recorded values, and what must hold for all of them:
// references/wrappers.py says where the values come from.
#include <fstream>
#include <map>
#include <sstream>

#include "framework/distribution.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

// A user's own: failures before the first success of probability S(logits). Source: Johnson, Kemp & Kotz 2005, ch. 5.
struct Geometric {
  Node logits;
  std::string name() const { return "geometric"; }
  Node failures(Node y) const { return floor(y) + 1.0; }  // of which there are more than y
  Node log_prob(Node y) const { return -softplus(-logits) - y * softplus(logits); }
  Node cdf(Node y) const { return where(less(y, 0.0), 0.0, -expm1(log_survival(maximum(y, 0.0)))); }
  Node survival(Node y) const { return exp(log_survival(y)); }
  Node log_cdf(Node y) const {
    const Node possible = greater_equal(y, 0.0);
    return where(possible, log1mexp(-log_survival(where(possible, y, 0.0))), -infinity);
  }
  Node log_survival(Node y) const { return -failures(maximum(y, -1.0)) * softplus(logits); }
  Node quantile(Node p) const { return maximum(-floor(log1p(-p) / softplus(logits)) - 1.0, 0.0); }
  Node mean() const { return exp(-logits); }
  Node variance() const { return exp(-logits) / sigmoid(logits); }
  Node mode() const { return 0.0 * logits; }
  Node sample(std::string_view key) const {
    return quantile(random_uniform(logits.graph(), logits.shape(), {.dtype = logits.dtype()}).named(key));
  }
  Support support() const { return Support::counts; }
};

struct Case {
  const char* name;
  Distribution (*make)(Node first, Node second, Node logit);
  bool first_is_log = false;  ///< is the first parameter the log of a scale or mean?
  bool fixed_target = false;  ///< is log_prob not differentiable by y?
  bool is_binned = false;     ///< is it discrete, of other numbers than integers?
};

const Case cases[] = {
    {"truncated_gaussian_1",
     [](Node a, Node b, Node) -> Distribution {
       return Truncated{.base = Gaussian{a, b}, .lower = 0};
     }},
    {"truncated_gaussian_2",
     [](Node a, Node b, Node) -> Distribution {
       return Truncated{.base = Gaussian{a, b}, .lower = -1, .upper = 2};
     }},
    {"truncated_gaussian_3",
     [](Node a, Node b, Node) -> Distribution {
       return Truncated{.base = Gaussian{a, b}, .upper = 0.5};
     }},
    {"truncated_laplace",
     [](Node a, Node b, Node) -> Distribution {
       return Truncated{.base = Laplace{a, b}, .lower = -1, .upper = 2};
     }},
    {"truncated_logistic",
     [](Node a, Node b, Node) -> Distribution {
       return Truncated{.base = Logistic{a, b}, .lower = 3};
     }},
    {"truncated_student",
     [](Node a, Node b, Node) -> Distribution {
       return Truncated{.base = StudentT{.loc = a, .log_scale = b, .degrees = 4.5}, .lower = 2, .upper = 9};
     }},
    {"truncated_weibull",
     [](Node a, Node b, Node) -> Distribution {
       return Truncated{.base = Weibull{a, b}, .lower = 0.5, .upper = 3};
     },
     true},
    {"truncated_exponential", [](Node a, Node, Node) -> Distribution { return Truncated{.base = Exponential{a}, .lower = 2}; }, true},
    {"zero_inflated_log_normal",
     [](Node a, Node b, Node logit) -> Distribution {
       return ZeroInflated{.base = LogNormal{a, b}, .logits = logit};
     },
     true, true},
    {"censored_gaussian_1",
     [](Node a, Node b, Node) -> Distribution {
       return Censored{.base = Gaussian{a, b}, .lower = a.graph().constant(-1.0, a.dtype()), .upper = a.graph().constant(2.0, a.dtype())};
     },
     false, true},
    {"censored_gaussian_2",
     [](Node a, Node b, Node) -> Distribution {
       return Censored{.base = Gaussian{a, b}, .lower = a.graph().constant(0.0, a.dtype())};
     },
     false, true},
    {"censored_gaussian_3",
     [](Node a, Node b, Node) -> Distribution {
       return Censored{.base = Gaussian{a, b}, .upper = a.graph().constant(1.0, a.dtype())};
     },
     false, true},
    {"censored_weibull",
     [](Node a, Node b, Node) -> Distribution {
       return Censored{.base = Weibull{a, b}, .upper = a.graph().constant(3.0, a.dtype())};
     },
     true, true},
    {"discretised_logistic",
     [](Node a, Node b, Node) -> Distribution {
       return Discretised{.base = Logistic{a, b}, .lower = 0, .upper = 255};
     }},
    {"discretised_gaussian",
     [](Node a, Node b, Node) -> Distribution {
       return Discretised{.base = Gaussian{a, b}, .lower = 0, .upper = 255};
     }},
    {"discretised_laplace",
     [](Node a, Node b, Node) -> Distribution {
       return Discretised{.base = Laplace{a, b}, .width = 0.25};
     },
     false, true, true},
    {"discretised_mixture",
     [](Node a, Node b, Node logit) -> Distribution {
       const Node logits = concat({expand_dims(0.0 * logit, -1), expand_dims(logit, -1)}, -1);
       return Discretised{.base = Mixture{.logits = logits, .components = {Logistic{a, b}, Logistic{a + 12.0, b - std::numbers::ln2}}},
                          .lower = 0,
                          .upper = 255};
     }},
    {"zero_inflated_geometric",
     [](Node a, Node, Node logit) -> Distribution { return ZeroInflated{.base = Geometric{a}, .logits = logit}; }, true},
    {"hurdle_geometric", [](Node a, Node, Node logit) -> Distribution { return Hurdle{.base = Geometric{a}, .logits = logit}; }, true},
    {"zero_inflated_poisson", [](Node a, Node, Node logit) -> Distribution { return ZeroInflated{.base = Poisson{a}, .logits = logit}; },
     true},
    {"hurdle_poisson", [](Node a, Node, Node logit) -> Distribution { return Hurdle{.base = Poisson{a}, .logits = logit}; }, true},
    {"hurdle_gamma",
     [](Node a, Node b, Node logit) -> Distribution {
       return Hurdle{.base = Gamma{a, b}, .logits = logit};
     },
     true, true},
    {"hurdle_weibull",
     [](Node a, Node b, Node logit) -> Distribution {
       return Hurdle{.base = Weibull{a, b}, .logits = logit};
     },
     true, true},
};

struct Rows {
  std::vector<double> parameters[3], argument, value, condition;
};

std::map<std::string, Rows> read(const std::string& name) {
  std::ifstream file(std::string(LOGLIK_REFERENCES) + "/wrappers.csv");
  std::map<std::string, Rows> functions;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream stream(line);
    std::string which, function, cell;
    std::getline(stream, which, ',');
    if (which != name) continue;
    std::getline(stream, function, ',');
    double numbers[6] = {};
    for (double& number : numbers)
      if (std::getline(stream, cell, ',') && !cell.empty()) number = std::stod(cell);
    Rows& rows = functions[function];
    for (std::size_t i = 0; i < 3; ++i) rows.parameters[i].push_back(numbers[i]);
    rows.argument.push_back(numbers[3]);
    rows.value.push_back(numbers[4]);
    rows.condition.push_back(numbers[5]);
  }
  return functions;
}

Node answer(const std::string& function, const Distribution& d, Node at) {
  if (function == "log_prob") return d.log_prob(at);
  if (function == "log_cdf") return d.log_cdf(at);
  if (function == "log_survival") return d.log_survival(at);
  if (function == "cdf") return d.cdf(at);
  if (function == "survival") return d.survival(at);
  if (function == "quantile") return d.quantile(at);
  if (function == "mean") return d.mean();
  if (function == "variance") return d.variance();
  if (function == "entropy") return d.entropy();
  throw NameError(function + " is unknown");
}

class Wrappers : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, Wrappers, testing::ValuesIn(cases), [](const auto& test) { return std::string(test.param.name); });

// Off by at most 1e-12·max(1, |value|) in float64 and 1e-5 in float32, or 8 times what one ulp of every input changes.
TEST_P(Wrappers, ReachTheirReferences) {
  const auto functions = read(GetParam().name);
  ASSERT_FALSE(functions.empty());
  for (const auto& [function, rows] : functions)
    for (const DType dtype : {DType::float64, DType::float32}) {
      SCOPED_TRACE(function + (dtype == DType::float64 ? " in float64" : " in float32"));
      const double epsilon = dtype == DType::float64 ? 0x1p-52 : 0x1p-23, tolerance = dtype == DType::float64 ? 1e-12 : 1e-5;
      Graph graph;
      const auto node = [&](const std::vector<double>& values) { return graph.constant(row(values).cast(dtype)); };
      const Distribution d = GetParam().make(node(rows.parameters[0]), node(rows.parameters[1]), node(rows.parameters[2]));
      const Tensor values = interpret(answer(function, d, node(rows.argument)));
      for (std::size_t i = 0; i < rows.value.size(); ++i) {
        const double expected = rows.value[i];
        EXPECT_NEAR(values.at(static_cast<std::int64_t>(i)), expected,
                    std::max({tolerance * std::max(1.0, std::abs(expected)), 8 * epsilon * rows.condition[i],
                              dtype == DType::float32 ? 0x1p-126 : 0}))
            << "row " << i << ": " << rows.parameters[0][i] << ", " << rows.parameters[1][i] << ", " << rows.parameters[2][i] << " at "
            << rows.argument[i];
      }
    }
}

// Parameters of one draw each, in float32, of which nothing is extreme.
Distribution moderate(const Case& c, Graph& graph, std::int64_t n, DType dtype) {
  const auto node = [&](double value) {
    return graph.constant(Tensor::from(std::vector<double>(static_cast<std::size_t>(n), value)).cast(dtype));
  };
  return c.make(node(0.75), node(-0.25), node(-0.5));
}

// No log probability is NaN, and no gradient of one that is finite, for any raw outputs: scales and shapes by the link that families have,
// locations of up to 1e10, logs of locations of up to ±80.
TEST_P(Wrappers, HaveNoGradientThatIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    std::vector<double> firsts, raws, ys{0, 2.5};
    for (const double magnitude : {0.0, 1e-30, 1e-8, 1.0, 5.0, 20.0, 88.0, 104.0, 710.0, 1e4, 1e10})
      for (const double sign : {1.0, -1.0}) {
        raws.push_back(sign * magnitude);
        firsts.push_back(sign * (GetParam().first_is_log ? std::min(magnitude, 80.0) : magnitude));
      }
    {
      Graph graph;
      const Tensor levels = row({0.001, 0.3, 0.9, 0.99999});
      const Tensor points = interpret(moderate(GetParam(), graph, 4, dtype).quantile(graph.constant(levels.cast(dtype))));
      for (std::int64_t i = 0; i < 4; ++i) ys.push_back(points.at(i));
      const Support support = *moderate(GetParam(), graph, 1, dtype).support();
      if (!std::string_view(GetParam().name).starts_with("truncated")) std::erase_if(ys, [&](double y) { return !support.contains(y); });
    }
    Graph graph;
    const auto n = static_cast<std::int64_t>(raws.size()), m = static_cast<std::int64_t>(ys.size());
    const auto node = [&](const std::vector<double>& values, Extents extents) {
      return broadcast_to(graph.constant(row(values).cast(dtype).reshape(extents)), {m, n, n, 3});  // of each alone: sums hide NaN
    };
    const std::vector<Node> x{node(firsts, {1, n, 1, 1}), node(raws, {1, 1, n, 1}), node({-90, 0.5, 1e4}, {1, 1, 1, 3}),
                              node(ys, {m, 1, 1, 1})};
    const Node log_prob = GetParam().make(x[0], bounded_log_scale(x[1]), x[2]).log_prob(x[3]);
    ASSERT_EQ(log_prob.shape(), x[0].shape());
    std::vector<Node> results = gradients(reduce_sum(log_prob), x);
    if (GetParam().make(x[0], x[1], x[2]).support()->is_integer()) results.pop_back();  // by y
    results.insert(results.begin(), log_prob);
    const Tensor log_probs = interpret(log_prob);
    for (std::size_t r = 0; r < results.size(); ++r) {
      if (!results[r]) continue;
      const Tensor values = r == 0 ? log_probs : interpret(results[r]);
      for (std::int64_t i = 0; i < values.count(); ++i)
        ASSERT_FALSE(std::isnan(values.at(i)) && (r == 0 || std::isfinite(log_probs.at(i))))
            << (r == 0 ? "log_prob" : "gradient by input " + std::to_string(r - 1)) << " in "
            << (dtype == DType::float64 ? "float64" : "float32") << ": y = " << ys[i / (3 * n * n)] << ", parameters "
            << firsts[i / (3 * n) % n] << ", " << raws[i / 3 % n] << ", logit " << i % 3;
    }
  }
}

// The answers have the parameters' shape, and y more leading axes: as if each were asked for alone.
TEST_P(Wrappers, BroadcastOverLeadingAxesOfTheTarget) {
  Graph graph;
  const Node first = graph.constant(row({0.25, 0.5, -0.5})), second = graph.constant(row({0, -0.25, 0.5})),
             logit = graph.constant(row({-1, 0.5, 0}));
  const Distribution d = GetParam().make(first, second, logit);
  const Node levels = graph.constant(row({0.2, 0.5, 0.7, 0.95}).reshape({4, 1})), y = d.quantile(levels);
  ASSERT_EQ(y.shape(), (Shape{4, 3}));
  const std::vector<Tensor> values = interpret(std::vector<Node>{first, second, logit, y}, {});
  for (const char* function : {"log_prob", "log_cdf", "log_survival", "cdf", "survival"}) {
    const Tensor all = interpret(answer(function, d, y));
    ASSERT_EQ(all.extents(), (Extents{4, 3})) << function;
    for (std::int64_t i = 0; i < 12; ++i) {
      Graph alone;
      const auto at = [&](std::size_t which, std::int64_t k) { return alone.constant(row({values[which].at(k)})); };
      const Distribution one = GetParam().make(at(0, i % 3), at(1, i % 3), at(2, i % 3));
      EXPECT_EQ(interpret(answer(function, one, at(3, i))).at(0), all.at(i)) << function;
    }
  }
  const Tensor sum = interpret(d.cdf(y) + d.survival(y)), logs = interpret(exp(d.log_cdf(y)) - d.cdf(y));
  for (std::int64_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(sum.at(i), 1, 1e-14);
    EXPECT_NEAR(logs.at(i), 0, 1e-14);
  }
}

// The distribution function of a draw is uniform; of one with points of positive probability, uniform once it is spread over their steps.
TEST_P(Wrappers, DrawTheirOwnDistribution) {
  Graph graph;
  const Distribution d = moderate(GetParam(), graph, ks_draws, DType::float32);
  const Node draws = d.sample("draws"), log_p = d.log_prob(draws);
  Node jump;  // P(Y = draw)
  if (GetParam().is_binned || (d.support() && d.support()->is_integer())) jump = exp(log_p);
  for (const Node atom : d.atoms()) {
    const Node here = where(equal(draws, atom), exp(log_p), 0.0);
    jump = jump ? maximum(jump, here) : here;
  }
  Node u = d.cdf(draws);
  if (jump) u = u - jump * random_uniform_like(draws);
  const std::vector<Tensor> values = interpret(std::vector<Node>{draws, u}, {});
  EXPECT_EQ(values[0].dtype(), DType::float32);
  EXPECT_LT(ks_distance(values[1], [](double x) { return x; }), ks_bound);
  for (std::int64_t i = 0; i < ks_draws; ++i) ASSERT_TRUE(d.support()->contains(values[0].at(i))) << values[0].at(i);
}

// Gradients of log_prob by target and parameters are those of differences.
TEST_P(Wrappers, HaveTheGradientsOfDifferences) {
  Graph graph;
  const Distribution d = moderate(GetParam(), graph, 4, DType::float64);
  const Tensor points = interpret(d.quantile(graph.constant(row({0.31, 0.62, 0.83, 0.96}))));
  const Tensor at = points.reshape({4, 1, 1, 1});
  const bool fixed = GetParam().fixed_target || (d.support() && d.support()->is_integer());
  const auto build = [&](const std::vector<Node>& x) {
    return GetParam().make(x[0], x[1], x[2]).log_prob(fixed ? x[0].graph().constant(at) : x[3]);
  };
  std::vector<Tensor> inputs{spread({3, 1, 1}, 0.4, 0.9), spread({2, 1}, -0.4, 0.2, 2), spread({2}, -1, 1, 3)};
  if (!fixed) inputs.push_back(at);
  expect_derivatives(build, inputs, 2);
}

// A few steps of training on the distribution's own draws lower the loss of parameters that began elsewhere.
TEST_P(Wrappers, Train) {
  Tensor y;
  {
    Graph graph;
    y = interpret(moderate(GetParam(), graph, 256, DType::float32).sample("draws")).reshape({256, 1});
  }
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  const auto parameter = [&](const char* name) { return 0.0 * x + graph.parameter(name, {}, {}); };
  graph.head("y", GetParam().make(parameter("first"), parameter("second"), parameter("third")));
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.02}});
  Session session = model.session();
  double first = 0, last = 0;
  for (int step = 0; step < 30; ++step) (step == 0 ? first : last) = session.step({{"x", Tensor(DType::float32, {256, 1})}, {"y", y}}).loss;
  EXPECT_LT(last, first - 1e-3);
  EXPECT_FALSE(model.graph().heads()[0]->distribution.certificate().empty());
}

}  // namespace
}  // namespace loglik
