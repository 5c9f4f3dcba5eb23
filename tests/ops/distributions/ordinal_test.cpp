#include "ops/distributions/ordinal.h"

#include <limits>

#include "framework/distribution.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/activations.h"
#include "ops/distributions/links.h"
#include "ops/exponential.h"
#include "ops/shape.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();

Node labels(Graph& graph, const std::vector<std::int32_t>& y, Extents extents) { return graph.constant(indices(y, std::move(extents))); }
Node all_four(Graph& graph) { return labels(graph, {0, 1, 2, 3}, {4}); }

Ordinal ordinal(Graph& graph, double eta, const std::vector<double>& cuts, DType dtype = DType::float64) {
  return {.eta = graph.constant(eta, dtype), .cut_points = graph.constant(row(cuts).cast(dtype))};
}

// log(S(u) − S(v)) at 150 digits. In float32 the difference itself is 0, and its logarithm infinite, from u = 20 on.
TEST(Ordinal, LogProbIsRight) {
  struct Case {
    double eta;
    std::vector<double> cuts, values;
  };
  const std::vector<Case> cases{
      {0.25, {-1, 0.5, 2}, {-1.5019290813453729, -1.0803509601496704, -1.2386460292423848, -1.9102241504380872}},
      {-20, {-1, 0.5, 2}, {-5.6027964218416036e-9, -19.252482465778403, -20.752482460454554, -22.000000000278947}},
      {20.5, {-1, 0.5, 2}, {-21.500000000459906, -20.252482461446513, -18.752482470224057, -9.237449619305357e-9}},
      {0, {20, 21, 22}, {-2.0611536203143807e-9, -20.458675148206492, -21.458675146424285, -22.000000000278947}},
      {0, {-30, -29.5, 40}, {-30.000000000000094, -30.432752129567436, -1.5428536867343217e-13, -40.0}},
      {-150, {0, 0.0009765625, 200}, {-7.1750959731644104e-66, -156.93196004711302, -150.0009765625, -350.0}},
  };
  for (const DType dtype : {DType::float64, DType::float32})
    for (const Case& c : cases) {
      Graph graph;
      const Tensor actual = interpret(ordinal(graph, c.eta, c.cuts, dtype).log_prob(all_four(graph)));
      const double epsilon = dtype == DType::float32 ? 0x1p-23 : 0x1p-52;
      for (std::int64_t i = 0; i < 4; ++i) {
        const double expected = c.values[static_cast<std::size_t>(i)];
        if (dtype == DType::float32 && std::abs(expected) < 0x1p-126) continue;
        // A few roundings of the terms; those near 0 are sums of terms near 0.
        EXPECT_NEAR(actual.at(i), expected, 4 * epsilon * std::abs(expected)) << c.eta << ", label " << i;
      }
    }
}

TEST(Ordinal, AnswersAreRight) {
  Graph graph;
  const Ordinal d = ordinal(graph, 0.25, {-1, 0.5, 2});
  const Node y = all_four(graph);
  expect_close(interpret(d.entropy()), {1.3429670264107729}, 4);
  expect_close(interpret(d.cdf(y)), {0.22270013882530885, 0.5621765008857981, 0.85195280196831053, 1}, 2);
  expect_close(interpret(d.log_cdf(y)), {-1.5019290813453729, -0.57593941987884356, -0.16022415043808723, 0}, 2);
  expect_close(interpret(d.log_survival(y)), {-0.25192908134537289, -0.82593941987884356, -1.9102241504380872, -inf}, 2);
  expect_close(interpret(d.survival(y)), {1 - 0.22270013882530885, 1 - 0.5621765008857981, 1 - 0.85195280196831053, 0}, 4);
  expect_close(interpret(d.crps(y)), {0.81780246340383196, 0.26320274105444966, 0.38755574282604587, 1.0914613467626669}, 4);
  expect_close(interpret(d.kl(ordinal(graph, -0.5, {-0.5, 0.25, 1.5}))), {0.17401027492633123}, 8);
  EXPECT_EQ(interpret(d.kl(d)).item(), 0);
  expect_close(interpret(d.fisher_information().entries.at(0)), {0.30741830920270157}, 4);
  EXPECT_EQ(d.fisher_information().parameters.at(0), d.eta);
  expect_close(interpret(d.probabilities()),
               {std::exp(-1.5019290813453729), std::exp(-1.0803509601496704), std::exp(-1.2386460292423848), std::exp(-1.9102241504380872)},
               4);
  EXPECT_EQ(interpret(d.mode()).at(0), 1);
  EXPECT_EQ(d.mode().dtype(), DType::int32);
  // The answers of numbers between and beyond the labels, as randomised residuals ask for F(y − 1).
  const Node numbers = graph.constant(row({-1, -0.5, 0.5, 3, 1e10}));
  expect_close(interpret(d.cdf(numbers)), {0, 0, 0.22270013882530885, 1, 1}, 2);
  expect_close(interpret(d.survival(numbers)), {1, 1, 1 - 0.22270013882530885, 0, 0}, 2);
  expect_close(interpret(d.log_cdf(numbers)), {-inf, -inf, -1.5019290813453729, 0, 0}, 2);
  expect_values(interpret(d.quantile(graph.constant(row({0, 0.2227, 0.2228, 0.56, 0.8519, 0.852, 1})))), {7}, {0, 0, 1, 1, 2, 3, 3});
}

