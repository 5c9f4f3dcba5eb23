// What a head makes of the distributions: masks, samples of higher rank, support, accuracy, a user's own distribution.
#include "framework/head.h"

#include <limits>

#include "framework/error.h"
#include "framework/model.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/distributions/bernoulli.h"
#include "ops/distributions/categorical.h"
#include "ops/distributions/family.h"
#include "ops/distributions/gaussian.h"
#include "ops/exponential.h"
#include "ops/gather.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Targets targets_of(const Family& family) { return family.needs_classes ? Targets{.classes = 3} : Targets{.values = 2}; }

TEST(Heads, ASampleOfWeightZeroContributesNothing) {
  for (const Family& family : families()) {
    SCOPED_TRACE(family.name);
    const Targets targets = targets_of(family);
    Graph graph;
    const Node raw = graph.constant(spread({4, family.raw_outputs(targets)}, -2, 2).cast(DType::float32));
    const Head& head = graph.head("y", make_head(family.name, raw, targets));
    const Node by_raw = gradient(head.loss, raw);
    const auto run = [&](double masked) {
      std::vector<double> values(family.needs_classes ? 4 : 8, 1.0);
      values[values.size() / 2] = masked;  // in row 2
      Tensor y = Tensor::from(values);
      y = family.needs_classes ? y.cast(DType::int32) : y.reshape({4, 2}).cast(DType::float32);
      const std::vector<std::pair<std::string, Tensor>> feed{{"y", y}, {"y.weight", row({1, 0.5, 0, 2})}};
      return interpret(std::vector<Node>{head.loss, head.nll, by_raw, head.total_weight}, feed);
    };
    const std::vector<Tensor> expected = run(1), actual = run(family.needs_classes ? -7 : nan);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(actual[i].same_bits(expected[i])) << i;
    EXPECT_EQ(actual[1].at(2), 0);
    EXPECT_EQ(actual[3].item(), 3.5);
    const std::int64_t width = actual[2].size(1);
    for (std::int64_t row = 0; row < 4; ++row) {  // elsewhere a gradient; of each raw output but for a component that can't have made y
      std::int64_t zeros = 0;
      for (std::int64_t k = row * width; k < (row + 1) * width; ++k) zeros += actual[2].at(k) == 0;
      EXPECT_TRUE(row == 2 ? zeros == width : zeros <= (family.name == "gaussian_mixture" ? 2 : 0)) << row << ": " << zeros;
    }
  }
}

TEST(Heads, CountTokensWithSampleRankTwo) {
  Graph graph;
  const Node logits = graph.input("x", {batch, 2, 3});
  const Head& head = graph.head("token", Categorical{.logits = logits}, {.sample_rank = 2});
  EXPECT_EQ(head.target.shape(), (Shape{batch, 2}));
  Model model = compile(graph);
  Session session = model.evaluation_session();
  const Tensor x(DType::float32, {2, 2, 3}), y = Tensor::from(std::vector<std::int32_t>{0, 1, 2, 0}, {2, 2});
  session.step({{"x", x}, {"y", y}, {"weight", Tensor::from(std::vector<double>{1, 1, 1, 0}, {2, 2})}});
  EXPECT_EQ(session.scalar("token.total_weight"), 3);
  EXPECT_NEAR(session.scalar("token.total_nll"), 3 * std::log(3.0), 1e-6);
  EXPECT_EQ(session.scalar("token.total_correct"), 1);  // all tie: class 0
}

TEST(Heads, SumValuesOfOneSample) {
  Graph graph;
  const Head& head = graph.head("y", Gaussian{.loc = graph.input("x", {batch, 3})});
  EXPECT_EQ(head.nll.shape(), Shape{batch});
  EXPECT_FALSE(head.total_correct);
  const Tensor nll = interpret(head.nll, {{"x", Tensor(DType::float32, {1, 3})}, {"y", Tensor::from(std::vector<float>{1, 2, 3}, {1, 3})}});
  EXPECT_NEAR(nll.item(), 7 + 3 * 0.918938533204673, 1e-6);
}

TEST(Heads, CountWhatIsRightOfOneColumn) {
  Graph graph;
  graph.head("y", Bernoulli{.logits = graph.input("x", {batch, 1})});
  Model model = compile(graph);
  Session session = model.evaluation_session();
  session.step({{"x", Tensor::from(std::vector<float>{1, -1, 2, 0}, {4, 1})},
                {"y", Tensor::from(std::vector<float>{1, 1, 1, 0})},
                {"weight", row({1, 1, 1, 0.5})}});
  EXPECT_EQ(session.scalar("y.total_correct"), 2.5);
}

