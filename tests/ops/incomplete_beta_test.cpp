#include "ops/incomplete_beta.h"

#include <limits>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "ops/activations.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Function = Node (*)(Operand, Operand, Operand, Operand);
constexpr Function regularised = incomplete_beta;

Build four(Function f) {
  return [=](const std::vector<Node>& v) { return f(v[0], v[1], v[2], v[3]); };
}
// ∂ sum/∂ operand number `which`.
Build derivative(Function f, std::size_t which) {
  return [=](const std::vector<Node>& v) { return gradient(reduce_sum(f(v[0], v[1], v[2], v[3])), v[which]); };
}
// The shapes fixed, so that the odds can be differentiated by again.
Build of_odds(Function f) {
  return [=](const std::vector<Node>& v) {
    const auto number = [&](double value) { return v[0].graph().constant(value, v[0].dtype()); };
    return f(number(2.5), number(0.75), v[0], v[1]);
  };
}

conformance::OpOptions options(int orders, const char* not_differentiable = "") {
  return {.shapes = {{{3, 5}, {3, 5}, {3, 5}, {3, 5}}, {{3, 1}, {1, 4}, {4}, {}}, {{0, 4}, {4}, {4}, {4}}},
          .domain = {0.4, 4},
          .large = {{{40, 41}, {41}, {40, 41}, {40, 41}}},
          .orders = orders,
          .not_differentiable = not_differentiable};
}
const conformance::OpOptions odds{
    .shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{0, 4}, {4}}}, .domain = {0.4, 4}, .large = {{{40, 41}, {41}}}, .orders = 3};
constexpr const char* second = "second derivatives by shapes";

const ConformanceCases conforming{
    {"incomplete_beta", four(regularised), options(1)},
    {"incomplete_beta", of_odds(regularised), odds},
    {"log_incomplete_beta", four(log_incomplete_beta), options(1)},
    {"log_incomplete_beta", of_odds(log_incomplete_beta), odds},
    {"incomplete_beta_slope", derivative(regularised, 2), options(2)},
    {"log_incomplete_beta_slope", derivative(log_incomplete_beta, 2), options(1)},
    {"log_incomplete_beta_slope", derivative(log_incomplete_beta, 3), options(1)},
    {"incomplete_beta_by_shape", derivative(regularised, 0), options(0, second)},
    {"log_incomplete_beta_by_shape", derivative(log_incomplete_beta, 1), options(0, second)},
    {"incomplete_beta_inverse", four(incomplete_beta_inverse), options(1)},
    {"incomplete_beta_inverse_by_shape", derivative(incomplete_beta_inverse, 0), options(0, second)},
    {"incomplete_beta_ratio", derivative(incomplete_beta_inverse, 2), options(0, second)},
};
const References values{"IncompleteBeta.IsRight", {"incomplete_beta", "log_incomplete_beta"}};
const References derivatives{
    "IncompleteBeta.DerivativesAreRight",
    {"incomplete_beta_slope", "log_incomplete_beta_slope", "incomplete_beta_by_shape", "log_incomplete_beta_by_shape"}};
const References inverses{"IncompleteBeta.InverseIsRight",
                          {"incomplete_beta_inverse", "incomplete_beta_inverse_by_shape", "incomplete_beta_ratio"}};

// Tiny and large shapes, both tails. Values from the hypergeometric series of I at 75 digits, derivatives by
// shapes from its differences; the last, with t near 1, from integrals at 50 digits.
const Tensor a = row({0.001, 0.5, 0.5, 2.5, 1, 7, 30, 900, 1e6, 0.5, 1e6, 2e5, 1e6, 1e8}),
             b = row({0.5, 0.001, 0.5, 3.25, 4, 1, 2, 1100, 0.5, 4000, 1e6, 1e6, 2e6, 2e3}),
             x = row({1e-30, 0.25, 3, 0.25, 1, 1, 1, 0.375, 1e6, 3, 1, 1, 1, 5e4}),
             y = row({1, 0.75, 1, 0.75, 1e-9, 1e12, 40, 0.625, 40, 8000, 1.0078125, 5.5, 100, 1.0625});
