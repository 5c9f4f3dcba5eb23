#include "ops/distributions/categorical.h"

#include <limits>

#include "framework/distribution.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/exponential.h"
#include "ops/gather.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

Tensor labels(const std::vector<std::int32_t>& y, Extents extents) { return Tensor::from(y, std::move(extents)); }
Tensor matrix(const std::vector<double>& x, Extents extents) { return Tensor::from(x, std::move(extents)); }

TEST(Categorical, LogProbIsRight) {  // −log(1 + e + e²) and so on, from 40 digits
  Graph graph;
  const Tensor logits = matrix({0, 1, 2, 1e4, -1e4, 0, 3, 3, 3, 0, 20, 0}, {4, 3});
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Categorical d{.logits = graph.constant(logits.cast(dtype))};
    const Tensor actual = interpret(d.log_prob(graph.constant(labels({2, 1, 0, 1}, {4}))));
    const std::vector<double> expected{-0.4076059644443803, -2e4, -1.0986122886681098, -4.122307236380407e-09};
    const double epsilon = dtype == DType::float32 ? 0x1p-23 : 0x1p-52;
    for (std::size_t i = 0; i < 4; ++i)  // a rounding of the result, one of Σ eˣ in float64
      EXPECT_NEAR(actual.at(static_cast<std::int64_t>(i)), expected[i], epsilon * -expected[i] + 0x1p-51) << i;
  }
}

TEST(Categorical, BroadcastsOverLeadingDimensionsOfTheTarget) {
  Graph graph;
  const Categorical d{.logits = graph.constant(spread({4, 3}, -2, 2))};
  const Node all = graph.constant(labels({0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}, {3, 4}));
  const Node log_p = d.log_prob(all);
  EXPECT_EQ(log_p.shape(), (Shape{3, 4}));
  const Tensor mass = interpret(reduce_sum(exp(log_p), {0}));
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(mass.at(i), 1, 4e-16);
  EXPECT_EQ(d.log_prob(graph.constant(Tensor::scalar(std::int32_t{2}))).shape(), Shape{4});
  EXPECT_TRUE(interpret(d.log_prob(cast(all, DType::uint8))).same_bits(interpret(log_p)));
}

TEST(Categorical, GradientIsRight) {  // −log p: softmax − one_hot, finite at any logits
  for (const DType dtype : {DType::float32, DType::float64}) {
    Graph graph;
    const Node logits = graph.constant(matrix({0, 1, 2, 1e4, -1e4, 0, 20, 104, -710, -1e4, -1e4, -1e4}, {4, 3}).cast(dtype));
    const Node y = graph.constant(labels({2, 1, 0, 1}, {4}));
    const Categorical d{.logits = logits};
    const Tensor actual = interpret(gradient(reduce_sum(-d.log_prob(y)), logits));
    const Tensor expected = interpret(d.probabilities() - one_hot(y, 3, dtype));
    for (std::int64_t i = 0; i < 12; ++i) EXPECT_NEAR(actual.at(i), expected.at(i), dtype == DType::float32 ? 2.4e-7 : 4.5e-16) << i;
  }
  expect_derivatives(
      [](const std::vector<Node>& x) {
        return Categorical{.logits = x[0]}.log_prob(x[0].graph().constant(labels({0, 2, 1, 4}, {2, 2})));
      },
      {spread({2, 1, 5}, -2, 2)}, 2);
}

TEST(Categorical, AnswersAgreeWithItsProbabilities) {
  Graph graph;
  const Categorical p{.logits = graph.constant(matrix({0, 1, 2, -5, 30, 0, 3, 3, 3}, {3, 3}))};
  const Categorical q{.logits = graph.constant(matrix({2, 1, 1, 0, 0, 4, 3, -3, 3}, {3, 3}))};
  const Node every = graph.constant(labels({0, 1, 2}, {3, 1})), p_y = exp(p.log_prob(every));
  const auto expect = [&](Node answer, Node expected) {
    for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(interpret(answer).at(i), interpret(expected).at(i), 1e-14) << i;
  };
  expect(p.entropy(), -reduce_sum(p_y * p.log_prob(every), {0}));
  expect(p.kl(q), reduce_sum(p_y * (p.log_prob(every) - q.log_prob(every)), {0}));
  expect(p.kl(p), graph.constant(row({0, 0, 0})));
  for (std::int64_t y = 0; y < 3; ++y) EXPECT_NEAR(interpret(p.probabilities()).at(3 + y), interpret(p_y).at(3 * y + 1), 1e-15);
  const Tensor mode = interpret(p.mode());
  EXPECT_EQ(mode.dtype(), DType::int32);
  expect_close(mode.cast(DType::float64), {2, 1, 0}, 0);  // the first of those that tie
}

