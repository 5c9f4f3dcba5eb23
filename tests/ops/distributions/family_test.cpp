#include "ops/distributions/family.h"

#include "framework/error.h"
#include "framework/head.h"
#include "ops/distributions/asymmetric_laplace.h"
#include "ops/distributions/binomial.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/links.h"
#include "ops/distributions/zero_families.h"
#include "ops/distributions/mixture.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

template <class E, class F>
void expect_thrown(F f, const std::string& text) {
  try {
    f();
    ADD_FAILURE() << "nothing thrown, expected: " << text;
  } catch (const E& error) {
    EXPECT_EQ(error.what(), text);
  }
}

TEST(Families, AreChosenByName) {
  std::vector<std::string> names;
  for (const Family& family : families()) {
    if (family.name.starts_with("test_")) continue;  // of other tests in this process
    names.push_back(family.name);
    const Targets targets = family.needs_classes ? Targets{.classes = 3} : Targets{.values = 2};
    Graph graph;
    const Distribution d = make_head(family.name, graph.input("raw", {batch, family.raw_outputs(targets)}), targets);
    EXPECT_EQ(d.support()->text(), family.support(targets).text()) << family.name;
    EXPECT_FALSE(d.certificate().empty()) << family.name;
    EXPECT_EQ(graph.head("y", d).target.type(),
              family.needs_classes ? (TensorType{DType::int32, {batch}}) : (TensorType{DType::float32, {batch, 2}}));
  }
  EXPECT_EQ(names, (std::vector<std::string>{
                       "bernoulli",
                       "bernoulli_soft_targets",
                       "beta",
                       "categorical",
                       "dirichlet",
                       "exponential",
                       "gamma",
                       "gaussian",
                       "gaussian_learned_scale",
                       "gaussian_mixture",
                       "gaussian_predicted_scale",
                       "gumbel",
                       "hurdle_gamma",
                       "hurdle_log_normal",
                       "hurdle_poisson",
                       "inverse_gaussian",
                       "laplace",
                       "log_normal",
                       "logistic",
                       "multivariate_gaussian",
                       "negative_binomial",
                       "ordinal",
                       "poisson",
                       "student_t",
                       "von_mises",
                       "weibull",
                       "zero_inflated_negative_binomial",
                       "zero_inflated_poisson",
                   }));
}

TEST(Families, SuggestWhatWasMeant) {
  expect_thrown<NameError>([] { family("guassian"); }, "head \"guassian\" is unknown: did you mean \"gaussian\"?");
  try {
    family("beta_binomial_x");
    ADD_FAILURE();
  } catch (const NameError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("head \"beta_binomial_x\" is unknown: known are asymmetric_laplace, bernoulli, "))
        << error.what();
  }
}

