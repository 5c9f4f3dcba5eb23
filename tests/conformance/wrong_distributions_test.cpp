// Distributions that are wrong on purpose: each breaks one promise, and the kit must say which.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/autodiff.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/random.h"
#include "ops/reductions.h"
#include "ops/shape.h"
#include "ops/trigonometric.h"
#include "tests/conformance/check_distribution.h"

namespace loglik {
namespace {
using conformance::DistributionBuilder;
using conformance::DistributionOptions;
using conformance::examine_distribution;
using conformance::Property;
using conformance::Report;

// Right, and with every answer: what the wrong ones hide a part of.
struct Normal {
  Node loc, log_scale;
  static constexpr double half_log_2pi = 0.91893853320467274178;

  Node z(Node y) const { return mul_exp(y - loc, -log_scale); }
  Node log_prob(Node y) const { return -0.5 * square(z(y)) - log_scale - half_log_2pi; }
  Node mean() const { return 1.0 * loc; }
  Node mode() const { return 1.0 * loc; }
  Node median() const { return 1.0 * loc; }
  Node variance() const { return exp(2.0 * log_scale); }
  Node entropy() const { return log_scale + (0.5 + half_log_2pi); }
  Node cdf(Node y) const { return 0.5 * erfc(-std::numbers::sqrt2 / 2 * z(y)); }
  Node survival(Node y) const { return 0.5 * erfc(std::numbers::sqrt2 / 2 * z(y)); }
  Node log_cdf(Node y) const { return log_ndtr(z(y)); }
  Node log_survival(Node y) const { return log_ndtr(-z(y)); }
  Node quantile(Node p) const { return loc + mul_exp(ndtri(p), log_scale); }
  Node deviance(Node y) const { return square(z(y)); }
  Node crps(Node y) const {
    const Node at = z(y);
    return exp(log_scale) * (at * erf(std::numbers::sqrt2 / 2 * at) + 2 / std::sqrt(2 * std::numbers::pi) * exp(-0.5 * square(at)) -
                             std::numbers::inv_sqrtpi);
  }
  Node noise(std::string_view key) const { return random_normal_like(loc, {.dtype = loc.dtype()}).named(key); }
  Node sample(std::string_view key) const { return loc + exp(log_scale) * noise(key); }
  Node kl(const Normal& other) const {
    const Node r = log_scale - other.log_scale;
    return 0.5 * (exp(2.0 * r) + square(mul_exp(loc - other.loc, -other.log_scale)) - 1.0) - r;
  }
  FisherInformation fisher_information() const { return {{loc, log_scale}, {exp(-2.0 * log_scale), {}, {}, 2.0 + 0.0 * log_scale}}; }
  Support support() const { return Support::real; }
};

// log_scale is held within bounds, as a network should do.
template <class D>
D of(Node loc, Node raw_scale) {
  D d;
  d.loc = loc;
  d.log_scale = 8.0 * tanh(raw_scale / 8.0);
  return d;
}

template <class D>
Report report_of(DistributionOptions options = {}) {
  return examine_distribution(of<D>, options);
}

// It fails what it breaks, and in these words.
template <class D>
void expect_fails(Property property, const std::string& text, DistributionOptions options = {}) {
  const Report report = report_of<D>(options);
  bool said = false;
  for (const auto& failure : report.failures) said |= failure.property == property && failure.text.find(text) != std::string::npos;
  EXPECT_TRUE(said) << text << " is not said by\n" << to_string(report);
}

// "" if that property holds.
std::string failures_of(Property property, const Report& report) {
  std::string text;
  for (const auto& failure : report.failures)
    if (failure.property == property) text += to_string(failure) + "\n";
  return text;
}

TEST(WrongDistributions, TheRightOnePasses) {
  const Report report = report_of<Normal>({.location = 0, .scale = 1});
  EXPECT_TRUE(report.passed()) << to_string(report);
  for (const Property property :
       {Property::builds, Property::contract, Property::gradient, Property::mass, Property::score, Property::coherence, Property::sampler,
        Property::moments, Property::propriety, Property::float32, Property::extremes, Property::validation, Property::recovery,
        Property::calibration, Property::identities})
    EXPECT_TRUE(report.was_tested(property)) << name(property);
}

struct WrongConstant : Normal {
  Node log_prob(Node y) const { return Normal::log_prob(y) + 1e-7; }
};
TEST(WrongDistributions, AConstantIsOff) { expect_fails<WrongConstant>(Property::mass, "adds up to 1.0000001"); }

struct WrongSign : Normal {
  Node log_prob(Node y) const { return -0.5 * square(z(y)) + log_scale - half_log_2pi; }
};
TEST(WrongDistributions, ASignIsWrong) { expect_fails<WrongSign>(Property::mass, "the density adds up to"); }

struct NoJacobian : Normal {  // log y is Gaussian
  Node log_prob(Node y) const { return Normal::log_prob(log(y)); }
  Support support() const { return Support::positive; }
};
TEST(WrongDistributions, AJacobianIsMissing) { expect_fails<NoJacobian>(Property::mass, "the density adds up to"); }

struct WrongSupport : Normal {
  Node log_prob(Node y) const { return Normal::log_prob(log(y)) - log(y); }
};
TEST(WrongDistributions, TheSupportIsTooWide) { expect_fails<WrongSupport>(Property::mass, "log_prob is NaN at"); }

struct NoSlopeByScale : Normal {
  Node log_prob(Node y) const { return -0.5 * square(z(y)) - stop_gradient(log_scale) - half_log_2pi; }
};
TEST(WrongDistributions, ATermIsNotDifferentiated) {
  expect_fails<NoSlopeByScale>(Property::score, "the expectation of ∂log p/∂raw 1 is");
  expect_fails<NoSlopeByScale>(Property::gradient, "∂log_prob/∂raw output 1 is");
}

struct WrongFisher : Normal {
  FisherInformation fisher_information() const { return {{loc, log_scale}, {exp(-2.0 * log_scale), {}, {}, 1.0 + 0.0 * log_scale}}; }
};
TEST(WrongDistributions, TheFisherInformationIsWrong) {
  expect_fails<WrongFisher>(Property::score, "Fisher information (1, 1) is 1, not 2");
}

struct WrongCdf : Normal {
  Node cdf(Node y) const { return Normal::cdf(loc + 1.0001 * (y - loc)); }
};
TEST(WrongDistributions, TheCdfIsWrong) {
  expect_fails<WrongCdf>(Property::coherence, "cdf at y =");
  expect_fails<WrongCdf>(Property::coherence, "∂cdf/∂y at y =");
  expect_fails<WrongCdf>(Property::coherence, "cdf + survival at y =");
}

struct CoarseSurvival : Normal {  // to no digit far out
  Node survival(Node y) const { return 1.0 - cdf(y); }
  Node log_survival(Node y) const { return log(survival(y)); }
};
TEST(WrongDistributions, ATailHasNoDigits) { expect_fails<CoarseSurvival>(Property::coherence, "log_survival is -inf"); }

struct FallingCdf : Normal {
  Node cdf(Node y) const { return Normal::cdf(y) + 1e-11 * sin(y); }
};
TEST(WrongDistributions, TheCdfFalls) { expect_fails<FallingCdf>(Property::coherence, "it must not fall"); }

struct WrongQuantile : Normal {
  Node quantile(Node p) const { return Normal::quantile(0.99999 * p); }
};
TEST(WrongDistributions, TheQuantileIsWrong) { expect_fails<WrongQuantile>(Property::coherence, "cdf(quantile("); }

struct BiasedSampler : Normal {
  Node sample(std::string_view key) const { return loc + exp(log_scale) * (noise(key) + 0.06); }
};
TEST(WrongDistributions, TheSamplerIsBiased) {
  expect_fails<BiasedSampler>(Property::sampler, "the distribution function of");
  expect_fails<BiasedSampler>(Property::calibration, "from uniform, more than");
}

struct WideSampler : Normal {
  Node sample(std::string_view key) const { return loc + exp(log_scale) * (1.15 * noise(key)); }
};
TEST(WrongDistributions, DrawsAreOfAnotherScale) {
  expect_fails<WideSampler>(Property::recovery, "maximum likelihood of 3000 draws finds");
  expect_fails<WideSampler>(Property::calibration, "the interval of 90%");
}

struct LeavesSupport : Normal {
  Node log_prob(Node y) const { return Normal::log_prob(log(y)) - log(y); }
  Support support() const { return Support::positive; }
};
TEST(WrongDistributions, DrawsLeaveTheSupport) { expect_fails<LeavesSupport>(Property::sampler, "outside (0, ∞)"); }

struct WrongDrawGradient : Normal {
  Node sample(std::string_view key) const { return Normal::sample(key) + (loc - stop_gradient(loc)); }
};
TEST(WrongDistributions, ADrawsGradientIsWrong) { expect_fails<WrongDrawGradient>(Property::sampler, "∂draw/∂raw 0 at the draw"); }

struct WrongMoments : Normal {
  Node mean() const { return loc + 1e-6 * exp(log_scale); }
  Node variance() const { return exp(2.000001 * log_scale); }
  Node entropy() const { return log_scale + (0.5 + half_log_2pi + 1e-6); }
  Node median() const { return loc + 1e-6 * exp(log_scale); }
  Node mode() const { return loc + 1e-3 * exp(log_scale); }
};
TEST(WrongDistributions, MomentsAreWrong) {
  for (const char* what : {"the mean is", "the variance is", "the entropy is", "P(Y ≤ median", "log_prob at the mode"})
    expect_fails<WrongMoments>(Property::moments, what);
}

struct Geometric {  // right: P(Y = k) = (1 − q)·q^k
  Node log_q;