// Why `y` is refused as the target of the head "label", or "".
std::string refused(const std::function<Distribution(Graph&)>& make, const Tensor& y, const HeadOptions& options = {}) {
  Graph graph;
  graph.head("label", make(graph), options);
  const Model model = compile(graph);
  try {
    model.check_targets({{"label", y}});
  } catch (const SupportError& error) {
    return error.what();
  }
  return "";
}

TEST(Heads, RefuseTargetsOutsideTheSupport) {
  const auto shape = [](Dim n) { return Shape{batch, n}; };
  const auto gaussian = [&](Graph& graph) {
    return Distribution(Gaussian{.loc = graph.parameter("loc", {1, 2}, {}) + graph.input("x", shape(2), DType::float32, 0.0)});
  };
  const auto column = [](std::vector<float> values) { return Tensor::from(values); };
  const auto bernoulli = [&](bool soft) {
    return [=](Graph& graph) {
      return Distribution(Bernoulli{.logits = graph.input("x", {batch, 1}, DType::float32, 0.0), .soft_targets = soft});
    };
  };
  const auto categorical = [](Graph& graph) {
    return Distribution(Categorical{.logits = graph.input("x", {batch, 10}, DType::float32, 0.0)});
  };

  EXPECT_EQ(refused(bernoulli(false), column({0, 1, 1})), "");
  EXPECT_EQ(refused(bernoulli(false), column({0, 1, 0.1F})),
            "head \"label\": y = 0.1 at row 2 lies outside {0, 1}, the support of bernoulli: use exponential or gaussian; bernoulli_soft_targets takes it too, but is not a likelihood");
  EXPECT_EQ(refused(bernoulli(true), column({0, 1, 0.1F})), "");
  EXPECT_EQ(refused(bernoulli(true), column({0, -0.5F})),
            "head \"label\": y = -0.5 at row 1 lies outside [0, 1], the support of bernoulli: use gaussian");
  EXPECT_EQ(refused(categorical, Tensor::from(std::vector<std::int32_t>{9, 0, 3})), "");
  EXPECT_EQ(refused(categorical, Tensor::from(std::vector<std::int32_t>{9, 0, 3, 10})),
            "head \"label\": y = 10 at row 3 lies outside {0, …, 9}, the support of categorical: use 11 classes or more, or number the labels from 0");
  EXPECT_EQ(refused(categorical, Tensor::from(std::vector<std::int32_t>{-1})),
            "head \"label\": y = -1 at row 0 lies outside {0, …, 9}, the support of categorical");
  EXPECT_EQ(refused(gaussian, Tensor::from(std::vector<float>{0, 1, 2, static_cast<float>(nan)}, {2, 2})),
            "head \"label\": y = nan at row 1, value 1 lies outside the finite numbers, the support of gaussian");
  const auto tokens = [](Graph& graph) {
    return Distribution(Categorical{.logits = graph.input("x", {batch, 3, 2}, DType::float32, 0.0)});
  };
  EXPECT_EQ(refused(tokens, Tensor::from(std::vector<std::int32_t>{0, 1, 0, 1, 1, 2}, {2, 3}), {.sample_rank = 2}),
            "head \"label\": y = 2 at row 1, value 2 lies outside {0, 1}, the support of categorical: use 3 classes or more, or number the labels from 0");
}

struct Shares {  // uniform on the simplex of three shares
  static constexpr std::size_t event_rank = 1;
  Node any;
  std::string name() const { return "shares"; }
  Node log_prob(Node y) const { return std::log(2.0) + 0.0 * reduce_sum(y, {-1}) + any; }
  Support support() const { return Support::simplex; }
  TensorType target() const { return {DType::float32, {batch, 3}}; }
  std::string advice(double y) const { return y == 1 || y == 0 ? "use shares that may vanish" : ""; }
};

TEST(Heads, RefuseRowsOutsideTheSimplex) {
  const auto shares = [](Graph& graph) { return Distribution(Shares{graph.input("x", {batch}, DType::float32, 0.0)}); };
  const auto rows = [](std::vector<float> values) { return Tensor::from(values).reshape({std::ssize(values) / 3, 3}); };
  EXPECT_EQ(refused(shares, rows({0.1F, 0.2F, 0.7F, 0.3F, 0.3F, 0.4F})), "");
  EXPECT_EQ(refused(shares, rows({0.1F, 0.2F, 0.7F, 0.3F, 0.3F, 0.5F})),
            "head \"label\": the values from row 1, value 0 on add up to 1.1, not 1, and lie outside the open simplex, the support of shares");
  EXPECT_EQ(refused(shares, rows({0.1F, 0.2F, 0.7F, 0.5F, 0.5F, 0})),
            "head \"label\": y = 0 at row 1, value 2 lies outside the open simplex, the support of shares: use shares that may vanish");
  Graph graph;
  const Head& head = graph.head("y", Shares{graph.constant(0.0, DType::float32)});
  const Tensor y = Tensor::from(std::vector<float>{std::nanf(""), 0, 0}, {1, 3});
  EXPECT_EQ(interpret(head.nll, {{"y", y}, {"y.weight", row({0})}}).item(), 0);
}

