// The gradient by raw outputs is I⁻¹g, from closed forms; far starts are left in few steps.
#include "ops/distributions/natural_gradient.h"

#include <limits>
#include <map>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "framework/optimizers/sgd.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/distributions/categorical.h"
#include "ops/distributions/family.h"
#include "ops/distributions/gaussian.h"
#include "ops/exponential.h"
#include "ops/gather.h"
#include "ops/slice.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

const Targets two{.values = 2};

// The gradient of a head's loss by raw outputs {4, 4} of two values a sample.
Tensor gradient_by_raw(const Tensor& raw, const MakeHeadOptions& options, const std::string& family = "gaussian_predicted_scale") {
  Graph graph;
  const Node node = graph.constant(raw);
  const Head& head = graph.head("y", make_head(family, node, two, options));
  const Tensor y = spread({4, 2}, -3, 3, 5).cast(raw.dtype());
  return interpret(std::vector<Node>{gradient(head.loss, node)}, std::vector<std::pair<std::string, Tensor>>{{"y", y}, {"y.weight", row({1, 0.5, 0, 2})}})[0];
}

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

TEST(NaturalGradient, IsTheInverseFisherMatrixTimesTheGradient) {
  const Tensor raw = spread({4, 4}, -2, 2), y = spread({4, 2}, -3, 3, 5);
  const Tensor got = gradient_by_raw(raw, {.natural_gradient = true, .damping = 0}), plain = gradient_by_raw(raw, {});
  const double low = std::log(1e-4), high = std::log(1e4), weights[] = {1, 0.5, 0, 2};
  for (std::int64_t i = 0; i < 4; ++i)
    for (std::int64_t v = 0; v < 2; ++v) {
      const double mu = raw.at(4 * i + v), s = raw.at(4 * i + 2 + v), share = weights[i] / 3.5;
      const double t = high - std::log1p(std::exp(high - s)), ell = low + std::log1p(std::exp(t - low));
      const double link = sigmoid_of(high - s) * sigmoid_of(t - low), sigma = std::exp(ell), z = (y.at(2 * i + v) - mu) / sigma;
      // g = (−z/σ, J·(1 − z²)), I = diag(1/σ², 2J²)
      EXPECT_NEAR(got.at(4 * i + v), -share * z * sigma, 1e-12);
      EXPECT_NEAR(got.at(4 * i + 2 + v), share * (1 - z * z) / (2 * link), 1e-12);
      EXPECT_NEAR(plain.at(4 * i + v), -share * z / sigma, 1e-12);
    }
}

// A made-up distribution of two parameters that are not orthogonal: θ = (a, b), I = [[2, 0.5·e^b], [0.5·e^b, e^2b]], g = (y, a·y).
struct Skewed {
  Node a, b;
  Node log_prob(Node y) const { return -(y * a + y * y * b); }
  FisherInformation fisher_information() const {
    const Node e = exp(b);
    return {{a, b}, {0.0 * a + 2.0, 0.5 * e, 0.5 * e, e * e}};
  }
};

TEST(NaturalGradient, SolvesWhereParametersAreNotOrthogonal) {
  // a = r₀ + 2r₁, b = r₁/2: J = [[1, 2], [0, ½]]; links may mix the outputs of one value.
  const auto make = [](Node raw) -> Distribution {
    const std::vector<Node> r = split(raw, 2, -1);
    return Skewed{r[0] + 2.0 * r[1], 0.5 * r[1]};
  };
  for (const double damping : {0.0, 0.25}) {
    Graph graph;
    const Tensor at = spread({5, 2}, -1, 1);
    const Node raw = graph.constant(at);
    const Distribution d = make(with_natural_gradient(raw, make, {.damping = damping}));
    const Tensor y = spread({5, 1}, -2, 2, 3);
    const Tensor got = interpret(gradient(reduce_sum(-d.log_prob(graph.constant(y))), raw));
    for (std::int64_t i = 0; i < 5; ++i) {
      const double e = std::exp(0.5 * at.at(2 * i + 1)), t = y.at(i);
      const double g0 = t, g1 = 2 * t + 0.5 * t * t;
      // JᵀIJ with I = [[2, e/2], [e/2, e²]]
      const double i00 = 2 + damping, i01 = 4 + 0.25 * e, i11 = 8 + 2 * 0.5 * e + 0.25 * e * e + damping, determinant = i00 * i11 - i01 * i01;
      EXPECT_NEAR(got.at(2 * i), (i11 * g0 - i01 * g1) / determinant, 1e-11);
      EXPECT_NEAR(got.at(2 * i + 1), (i00 * g1 - i01 * g0) / determinant, 1e-11);
    }
  }
}

