// Heads that are trained by a score: what is minimised, what is reported, what is masked.
#include "ops/distributions/scores.h"

#include <limits>

#include "framework/error.h"
#include "framework/fit.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/arithmetic.h"
#include "ops/distributions/bernoulli.h"
#include "ops/distributions/categorical.h"
#include "ops/distributions/dirichlet.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/von_mises.h"
#include "ops/exponential.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

const Score absolute_error{"the absolute error", [](const Distribution& d, Node y) { return abs(y - d.median()); }};

// A Gaussian about constants with targets 0.5, −1, 4: the head's loss, NLL and the gradients of the loss by μ and log σ.
struct Point {
  double loss, nll;
  std::vector<double> by_loc, by_log_scale;
};
const std::vector<double> loc{1, -0.5, 0.25}, log_scale{0.3, -0.4, 1.2}, target{0.5, -1, 4}, weight{1, 0.5, 2};

Point at_point(const Score& score) {
  Graph graph;
  const Node mu = graph.constant(row(loc)), ell = graph.constant(row(log_scale));
  const Head& head = graph.head("y", Gaussian{.loc = mu, .log_scale = ell}, {.score = score});
  const std::vector<Tensor> got = interpret(std::vector<Node>{head.loss, head.total_nll / head.total_weight, gradient(head.loss, mu), gradient(head.loss, ell)},
                                            std::vector<std::pair<std::string, Tensor>>{{"y", row(target)}, {"y.weight", row(weight)}});
  const auto list = [](const Tensor& t) { return std::vector<double>(t.values<double>().begin(), t.values<double>().end()); };
  return {got[0].item(), got[1].item(), list(got[2]), list(got[3])};
}

double phi(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }
double big_phi(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

TEST(Scores, TrainByTheCrpsAndReportTheNll) {
  const Point crps = at_point(crps_score()), likelihood = at_point({});
  EXPECT_EQ(crps.nll, likelihood.nll);
  EXPECT_EQ(likelihood.loss, likelihood.nll);
  double loss = 0;
  for (std::size_t i = 0; i < 3; ++i) {  // Gneiting & Raftery 2007, equation 21, and its derivatives
    const double sigma = std::exp(log_scale[i]), z = (target[i] - loc[i]) / sigma, share = weight[i] / 3.5;
    loss += share * sigma * (z * (2 * big_phi(z) - 1) + 2 * phi(z) - 1 / std::sqrt(std::numbers::pi));
    EXPECT_NEAR(crps.by_loc[i], share * (1 - 2 * big_phi(z)), 1e-14);
    EXPECT_NEAR(crps.by_log_scale[i], share * sigma * (2 * phi(z) - 1 / std::sqrt(std::numbers::pi)), 1e-14);
  }
  EXPECT_NEAR(crps.loss, loss, 1e-14);
}

TEST(Scores, BetaNllWeighsByVariance) {
  for (const double beta : {0.0, 0.5, 1.0}) {
    SCOPED_TRACE(beta);
    const Point point = at_point(beta_nll(beta));
    double loss = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const double sigma = std::exp(log_scale[i]), z = (target[i] - loc[i]) / sigma, factor = weight[i] / 3.5 * std::pow(sigma * sigma, beta);
      loss += factor * (0.5 * z * z + log_scale[i] + 0.5 * std::log(2 * std::numbers::pi));
      EXPECT_NEAR(point.by_loc[i], -factor * z / sigma, 1e-14);  // β = 1: that of half the squared error
      EXPECT_NEAR(point.by_log_scale[i], factor * (1 - z * z), 1e-13);
    }
    EXPECT_NEAR(point.loss, loss, 1e-13);
    EXPECT_EQ(point.nll, at_point({}).nll);
  }
}