TEST(Categorical, AnswersAreSaneAtExtremes) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    Graph graph;
    const Node logits = graph.constant(matrix({1e4, -1e4, 0, 710, -710, 104, 0, 1e-8, -1e-8}, {3, 3}).cast(dtype));
    const Categorical p{.logits = logits}, q{.logits = -logits};
    for (const Node& answer : {p.entropy(), p.kl(q), reduce_sum(p.probabilities(), {-1})})
      for (const Node& node : {answer, gradient(reduce_sum(answer), logits)}) {
        const Tensor values = interpret(node);
        for (std::int64_t i = 0; i < values.count(); ++i) EXPECT_TRUE(std::isfinite(values.at(i))) << i;
      }
  }
}

TEST(Categorical, ClassesThatCannotComeCostNothing) {
  const double inf = std::numeric_limits<double>::infinity();
  Graph graph;
  const Node logits = graph.constant(matrix({0, -inf, 0, -inf, 3, -inf}, {2, 3}));
  const Categorical p{.logits = logits}, all{.logits = graph.constant(row({0, 0, 0}))}, other{.logits = graph.constant(row({-inf, 0, 0}))};
  expect_close(interpret(p.entropy()), {std::log(2), 0}, 4);
  expect_close(interpret(p.kl(all)), {std::log(1.5), std::log(3)}, 4);
  expect_close(interpret(p.kl(p)), {0, 0}, 0);
  EXPECT_EQ(interpret(p.kl(other)).at(0), inf);  // the first class comes, and can't under the other
  EXPECT_NEAR(interpret(p.kl(other)).at(1), std::log(2), 1e-15);
  for (const Node answer : {p.entropy(), p.kl(all), p.kl(p)}) {
    const Tensor slope = interpret(gradient(reduce_sum(answer), logits));
    for (std::int64_t i = 0; i < 6; ++i) EXPECT_TRUE(std::isfinite(slope.at(i))) << i;
  }
}

TEST(Categorical, SamplesFollowItsProbabilities) {
  Graph graph;
  const Node zeros = graph.constant(Tensor(DType::float32, {100000, 4}));
  const Node logits = zeros + log(graph.constant(Tensor::from(std::vector<float>{0.1F, 0.2F, 0.3F, 0.4F})));
  const Node draws = Categorical{.logits = logits}.sample("draws");
  EXPECT_EQ(draws.type(), (TensorType{DType::int32, {100000}}));
  EXPECT_LT(chi_squared(interpret(draws, {}, 7), {0.1, 0.2, 0.3, 0.4}), 30.66);  // 3 degrees of freedom: exceeded with probability 1e-6
  EXPECT_GT(chi_squared(interpret(draws, {}, 7), {0.11, 0.19, 0.3, 0.4}), 30.66);
}

TEST(Categorical, OfNoisyLabelsIsALikelihood) {
  Graph graph;
  const Tensor logits = matrix({0, 1, 2, -5, 30, 0, 3, 3, 3}, {3, 3});
  const Node every = graph.constant(labels({0, 1, 2}, {3, 1}));
  const Categorical clean{.logits = graph.constant(logits)}, noisy{.logits = clean.logits, .label_noise = 0.3};
  const Tensor p = interpret(exp(clean.log_prob(every))), q = interpret(exp(noisy.log_prob(every)));
  for (std::int64_t i = 0; i < 9; ++i) EXPECT_NEAR(q.at(i), 0.7 * p.at(i) + 0.1, 1e-15);
  const Tensor mass = interpret(reduce_sum(exp(noisy.log_prob(every)), {0})), shares = interpret(noisy.probabilities());
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(mass.at(i), 1, 1e-15);
  for (std::int64_t y = 0; y < 3; ++y) EXPECT_NEAR(shares.at(3 + y), q.at(3 * y + 1), 1e-15);
  const Tensor entropy = interpret(noisy.entropy()), expected = interpret(-reduce_sum(exp(noisy.log_prob(every)) * noisy.log_prob(every), {0}));
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(entropy.at(i), expected.at(i), 1e-14);
  EXPECT_NEAR(interpret(noisy.kl(noisy)).at(1), 0, 1e-15);
  EXPECT_GT(interpret(noisy.kl(clean)).at(1), 1);
  EXPECT_EQ(noisy.certificate(), "NLL = cross-entropy with p = 0.7·softmax + 0.1, of labels replaced at random with probability 0.3");
  const Node zeros = graph.constant(Tensor(DType::float32, {100000, 4})), far = zeros + graph.constant(Tensor::from(std::vector<float>{0, 50, 0, 0}));
  EXPECT_LT(chi_squared(interpret(Categorical{.logits = far, .label_noise = 0.2}.sample("noisy"), {}, 7), {0.05, 0.85, 0.05, 0.05}), 30.66);
  expect_derivatives([](const std::vector<Node>& x) {
    return Categorical{.logits = x[0], .label_noise = 0.2}.log_prob(x[0].graph().constant(labels({0, 2}, {2})));
  }, {spread({2, 5}, -2, 2)}, 2);
}