TEST(Ordinal, ClassesThatCannotComeCostNothing) {
  Graph graph;
  const Ordinal p = ordinal(graph, 0, {0, 0, 0}), q = ordinal(graph, 0, {-1, 0, 1});
  EXPECT_NEAR(interpret(p.entropy()).item(), std::log(2), 1e-15);
  EXPECT_NEAR(interpret(p.kl(q)).item(), std::log(0.5) + 1 + std::log1p(std::exp(-1)), 1e-15);  // −log 2 − log S(−1)
  EXPECT_EQ(interpret(p.kl(p)).item(), 0);
  EXPECT_EQ(interpret(q.kl(p)).item(), inf);
  const Node first = p.log_prob(labels(graph, {0, 3}, {2}));
  expect_close(interpret(first), {std::log(0.5), std::log(0.5)}, 1);
  EXPECT_EQ(interpret(p.log_prob(labels(graph, {1}, {1}))).at(0), -inf);
  for (const Node answer : {p.entropy(), p.kl(q), p.kl(p), reduce_sum(first)})
    for (const Node parameter : {p.eta, p.cut_points}) {
      const Tensor slope = interpret(gradient(answer, parameter));
      for (std::int64_t i = 0; i < slope.count(); ++i) EXPECT_TRUE(std::isfinite(slope.at(i))) << i;
    }
  EXPECT_TRUE(std::isnan(interpret(ordinal(graph, 0, {1, 0}).entropy()).item()));  // cut points that do not ascend
}

TEST(Ordinal, OfTwoClassesIsBernoulli) {
  Graph graph;
  const Ordinal d = ordinal(graph, 0.75, {0.25});
  expect_close(interpret(d.log_prob(labels(graph, {0, 1}, {2}))), {-std::log1p(std::exp(0.5)), -std::log1p(std::exp(-0.5))}, 2);
  EXPECT_EQ(d.support().text(), "{0, 1}");
}

TEST(Ordinal, Broadcasts) {
  Graph graph;
  const Ordinal global{.eta = graph.constant(spread({4}, -1, 1)), .cut_points = graph.constant(row({-1, 0, 2}))};
  const Node every = labels(graph, {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}, {4, 4});
  EXPECT_EQ(global.target(), (TensorType{DType::int32, {4}}));
  const Tensor mass = interpret(reduce_sum(exp(global.log_prob(every)), {0}));
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(mass.at(i), 1, 4e-16);
  EXPECT_EQ(global.cdf(every).shape(), (Shape{4, 4}));
  EXPECT_EQ(global.crps(every).shape(), (Shape{4, 4}));
  EXPECT_EQ(global.quantile(graph.constant(0.5, DType::float64)).shape(), Shape{4});
  const Ordinal own{.eta = graph.constant(spread({4}, -1, 1)), .cut_points = ordered(graph.constant(spread({4, 3}, -1, 1)))};
  EXPECT_EQ(own.log_prob(every).shape(), (Shape{4, 4}));
  EXPECT_TRUE(interpret(own.log_prob(cast(every, DType::uint8))).same_bits(interpret(own.log_prob(every))));
  EXPECT_EQ(own.sample("draw").type(), (TensorType{DType::int32, {4}}));
}

TEST(Ordinal, GradientsAreRight) {  // ∂/∂η of −log p = S(−u) − S(v), within (−1, 1) however far out
  for (const DType dtype : {DType::float64, DType::float32})
    for (const double eta : {-1e30, -1e4, -710.0, -88.0, -20.0, 0.0, 20.0, 104.0, 1e4, 1e38}) {
      Graph graph;
      const Ordinal d = ordinal(graph, eta, {-1, 0.5, 2}, dtype);
      for (std::int32_t label = 0; label < 4; ++label) {
        const Node log_p = d.log_prob(labels(graph, {label}, {}));
        const std::vector<Node> by = gradients(log_p, std::vector<Node>{d.eta, d.cut_points});
        const double u = label == 3 ? inf : std::vector<double>{-1, 0.5, 2}[static_cast<std::size_t>(label)] - eta;
        const double v = label == 0 ? -inf : std::vector<double>{-1, 0.5, 2}[static_cast<std::size_t>(label - 1)] - eta;
        const double expected = 1 / (1 + std::exp(-v)) - 1 / (1 + std::exp(u));
        EXPECT_NEAR(interpret(by[0]).item(), expected, dtype == DType::float32 ? 4e-7 : 1e-15) << eta << ", label " << label;
        for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(std::isfinite(interpret(by[1]).at(i))) << eta;
      }
    }
  const Build build = [](const std::vector<Node>& x) {
    return Ordinal{.eta = x[0], .cut_points = ordered(x[1])}.log_prob(labels(x[0].graph(), {0, 3, 1, 2, 2, 1}, {3, 2}));
  };
  expect_derivatives(build, {spread({2}, -2, 2), spread({3, 2, 3}, -1, 1, 2)}, 2);
  const Build answers = [](const std::vector<Node>& x) {
    const Ordinal p{.eta = x[0], .cut_points = ordered(x[1])}, q{.eta = 0.5 * x[0], .cut_points = ordered(-x[1])};
    return p.entropy() + p.kl(q) + p.crps(labels(x[0].graph(), {0, 3}, {2}));
  };
  expect_derivatives(answers, {spread({2}, -2, 2), spread({3}, -1, 1, 2)}, 2);
}