// The gradient by raw outputs {3, 4} of two values, and how often each op was used to make the natural gradient.
struct Solved {
  Tensor gradient;
  std::map<std::string, int> ops;
};
Solved solve_for(const std::string& name, bool hide_links) {
  const Family chosen = family(name);
  const auto make = [&](Node raw) { return chosen.make(hide_links ? 1.0 * raw : raw, two); };  // a product is not looked through
  Graph graph;
  const Node raw = graph.constant(spread({3, chosen.raw_outputs(two)}, -2, 2)), y = graph.constant(spread({3, 2}, 0.1, 0.9, 5));
  const Node natural = with_natural_gradient(raw, make);
  Solved solved;
  for (std::size_t i = 0; i < graph.node_count(); ++i) ++solved.ops[std::string(graph.record(i).op->name())];
  solved.gradient = interpret(gradient(reduce_sum(-chosen.make(natural, two).log_prob(y)), raw));
  return solved;
}

TEST(NaturalGradient, DividesWhereTheInformationIsDiagonal) {
  for (const std::string name : {"gaussian_predicted_scale", "laplace", "logistic", "log_normal", "gamma", "inverse_gaussian", "asymmetric_laplace:0.9", "student_t", "weibull", "beta"}) {
    SCOPED_TRACE(name);
    const Solved seen = solve_for(name, false), dense = solve_for(name, true);
    ASSERT_EQ(seen.gradient.extents(), dense.gradient.extents());
    for (std::int64_t i = 0; i < seen.gradient.count(); ++i) EXPECT_NEAR(seen.gradient.at(i), dense.gradient.at(i), 1e-12 * std::max(1.0, std::abs(dense.gradient.at(i))));
    // One coupling for each pair of outputs, there and back: student_t's scale and degrees are one pair of three.
    const auto couplings = [](const Solved& s) { return s.ops.contains("not_equal") ? s.ops.at("not_equal") : 0; };
    const bool coupled = name == "weibull" || name == "beta" || name == "student_t";
    EXPECT_EQ(couplings(seen), coupled ? 2 : 0);
    EXPECT_EQ(couplings(dense), name == "student_t" ? 6 : 2);
    for (const std::string op : {"cholesky", "triangular_solve", "matmul"}) EXPECT_FALSE(seen.ops.contains(op)) << op;
  }
}

TEST(NaturalGradient, LeavesValuesAndMasksAlone) {
  Graph graph;
  const Node raw = graph.constant(spread({4, 4}, -2, 2));
  const Head& plain = graph.head("a", make_head("gaussian_predicted_scale", raw, two));
  const Head& natural = graph.head("b", make_head("gaussian_predicted_scale", raw, two, {.natural_gradient = true}));
  const Tensor y = Tensor::from(std::vector<double>{1, 2, 3, 4, std::nan(""), 5, 6, 7}, {4, 2}), weight = row({1, 2, 0, 1});
  const std::vector<Tensor> got = interpret(std::vector<Node>{plain.loss, natural.loss, gradient(natural.loss, raw)},
                                            std::vector<std::pair<std::string, Tensor>>{{"a", y}, {"b", y}, {"a.weight", weight}, {"b.weight", weight}});
  EXPECT_TRUE(got[0].same_bits(got[1]));
  for (std::int64_t k = 0; k < 16; ++k) EXPECT_EQ(got[2].at(k) == 0, k / 4 == 2) << k;
}

