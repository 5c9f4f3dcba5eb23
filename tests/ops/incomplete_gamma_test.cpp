#include "ops/incomplete_gamma.h"

#include <limits>

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// First derivatives by both; further ones by x alone, of a shape that is a constant.
const std::vector<conformance::InputShapes> shapes{{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{0, 4}, {4}}};
const conformance::OpOptions both{.shapes = shapes, .domain = {0.5, 5}, .large = {{{20, 41}, {41}}}, .orders = 1};
const conformance::OpOptions levels{.shapes = shapes,
                                    .domain = {0.5, 5},
                                    .inputs = {{}, {.domain = conformance::Domain{0.05, 0.95}}},
                                    .large = {{{20, 41}, {41}}},
                                    .orders = 1};
const conformance::OpOptions argument{.shapes = {{3, 5}, {1, 1}, {}}, .domain = {0.5, 5}, .orders = 3};
const conformance::OpOptions level{.shapes = {{3, 5}, {1, 1}, {}}, .domain = {0.05, 0.95}, .orders = 3};

template <Node (*function)(Operand, Operand)>
Node of_shape(Node x) {
  return function(x.graph().constant(2.75, x.dtype()), x);
}
template <Node (*function)(Operand, Operand)>
Node by_shape(Node x) {
  const Node a = broadcast_to(x.graph().constant(2.75, x.dtype()), x.shape());
  return gradient(reduce_sum(function(a, x)), a);
}

const ConformanceCases conforming{
    {"incomplete_gamma", gamma_p, both},
    {"incomplete_gamma", gamma_q, both},
    {"incomplete_gamma", log_gamma_p, both},
    {"incomplete_gamma", log_gamma_q, both},
    {"incomplete_gamma_inverse", gamma_p_inverse, levels},
    {"incomplete_gamma_inverse", gamma_q_inverse, levels},
    {"gamma_density", gamma_density, both},
};
const ConformanceCases in_x{
    {"incomplete_gamma", of_shape<gamma_p>, argument},
    {"incomplete_gamma", of_shape<gamma_q>, argument},
    {"incomplete_gamma", of_shape<log_gamma_p>, argument},
    {"incomplete_gamma", of_shape<log_gamma_q>, argument},
    {"incomplete_gamma_inverse", of_shape<gamma_p_inverse>, level},
    {"incomplete_gamma_inverse", of_shape<gamma_q_inverse>, level},
    {"gamma_shape_slope", by_shape<gamma_p>, argument},
    {"gamma_shape_slope", by_shape<log_gamma_p>, argument},
    {"gamma_shape_slope", by_shape<log_gamma_q>, argument},
    {"gamma_shape_slope", by_shape<gamma_p_inverse>, level},
};
const References by_digits{"IncompleteGamma.IsRight", {"incomplete_gamma"}};
const References derivatives{"IncompleteGamma.DerivativesKeepTheirPrecision", {"gamma_density", "gamma_shape_slope"}};
const References inverses{"IncompleteGamma.InversesAreRight", {"incomplete_gamma_inverse"}};

TEST(IncompleteGamma, Conforms) { conforming.check(); }
TEST(IncompleteGamma, ConformsInX) { in_x.check(); }

// Shapes small and large, both tails near and far, and where one way of evaluation gives way to another.
const std::vector<double> as{1e-9, 0.0078125, 0.25, 0.5, 1, 2.5, 3.75, 30, 30, 99.5, 120, 150, 1000, 1e6, 1e6, 1e8, 7, 400, 0.001},
    xs{0.5, 1e-30, 1.75, 40, 1, 0.001, 2, 20.5, 300, 101, 118, 400, 800, 1001000, 1e6, 99960000.0, 2500, 1e-5, 3000};

// From 60 digits (mpmath), sums of thousands of terms. Long double and a rounding leave an ulp.
constexpr double ulps = 1;