TEST(Families, TakeANumberAfterTheirName) {
  const Family quantile = family("asymmetric_laplace:0.9");
  EXPECT_EQ(quantile.name, "asymmetric_laplace:0.9");
  EXPECT_EQ(quantile.description, "Asymmetric Laplace on the real line, the quantile of level 0.9 and a scale predicted");
  Graph graph;
  const Distribution d = make_head("asymmetric_laplace:0.9", graph.input("raw", {batch, 2}), {});
  ASSERT_NE(d.as<AsymmetricLaplace>(), nullptr);
  EXPECT_EQ(d.as<AsymmetricLaplace>()->level, 0.9);
  EXPECT_EQ(family("gaussian_mixture:8").raw_outputs({}), 24);
  EXPECT_EQ(family("gaussian_mixture").raw_outputs({}), 15);

  const Family binomial = family("binomial:12");
  EXPECT_EQ(binomial.description, "Binomial on the counts 0, …, 12, by the logit of success");
  EXPECT_EQ(binomial.support({}).text(), "{0, …, 12}");
  EXPECT_EQ(make_head("binomial:12", graph.input("logits", {batch, 3}), {.values = 3}).as<Binomial>()->trials, 12);

  const auto refuse = [](const std::string& name, const std::string& text) { expect_thrown<ArgumentError>([&] { family(name); }, text); };
  const std::string needs = " needs a LEVEL in (0, 1), such as \"asymmetric_laplace:0.5\"";
  for (const std::string name : {"asymmetric_laplace", "asymmetric_laplace:", "asymmetric_laplace:1", "asymmetric_laplace:half", "asymmetric_laplace:0.5x"})
    refuse(name, "head \"" + name + "\"" + needs);
  refuse("gaussian_mixture:2.5", "head \"gaussian_mixture:2.5\" needs a COMPONENTS in {1, …, 1024}, such as \"gaussian_mixture:1\"");
  for (const std::string name : {"binomial", "binomial:0", "binomial:2.5", "binomial:16777217"})
    refuse(name, "head \"" + name + "\" needs a TRIALS in {1, …, 16777216}, such as \"binomial:1\"");
  refuse("gaussian:3", "head \"gaussian:3\": gaussian takes no option");
  expect_thrown<NameError>([] { family("asymetric_laplace:0.9"); }, "head \"asymetric_laplace\" is unknown: did you mean \"asymmetric_laplace\"?");

  register_option_family(OptionFamily{.name = "test_scaled", .description = "σ = SCALE", .option = "SCALE", .values = Support::positive, .make = [](double scale) {
                                 Family made = family("gaussian");
                                 made.make = [scale](Node raw, const Targets&) -> Distribution { return Gaussian{.loc = raw, .scale = scale}; };
                                 return made;
                               }});
  EXPECT_EQ(make_head("test_scaled:3", graph.input("one", {batch, 1}), {}).as<Gaussian>()->scale, 3);
  expect_thrown<ArgumentError>([] { register_option_family(OptionFamily{.name = "test_none"}); }, "head \"test_none\" lacks a function: make is needed");
  Family colon = family("gaussian");
  colon.name = "test:colon";
  expect_thrown<ArgumentError>([&] { register_family(colon); }, "head \"test:colon\": a name that is not empty and holds no ':' is needed");
}

TEST(Families, RefuseWhatDoesNotFit) {
  Graph graph;
  const Node raw = graph.input("raw", {batch, 3});
  expect_thrown<ArgumentError>([&] { make_head("categorical", raw, {.values = 1}); },
                               "head \"categorical\" is for labels 0, 1, …, the targets are not: they have no number of classes");
  expect_thrown<ArgumentError>([&] { make_head("categorical", raw, {.values = 2, .classes = 3}); },
                               "head \"categorical\" is for one label a sample, the targets have 2");
  expect_thrown<ShapeError>([&] { make_head("gaussian_predicted_scale", raw, {.values = 3}); },
                            "head \"gaussian_predicted_scale\": the raw outputs have shape {batch, 3}, needs {batch, 6}");
}

TEST(Families, OfZerosBeginWithTheirLogits) {
  Graph graph;
  const Node raw = graph.constant(Tensor::from(std::vector<double>{0.5, -1, 2, 3}, {1, 4}));
  const Distribution d = make_head("zero_inflated_poisson", raw, {.values = 2});
  const auto rate = [](double logit, double log_rate) { return std::exp(log_rate) / (1 + std::exp(logit)); };
  expect_close(interpret(d.mean()), {rate(0.5, 2), rate(-1, 3)}, 16);
  EXPECT_EQ(d.name(), "zero-inflated poisson");
  EXPECT_EQ(family("hurdle_gamma").raw_outputs({.values = 2}), 6);
  EXPECT_EQ(family("hurdle_gamma").description, "Gamma on the positive numbers, the logs of mean and shape predicted, and zeros by a choice of their own");
  expect_thrown<ArgumentError>([] { hurdle_family(family("categorical")); },
                               "head \"categorical\" is for labels, which have no zeros of their own");
}

