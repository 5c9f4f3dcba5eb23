// What is known of a value only in part: limits of an instrument, survival data, intervals.
#include "ops/distributions/censored.h"

#include <limits>

#include "framework/error.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Censored, AtItsLimitsIsAProbability) {  // from 40 digits: log Φ(−1), log φ(0.5), log Φ(−2)
  Graph graph;
  const Node zero = graph.constant(0.0, DType::float64), one = graph.constant(-1.0, DType::float64),
             two = graph.constant(2.0, DType::float64);
  const Distribution d = Censored{.base = Gaussian{.loc = zero}, .lower = one, .upper = two};
  const Node y = graph.constant(row({-5, -1, 0.5, 2, 9}));
  const double low = -1.8410216450092636, high = -3.7831843336820317, between = -1.0439385332046727;
  expect_close(interpret(d.log_prob(y)), {low, low, between, high, high}, 8);
  expect_close(interpret(d.cdf(y)), {0, std::exp(low), 0.69146246127401312, 1, 1}, 8);
  expect_close(interpret(d.survival(y)), {1, 1 - std::exp(low), 0.30853753872598688, 0, 0}, 8);
  expect_close(interpret(d.quantile(graph.constant(row({0.01, 0.5, 0.999})))), {-1, 0, 2}, 8);
  EXPECT_EQ(d.atoms().size(), 2U);
  // Each sample's own limits, infinite where there is none.
  const Distribution own = Censored{.base = Gaussian{.loc = zero}, .upper = graph.constant(row({infinity, 2, infinity}))};
  expect_close(interpret(own.log_prob(graph.constant(row({0.5, 2, 0.5})))), {between, high, between}, 8);
  const Tensor mean = interpret(own.mean());  // −(φ(2) − 2·Φ(−2)); to an ulp of the 9 σ from which it is measured
  EXPECT_NEAR(mean.at(0), 0, 4e-15);
  EXPECT_NEAR(mean.at(1), -0.00849070261683, 2e-14);
}

// ∂(−log p): −λ(z)/σ by μ and −z·λ(z) by log σ where y ≥ upper; λ(−z)/σ and z·λ(−z) where y ≤ lower.
TEST(Censored, GradientIsTheHazard) {
  Graph graph;
  const Node loc = graph.constant(row({0.2, 0.2, 0.2})), log_scale = graph.constant(row({0.3, 0.3, 0.3}));
  const Distribution d = Censored{
      .base = Gaussian{loc, log_scale}, .lower = graph.constant(-1.0, DType::float64), .upper = graph.constant(2.0, DType::float64)};
  const std::vector<Node> by = gradients(reduce_sum(-d.log_prob(graph.constant(row({2, -1, 0.5})))), std::vector<Node>{loc, log_scale});
  const Node z = (graph.constant(row({2, -1})) - 0.2) / std::exp(0.3), hazard = normal_hazard(z), below = normal_hazard(-z);
  const Tensor h = interpret(hazard), l = interpret(below), at = interpret(z);
  EXPECT_NEAR(interpret(by[0]).at(0), -h.at(0) / std::exp(0.3), 1e-14);
  EXPECT_NEAR(interpret(by[0]).at(1), l.at(1) / std::exp(0.3), 1e-14);
  EXPECT_NEAR(interpret(by[1]).at(0), -at.at(0) * h.at(0), 1e-14);
  EXPECT_NEAR(interpret(by[1]).at(1), at.at(1) * l.at(1), 1e-14);
}

TEST(Censored, OfCountsIncludesTheLimit) {
  Graph graph;
  const Node x = graph.constant(row({0.4}));
  const Distribution d = Censored{.base = Bernoulli{x}, .upper = graph.constant(1.0, DType::float64)};
  EXPECT_NEAR(interpret(exp(d.log_prob(graph.constant(row({1}))))).at(0), 1 / (1 + std::exp(-0.4)), 1e-15);
  EXPECT_TRUE(d.atoms().empty());
}

