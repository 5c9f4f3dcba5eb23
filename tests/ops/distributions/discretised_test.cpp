#include "ops/distributions/discretised.h"

#include <limits>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor integers(std::int64_t first, std::int64_t count) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(first + i));
  return row(values);
}

// −log p = softplus(−u) + softplus(v) − log1mexp(u − v) with u, v = (y ± ½ − μ)/s: as an ordinal regression of cut points at halves.
TEST(Discretised, LogisticIsAnOrdinalRegression) {
  Graph graph;
  const Node loc = graph.constant(row({3.3})), log_scale = graph.constant(row({0.4})), y = graph.constant(row({1, 2, 3, 4, 5, 6}));
  const Distribution d = Discretised{.base = Logistic{loc, log_scale}, .lower = 0, .upper = 7};
  const Node s = exp(log_scale), u = (y + 0.5 - loc) / s, v = (y - 0.5 - loc) / s;
  const Tensor expected = interpret(-softplus(-u) - softplus(v) + log1mexp(u - v)), values = interpret(d.log_prob(y));
  for (std::int64_t i = 0; i < 6; ++i) EXPECT_NEAR(values.at(i), expected.at(i), 1e-14);
  // ∂(−log p)/∂μ = −(g_u + g_v)/s = (S(−u) − S(v))/s
  const Tensor by = interpret(gradients(reduce_sum(-d.log_prob(y)), std::vector<Node>{loc})[0]);
  EXPECT_NEAR(by.at(0), interpret(reduce_sum((sigmoid(-u) - sigmoid(v)) / s)).item(), 1e-13);
}

TEST(Discretised, HasATotalMassOfOne) {
  Graph graph;
  const Node loc = graph.constant(row({-20, 3.3, 100, 254.6})), log_scale = graph.constant(row({0.4, -3, 1, 4}));
  const Node logits = graph.constant(row({0, 1, -1, 2, 0.5, 0, 3, -3}).reshape({4, 2}));
  const Node pixels = graph.constant(integers(0, 256).reshape({256, 1}));
  for (const Distribution& base :
       {Distribution(Logistic{loc, log_scale}), Distribution(Gaussian{loc, log_scale}), Distribution(Laplace{loc, log_scale}),
        Distribution(Mixture{.logits = logits, .components = {Logistic{loc, log_scale}, Gaussian{loc + 9.0, log_scale}}})})
    for (const double upper : {255.0, infinity}) {
      if (upper == infinity && base.as<Logistic>() == nullptr) continue;
      const Distribution d = Discretised{.base = base, .lower = 0, .upper = upper};
      const Tensor mass = interpret(reduce_sum(exp(d.log_prob(pixels)), {0})), rest = interpret(d.survival(graph.constant(row({255}))));
      for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(mass.at(i) + rest.at(i), 1, 1e-12) << d.name() << i;
    }
}

// Bins much narrower than the scale, where a difference of distribution functions has no digit left: the density times the width.
TEST(Discretised, NarrowBinsAreFinite) {
  for (const DType dtype : {DType::float64, DType::float32})
    for (const double log_scale : {5.0, 9.2, 30.0, 80.0}) {
      Graph graph;
      const auto node = [&](double x) { return graph.constant(row({x}).cast(dtype)); };
      const Node l = node(log_scale), loc = node(2), y = node(7);
      for (const auto& [base, tolerance] :
           {std::pair(Distribution(Logistic{loc, l}), 1e-6), std::pair(Distribution(Gaussian{loc, l}), 1e-6),
            std::pair(Distribution(Laplace{loc, l}), 1e-4), std::pair(Distribution(Gumbel{loc, l}), 1e-4)}) {
        SCOPED_TRACE(base.name() + " of log scale " + std::to_string(log_scale));
        const Node log_p = Distribution(Discretised{.base = base}).log_prob(y);
        const double density = interpret(base.log_prob(y)).at(0);  // less than a tenth of the square of e^−5 away
        EXPECT_NEAR(interpret(log_p).at(0), density, (tolerance + 1e-5 * (log_scale == 5)) * std::abs(density));
        EXPECT_NEAR(interpret(gradient(reduce_sum(log_p), l)).at(0), interpret(gradient(reduce_sum(base.log_prob(y)), l)).at(0), 1e-3);
      }
    }
}

// A component far sharper than a bin: a pixel between two of them has the tail of the nearer one, not 0.
TEST(Discretised, OfAMixtureSumsItsComponents) {
  Graph graph;
  const auto node = [&](double x) { return graph.constant(row({x}).cast(DType::float32)); };
  const Mixture mixture{.logits = graph.constant(row({0, 0}).reshape({1, 2}).cast(DType::float32)),
                        .components = {Logistic{node(10), node(-2.302585)}, Logistic{node(200), node(-2.302585)}}};
  const Distribution d = Discretised{.base = mixture, .lower = 0, .upper = 255};
  // ½·(e^−25 − e^−35) of the first component, in S(−25) and S(−35)
  EXPECT_NEAR(interpret(d.log_prob(node(13))).at(0), std::log(0.5) - 25 - 4.5e-5, 1e-4);
}