TEST(Families, PredictAScaleWithinBounds) {
  Graph graph;
  const Tensor raw = Tensor::from(std::vector<double>{1, 2, 0, 1, 3, 4, -1e4, 1e4}, {2, 4});
  const Distribution d = make_head("gaussian_predicted_scale", graph.constant(raw), {.values = 2});
  expect_close(interpret(d.mean()), {1, 2, 3, 4}, 0);
  const Gaussian& gaussian = *d.as<Gaussian>();
  const Tensor log_scale = interpret(gaussian.log_scale);
  EXPECT_NEAR(log_scale.at(0), 0, 2e-4);  // 1e-4 is what the bounds bend
  EXPECT_NEAR(log_scale.at(1), 1, 4e-4);
  EXPECT_NEAR(log_scale.at(2), std::log(1e-4), 1e-12);
  EXPECT_NEAR(log_scale.at(3), std::log(1e4), 2e-8);
  expect_derivatives([](const std::vector<Node>& x) { return bounded_log_scale(x[0]); }, {spread({3, 5}, -15, 15)}, 2);
  EXPECT_THROW(soft_clamp(gaussian.log_scale, 1, 1), ArgumentError);
}

TEST(Families, MixturesBeginWithComponentsThatDiffer) {
  Graph graph;
  const Node raw = graph.constant(Tensor(DType::float64, {2, 30}));
  const Distribution d = make_head("gaussian_mixture", raw, {.values = 2});
  const Mixture& mixture = *d.as<Mixture>();
  EXPECT_EQ(mixture.name(), "mixture of 5 gaussian");
  EXPECT_EQ(mixture.logits.shape(), (Shape{2, 2, 5}));
  const std::vector<double> quantiles{-1.2815515655446004, -0.5244005127080407, 0, 0.5244005127080407,
                                      1.2815515655446004};  // SciPy's norm.ppf
  for (std::size_t k = 0; k < 5; ++k) expect_close(interpret(mixture.components[k].mean()), std::vector<double>(4, quantiles[k]), 2);
  EXPECT_EQ(gaussian_mixture_family(8).name, "gaussian_mixture:8");
  EXPECT_EQ(gaussian_mixture_family(8).raw_outputs({.values = 3}), 72);
  EXPECT_THROW(gaussian_mixture_family(0), ArgumentError);
  // Raw outputs value by value: logits, means, log scales.
  Tensor numbers(DType::float64, {1, 12});
  for (std::int64_t i = 0; i < 12; ++i) numbers.mutable_values<double>()[static_cast<std::size_t>(i)] = 0.1 * static_cast<double>(i);
  const Distribution two = gaussian_mixture_family(2).make(graph.constant(numbers), {.values = 2});
  expect_close(interpret(two.as<Mixture>()->logits), {0, 0.1, 0.2, 0.3}, 2);
  expect_close(interpret(two.as<Mixture>()->components[1].mean()), {0.5 + 0.6744897501960817, 0.7 + 0.6744897501960817}, 4);
}

TEST(Families, CanBeAdded) {
  const Family wide{.name = "test_wide_gaussian",
                    .description = "σ = 100",
                    .support = [](const Targets&) { return Support::real; },
                    .raw_outputs = [](const Targets& targets) { return targets.values; },
                    .make = [](Node raw, const Targets&) -> Distribution { return Gaussian{.loc = raw, .scale = 100}; }};
  register_family(wide);
  Graph graph;
  EXPECT_EQ(make_head("test_wide_gaussian", graph.input("raw", {batch, 2}), {.values = 2}).as<Gaussian>()->scale, 100);
  expect_thrown<NameError>([&] { register_family(wide); }, "there is a head \"test_wide_gaussian\" already: σ = 100");
  expect_thrown<ArgumentError>([] { register_family({.name = "test_empty"}); },
                               "head \"test_empty\" lacks a function: support, raw_outputs and make are all needed");
}

}  // namespace
}  // namespace loglik