TEST(Censored, SaysWhatItIs) {
  Graph graph;
  const Node x = graph.constant(0.0, DType::float64);
  const Distribution tobit = Censored{.base = Gaussian{.loc = x}, .lower = x}, never = Censored{.base = Gumbel{.loc = x}};
  EXPECT_EQ(tobit.name(), "censored gaussian");
  EXPECT_EQ(tobit.certificate(), "NLL = that of gaussian, at the limit −log P(X ≤ lower)");
  EXPECT_TRUE(tobit.has<Mean>() && tobit.has<Variance>() && tobit.has<Quantile>() && tobit.has_sample());
  EXPECT_FALSE(never.has<Mean>() || never.has<Mode>() || never.has<Entropy>());
  EXPECT_EQ(interpret(never.log_prob(x)).item(), interpret(Gumbel{.loc = x}.log_prob(x)).item());
  EXPECT_THROW((Censored{.base = Independent{Gaussian{.loc = graph.constant(row({0}))}}, .lower = x}.log_prob(x)), ArgumentError);
}

// Three ways to say the same of times of which some are ends of observation.
TEST(RightCensored, IsAnEventOrASurvival) {
  Graph graph;
  const Node a = graph.constant(row({0.5, 0.5, 0.5})), k = graph.constant(row({0.2, 0.2, 0.2})), y = graph.constant(row({1, 2.5, 4})),
             event = graph.constant(row({1, 0, 1}));
  const Distribution base = Weibull{.log_scale = a, .log_shape = k}, d = RightCensored{.base = base, .event = event};
  const Node expected = where(greater(event, 0.0), base.log_prob(y), base.log_survival(y));
  const Tensor reference = interpret(expected);
  expect_close(interpret(d.log_prob(y)), {reference.at(0), reference.at(1), reference.at(2)}, 2);
  const Distribution limits = Censored{.base = base, .upper = where(greater(event, 0.0), infinity, y)};
  expect_close(interpret(limits.log_prob(y)), {reference.at(0), reference.at(1), reference.at(2)}, 2);
  const Distribution intervals = IntervalCensored{.base = base, .lower = y, .upper = where(greater(event, 0.0), y, infinity)};
  expect_close(interpret(intervals.log_prob(y)), {reference.at(0), reference.at(1), reference.at(2)}, 2);
  const Distribution by_count = RightCensored{.base = base, .event = cast(event, DType::int32)};
  EXPECT_TRUE(interpret(by_count.log_prob(y)).same_bits(interpret(d.log_prob(y))));
  EXPECT_EQ(d.name(), "right-censored weibull");
  EXPECT_EQ(d.certificate(), "NLL = that of weibull, or −log P(X > y) where the event had not come");
  EXPECT_TRUE(d.has<Median>() && d.has<Mean>() && d.has<Quantile>() && !d.has<Crps>());
  EXPECT_EQ(interpret(d.median()).at(0), interpret(base.median()).at(0));
}

// Exponential times: the estimate is all the time observed over the number of events. 9 units in 3 events: a mean of 3.
TEST(RightCensored, LearnsFromThoseThatAreStillAlive) {
  Graph graph;
  const Node event = graph.input("event", {batch, 1});
  graph.head("time", RightCensored{.base = Exponential{.log_mean = 0.0 * event + graph.parameter("log_mean", {}, {})}, .event = event});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{0.5F, 1.5F, 2, 2, 3}, {5, 1}),
               events = Tensor::from(std::vector<float>{1, 1, 1, 0, 0}, {5, 1});
  for (int step = 0; step < 400; ++step) session.step({{"time", y}, {"event", events}});
  EXPECT_NEAR(model.parameters()["log_mean"].item(), std::log(3.0), 1e-3);
}