TEST(Discretised, FillsItsBins) {
  Graph graph;
  const Node loc = graph.constant(row({0.3})), p = graph.constant(row({0, 0.1, 0.5, 0.9, 1}));
  const Distribution tenth = Discretised{.base = Gaussian{.loc = loc}, .width = 0.1},
                     whole = Discretised{.base = Gaussian{.loc = loc}, .lower = -1, .upper = 2};
  EXPECT_NEAR(interpret(tenth.quantile(p)).at(1), -1, 1e-15);  // −0.98
  EXPECT_EQ(interpret(tenth.quantile(p)).at(0), -infinity);
  expect_close(interpret(whole.quantile(p)), {-1, -1, 0, 2, 2}, 0);
  expect_close(interpret(whole.cdf(graph.constant(row({-2, -1.5, 2, 5})))), {0, 0, 1, 1}, 0);
  expect_close(interpret(whole.cdf(graph.constant(row({0.1, 0.9})))), {0.57925970943910299, 0.57925970943910299}, 4);  // Φ(0.2)
  EXPECT_EQ(whole.support()->text(), "{-1, …, 2}");
  EXPECT_EQ(tenth.support()->text(), "the finite numbers");
  EXPECT_EQ(whole.name(), "discretised gaussian");
  EXPECT_EQ(whole.certificate(), "NLL = −log P(y − ½ < X ≤ y + ½) of gaussian");
  EXPECT_EQ(tenth.certificate(), "NLL = −log P(y − 0.05 < X ≤ y + 0.05) of gaussian");
}