TEST(IncompleteGamma, IsRight) {
  const Tensor a = row(as), x = row(xs);
  expect_close(value_of(binary(gamma_p), {a, x}),
               {0.9999999994402264, 0.58554696062949316, 0.9760771069754207, 1, 0.63212055882855768, 9.5085345986079498e-9,
                0.17842671228001595, 0.028813703163159224, 1, 0.5726051555344026, 0.43915146384703258, 1, 5.5014197761792281e-12,
                0.84134478636834029, 0.50013298076087259, 3.1604377116199155e-5, 1, 0, 1},
               ulps);
  expect_close(
      value_of(binary(gamma_q), {a, x}),
      {5.5977359506954064e-10, 0.41445303937050684, 0.023922893024579304, 3.7440973842028988e-19, 0.36787944117144232, 0.9999999904914654,
       0.82157328771998405, 0.97118629683684078, 4.4219607561434808e-90, 0.4273948444655974, 0.56084853615296742, 4.0711477635616176e-47,
       0.99999999999449858, 0.15865521363165971, 0.49986701923912741, 0.9999683956228838, 0, 1, 0},
      ulps);
  expect_close(value_of(binary(log_gamma_p), {a, x}),
               {-5.5977359522621388e-10, -0.53520889313252716, -0.024213692641034274, -3.7440973842028988e-19, -0.45867514538708189,
                -18.471076062839788, -1.7235773375337215, -3.5469042007228366, -4.4219607561434808e-90, -0.55755888263109264,
                -0.82291090526003804, -4.0711477635616176e-47, -25.926014915879314, -0.17275373112418319, -0.69288125439969593,
                -10.362214930628493, 0, -6605.6708939463951, 0},
               ulps);
  expect_close(value_of(binary(log_gamma_q), {a, x}),
               {-21.303488708467094, -0.88079560546803703, -3.7329194113694485, -42.428936197871842, -1.0, -9.5085346438140652e-9,
                -0.19653413340852255, -0.029236968293699614, -205.74607516175311, -0.8500469987210891, -0.57830439894518465,
                -106.81757440523271, -5.5014197761943609e-12, -1.8410218990178857, -0.69341317745572824, -3.1604876545048392e-5,
                -2459.6325732261057, 0, -3014.905872919182},
               ulps);
}

// ∂/∂a of a function of (a, x), and ∂/∂x.
Tensor derivative(Node (*function)(Operand, Operand), std::size_t input) {
  Graph graph;
  const std::vector<Node> at{graph.constant(row(as)), graph.constant(row(xs))};
  return interpret(gradient(reduce_sum(function(at[0], at[1])), at[input]));
}

std::vector<double> negative(std::vector<double> values) {
  for (double& value : values) value = -value;
  return values;
}

TEST(IncompleteGamma, DerivativesKeepTheirPrecision) {  // central differences of 20 more digits than they need
  const std::vector<double> f{1.2130613192846349e-9,
                              4.5745856299179149e+27,
                              0.031501051093814603,
                              3.7897956404129852e-19,
                              0.36787944117144232,
                              2.3764545117351957e-5,
                              0.20583902822240775,
                              0.015534106252972858,
                              3.9960691575307833e-90,
                              0.038929151436884922,
                              0.036391286055369735,
                              2.560612107703056e-47,
                              1.4017393341038871e-12,
                              0.00024180950473148183,
                              0.00039894224715624403,
                              1.3359837934922643e-8,
                              0,
                              0,
                              0};
  const std::vector<double> s{0.55977359536292039,
                              40.117646437036355,
                              0.12256695878566566,
                              2.1253415656995287e-18,
                              0.4317297106348987,
                              7.6172809445962199e-8,
                              0.15444481088324912,
                              0.01283461392426122,
                              1.0272294481099607e-89,
                              0.03928688639032749,
                              0.036136487013920903,
                              4.0227677650574706e-47,
                              1.251364571083481e-12,
                              0.00024193040952413305,
                              0.0003989423136466252,
                              1.3357165633263987e-8,
                              0,
                              0,
                              0};
  expect_close(value_of(binary(gamma_density), {row(as), row(xs)}), f, ulps);
  expect_close(derivative(gamma_p, 1), f, ulps);
  expect_close(derivative(gamma_q, 1), negative(f), ulps);
  expect_close(derivative(gamma_p, 0), negative(s), 2 * ulps);
  expect_close(derivative(gamma_q, 0), s, 2 * ulps);
  expect_close(derivative(log_gamma_p, 0),
               negative({0.55977359567626687, 68.513115316844643, 0.12557097990492272, 2.1253415656995287e-18, 0.68298634588784425,
                         8.0109935612069924, 0.86559242677110719, 0.44543437723309957, 1.0272294481099607e-89, 0.068610780064775545,
                         0.082287069471111096, 4.0227677650574706e-47, 0.22746211378048338, 0.00028755203983425654, 0.00079767247710738468,
                         0.0004226365729074164, 0, 17.505639491307391, 0}),
               2 * ulps);
  expect_close(derivative(log_gamma_q, 0),
               {1000000000.5241043, 96.796603296646478, 5.1234170825299277, 5.6765125145162436, 1.1735630272247269, 7.6172810170254e-8,
                0.18798665096800029, 0.013215398493639819, 2.3230180111454382, 0.091921760168751492, 0.064431811236937838,
                0.98811637373195662, 1.2513645710903653e-12, 0.001524881559113515, 0.00079809689035670978, 1.3357587791505912e-8,
                5.9516624766535151, 0, 1008.5822726109414},
               2 * ulps);
  expect_close(
      derivative(log_gamma_p, 1),
      {1.2130613199636746e-9, 7.8124999999999993e+27, 0.032273117429653899, 3.7897956404129852e-19, 0.58197670686932642, 2499.285759640722,
       1.1536334755715947, 0.53912217270408119, 3.9960691575307833e-90, 0.067986030269938822, 0.082867277127068233, 2.560612107703056e-47,
       0.25479592380376475, 0.00028740833561856501, 0.00079767234416198069, 0.00042272112770338125, 0, 39999999.002493762, 0},
      ulps);
  expect_close(derivative(log_gamma_q, 1),
               negative({2.1670570565836289, 1.1037645270658498e+28, 1.316774315775655, 1.0122054133535352, 1, 2.3764545343317959e-5,
                         0.25054250338840574, 0.015994980884272697, 0.90368716004071239, 0.091084747373499201, 0.064886121135286824,
                         0.62896565205064452, 1.4017393341115987e-12, 0.0015241194991100415, 0.00079809675734057025, 1.3360260177623667e-8,
                         0.99760096153691938, 0, 1.0003328891108031}),
               ulps);
}