struct Wrapper {  // whose answers depend on what it wraps
  Distribution base;
  std::string name() const { return "wrapped " + base.name(); }
  std::size_t event_rank() const { return base.event_rank(); }
  template <class Answer> bool has() const { return base.has<Answer>(); }
  Node log_prob(Node y) const { return base.log_prob(y); }
  Node mean() const { return base.mean(); }
  Node median() const { return base.median(); }
  Node sample(std::string_view key) const { return base.sample(key); }
  FisherInformation fisher_information() const { return {{}, {}}; }
  Node kl(const Wrapper& other) const { return base.kl(other.base); }
  bool has_kl(const Wrapper& other) const { return base.has_kl(other.base); }
};

TEST(Distributions, AWrapperSaysAtRunTimeWhatItAnswers) {
  Graph graph;
  const Node x = graph.constant(0.5, DType::float64);
  const Distribution gaussian = Wrapper{Gaussian{.loc = x}}, shares = Wrapper{Shares{x}};
  EXPECT_TRUE(gaussian.has<Mean>() && gaussian.has<Median>() && gaussian.has_sample() && gaussian.has_kl(gaussian));
  EXPECT_FALSE(gaussian.has<Mode>());  // which it does not pass on
  EXPECT_FALSE(shares.has<Mean>() || shares.has<Median>() || shares.has_sample() || shares.has_kl(shares) || shares.has_kl(gaussian));
  EXPECT_FALSE(gaussian.has_kl(shares) || shares.has_fisher_information());
  EXPECT_EQ(interpret(gaussian.mean()).item(), 0.5);
  EXPECT_EQ(interpret(gaussian.kl(gaussian)).item(), 0);
  EXPECT_THROW(shares.mean(), ArgumentError);
  EXPECT_THROW(shares.sample("s"), ArgumentError);
  EXPECT_THROW(shares.kl(shares), ArgumentError);
  EXPECT_THROW(shares.fisher_information(), ArgumentError);
  EXPECT_EQ(shares.name(), "wrapped shares");
  EXPECT_EQ(shares.event_rank(), 1U);
}

TEST(Heads, TakeANodeAsTarget) {  // an autoencoder's own bytes
  Graph graph;
  const Node image = graph.input("image", {batch, 4}, DType::uint8);
  const Head& head = graph.head("pixels", Bernoulli{.logits = 0.0 * cast(image, DType::float32), .soft_targets = true},
                                {.target = cast(image, DType::float32) / 255.0});
  const Tensor pixels = Tensor::from(std::vector<std::uint8_t>{0, 51, 255, 3}, {1, 4});
  EXPECT_NEAR(interpret(head.nll, {{"image", pixels}}).item(), 4 * std::log(2.0), 1e-6);
}

struct Laplace {  // a user's own head, complete
  Node loc, scale;
  Node log_prob(Node y) const { return -abs(y - loc) / scale - log(2.0 * scale); }
};

TEST(Heads, AUsersOwnTrains) {
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  const Node loc = graph.parameter("loc", {}, {}), raw_scale = graph.parameter("raw_scale", {}, {});
  graph.head("delay", Laplace{x + loc, softplus(raw_scale)});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{1, 3, 4, 5, 12});
  StepResult result{};
  for (int step = 0; step < 600; ++step) result = session.step({{"x", Tensor(DType::float32, {5, 1})}, {"y", y}});
  // The maximum-likelihood estimates are the median and the mean distance from it, 13/5; Adam circles the kink at the median.
  EXPECT_NEAR(model.parameters()["loc"].item(), 4, 0.05);
  EXPECT_NEAR(std::log1p(std::exp(model.parameters()["raw_scale"].item())), 2.6, 0.02);
  EXPECT_NEAR(result.loss, 1 + std::log(2 * 2.6), 1e-3);
  const Distribution d = Laplace{x, loc};
  EXPECT_FALSE(d.has<Mean>());
  EXPECT_THROW(d.mean(), ArgumentError);
}

}  // namespace
}  // namespace loglik
