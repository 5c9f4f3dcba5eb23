#include "ops/distributions/independent.h"

#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

TEST(Independent, SumsOverTheLastAxes) {
  Graph graph;
  const Node loc = graph.constant(spread({2, 4, 3}, -1, 1)), y = graph.constant(spread({5, 2, 4, 3}, -2, 2, 3));
  const Gaussian base{.loc = loc, .log_scale = graph.constant(0.5, DType::float64)}, other{.loc = loc + 1.0};
  const Tensor log_p = interpret(base.log_prob(y)), entropy = interpret(base.entropy()), kl = interpret(base.kl(other));
  for (const std::size_t axes : {0U, 1U, 2U, 3U}) {
    const Distribution d = Independent{.base = base, .axes = axes};
    EXPECT_EQ(d.event_rank(), axes);
    const Tensor sums = interpret(d.log_prob(y)), entropies = interpret(d.entropy()),
                 divergences = interpret(d.kl(Independent{other, axes}));
    const std::int64_t width = axes == 0 ? 1 : axes == 1 ? 3 : axes == 2 ? 12 : 24;
    ASSERT_EQ(sums.count(), 120 / width);
    ASSERT_EQ(entropies.count(), 24 / width);
    for (std::int64_t i = 0; i < 120; i += width) {
      double sum = 0, entropy_sum = 0, kl_sum = 0;
      for (std::int64_t k = 0; k < width; ++k) {
        sum += log_p.at(i + k);
        entropy_sum += entropy.at((i + k) % 24);
        kl_sum += kl.at((i + k) % 24);
      }
      EXPECT_NEAR(sums.at(i / width), sum, 1e-14 * std::abs(sum));
      EXPECT_NEAR(entropies.at(i / width % (24 / width)), entropy_sum, 1e-14 * std::abs(entropy_sum));
      EXPECT_NEAR(divergences.at(i / width % (24 / width)), kl_sum, 1e-14 * std::abs(kl_sum));
    }
    EXPECT_EQ(d.mean(), base.mean());
    EXPECT_EQ(d.variance().shape(), loc.shape());
    EXPECT_FALSE(d.has<Cdf>() || d.has<Quantile>() || d.has<Crps>() || d.has_kl(Independent{base, axes + 1}));
  }
  // Of none: the base, to the bit.
  EXPECT_TRUE(interpret(Independent{base, 0}.log_prob(y)).same_bits(log_p));
}

TEST(Independent, SaysWhatItIs) {
  Graph graph;
  const Node loc = graph.constant(spread({2, 3}, -1, 1));
  const Distribution d = Independent{Gaussian{.loc = loc}}, images = Independent{Bernoulli{loc}, 2};
  EXPECT_EQ(d.name(), "independent(gaussian)");
  EXPECT_EQ(d.certificate(), "NLL = ½·squared error + 0.918939, summed over the last axis");
  EXPECT_EQ(images.certificate(), "NLL = binary cross-entropy, summed over the last 2 axes");
  EXPECT_EQ(d.support()->text(), "the finite numbers");
  EXPECT_EQ(images.support()->text(), "{0, 1}");
  EXPECT_EQ(d.target()->shape, (Shape{2, 3}));
  EXPECT_TRUE(d.has<Mean>() && d.has<Mode>() && d.has<Median>() && d.has<Entropy>() && d.has_sample());
  EXPECT_FALSE(images.has<Median>());
  const Distribution flags = Independent{Categorical{graph.constant(spread({4, 6, 3}, -1, 1))}};
  EXPECT_EQ(flags.target()->shape, (Shape{4, 6}));
  EXPECT_EQ(flags.target()->dtype, DType::int32);
  try {
    Independent{Gaussian{.loc = loc}, 3}.log_prob(loc);
    ADD_FAILURE();
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(), "independent(gaussian): the base's log_prob has shape {2, 3}, needs at least 3 axes to sum over");
  }
}

TEST(Independent, GradientsAndDrawsAreTheBases) {
  Graph graph;
  const Node x = graph.input("x", {5, 3}), raw = graph.input("raw", {3});
  conformance::check_gradient(reduce_sum(square(Independent{Laplace{raw, 0.5 * raw}}.log_prob(x))), {x, raw}, {.domain = {0.2, 0.8}});
  const Node loc = graph.constant(Tensor(DType::float32, {ks_draws / 2, 2}));
  const Tensor draws = interpret(Distribution(Independent{Logistic{.loc = loc}}).sample("draws"));
  EXPECT_LT(ks_distance(draws, [](double y) { return 1 / (1 + std::exp(-y)); }), ks_bound);
}

TEST(Independent, AHeadOfItTrains) {
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  const Head& head = graph.head("y", Independent{Gaussian{.loc = 0.0 * x + graph.parameter("loc", {3}, {})}});
  EXPECT_EQ(head.target.type(), (TensorType{DType::float32, {batch, 3}}));
  EXPECT_EQ(head.nll.shape(), Shape{batch});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{1, 2, 3, 3, 4, 5}, {2, 3});
  for (int step = 0; step < 400; ++step) session.step({{"x", Tensor(DType::float32, {2, 1})}, {"y", y}});
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(model.parameters()["loc"].at(i), 2.0 + static_cast<double>(i), 1e-2);
}

}  // namespace
}  // namespace loglik