TEST(IncompleteGamma, InversesAreRight) {  // from 50 digits
  const Tensor a = row({0.0078125, 0.0078125, 0.25, 0.5, 1, 2.5, 3.75, 30, 30, 99.5, 150, 1000, 0.03125, 7}),
               p = row({0.3125, 0.9921875, 1e-09, 0.9375, 0.5, 1e-300, 0.625, 1e-12, 0.5, 0.75, 1e-100, 0.0625, 0.96875, 0.4375});
  expect_close(value_of(binary(gamma_p_inverse), {a, p}),
               {1.2385148010064228e-65, 0.26498676881358428, 6.7496978931117318e-37, 1.7348850049540764, 0.69314718055994531,
                1.6167038902915642e-120, 4.0410984710961689, 5.7729938202906589, 29.667333138221231, 106.03417910084401, 13.281041425549944,
                951.94426417366048, 0.26559653953552434, 6.2732585192668747},
               ulps);
  expect_close(value_of(binary(gamma_q_inverse), {a, p}),
               {8.3753766389138873e-22, 1.0696022579470722e-270, 17.258573235250031, 0.003074253235313968, 0.69314718055994531,
                700.32029282651343, 2.8709313816226809, 85.92950921344383, 29.667333138221231, 92.602748786211892, 578.16538755665821,
                1048.9580441685822, 3.9401699900442172e-49, 7.082446768145557},
               ulps);
}

// For huge shapes the distribution is normal to about 1/√a: the median is at a − 1/3, one deviation below it lies Φ(−1).
TEST(IncompleteGamma, IsFastAndRightForHugeShapes) {
  const Tensor a = row({1e15, 1e15, 1e300, 1e15}), x = row({1e15, 1e15 - std::sqrt(1e15), 1e300, 1});
  const Tensor p = value_of(binary(gamma_p), {a, x});
  EXPECT_NEAR(p.at(0), 0.5, 1e-8);  // 1/(3·√(2πa))
  EXPECT_NEAR(p.at(1), 0.15865525393145705, 1e-8);
  EXPECT_EQ(p.at(2), 0.5);
  EXPECT_EQ(p.at(3), 0);
  EXPECT_NEAR(value_of(binary(log_gamma_p), {a, x}).at(3), -1e15 * std::log(1e15) + 1e15 - 18.2,
              1e3);  // −log Γ(a + 1) − 1, 17 digits of 3e16
  const Tensor median = value_of(binary(gamma_p_inverse), {row({1e15, 1e300}), row({0.5, 0.5})});
  EXPECT_NEAR(median.at(0), 1e15 - 1.0 / 3, 0.25);
  EXPECT_NEAR(median.at(1), 1e300, 1e300 * 0x1p-52);
}

TEST(IncompleteGamma, InvertsItself) {  // to 4 ulp of p, times what an ulp of x changes in P: x·f/P
  for (const bool upper : {false, true}) {
    const auto forward = upper ? gamma_q : gamma_p, backward = upper ? gamma_q_inverse : gamma_p_inverse;
    for (const double a : {0.01, 0.3, 0.999, 1.001, 5.0, 99.0, 101.0, 1e4, 1e9, 1e19, 1e21})
      for (const double p : {1e-290, 1e-30, 1e-3, 0.2, 0.499, 0.5, 0.501, 0.8, 0.999999}) {
        const Tensor x = value_of(binary(backward), {row({a}), row({p})});
        if (x.at(0) == 0) continue;  // too small for float64
        const double back = value_of(binary(forward), {row({a}), x}).at(0), f = value_of(binary(gamma_density), {row({a}), x}).at(0);
        EXPECT_NEAR(back, p, 4 * 0x1p-53 * (p + x.at(0) * f)) << (upper ? "Q" : "P") << ", a = " << a;
      }
  }
}

