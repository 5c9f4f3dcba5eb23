// Answers from log_prob and support alone, held against the closed forms of the families that have them.
#include <limits>

#include "framework/error.h"
#include "framework/log_prob_type.h"
#include "ops/distributions/answers.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A distribution that tells no more than its density and support.
template <class D>
struct Bare {
  static constexpr std::string_view name = "bare";
  D distribution;
  Node log_prob(Node y) const { return distribution.log_prob(y); }
  Support support() const { return distribution.support(); }
};
template <class D>
Bare<D> bare(D d) {
  return {std::move(d)};
}

/// How far the answers of a bare distribution may be from its own, relative to their size or, for y and its powers, to the family's spread.
struct Tolerance {
  double relative;  ///< of all
  double deep;      ///< of cdf and survival in tails of 1e-250: relative errors of y count up to z² times there
};
constexpr Tolerance fine{1e-11, 2e-10};
constexpr Tolerance coarse{2e-7, 1e-5};  ///< of float32: y itself is rounded to 6e-8
constexpr Tolerance far_out{1e-9, 1e-6};  ///< where y has but 9 digits more than it takes to tell it from its centre

void expect_near(const char* what, Node actual, Node expected, double relative, double absolute = 0) {
  const Tensor a = interpret(actual), e = interpret(expected);
  ASSERT_EQ(a.extents(), e.extents()) << what;
  for (std::int64_t i = 0; i < e.count(); ++i) {
    if (std::isinf(e.at(i))) EXPECT_EQ(a.at(i), e.at(i)) << what << " " << i;
    else EXPECT_NEAR(a.at(i), e.at(i), relative * std::abs(e.at(i)) + absolute) << what << " " << i;
  }
}

/// The answers of d without its own against those of its twin in float64.
template <class D>
void expect_same_answers(const D& own, const D& d, double spread, Tolerance tolerance) {
  SCOPED_TRACE(D::name);
  const auto b = bare(own);
  Graph& graph = graph_of(b);
  EXPECT_EQ(mean(b).type(), log_prob_type(b, graph));
  const double y_tolerance = tolerance.relative * spread;
  if constexpr (requires { d.mean(); }) expect_near("mean", mean(b), mean(d), tolerance.relative, y_tolerance);
  if constexpr (requires { d.variance(); }) expect_near("variance", variance(b), variance(d), 10 * tolerance.relative);
  expect_near("entropy", entropy(b), entropy(d), tolerance.relative, tolerance.relative);
  const auto levels = [&](std::vector<double> p) {
    const auto n = static_cast<std::int64_t>(p.size());
    return graph.constant(Tensor::from(p, {n, 1}));
  };
  const auto rounded = [&](Node x) { return cast(x, log_prob_type(b, graph).dtype); };
  const Node p = cast(rounded(levels({1e-20, 1e-3, 0.3, 0.5, 0.9, 0.999})), DType::float64);
  expect_near("median", median(b), median(d), tolerance.relative, y_tolerance);
  expect_near("quantile", quantile(b, rounded(p)), quantile(d, p), tolerance.relative, y_tolerance + 1e-38);
  const Node y = cast(rounded(d.quantile(p)), DType::float64);
  expect_near("cdf", cdf(b, rounded(y)), cdf(d, y), tolerance.deep);
  expect_near("survival", survival(b, rounded(y)), survival(d, y), tolerance.deep);
  if (mean(b).dtype() == DType::float32) return;
  expect_near("log_cdf", log_cdf(b, rounded(y)), log_cdf(d, y), tolerance.deep, 1e-19);
  expect_near("log_survival", log_survival(b, rounded(y)), log_survival(d, y), tolerance.deep, 1e-19);
  if constexpr (requires { d.crps(y); }) expect_near("crps", crps(b, rounded(y)), crps(d, y), tolerance.relative, y_tolerance);
  const Node deep = d.quantile(levels({1e-250, 1e-100}));
  expect_near("deep cdf", cdf(b, deep), cdf(d, deep), tolerance.deep);
  expect_near("deep quantile", quantile(b, levels({1e-250, 1e-100})), deep, tolerance.relative, y_tolerance + 1e-300);
}

TEST(NumericalAnswers, AgreeWithClosedForms) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const Tolerance tolerance = dtype == DType::float64 ? fine : coarse;
    struct Numbers {
      Node own, wide;
    };
    const auto numbers = [&](const std::vector<double>& values) {
      const Tensor own = row(values).cast(dtype);
      return Numbers{graph.constant(own), graph.constant(own.cast(DType::float64))};
    };
    const auto families = [&](Numbers loc, Numbers log_scale, double spread, Tolerance t) {
      const auto expect = [&](auto family) { expect_same_answers(family(loc.own, log_scale.own), family(loc.wide, log_scale.wide), spread, t); };
      expect([](Node l, Node s) { return Gaussian{.loc = l, .log_scale = s}; });
      expect([](Node l, Node s) { return Laplace{.loc = l, .log_scale = s}; });
      expect([](Node l, Node s) { return Logistic{.loc = l, .log_scale = s}; });
      expect([](Node l, Node s) { return Gumbel{.loc = l, .log_scale = s}; });
      expect([](Node l, Node s) { return AsymmetricLaplace{.loc = l, .level = 0.9, .log_scale = s}; });
    };
    families(numbers({0, 1, -20, 1e4}), numbers({0, 0.5, -1, 9}), 1, tolerance);
    if (dtype == DType::float64) families(numbers({1e4, -1e4}), numbers({-7, -7}), 1e-3, far_out);
    const auto positive = [&](Numbers a, Numbers b, auto family) { expect_same_answers(family(a.own, b.own), family(a.wide, b.wide), 0, tolerance); };
    positive(numbers({0, 10, -3}), numbers({0, 1.5, -5}), [](Node a, Node b) { return LogNormal{.loc = a, .log_scale = b}; });
    positive(numbers({0, 30, -30}), numbers({0}), [](Node a, Node) { return Exponential{.log_mean = a}; });
    positive(numbers({0, 3, -30}), numbers({0, -1, 3.5}), [](Node a, Node b) { return Weibull{.log_scale = a, .log_shape = b}; });
  }
}

}  // namespace
}  // namespace loglik