TEST(Discretised, RefusesBinsThatAreNone) {
  Graph graph;
  const Node x = graph.constant(row({0.3}));
  for (const double width : {0.0, -1.0, infinity, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW((Discretised{.base = Gaussian{.loc = x}, .width = width}.log_prob(x)), ArgumentError) << width;
  EXPECT_THROW((Discretised{.base = Gaussian{.loc = x}, .lower = 1, .upper = 1}.log_prob(x)), ArgumentError);
  EXPECT_THROW((Discretised{.base = Gaussian{.loc = x}, .lower = 0, .upper = 1.5}.log_prob(x)), ArgumentError);
  EXPECT_THROW((Discretised{.base = Bernoulli{.logits = x}}.log_prob(x)), ArgumentError);
}

// Bytes of images through a mixture of three: what two sorts of pixels, about 40 and about 200, are told by.
TEST(Discretised, ImagesTrain) {
  Graph graph;
  const Node image = cast(graph.input("image", {batch, 2, 2}, DType::uint8), DType::float32);
  Mixture mixture{.logits = 0.0 * expand_dims(image, -1) + graph.parameter("logits", {3}, {}), .components = {}};
  for (int k = 0; k < 3; ++k) {
    const auto parameter = [&](const char* name) { return 0.0 * image + graph.parameter(name + std::to_string(k), {}, {}); };
    mixture.components.push_back(
        Logistic{.loc = 128.0 * parameter("loc") + 255.0 * (k + 0.5) / 3, .log_scale = parameter("log_scale") + 3.0});
  }
  graph.head("pixels", Discretised{.base = mixture, .lower = 0, .upper = 255}, {.target = image});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  Session session = model.session();
  const Tensor bytes = Tensor::from(std::vector<std::uint8_t>{38, 40, 41, 43, 199, 200, 202, 200}, {2, 2, 2});
  double first = 0, last = 0;
  for (int step = 0; step < 200; ++step) (step == 0 ? first : last) = session.step({{"image", bytes}}).loss;
  EXPECT_GT(first, 4 * std::log(100.0));  // of four pixels, each
  EXPECT_LT(last, 4 * std::log(16.0));
}

TEST(Discretised, ItsGradientIsRightInBothDtypes) {
  Graph graph;
  const Node loc = graph.parameter("loc", {4}, {}), log_scale = graph.parameter("log_scale", {4}, {});
  const Node y = graph.constant(Tensor::from(std::vector<float>{0, 1, 2, 3}));
  for (const Distribution& base :
       {Distribution(Gaussian{loc, log_scale}), Distribution(Logistic{loc, log_scale}), Distribution(Gumbel{loc, log_scale})}) {
    SCOPED_TRACE(base.name());
    conformance::check_gradient(reduce_sum(Distribution(Discretised{.base = base, .lower = 0, .upper = 3}).log_prob(y)), {loc, log_scale});
  }
}

// 0.3/0.1 is 2.9999999999999996: of each middle, as the dtype has it, cdf and survival have the whole bin.
TEST(Discretised, EveryMiddleHasItsBinWhateverItsRounding) {
  struct Grid {
    double width, lower, upper;
    int first, last;
  };
  for (const DType dtype : {DType::float64, DType::float32})
    for (const auto& [width, lower, upper, first, last] :
         {Grid{0.1, -infinity, infinity, -100, 100}, Grid{1 / 255.0, 0, 1, 0, 254}, Grid{1 / 255.0, -infinity, 1, -254, 0}, Grid{0.1, -0.7, infinity, 0, 200}}) {
      Graph graph;
      const Gaussian base{.loc = graph.constant(row({0.4}).cast(dtype)), .scale = 3};
      const Distribution d = Discretised{.base = base, .width = width, .lower = lower, .upper = upper};
      const double origin = std::isfinite(lower) ? lower : std::isfinite(upper) ? upper : 0;
      std::vector<double> middles, ends;
      for (int k = first; k < last; ++k) {
        middles.push_back(k / std::round(1 / width) + origin);
        ends.push_back((k + 0.5) / std::round(1 / width) + origin);
      }
      const Node y = graph.constant(row(middles).cast(dtype)), end = graph.constant(row(ends).cast(dtype));
      const std::vector<Tensor> got = interpret(std::vector<Node>{d.cdf(y), base.cdf(end), d.survival(y), base.survival(end)});
      const double tolerance = dtype == DType::float32 ? 4e-6 : 1e-14;  // ends of 20 are off by an ulp; a bin has 2e-4 or more
      for (std::int64_t i = 0; i < got[0].count(); ++i) {
        EXPECT_NEAR(got[0].at(i), got[1].at(i), tolerance) << middles[static_cast<std::size_t>(i)] << " of " << width;
        EXPECT_NEAR(got[2].at(i), got[3].at(i), tolerance) << middles[static_cast<std::size_t>(i)] << " of " << width;
      }
    }
}

TEST(Discretised, ToTenthsHasItsMomentsByNumber) {
  Graph graph;
  const Distribution d = Discretised{.base = Gaussian{.loc = graph.constant(row({0.33})), .scale = 0.4}, .width = 0.1, .lower = -1.2, .upper = 1.5};
  std::vector<double> middles;
  for (int k = -12; k <= 15; ++k) middles.push_back(k / 10.0);
  const Tensor log_p = interpret(d.log_prob(graph.constant(row(middles))));
  double mass = 0, mean = 0, square = 0, entropy = 0, likeliest = -infinity, mode = 0;
  for (std::size_t i = 0; i < middles.size(); ++i) {
    const double log_mass = log_p.at(static_cast<std::int64_t>(i)), p = std::exp(log_mass);
    mass += p, mean += p * middles[i], square += p * middles[i] * middles[i], entropy -= p * log_mass;
    if (log_mass > likeliest) likeliest = log_mass, mode = middles[i];
  }
  ASSERT_NEAR(mass, 1, 1e-14);
  EXPECT_NEAR(interpret(loglik::mean(d)).at(0), mean, 1e-11);
  EXPECT_NEAR(interpret(loglik::variance(d)).at(0), square - mean * mean, 1e-11);
  EXPECT_NEAR(interpret(loglik::entropy(d)).at(0), entropy, 1e-11);
  EXPECT_NEAR(interpret(loglik::mode(d)).at(0), mode, 1e-15);
  const double y = 0.6;  // ∫(F(t) − 1{t ≥ y})² dt, steps of a tenth
  double score = 0, below = 0;
  for (std::size_t i = 0; i + 1 < middles.size(); ++i) {
    below += std::exp(log_p.at(static_cast<std::int64_t>(i)));
    score += 0.1 * std::pow(below - (middles[i] > y - 0.05 ? 1 : 0), 2);
  }
  EXPECT_NEAR(interpret(loglik::crps(d, graph.constant(row({y})))).at(0), score, 1e-11);
}

// Their log_prob is of a probability, where wrappers know of densities and of integers.
TEST(Discretised, OfOtherMiddlesThanIntegersIsRefusedByWrappers) {
  Graph graph;
  const Node x = graph.constant(row({0.5}));
  const Distribution d = Discretised{.base = Logistic{.loc = x}, .width = 0.1};
  const std::vector<Distribution> wrappers{ZeroInflated{.base = d, .logits = x},
                                           Hurdle{.base = d, .logits = x},
                                           Truncated{.base = d, .lower = 0},
                                           Censored{.base = d, .lower = x},
                                           RightCensored{.base = d, .event = x},
                                           IntervalCensored{.base = d, .edges = {0}},
                                           Affine{.base = d, .scale = 2},
                                           Transformed{d, Bijection::exp()},
                                           Mixture{.logits = graph.constant(row({0})), .components = {d}},
                                           Discretised{.base = d}};
  for (const Distribution& wrapper : wrappers)
    EXPECT_NE(error_of<ArgumentError>([&] { wrapper.log_prob(x); }).find("has steps of 0.1 that are not integers, needs these or a density: measure in units of 0.1"), std::string::npos) << wrapper.name();
  EXPECT_NO_THROW(Distribution(Independent{d}).log_prob(x));
}

TEST(Discretised, ItsResidualsAreUniform) {
  Graph graph;
  const Distribution d = Discretised{.base = Gaussian{.loc = graph.constant(Tensor(DType::float64, {ks_draws}))}, .width = 0.7};
  EXPECT_LT(ks_distance(interpret(pit(d, d.sample("y"), "u"), {}, 3), [](double u) { return std::clamp(u, 0.0, 1.0); }), ks_bound);
}

}  // namespace
}  // namespace loglik
