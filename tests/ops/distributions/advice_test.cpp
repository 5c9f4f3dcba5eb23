// Which head takes a target that was refused.
#include "ops/distributions/advice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

using Names = std::vector<std::string>;
const Support percent{0, 100, false, false, false};

TEST(Advice, NamesTheTightestSupportsThatTakeAll) {
  for (const auto& [support, y] : std::vector<std::pair<Support, double>>{
           {Support::open_unit, 1}, {Support::open_unit, -0.5}, {Support::binary, 0.5}, {Support::counts, 0.5}, {Support::positive, 0}, {percent, 101}}) {
    SCOPED_TRACE(support.text());
    const Names names = heads_for(support, y);
    EXPECT_FALSE(names.empty());
    EXPECT_LE(names.size(), 3u);
    for (const std::string& name : names) {
      const Support wider = family(name).support({});
      EXPECT_TRUE(wider.contains(y) && wider.includes(support)) << name;
    }
    for (std::size_t i = 1; i < names.size(); ++i)
      EXPECT_FALSE(family(names[i - 1]).support({}).includes(family(names[i]).support({}))) << names[i - 1] << " is not tighter than " << names[i];
  }
  EXPECT_EQ(heads_for(Support::open_unit, 1), (Names{"gamma", "exponential", "gaussian"}));  // a cross-entropy is no likelihood
  EXPECT_EQ(advice_for(Support::open_unit, 1), "use gamma, exponential or gaussian; bernoulli_soft_targets takes it too, but is not a likelihood");
  EXPECT_EQ(heads_for(Support::positive, -3), (Names{"gaussian"}));
  for (const double y : {std::numeric_limits<double>::infinity(), std::nan("")}) EXPECT_EQ(heads_for(Support::positive, y), Names{});
  EXPECT_EQ(advice_for(Support::positive, std::nan("")), "");
  EXPECT_EQ(advice_for(Support::simplex, 0), "");
  EXPECT_EQ(advice_for(Support::positive, -3), "use gaussian");
  EXPECT_EQ(advice_for(Support::positive, 0), "use exponential or gaussian");
}

TEST(Advice, IncludesSupportsByTheirEnds) {
  const std::vector<Support> chain{Support::binary, Support::below(4), Support::counts, Support::nonnegative, Support::real};
  for (std::size_t i = 0; i < chain.size(); ++i)
    for (std::size_t k = 0; k < chain.size(); ++k) EXPECT_EQ(chain[k].includes(chain[i]), i <= k) << chain[k].text() << " ⊇ " << chain[i].text();
  EXPECT_TRUE(Support::nonnegative.includes(Support::positive) && Support::unit.includes(Support::open_unit) && Support::positive.includes(Support::open_unit));
  EXPECT_FALSE(Support::positive.includes(Support::nonnegative) || Support::open_unit.includes(Support::unit) || Support::positive.includes(Support::unit));
  EXPECT_TRUE(Support::simplex.includes(Support::simplex));
  EXPECT_FALSE(Support::simplex.includes(Support::open_unit) || Support::unit.includes(Support::simplex));
}

// What a model says of `y` as the target of a head of that family.
std::string refused(const std::string& name, float y) {
  Graph graph;
  graph.head("share", make_head(name, graph.input("x", {batch, family(name).raw_outputs({})}, DType::float32, 0.0), {}));
  const Model model = compile(graph);
  return error_of<SupportError>([&] { model.check_targets({{"share", Tensor::from(std::vector<float>{0.5, y})}}, 16); });
}

TEST(Advice, IsPartOfTheRefusal) {
  EXPECT_EQ(refused("weibull", 0), "head \"share\": y = 0 at row 17 lies outside (0, ∞), the support of weibull: use exponential or gaussian");
  EXPECT_EQ(refused("log_normal", -2.5F), "head \"share\": y = -2.5 at row 17 lies outside (0, ∞), the support of log_normal: use gaussian");
  EXPECT_EQ(refused("exponential", -1), "head \"share\": y = -1 at row 17 lies outside [0, ∞), the support of exponential: use gaussian");
  EXPECT_EQ(refused("gaussian", std::nanf("")), "head \"share\": y = nan at row 17 lies outside the finite numbers, the support of gaussian");
  EXPECT_EQ(refused("gaussian", 3), "");
}

// Each wrapper too, whatever it wraps.
TEST(Advice, IsGivenByEachWrapper) {
  Graph graph;
  const Node zero = graph.constant(0.0, DType::float32), pair = graph.constant(Tensor(DType::float32, {2}));
  const Weibull base{.log_scale = zero, .log_shape = zero};
  const std::vector<std::pair<Distribution, std::string>> cases{
      {Truncated{.base = base, .upper = 2}, "use exponential or gaussian"},
      {Censored{.base = base, .upper = zero + 2.0}, "use exponential or gaussian"},
      {RightCensored{.base = base, .event = zero}, "use exponential or gaussian"},
      {IntervalCensored{.base = base, .edges = {1, 2}}, "use exponential or gaussian"},
      {Mixture{.logits = pair, .components = {base, base}}, "use exponential or gaussian"},
      {Affine{.base = base, .scale = 2}, "use exponential or gaussian"},
      {Transformed{base, Bijection::box_cox(1)}, "use gaussian"},  // above −1
      {Independent{Affine{.base = Weibull{.log_scale = pair, .log_shape = pair}}}, "use exponential or gaussian"},
      {ZeroInflated{.base = base, .logits = zero}, "use gaussian"},
      {Hurdle{.base = base, .logits = zero}, "use gaussian"},
      {Discretised{.base = base, .lower = 0, .upper = 7}, "use gaussian"},
  };
  for (const auto& [d, advice] : cases) {
    SCOPED_TRACE(d.name());
    const double y = d.support()->contains(0) ? -1.5 : 0;
    EXPECT_EQ(d.advice(d.support()->lower() == -1 ? -1 : y), advice) << d.support()->text();
  }
  const VonMises angle{.a = zero, .b = zero};
  EXPECT_EQ((Distribution(Mixture{.logits = pair, .components = {angle, angle}}).advice(180)), "");  // no other head is of angles
  EXPECT_NE(Distribution(RightCensored{.base = angle, .event = zero}).advice(180), "");
}

TEST(Advice, OfSharesIsToMoveThemInwards) {
  EXPECT_EQ(refused("beta", 1), "head \"share\": y = 1 at row 17 lies outside (0, 1), the support of beta: move targets inwards by Beta::squeeze, or "
                                "use gamma, exponential or gaussian; bernoulli_soft_targets takes it too, but is not a likelihood");
  EXPECT_EQ(refused("beta", -1), "head \"share\": y = -1 at row 17 lies outside (0, 1), the support of beta: use gaussian");
}

// Each family of one value a target that refuses something says what to do instead.
TEST(Advice, IsGivenByEachFamily) {
  for (const Family& family : families()) {
    if (family.name.starts_with("test_")) continue;  // of other tests in this process
    const Targets targets = family.needs_classes ? Targets{.classes = 3} : Targets{};
    const Support support = family.support(targets);
    if (support.is_simplex()) continue;
    const double y = support.contains(-1) ? std::nan("") : family.needs_classes ? 3 : -1;
    Graph graph;
    const Distribution d = make_head(family.name, graph.input("raw", {batch, family.raw_outputs(targets)}), targets);
    EXPECT_EQ(d.advice(y).empty(), std::isnan(y)) << family.name << ": " << d.advice(y);
  }
}

}  // namespace
}  // namespace loglik