constexpr double ulps = 8;  // measured at 1,500 places with shapes in [1e-3, 1e6]: within 3e-15 relatively, mostly half an ulp

TEST(IncompleteBeta, Conform) { conforming.check(); }

TEST(IncompleteBeta, IsRight) {
  expect_close(
      value_of(four(regularised), {a, b, x, y}),
      {0.93196296275708531, 0.0010969849614119998, 0.66666666666666667, 0.18778053183399851, 1, 9.99999999993e-85, 1.2516192188142786e-47,
       3.7102189690658767e-12, 3.7471682959963134e-19, 0.91669693825437499, 1.8690675148503675e-08, 0, 0, 0.0030138036613103171},
      ulps);
  expect_close(value_of(four(regularised), {b, a, y, x}),
               {0.068037037242914694, 0.998903015038588, 0.33333333333333333, 0.81221946816600149, 9.9999999600000026e-37, 1, 1,
                0.99999999999628978, 1, 0.083303061745625012, 0.99999998130932485, 1, 1, 0.99698619633868968},
               ulps);
  const std::vector<double> logs{-0.0704622046172063,     -6.8151898066143692,   -0.40546510810816438, -1.6724813819372007,
                                 -9.9999999600000026e-37, -193.41714781150684,   -107.99706128262893,  -26.319930219739336,
                                 -42.428116333219718,     -0.086978353984667936, -17.795241092615933,  -745.61824951131666,
                                 -2725486.6729366137,     -5.8045523231324886};
  expect_close(value_of(four(log_incomplete_beta), {a, b, x, y}), logs, ulps);
}

TEST(IncompleteBeta, DerivativesAreRight) {
  expect_close(value_of(derivative(regularised, 0), {a, b, x, y}),
               {-65.66663643034308, -0.003573732742215015, -0.43075459629260069, -0.16668217121824226, -2.0833333242000005e-36,
                -2.7631021115736131e-83, -4.6076358897251352e-47, -6.9022878183052214e-13, -1.5171316331665806e-23, -0.23026637198135399,
                -7.5137017654109877e-11, 0, 0, -4.1927989128798417e-9},
               ulps);
  expect_close(value_of(derivative(regularised, 1), {a, b, x, y}),
               {0.0045912260722291051, 1.095360643290022, 0.64613189443890103, 0.085150008441094131, 2.0723265755053353e-35,
                2.5928571428381179e-84, 3.759061862515137e-47, 4.8393865183815127e-13, 2.1270697759091707e-18, 3.8557126509452214e-05,
                7.4845222700179014e-11, 0, 0, 0.0002033664242986524},
               ulps);
  expect_close(value_of(derivative(regularised, 2), {a, b, x, y}),
               {9.3196296275708525e+26, 0.001996658127342645, 0.045944074618482671, 1.1409063129278683, 3.9999999800000011e-36,
                6.999999999944e-84, 3.6603238882798029e-46, 1.5137897893973767e-09, 1.5171009122726023e-23, 0.051396653652162276,
                7.4990716716704523e-05, 0, 0, 8.3855925429439243e-6},
               ulps);
  expect_close(value_of(derivative(log_incomplete_beta, 0), {a, b, x, y}),
               {-70.460564480027503, -3.2577773332599146, -0.64613189443890103, -0.88764351442774913, -2.0833333242000005e-36,
                -27.631021115929548, -3.6813399957937518, -0.18603451375386109, -4.0487416452246615e-05, -0.25119138329385058,
                -0.0040200269416230875, -0.080095552529616497, -3.5165089152478523, -1.3911984269927294e-6},
               ulps);
  expect_close(value_of(derivative(log_incomplete_beta, 1), {a, b, x, y}),
               {0.0049264040049902723, 998.51928861459771, 0.96919784165835154, 0.45345493278487636, 2.0723265755053353e-35,
                2.5928571428562679, 3.0033590136753287, 0.13043398674660776, 5.6764724930605662, 4.2060930827231546e-05,
                0.0040044151484902844, 0.015277541760208701, 0.39551487079241179, 0.067478325449453598},
               ulps);
  expect_close(value_of(derivative(log_incomplete_beta, 2), {a, b, x, y}),
               {9.9999999999999994e+26, 1.8201326340632948, 0.068916111927724006, 6.0757433253860989, 3.9999999800000011e-36,
                6.999999999993, 29.244708240797154, 408.0055118090521, 4.0486596609326534e-05, 0.056067225172623165, 4012.1994588680268,
                15394.755417190272, 970297.06001209115, 0.0027823951011122286},
               ulps);
  Tensor by_y = value_of(derivative(log_incomplete_beta, 3), {a, b, x, y});
  for (double& value : by_y.mutable_values<double>()) value = -value;
  expect_close(by_y,
               {0.001, 0.60671087802109826, 0.20674833578317202, 2.0252477751286996, 3.9999999800000008e-27, 6.999999999993e-12,
                0.73111770601992885, 244.80330708543126, 1.0121649152331633, 2.1025209439733687e-05, 3981.097137481453, 2799.0464394891403,
                9702.9706001209115, 130.93624005234017},
               ulps);
}