TEST(IntervalCensored, IsTheProbabilityOfTheInterval) {  // from 40 digits
  Graph graph;
  const Node zero = graph.constant(0.0, DType::float64);
  const auto limits = [&](std::vector<double> lower, std::vector<double> upper) {
    return Distribution(
        IntervalCensored{.base = Gaussian{.loc = zero}, .lower = graph.constant(row(lower)), .upper = graph.constant(row(upper))});
  };
  const Distribution d = limits({-infinity, 1, -1, 0.5, 10, -30, -infinity}, {-1, infinity, 2, 0.5, 11, -20, infinity});
  expect_close(
      interpret(d.log_prob(zero)),
      {-1.8410216450092636, -1.8410216450092636, -0.20016629432446258, -1.0439385332046727, -53.231310225583125, -203.91715537109724, 0},
      8);
  EXPECT_EQ(interpret(limits({2}, {1}).log_prob(zero)).at(0), -infinity);
  EXPECT_FALSE(d.support().has_value());
  EXPECT_EQ(d.name(), "interval-censored gaussian");
  // A value that is known, and can't be.
  const Distribution never =
      IntervalCensored{.base = Weibull{zero, zero}, .lower = graph.constant(row({0, 1})), .upper = graph.constant(row({0, 1}))};
  expect_close(interpret(never.log_prob(zero)), {-infinity, -1}, 2);
}

TEST(IntervalCensored, FixedEdgesMakeItsIntervals) {
  Graph graph;
  const Node loc = graph.constant(0.3, DType::float64);
  const Distribution d = IntervalCensored{.base = Logistic{.loc = loc}, .edges = {-1, 0.5, 2}};
  const Node log_p = d.log_prob(graph.constant(row({-3, -1, -0.9, 0.5, 1.9, 2.1, 1e9})));
  const auto f = [](double y) { return 1 / (1 + std::exp(0.3 - y)); };
  expect_close(interpret(exp(log_p)), {f(-1), f(-1), f(0.5) - f(-1), f(0.5) - f(-1), f(2) - f(0.5), 1 - f(2), 1 - f(2)}, 16);
  EXPECT_EQ(d.support()->text(), "the finite numbers");
  EXPECT_THROW((IntervalCensored{.base = Logistic{.loc = loc}, .edges = {1, 1}}.log_prob(loc)), ArgumentError);
  EXPECT_THROW((IntervalCensored{.base = Logistic{.loc = loc}, .edges = {1, infinity}}.log_prob(loc)), ArgumentError);
  EXPECT_THROW((IntervalCensored{.base = Logistic{.loc = loc}, .lower = loc, .edges = {1}}.log_prob(loc)), ArgumentError);
  EXPECT_THROW((IntervalCensored{.base = Logistic{.loc = loc}, .lower = loc}.log_prob(loc)), ArgumentError);
  EXPECT_THROW((IntervalCensored{.base = Logistic{.loc = loc}}.log_prob(loc)), ArgumentError);
}