TEST(Scores, SmoothedLabelsTrainAndTheNllIsReported) {
  Graph graph;
  const Tensor logits = Tensor::from(std::vector<double>{1, 2, -1, 0.5, 0, 3}, {2, 3}), labels = Tensor::from(std::vector<std::int32_t>{1, 0});
  const Node node = graph.constant(logits), logit = graph.constant(row({0.7, -2}));
  const Head& of_three = graph.head("three", Categorical{.logits = node}, {.score = label_smoothing(0.3)});
  const Head& of_two = graph.head("two", Bernoulli{.logits = logit}, {.score = label_smoothing(0.3)});
  const std::vector<Tensor> got = interpret(std::vector<Node>{of_three.score, of_three.nll, of_two.score, of_two.nll},
                                            std::vector<std::pair<std::string, Tensor>>{{"three", labels}, {"two", row({1, 0})}});
  for (std::int64_t i = 0; i < 2; ++i) {
    double sum = 0, smoothed = 0;
    for (std::int64_t k = 0; k < 3; ++k) sum += std::exp(logits.at(3 * i + k));
    for (std::int64_t k = 0; k < 3; ++k) smoothed -= (k == labels.at(i) ? 0.8 : 0.1) * (logits.at(3 * i + k) - std::log(sum));
    EXPECT_NEAR(got[0].at(i), smoothed, 1e-14);
    EXPECT_NEAR(got[1].at(i), std::log(sum) - logits.at(3 * i + static_cast<std::int64_t>(labels.at(i))), 1e-14);
    const double right = i == 0 ? 0.7 : 2;  // the logit of the label that came
    EXPECT_NEAR(got[2].at(i), 0.85 * std::log1p(std::exp(-right)) + 0.15 * std::log1p(std::exp(right)), 1e-14);
    EXPECT_NEAR(got[3].at(i), std::log1p(std::exp(-right)), 1e-14);
  }
}

// A head that tells no more than density and support is trained by either score: they are worked out.
TEST(Scores, TrainAHeadWithoutAnswersOfItsOwn) {
  struct Plain {
    Gaussian d;
    Node log_prob(Node y) const { return d.log_prob(y); }
    Support support() const { return Support::real; }
  };
  for (const Score& score : {crps_score(), beta_nll()}) {
    SCOPED_TRACE(score.name);
    std::vector<std::vector<Tensor>> runs;
    for (const bool plain : {false, true}) {
      Graph graph;
      const Gaussian d{.loc = graph.constant(row(loc)), .log_scale = graph.constant(row(log_scale))};
      const Head& head = graph.head("y", plain ? Distribution(Plain{d}) : Distribution(d), {.score = score});
      runs.push_back(interpret(std::vector<Node>{head.loss, gradient(head.loss, d.loc), gradient(head.loss, d.log_scale)},
                               std::vector<std::pair<std::string, Tensor>>{{"y", row(target)}, {"y.weight", row(weight)}}));
    }
    for (std::size_t k = 0; k < 3; ++k)
      for (std::int64_t i = 0; i < runs[0][k].count(); ++i) EXPECT_NEAR(runs[1][k].at(i), runs[0][k].at(i), 1e-9) << k << " " << i;
  }
}

TEST(Scores, ASampleOfWeightZeroContributesNothing) {
  for (const Score& score : {crps_score(), beta_nll(), absolute_error}) {
    SCOPED_TRACE(score.name);
    Graph graph;
    const Node raw = graph.constant(spread({4, 2}, -2, 2).cast(DType::float32));
    const Head& head = graph.head("y", Gaussian{.loc = raw, .log_scale = 0.1 * raw}, {.score = score});
    const auto run = [&](float masked) {
      const Tensor y = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, masked, 7, 8}, {4, 2});
      return interpret(std::vector<Node>{head.loss, head.score, head.nll, gradient(head.loss, raw)},
                       std::vector<std::pair<std::string, Tensor>>{{"y", y}, {"y.weight", row({1, 0.5, 0, 2})}});
    };
    const std::vector<Tensor> expected = run(1), actual = run(std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(actual[i].same_bits(expected[i])) << i;
    EXPECT_EQ(actual[1].extents(), Extents{4});
    EXPECT_EQ(actual[1].at(2), 0);
    for (std::int64_t k = 0; k < 8; ++k) EXPECT_EQ(actual[3].at(k) == 0, k / 2 == 2) << k;
  }
}