TEST(IncompleteGamma, Float32IsFloat64Rounded) {
  const std::vector<double> some{0.0078125, 0.25, 2.5, 30, 120, 99.5, 1e6}, at{0.5, 1.75, 0.125, 20.5, 118, 101, 1001000};
  for (const auto function : {gamma_p, gamma_q, log_gamma_p, log_gamma_q, gamma_density}) {
    const Tensor wide = value_of(binary(function), {row(some), row(at)});
    const Tensor narrow = value_of(binary(function), {row(some).cast(DType::float32), row(at).cast(DType::float32)});
    for (std::int64_t i = 0; i < wide.count(); ++i) EXPECT_EQ(narrow.at(i), static_cast<double>(static_cast<float>(wide.at(i)))) << i;
  }
}

TEST(IncompleteGamma, HasTheLimits) {
  const Tensor a = row({2, 2, 0, inf, -1, nan, 2, inf}), x = row({0, inf, 1, 1, 1, 1, -1, inf});
  expect_close(value_of(binary(gamma_p), {a, x}), {0, 1, 1, 0, nan, nan, nan, nan}, 0);
  expect_close(value_of(binary(gamma_q), {a, x}), {1, 0, 0, 1, nan, nan, nan, nan}, 0);
  expect_close(value_of(binary(log_gamma_p), {a, x}), {-inf, 0, 0, -inf, nan, nan, nan, nan}, 0);
  expect_close(value_of(binary(log_gamma_q), {a, x}), {0, -inf, -inf, 0, nan, nan, nan, nan}, 0);
  expect_close(value_of(binary(gamma_density), {row({0.5, 1, 2, 2, inf, 2}), row({0, 0, 0, inf, 1, nan})}), {inf, 1, 0, 0, 0, nan}, 0);
  const Tensor shape = row({2, 2, 2, 2, 2, 0, inf, -1}), level = row({0, 1, -0.5, 1.5, nan, 0.5, 0.5, 0.5});
  expect_close(value_of(binary(gamma_p_inverse), {shape, level}), {0, inf, nan, nan, nan, 0, inf, nan}, 0);
  expect_close(value_of(binary(gamma_q_inverse), {shape, level}), {inf, 0, nan, nan, nan, 0, inf, nan}, 0);
}

// What parameters that under- or overflow lead to: no derivative by the shape is NaN.
TEST(IncompleteGamma, NoFirstDerivativeIsNan) {
  std::vector<double> shape, at;
  for (const double a : {0.0, 1e-300, 1e-40, 1e-9, 1.0, 1e9, 1e38, 1e300, inf})
    for (const double x : {0.0, 1e-300, 1e-9, 1.0, 1e9, 1e38, 1e300}) {
      shape.push_back(a);
      at.push_back(x);
    }
  for (const auto function : {gamma_p, gamma_q, log_gamma_p, log_gamma_q}) {
    Graph graph;
    const Node a = graph.constant(row(shape)), x = graph.constant(row(at));
    for (const Node by : gradients(reduce_sum(function(a, x)), std::vector<Node>{a, x})) {
      const Tensor values = interpret(by);
      for (std::size_t i = 0; i < at.size(); ++i)
        EXPECT_FALSE(std::isnan(values.at(static_cast<std::int64_t>(i)))) << "a = " << shape[i] << ", x = " << at[i];
    }
  }
}

TEST(IncompleteGamma, RefusesASecondDerivativeByTheShape) {
  register_builtin_ops();
  Graph graph;
  const Node a = graph.input("a", {3}), x = graph.input("x", {3});
  const Node by_a = gradient(reduce_sum(gamma_p(a, x)), a);
  EXPECT_THROW(gradient(reduce_sum(by_a), a), GradientError);
  EXPECT_TRUE(gradient(reduce_sum(by_a), x));
  EXPECT_THROW(make_op("gamma_density", {{"over", std::int64_t{3}}})->infer(std::vector<TensorType>{a.type(), x.type()}), ArgumentError);
  EXPECT_THROW(make_op("gamma_shape_slope", {{"over", std::int64_t{-1}}})->infer(std::vector<TensorType>{a.type(), x.type()}),
               ArgumentError);
}

}  // namespace
}  // namespace loglik