TEST(Ordinal, SamplesFollowItsProbabilities) {
  Graph graph;
  Ordinal d = ordinal(graph, 0.25, {-1, 0.5, 2}, DType::float32);
  const Tensor p = interpret(d.probabilities());
  const std::vector<double> probabilities{p.at(0), p.at(1), p.at(2), p.at(3)};
  d.eta = broadcast_to(d.eta, {100000});
  const Tensor draws = interpret(d.sample("draws"), {}, 7);
  EXPECT_EQ(draws.dtype(), DType::int32);
  EXPECT_LT(chi_squared(draws, probabilities), 30.66);  // 3 degrees of freedom: exceeded with probability 1e-6
  EXPECT_GT(chi_squared(draws, {p.at(0) + 0.01, p.at(1) - 0.01, p.at(2), p.at(3)}), 30.66);
}

TEST(Ordinal, LearnsItsCutPoints) {  // of 8 labels without features: their shares are the maximum-likelihood estimate
  Graph graph;
  const Node x = graph.input("x", {batch});
  const Ordinal d = Ordinal::with_learned_cut_points(0.0 * x, 3);
  graph.head("y", d);
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.03}});
  Session session = model.session();
  const Tensor y = indices({0, 1, 1, 1, 1, 2, 2, 2}, {8}), zeros(DType::float32, {8});
  EXPECT_NEAR(session.step({{"x", zeros}, {"y", y}}).loss, std::log(3.0), 1e-3);  // all equally likely at first
  for (int step = 0; step < 800; ++step) session.step({{"x", zeros}, {"y", y}});
  EXPECT_NEAR(model.parameters()["ordinal_1/cut_points"].at(0), std::log(1.0 / 7), 1e-3);
  // The link's bounds bend the step by some 2e-3 of it.
  EXPECT_NEAR(std::exp(model.parameters()["ordinal_1/cut_points"].at(1)), std::log(5.0 / 3) - std::log(1.0 / 7), 1e-2);
}

TEST(Ordinal, NamesALabelOutside) {
  Graph graph;
  const Ordinal d = ordinal(graph, 0, {-1, 1});
  for (const std::int32_t bad : {3, -1}) EXPECT_THROW(interpret(d.log_prob(labels(graph, {0, bad}, {2}))), IndexError);
}

TEST(Ordinal, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node eta = graph.input("eta", {batch}), s = graph.input("s", {}), t = graph.input("t", {3, batch});
  const auto refused = [&](Node cuts, const std::string& text) {
    expect_error<ShapeError>([&] { Ordinal{.eta = eta, .cut_points = cuts}.target(); },
                             "Ordinal: cut_points have shape " + text + ", need a last axis of constant size, one less than classes");
  };
  refused(s, "{}");
  refused(t, "{3, batch}");
  EXPECT_THROW(Ordinal::with_learned_cut_points(eta, 1), ArgumentError);
}

TEST(Ordinal, IsADistribution) {
  Graph graph;
  const Distribution d = Ordinal{.eta = graph.input("x", {batch, 7}), .cut_points = graph.input("t", {4})};
  EXPECT_EQ(d.target(), (TensorType{DType::int32, {batch, 7}}));
  EXPECT_EQ(d.support()->text(), "{0, …, 4}");
  EXPECT_TRUE(d.has<Mode>() && d.has<Probabilities>() && d.has<Entropy>() && d.has<Cdf>() && d.has<Quantile>() && d.has<Crps>());
  EXPECT_TRUE(d.has_sample() && d.has_fisher_information());
  EXPECT_FALSE(d.has<Mean>() || d.has<Variance>());
}

TEST(Links, OrderedIncreases) {
  Graph graph;
  const Tensor raw = row({-2, 0, 1, -1e4, 1e4}), cuts = interpret(ordered(graph.constant(raw)));
  EXPECT_EQ(cuts.at(0), -2);
  EXPECT_NEAR(cuts.at(1), -1, 2e-3);
  EXPECT_NEAR(cuts.at(2) - cuts.at(1), std::exp(1.0), 0.01);
  EXPECT_NEAR(cuts.at(3) - cuts.at(2), 1e-3, 1e-9);
  EXPECT_NEAR(cuts.at(4) - cuts.at(3), 1e3, 1e-2);  // softplus(log 1e6) is 1e-6 above it
  EXPECT_EQ(ordered(graph.input("one", {batch, 1})).shape(), (Shape{batch, 1}));
  expect_derivatives(unary(ordered), {spread({2, 4}, -2, 2)}, 2);
}

}  // namespace
}  // namespace loglik