// No gradient is NaN: of values known, half known, and out of all proportion.
TEST(IntervalCensored, HasNoGradientThatIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const auto node = [&](const std::vector<double>& values, Extents extents) {
      return graph.constant(row(values).cast(dtype).reshape(extents));
    };
    const Node loc = broadcast_to(node({-1e10, -88, -1, 0, 1, 80, 1e10}, {7, 1, 1}), {7, 5, 7}),
               raw = broadcast_to(node({-1e4, -20, 0, 20, 1e4}, {5, 1}), {7, 5, 7});
    const Node lower = node({-infinity, 0, 1, 1, 5, 1, -infinity}, {7}), upper = node({0, infinity, 1, 2, 5.0001, 1e30, infinity}, {7});
    const Distribution ds[] = {
        IntervalCensored{.base = Gaussian{loc, bounded_log_scale(raw)}, .lower = lower, .upper = upper},
        IntervalCensored{.base = Logistic{loc, bounded_log_scale(raw)}, .lower = lower, .upper = upper},
        IntervalCensored{.base = Weibull{clamp(loc, -80, 80), bounded_log_scale(raw)}, .lower = lower, .upper = upper},
        RightCensored{.base = Weibull{clamp(loc, -80, 80), bounded_log_scale(raw)}, .event = node({0, 1, 0, 1, 0, 1, 1}, {7})}};
    for (const Distribution& d : ds) {
      SCOPED_TRACE(d.name());
      const Node log_p = d.log_prob(node({1, 1, 2, 2, 5, 5, 0.5}, {7}));
      const std::vector<Node> by = gradients(reduce_sum(log_p), std::vector<Node>{loc, raw});
      const std::vector<Tensor> values = interpret(std::vector<Node>{log_p, by[0], by[1]}, {});
      for (std::int64_t i = 0; i < values[0].count(); ++i)
        ASSERT_FALSE(std::isnan(values[0].at(i)) ||
                     (std::isfinite(values[0].at(i)) && (std::isnan(values[1].at(i)) || std::isnan(values[2].at(i)))))
            << i;
    }
  }
}

TEST(IntervalCensored, ItsGradientIsRightInBothDtypes) {
  Graph graph;
  const Node loc = graph.parameter("loc", {4}, {}), log_scale = graph.parameter("log_scale", {4}, {});
  const auto node = [&](std::vector<float> values) { return graph.constant(Tensor::from(values)); };
  const Node lower = node({-1, 0.5F, 1, 0.25F}), upper = node({0.5F, 2, 1, 8}), y = node({1, 2, 0.5F, 3}), event = node({1, 0, 1, 0});
  for (const Distribution& base :
       {Distribution(Gaussian{loc, log_scale}), Distribution(Logistic{loc, log_scale}), Distribution(Weibull{loc, log_scale})}) {
    SCOPED_TRACE(base.name());
    conformance::check_gradient(reduce_sum(Distribution(IntervalCensored{.base = base, .lower = lower, .upper = upper}).log_prob(y)),
                                {loc, log_scale});
    conformance::check_gradient(reduce_sum(Distribution(RightCensored{.base = base, .event = event}).log_prob(y)), {loc, log_scale});
  }
}

TEST(Censored, ItsSupportEndsAtConstantLimits) {
  Graph graph;
  const Node x = graph.constant(row({0.4})), zero = graph.constant(0.0, DType::float64), own = graph.constant(row({infinity, 2, 5}));
  const auto text = [](const Distribution& d) { return d.support()->text(); };
  const Gaussian gaussian{.loc = x};
  EXPECT_EQ(text(Censored{.base = gaussian, .lower = zero}), "[0, ∞)");
  EXPECT_EQ(text(Censored{.base = gaussian, .lower = zero, .upper = graph.constant(row({2, 5}))}), "[0, 5]");
  EXPECT_EQ(text(Censored{.base = gaussian, .upper = own}), "the finite numbers");
  EXPECT_EQ(text(Censored{.base = gaussian, .upper = graph.input("end", {})}), "the finite numbers");
  EXPECT_EQ(text(Censored{.base = Weibull{x, x}, .lower = zero, .upper = graph.constant(3.0, DType::float64)}), "(0, 3]");
  EXPECT_EQ(text(Censored{.base = Weibull{x, x}, .upper = zero}), "[0, 0]");
  EXPECT_EQ(text(Censored{.base = Poisson{x}, .upper = graph.constant(3.0, DType::float64)}), "{0, …, 3}");
  EXPECT_EQ(text(Censored{.base = Poisson{x}, .upper = graph.constant(3.5, DType::float64)}), "{0, 1, …}");
  EXPECT_EQ(Distribution(Censored{.base = gaussian, .lower = zero}).advice(-1), "move targets beyond a limit to it, as what is censored");
}

}  // namespace
}  // namespace loglik