TEST(Categorical, SmoothsLabels) {
  Graph graph;
  const Tensor logits = matrix({0, 1, 2, -5, 30, 0, 3, 3, 3}, {3, 3});
  const Categorical plain{.logits = graph.constant(logits)}, smooth{.logits = plain.logits, .label_smoothing = 0.1};
  const Categorical soft{.logits = plain.logits, .soft_targets = true};
  const Node every = graph.constant(labels({0, 1, 2}, {3, 1}));
  const Tensor p = interpret(plain.log_prob(every)), q = interpret(smooth.log_prob(every));
  for (std::int64_t i = 0; i < 3; ++i) {
    double mean = 0, mass = 0;
    for (std::int64_t y = 0; y < 3; ++y) mean += p.at(3 * y + i) / 3;
    for (std::int64_t y = 0; y < 3; ++y) {
      EXPECT_NEAR(q.at(3 * y + i), 0.9 * p.at(3 * y + i) + 0.1 * mean, 1e-13);
      mass += std::exp(q.at(3 * y + i));
    }
    EXPECT_LE(mass, 1 + 1e-14);
  }
  // Cross-entropy to the smoothed target itself.
  const Tensor target = matrix({0.1 / 3, 0.1 / 3, 0.9 + 0.1 / 3}, {1, 3});
  EXPECT_NEAR(interpret(soft.log_prob(graph.constant(target))).at(0), q.at(6), 1e-14);
  EXPECT_EQ(smooth.certificate(), "NLL = cross-entropy to 0.9·y + 0.0333333, smoothed: not a likelihood");
}

TEST(Categorical, TakesSharesOfClasses) {
  Graph graph;
  const Categorical soft{.logits = graph.input("x", {batch, 3}), .soft_targets = true};
  const Distribution d = soft;
  EXPECT_EQ(d.target(), (TensorType{DType::float32, {batch, 3}}));
  EXPECT_EQ(d.event_rank(), 1u);
  EXPECT_EQ(d.support()->text(), "the simplex");
  EXPECT_EQ(d.certificate(), "NLL = cross-entropy to soft targets: not a likelihood");
  EXPECT_FALSE(d.has_sample());
  const Head& head = graph.head("y", soft);
  EXPECT_EQ(head.nll.shape(), Shape{batch});
  const Tensor x = matrix({0, 1, 2, 5, 5, 5}, {2, 3}).cast(DType::float32);
  const Tensor nll = interpret(head.nll, {{"x", x}, {"y", matrix({0, 0, 1, 0.5, 0.25, 0.25}, {2, 3}).cast(DType::float32)}});
  EXPECT_NEAR(nll.at(0), 0.4076059644443803, 1e-6);
  EXPECT_NEAR(nll.at(1), std::log(3.0), 1e-6);
  const Model model = compile(graph);
  model.check_targets({{"y", matrix({0, 0, 1, 0.5, 0.25, 0.25}, {2, 3}).cast(DType::float32)}, {"x", x}});
  EXPECT_EQ(error_of<SupportError>([&] { model.check_targets({{"y", matrix({0, 0, 1, 0.5, 0.25, 0.5}, {2, 3}).cast(DType::float32)}, {"x", x}}); }),
            "head \"y\": the values from row 1, value 0 on add up to 1.25, not 1, and lie outside the simplex, the support of categorical");
  for (const double bad : {-0.1, 1.0, std::nan("")}) {
    EXPECT_THROW((Categorical{.logits = soft.logits, .soft_targets = true, .label_noise = bad}.log_prob(head.target)), ArgumentError);
    EXPECT_THROW((Categorical{.logits = soft.logits, .soft_targets = true, .label_smoothing = bad}.log_prob(head.target)), ArgumentError);
  }
}

TEST(Categorical, NamesALabelOutside) {
  Graph graph;
  const Categorical d{.logits = graph.constant(Tensor(DType::float32, {2, 3}))};
  for (const std::int32_t bad : {3, -1}) EXPECT_THROW(interpret(d.log_prob(graph.constant(labels({0, bad}, {2})))), IndexError);
}

TEST(Categorical, RefusesLogitsWithoutClasses) {
  Graph graph;
  const auto expect = [](Node logits, const std::string& text) {
    try {
      Categorical{.logits = logits}.target();
      ADD_FAILURE();
    } catch (const ShapeError& error) {
      EXPECT_EQ(error.what(), "Categorical: logits have shape " + text + ", need a last axis of constant size, one for each class");
    }
  };
  expect(graph.input("a", {}), "{}");
  expect(graph.input("b", {3, batch}), "{3, batch}");
  expect(graph.input("c", {batch, 0}), "{batch, 0}");
}

TEST(Categorical, IsADistribution) {
  Graph graph;
  const Distribution d = Categorical{.logits = graph.input("x", {batch, 7, 10})};
  EXPECT_EQ(d.target(), (TensorType{DType::int32, {batch, 7}}));
  EXPECT_EQ(d.support()->text(), "{0, …, 9}");
  EXPECT_EQ(d.certificate(), "NLL = cross-entropy");
  EXPECT_TRUE(d.has<Mode>() && d.has<Probabilities>() && d.has<Entropy>() && d.has_sample());
  EXPECT_FALSE(d.has<Mean>() || d.has<Variance>() || d.has<Cdf>() || d.has<Quantile>());
}

}  // namespace
}  // namespace loglik