TEST(NaturalGradient, IsFiniteForAnyRawOutputsOfFloat32) {
  for (const double loc : {-1e30, -1e4, 0.0, 1e4, 1e30})
    for (const double scale : {-1e30, -1e4, -90.0, -20.0, 0.0, 20.0, 90.0, 1e4, 1e30}) {
      const Tensor raw = Tensor::from(std::vector<double>{0, 0, 0, 0, loc, loc, scale, scale, 0, 0, 0, 0, 0, 0, 0, 0}, {4, 4}).cast(DType::float32);
      const Tensor got = gradient_by_raw(raw, {.natural_gradient = true}), plain = gradient_by_raw(raw, {});
      for (std::int64_t k = 0; k < 16; ++k) {  // 1e30 at a scale of 1e-4 is more nats than float32 holds, and its gradient NaN itself
        EXPECT_TRUE(std::isnan(plain.at(k)) || !std::isnan(got.at(k))) << loc << ' ' << scale;
      }
      if (std::abs(loc) <= 1e4) {
        for (std::int64_t k = 0; k < 16; ++k) EXPECT_TRUE(std::isfinite(got.at(k))) << loc << ' ' << scale;
      }
    }
}

// Steps of gradient descent on constant raw outputs until the NLL is within 0.01 nats of the least.
int steps_to_fit(bool natural, double learning_rate, std::vector<float>& y) {
  Graph graph;
  const Node raw = broadcast_to(graph.parameter("raw", {1, 2}, {}), {batch, 2}) + 0.0 * graph.input("x", {batch, 2});
  graph.head("y", make_head("gaussian_predicted_scale", raw, {}, {.natural_gradient = natural}));
  Model model = compile(graph, {.optimizer = Sgd{.learning_rate = learning_rate, .momentum = 0}});
  Session session = model.session();
  const auto n = static_cast<std::int64_t>(y.size());
  double mean = 0, variance = 0;
  for (const float value : y) mean += value / static_cast<double>(n);
  for (const float value : y) variance += (value - mean) * (value - mean) / static_cast<double>(n);
  const double least = 0.5 * std::log(2 * std::numbers::pi * variance) + 0.5;
  for (int step = 0; step < 5000; ++step) {
    const double loss = session.step({{"x", Tensor(DType::float32, {n, 2})}, {"y", Tensor::from(y)}}).loss;
    if (loss < least + 0.01) return step;
  }
  return 5000;
}

TEST(NaturalGradient, LeavesAFarStartInFewSteps) {
  std::vector<float> y;
  for (int i = 0; i < 64; ++i) y.push_back(static_cast<float>(20 + 0.3 * std::sin(i)));
  const int natural = steps_to_fit(true, 0.1, y);
  EXPECT_LT(natural, 200);
  for (const double rate : {0.1, 0.01, 0.001}) EXPECT_LT(2 * natural, steps_to_fit(false, rate, y)) << rate;
}

TEST(NaturalGradient, RefusesWhatHasNone) {
  Graph graph;
  const Node raw = graph.input("raw", {batch, 3});
  EXPECT_EQ(error_of<ArgumentError>([&] { make_head("categorical", raw, {.classes = 3}, {.natural_gradient = true}); }),
            "with_natural_gradient: categorical has no Fisher information in closed form");
  EXPECT_EQ(error_of<ArgumentError>([&] { make_head("gaussian_learned_scale", raw, {.values = 3}, {.natural_gradient = true}); }),
            "with_natural_gradient: gaussian trains parameters of its own, not only raw outputs");
  const auto shared = [](Node r) -> Distribution { return Skewed{reduce_sum(r, {1}, true), reduce_sum(r, {1}, true)}; };
  EXPECT_NE(error_of<ArgumentError>([&] { with_natural_gradient(raw, shared, {.damping = -1}); }), "");
  const auto flat = [](Node r) -> Distribution { return Skewed{reduce_sum(r, {1}), reduce_sum(r, {1})}; };
  EXPECT_EQ(error_of<ShapeError>([&] { with_natural_gradient(raw, flat); }),
            "with_natural_gradient: raw outputs {batch, 3} are not a number of outputs for each of the answers {batch}");
}

}  // namespace
}  // namespace loglik