TEST(Scores, CountTokensWithSampleRankTwo) {
  Graph graph;
  const Head& head = graph.head("y", Gaussian{.loc = graph.input("x", {batch, 2, 3})}, {.sample_rank = 2, .score = absolute_error});
  EXPECT_EQ(head.score.shape(), (Shape{batch, 2}));
  const Tensor score = interpret(head.score, {{"x", Tensor(DType::float32, {1, 2, 3})}, {"y", Tensor::from(std::vector<float>{1, -2, 3, 4, 5, 6}, {1, 2, 3})}});
  EXPECT_EQ(score.at(0), 6);
  EXPECT_EQ(score.at(1), 15);
}

TEST(Scores, AUsersOwnFindsItsMinimum) {
  const Tensor y = Tensor::from(std::vector<float>{1, 3, 4, 5, 12});
  Graph graph;
  const Node loc = graph.parameter("loc", {}, {});
  graph.head("y", Gaussian{.loc = 0.0 * graph.input("x", {batch}) + loc}, {.score = absolute_error});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = cosine_decay(0.2, 400)}});
  const Dataset data = Dataset::from(Tensor(DType::float32, {5}), y);
  const History history = fit(model, data, {.epochs = 400, .batch_size = 5});
  EXPECT_NEAR(model.parameters()["loc"].item(), 4, 0.01);  // the median; the NLL's minimum is the mean, 5
  const Evaluation result = evaluate(model, data);
  ASSERT_EQ(result.heads.size(), 1u);
  EXPECT_NEAR(result.heads[0].score.value(), 13.0 / 5, 0.01);
  EXPECT_EQ(result.loss, *result.heads[0].score);
  EXPECT_EQ(result.nll, result.heads[0].nll);
  EXPECT_NEAR(result.nll, 0.9189385 + (9 + 1 + 0 + 1 + 64) / 10.0, 0.03);
  EXPECT_NE(model.describe().find("NLL = ½·squared error + 0.918939; minimises the absolute error, reports the NLL\n"), std::string::npos) << model.describe();
}

TEST(Scores, RefuseWhatTheyCannotScore) {
  EXPECT_EQ(error_of<ArgumentError>([] { beta_nll(1.5); }), "beta_nll: β = 1.5, must lie in [0, 1]");
  EXPECT_NE(error_of<ArgumentError>([] { beta_nll(std::nan("")); }), "");
  Graph graph;
  const Node x = graph.input("x", {batch, 3});
  EXPECT_EQ(error_of<ArgumentError>([&] { graph.head("a", Categorical{.logits = x}, {.score = crps_score()}); }),
            "crps_score: categorical is a distribution of labels, which are not apart by a number");
  EXPECT_EQ(error_of<ArgumentError>([&] { graph.head("b", Categorical{.logits = x}, {.score = beta_nll()}); }),
            "beta_nll: categorical is a distribution of labels, which have no variance");
  EXPECT_NE(error_of<ArgumentError>([&] { graph.head("f", Dirichlet{.log_concentration = x}, {.score = crps_score()}); }), "");
  EXPECT_NE(error_of<ArgumentError>([&] { graph.head("g", VonMises{.a = x, .b = x}, {.score = crps_score()}); }), "");
  EXPECT_EQ(error_of<ArgumentError>([] { label_smoothing(1); }), "label_smoothing: ε = 1, must lie in [0, 1)");
  EXPECT_EQ(error_of<ArgumentError>([&] { graph.head("d", Gaussian{.loc = x}, {.score = label_smoothing()}); }),
            "label_smoothing: gaussian is not of classes without an order");
  const Score wrong{"wrong", [](const Distribution&, Node y) { return reduce_sum(y, {0}); }};
  const std::string text = error_of<ShapeError>([&] { graph.head("c", Gaussian{.loc = x}, {.score = wrong}); });
  EXPECT_TRUE(text.starts_with("head \"c\" at scores_test.cpp:")) << text;
  EXPECT_TRUE(text.ends_with(": the score of a target {batch, 3} has shape {3}, does not begin with the samples {batch}")) << text;
}

}  // namespace
}  // namespace loglik