  Node complement() const { return log1p(-exp(log_q)); }
  Node log_prob(Node y) const { return complement() + y * log_q; }
  Node mode() const { return 0.0 * log_q; }
  Node cdf(Node y) const { return where(less(y, 0.0), 0.0, -expm1((floor(y) + 1.0) * log_q)); }
  Node survival(Node y) const { return where(less(y, 0.0), 1.0, exp((floor(y) + 1.0) * log_q)); }
  Support support() const { return Support::counts; }
};
template <class D>
D counts_of(Node raw) {
  D d;
  d.log_q = -softplus(raw) - 0.1;
  return d;
}
template <class D>
void expect_counts_fail(Property property, const std::string& text) {
  const Report report = examine_distribution(counts_of<D>);
  bool said = false;
  for (const auto& failure : report.failures) said |= failure.property == property && failure.text.find(text) != std::string::npos;
  EXPECT_TRUE(said) << text << " is not said by\n" << to_string(report);
}

struct ModeBetweenCounts : Geometric {  // log_prob is not asked whether there is such a count
  Node log_prob(Node y) const { return Geometric::log_prob(floor(y)); }
  Node mode() const { return 0.25 + 0.0 * log_q; }
};
struct ModeBelow : Normal {
  Node log_prob(Node y) const { return Normal::log_prob(log(y)) - log(y); }
  Node mode() const { return -exp(loc); }
  Support support() const { return Support::positive; }
};
TEST(WrongDistributions, TheModeIsNotInTheSupport) {
  EXPECT_TRUE(examine_distribution(counts_of<Geometric>).passed()) << to_string(examine_distribution(counts_of<Geometric>));
  expect_counts_fail<ModeBetweenCounts>(Property::moments, "the mode is 0.25, outside {0, 1, …}");
  expect_fails<ModeBelow>(Property::moments, "outside (0, ∞)");
}

struct SlopingCdf : Geometric {
  Node cdf(Node y) const { return where(less(y, 0.0), 0.0, -expm1((y + 1.0) * log_q)); }
};
struct CdfBelowCounts : Geometric {
  Node cdf(Node y) const { return -expm1((floor(y) + 1.0) * log_q); }  // at −2 below 0
};
struct UniformCdf {  // on (0, 1), whose cdf goes on rising
  Node raw;
  Node log_prob(Node y) const { return 0.0 * (raw + y); }
  Node cdf(Node y) const { return y + 0.0 * raw; }
  Node quantile(Node p) const { return 0.25 + 0.5 * p + 0.0 * raw; }
  Support support() const { return Support::open_unit; }
};
TEST(WrongDistributions, ACdfIsWrongWhereNoMassIs) {
  expect_counts_fail<SlopingCdf>(Property::coherence, "between values of {0, 1, …}, is");
  expect_counts_fail<CdfBelowCounts>(Property::coherence, "cdf at y = -1000, outside {0, 1, …}, is");
  const std::string report = to_string(examine_distribution([](Node raw) { return UniformCdf{raw}; }));
  for (const char* text : {"cdf at y = -1000, outside (0, 1), is -1000, not 0", "quantile(0) is 0.25, not 0, the end of (0, 1)", "quantile(1) is 0.75"})
    EXPECT_NE(report.find(text), std::string::npos) << text << " is not said by\n" << report;
}

struct CauchyWithMoments {  // which it does not have
  Node loc, log_scale;
  Node log_prob(Node y) const { return -log1p(square(mul_exp(y - loc, -log_scale))) - log_scale - std::log(std::numbers::pi); }
  Node mean() const { return 1.0 * loc; }
  Node variance() const { return exp(2.0 * log_scale); }
  Support support() const { return Support::real; }
};
TEST(WrongDistributions, MomentsDoNotExist) {
  expect_fails<CauchyWithMoments>(Property::moments, "mean is");
  expect_fails<CauchyWithMoments>(Property::moments, "say +∞");
}

// −Y for Y + 1 of Pareto with the exponent a in (0.5, 1): all of an infinite mean lies on the left.
struct LeftTail {
  Node log_a;
  double sign = -1;
  Node log_prob(Node y) const { return log_a - (exp(log_a) + 1.0) * log1p(-y); }
  Node mean() const { return 0.0 * log_a + sign * std::numeric_limits<double>::infinity(); }
  Support support() const { return {-std::numeric_limits<double>::infinity(), 0, true, false, false}; }
};
TEST(WrongDistributions, AMeanIsInfiniteOnTheLeft) {
  const auto moments = [](double sign) {
    return failures_of(Property::moments, examine_distribution([sign](Node raw) { return LeftTail{0.1 * raw - 0.3, sign}; }));
  };
  const std::string right = moments(-1), wrong = moments(1);
  EXPECT_EQ(right, "");
  EXPECT_NE(wrong.find("mean is inf, but the integral is −∞: say −∞"), std::string::npos) << wrong;
}

// P(Y > k) = (k + 1)^−a, of which −∂/∂k is about the probability: the mean is infinite up to a = 1.
struct HeavyCounts {
  Node a;
  double mean_is;
  Node log_prob(Node y) const { return -a * log(y) + log(-expm1(-a * log1p(1.0 / y))); }
  Node mean() const { return mean_is + 0.0 * a; }
  Support support() const { return {1, std::numeric_limits<double>::infinity(), false, true, true}; }
};
TEST(WrongDistributions, AMeanOfCountsIsInfinite) {
  DistributionOptions options{.parameters = 1};
  for (const Property property : {Property::score, Property::gradient, Property::propriety, Property::extremes, Property::float32})
    options.skip.push_back({property, "takes long, of millions of counts"});
  const auto moments = [&](double a, double mean) {
    return failures_of(Property::moments, examine_distribution([=](Node raw) { return HeavyCounts{a + 0.0 * raw, mean}; }, options));
  };
  const auto fails = [&](double a, double mean, const std::string& text) {
    const std::string report = moments(a, mean);
    EXPECT_NE(report.find(text), std::string::npos) << text << " is not said by\n" << report;
  };
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(moments(0.97, infinite), "");
  fails(0.97, 12, "mean is 12, but the integral is infinite: say +∞");
  EXPECT_EQ(moments(1.5, 2.612375348685488), "");  // ζ(1.5)
  fails(1.5, infinite, "the mean is inf");
}

struct WrongCrps : Normal {  // another constant: proper, but not the integral
  Node crps(Node y) const { return Normal::crps(y) + 1e-5 * exp(log_scale); }
};
struct ImproperCrps : Normal {  // forecasts of no spread are best
  Node crps(Node y) const { return abs(y - loc) + 0.1 * exp(log_scale); }
};
TEST(WrongDistributions, TheCrpsIsWrong) {
  expect_fails<WrongCrps>(Property::propriety, "crps at y =");
  expect_fails<ImproperCrps>(Property::propriety, "crps is not proper");
}

struct Coupled : Normal {  // looks at the whole batch
  Node log_prob(Node y) const { return Normal::log_prob(y) + (reduce_mean(loc) - loc) * 1e-9; }
};
TEST(WrongDistributions, RowsKnowOfEachOther) { expect_fails<Coupled>(Property::contract, "of that row alone"); }

struct OneShape : Normal {
  Node log_prob(Node y) const { return reshape(Normal::log_prob(y), loc.shape()); }
};
TEST(WrongDistributions, YDoesNotBroadcast) { expect_fails<OneShape>(Property::contract, "does not broadcast over a leading axis of y"); }

struct LeaksMask : Normal {  // no support(): 0 stands in for what is masked, which is no positive number
  Node log_prob(Node y) const { return Normal::log_prob(log(y)) - log(y); }
  bool support() const = delete;
};
TEST(WrongDistributions, AMaskedTargetLeaks) {
  expect_fails<LeaksMask>(Property::contract, "a support() says which target is safe", {.support = Support::positive});
}

struct CoarseFloats : Normal {
  Node log_prob(Node y) const { return y.dtype() == DType::float32 ? Normal::log_prob(y) + 1e-4 : Normal::log_prob(y); }
};
TEST(WrongDistributions, Float32IsCoarse) { expect_fails<CoarseFloats>(Property::float32, "log_prob is"); }

// A negative binomial whose log (y + r − 1 choose y) is a difference of large logarithms of Γ: at r = e¹⁸ float32 has no digit of it left.
struct CancelledCounts {
  Node log_mean, log_size;
  Node log_prob(Node y) const {
    const Node r = exp(log_size), mean = exp(log_mean);
    return lgamma(y + r) - lgamma(r) - lgamma(y + 1.0) - r * log1p(mean / r) + y * (log_mean - log(r + mean));
  }
  Support support() const { return Support::counts; }
};
TEST(WrongDistributions, Float32CancelsFarOut) {
  const auto build = [](Node loc, Node raw) { return CancelledCounts{loc, 20.0 * sigmoid(raw)}; };
  const std::string report = failures_of(Property::extremes, examine_distribution(build));
  EXPECT_NE(report.find("log_prob is "), std::string::npos) << report;
}

struct CoarseFisher : Normal {  // 3·(⅔ + s) − 3·s is 2, of which float32 has few digits beside s
  FisherInformation fisher_information() const {
    const Node s = exp(10.0 + 2.0 * log_scale);
    return {{loc, log_scale}, {exp(-2.0 * log_scale), {}, {}, 3.0 * (2.0 / 3 + s) - 3.0 * s}};
  }
};
TEST(WrongDistributions, Float32LosesTheFisherInformation) {
  expect_fails<CoarseFisher>(Property::float32, "Fisher information (1, 1) is");
}

struct CoarseDraws : Normal {
  Node sample(std::string_view key) const {
    return loc.dtype() == DType::float32 ? loc + exp(log_scale) * (noise(key) + 0.2) : Normal::sample(key);
  }
};
TEST(WrongDistributions, DrawsOfFloat32AreBiased) { expect_fails<CoarseDraws>(Property::float32, "the distribution function of"); }

struct NanSlope : Normal {
  Node log_prob(Node y) const { return -0.5 * square(sqrt(square(z(y)))) - log_scale - half_log_2pi; }
};
TEST(WrongDistributions, AGradientIsNan) { expect_fails<NanSlope>(Property::extremes, "∂log_prob/∂raw is NaN"); }

struct Overflows : Normal {  // log cosh z = |z| + log1p(e^−2|z|) − log 2
  Node log_prob(Node y) const {
    const Node e = exp(z(y));
    return -log(e + reciprocal(e)) + (std::numbers::ln2 - std::log(std::numbers::pi)) - log_scale;
  }
};
TEST(WrongDistributions, AnExponentialOverflows) { expect_fails<Overflows>(Property::extremes, "log_prob is -inf, but"); }

struct NoInside : Normal {
  Support support() const { return {2, 1, false, false, false}; }
};
TEST(WrongDistributions, TheSupportIsEmpty) { expect_fails<NoInside>(Property::validation, "which lies inside"); }

struct ReverseKl : Normal {
  Node kl(const ReverseKl& other) const { return other.Normal::kl(*this); }
};
struct NegativeDeviance : Normal {
  Node deviance(Node y) const { return square(z(y)) - 1.0; }
};
TEST(WrongDistributions, IdentitiesDoNotHold) {
  expect_fails<ReverseKl>(Property::identities, "KL is");
  expect_fails<NegativeDeviance>(Property::identities, "below 0");
  expect_fails<Normal>(Property::identities, "raw output 1 is a location", {.location = 1});
  const auto narrow = [](Node x) { return Normal{x, x.graph().constant(0.0, x.dtype())}; };
  const auto wide = [](Node x) { return Normal{x, x.graph().constant(0.001, x.dtype())}; };
  expect_fails<Normal>(Property::identities, "they are the same: log_prob of", {.identities = {{"they are the same", narrow, wide}}});
}

// Raw outputs that do nothing are neither a location nor a scale.
TEST(WrongDistributions, ARawOutputDoesNothing) {
  const auto idle = [](Node loc, Node, Node) { return Normal{loc, loc.graph().constant(0.0, loc.dtype())}; };
  const auto said = [&](const DistributionOptions& options, const std::string& text) {
    const std::string report = to_string(examine_distribution(idle, options));
    EXPECT_NE(report.find(text), std::string::npos) << text << " is not said by\n" << report;
  };
  said({.location = 1}, "raw output 1 is a location, but 0.75 more of it leaves the median where it is");
  said({.scale = 2}, "raw output 2 is a scale, but 0.75 more of it leaves the quartiles as far apart");
}

struct Throws : Normal {
  Node mean() const { throw std::runtime_error("no mean today"); }
};
TEST(WrongDistributions, AnAnswerThrows) { expect_fails<Throws>(Property::builds, "no mean today"); }

TEST(WrongDistributions, WhatTheBuilderThrowsIsReported) {
  const Report report = examine_distribution([](Node) -> Distribution { throw std::runtime_error("no head today"); });
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_NE(report.failures[0].text.find("no head today"), std::string::npos);
}

}  // namespace
}  // namespace loglik