TEST(IncompleteBeta, InverseIsRight) {  // where neither I nor 1 − I underflows
  const std::vector<double> logit{-69.07755278982137,  -1.0986122886681097, 1.0986122886681097,     -1.0986122886681097,
                                  20.723265836946411,  -27.631021115928548, -3.6888794541139363,    -0.51082562376599068,
                                  10.126631103850338,  -7.8885845319938633, -0.0077821404420549489, -1.7047480922384252,
                                  -4.6051701859880914, 10.759153662593848};
  const std::vector<double> by_a{70460.564480027502,     7.1594284334921189,   3.1252096515859452,     0.58438513076675537,
                                 0.52083333365416667,    3.9472887308510256,   0.12588055129434266,    0.0012158954286606196,
                                 1.0000202497366719e-06, 1.4933940611499104,   1.0019509206447252e-06, 5.2027817499574736e-06,
                                 3.6241570341396603e-06, 1.0000006299871753e-8};
  const std::vector<double> ratio{999.99999999999998,     2.1976420427506607,   4.8367983046245809,     0.65835565885196601,
                                  2.5000000124999994e+35, 0.14285714285728571,  0.034194220430107527,   0.0065358594172979587,
                                  0.024699532283472772,   5.9452439871430502,   0.00024923985216879842, 6.4957186580786358e-05,
                                  1.0306122127047759e-06, 0.0071880517587186822};
  const Tensor p = value_of(four(regularised), {a, b, x, y}), q = value_of(four(regularised), {b, a, y, x});
  const Tensor inverse = value_of(four(incomplete_beta_inverse), {a, b, p, q});
  const Tensor mirrored = value_of(four(incomplete_beta_inverse), {b, a, q, p});
  const Tensor shape = value_of(derivative(incomplete_beta_inverse, 0), {a, b, p, q});
  const Tensor level = value_of(derivative(incomplete_beta_inverse, 2), {a, b, p, q});
  for (std::int64_t i = 0; i < p.count(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (p.at(i) == 0) continue;
    // An ulp of the level moves the logit by an ulp of the ratio, that of the smaller tail.
    const double tail = ratio[k] * std::min(p.at(i), q.at(i)) / p.at(i), step = 0x1p-52 * (std::abs(logit[k]) + tail);
    EXPECT_NEAR(inverse.at(i), logit[k], 2 * step) << i;
    EXPECT_EQ(mirrored.at(i), -inverse.at(i)) << i;
    // The slopes are taken at the logit as it is rounded: an ulp of it changes them by that times the larger shape at most.
    const double moved = std::max(ulps * 0x1p-52, 4 * step * std::max(a.at(i), b.at(i)));
    EXPECT_NEAR(shape.at(i), by_a[k], std::abs(by_a[k]) * moved) << i;
    const double slope = ratio[k] / p.at(i) * q.at(i) / std::pow(p.at(i) + q.at(i), 2) * (p.at(i) + q.at(i));
    EXPECT_NEAR(level.at(i), slope, std::abs(slope) * moved) << i;
  }
}

TEST(IncompleteBeta, HasTheLimits) {
  const Tensor shapes = row({2, 2, 0.5, 2, 2, 0, 2, -1, 2, nan, inf, 2}), others = row({3, 3, 1, 3, 3, 3, 0, 1, 3, 1, 2, inf});
  const Tensor over = row({0, 1, 0, inf, 1, 1, 1, 1, 0, 1, 1, 1}), under = row({1, 0, 1, 1, inf, 1, 1, 1, 0, 1, 1, 1});
  expect_close(value_of(four(regularised), {shapes, others, over, under}), {0, 1, 0, 1, 0, 1, 0, nan, nan, nan, 0, 1}, 0);
  expect_close(value_of(four(log_incomplete_beta), {shapes, others, over, under}),
               {-inf, 0, -inf, 0, -inf, 0, -inf, nan, nan, nan, -inf, 0}, 0);
  expect_close(value_of(derivative(regularised, 2), {row({0.5, 1, 1.5}), row({3, 3, 3}), row({0, 0, 0}), row({2, 2, 2})}), {inf, 1.5, 0},
               2);
  expect_close(value_of(four(incomplete_beta_inverse), {row({2, 2, 2, 0}), row({3, 3, 3, 1}), row({0, 1, -1, 1}), row({1, 0, 1, 1})}),
               {-inf, inf, nan, nan}, 0);
}

TEST(IncompleteBeta, Float32IsTheRoundedFloat64) {
  const auto rounded = [](const Tensor& t) { return t.cast(DType::float32); };
  const auto widened = [&](const Tensor& t) { return rounded(t).cast(DType::float64); };
  for (const Build& build : {four(regularised), four(log_incomplete_beta), derivative(log_incomplete_beta, 1)}) {
    const Tensor exact = value_of(build, {widened(a), widened(b), widened(x), widened(y)}).cast(DType::float32);
    const Tensor single = value_of(build, {rounded(a), rounded(b), rounded(x), rounded(y)});
    for (std::int64_t i = 0; i < exact.count(); ++i) EXPECT_EQ(single.at(i), std::abs(exact.at(i)) < 0x1p-126 ? 0 : exact.at(i)) << i;
  }
}

// A probability by its logit, as Binomial and Beta have it: both ends are known.
TEST(IncompleteBeta, OddsKeepWhatOneMinusXLoses) {
  const Build of_logit = [](const std::vector<Node>& v) { return incomplete_beta(3.0, 2.0, sigmoid(-v[0]), sigmoid(v[0])); };
  const Build complement = [](const std::vector<Node>& v) { return incomplete_beta(2.0, 3.0, sigmoid(v[0]), sigmoid(-v[0])); };
  expect_close(value_of(complement, {row({-50})}), {6 * std::exp(-100.0)}, 64);  // 6u² + O(u³); 64: e^−100 by its exponent's rounding
  expect_close(value_of(of_logit, {row({-50, 50})}), {1, 4 * std::exp(-150.0)}, 128);
  const Build one = [](const std::vector<Node>& v) { return incomplete_beta(1.0, 4.0, v[0]); };
  expect_close(value_of(one, {row({0.25})}), {1 - std::pow(0.75, 4)}, 2);
}

TEST(IncompleteBeta, RefusesToBeDifferentiatedByShapesTwice) {
  Graph graph;
  const Node shape = graph.input("a", {3});
  EXPECT_THROW(gradient(reduce_sum(gradient(reduce_sum(incomplete_beta(shape, 2.0, 0.5)), shape)), shape), GradientError);
}

}  // namespace
}  // namespace loglik
