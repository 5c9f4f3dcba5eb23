// Constant raw outputs of maximum likelihood: closed forms, figures from mpmath, and no way down from any family's fit.
#include "ops/distributions/marginal.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <thread>

#include "framework/error.h"
#include "framework/thread_pool.h"
#include "ops/distributions/links.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

const std::vector<double> sample{0.31, 0.84, 1.25, 0.47, 2.9, 1.02, 0.66, 3.75, 0.18, 1.4, 0.93, 2.2};
const double n = 12, log_2pi = std::log(2 * std::numbers::pi);

double mean_of(const std::vector<double>& values, double (*f)(double)) {
  double sum = 0;
  for (const double value : values) sum += f(value);
  return sum / static_cast<double>(values.size());
}
double itself(double x) { return x; }

// The parameter that a link makes of a raw output.
double linked(Node (*link)(Operand), double raw) {
  Graph graph;
  return interpret(link(graph.constant(raw, DType::float64))).item();
}

TEST(Marginal, OfAGaussian) {
  const double mean = mean_of(sample, itself);
  double variance = 0;
  for (const double y : sample) variance += (y - mean) * (y - mean) / n;
  const Marginal fixed = fit_marginal("gaussian", {}, row(sample));
  EXPECT_NEAR(fixed.raw().at(0), mean, 1e-14);
  EXPECT_NEAR(fixed.nll(), 0.5 * variance + 0.5 * log_2pi, 1e-14);
  const Marginal predicted = fit_marginal("gaussian_predicted_scale", {}, row(sample));
  EXPECT_NEAR(predicted.raw().at(0), mean, 1e-9);
  EXPECT_NEAR(linked(bounded_log_scale, predicted.raw().at(1)), 0.5 * std::log(variance), 1e-7);
  EXPECT_NEAR(predicted.nll(), 0.5 * std::log(variance) + 0.5 + 0.5 * log_2pi, 1e-13);
  const Marginal learned = fit_marginal("gaussian_learned_scale", {}, row(sample));
  EXPECT_NEAR(learned.raw().at(0), mean, 1e-9);
  EXPECT_NEAR(learned.nll(), predicted.nll(), 1e-10);
  ASSERT_EQ(learned.parameters().size(), 1u);
  EXPECT_EQ(learned.parameters()[0].first, "gaussian_1/log_scale");
  EXPECT_NEAR(learned.parameters()[0].second.item(), 0.5 * std::log(variance), 1e-6);
}

TEST(Marginal, OfPositiveTargets) {
  const double mean = mean_of(sample, itself), log_mean = mean_of(sample, [](double y) { return std::log(y); });
  const Marginal exponential = fit_marginal("exponential", {}, row(sample));
  EXPECT_NEAR(exponential.raw().at(0), std::log(mean), 1e-14);
  EXPECT_NEAR(exponential.nll(), 1 + std::log(mean), 1e-14);
  double variance = 0;
  for (const double y : sample) variance += (std::log(y) - log_mean) * (std::log(y) - log_mean) / n;
  EXPECT_NEAR(fit_marginal("log_normal", {}, row(sample)).nll(), 0.5 * std::log(variance) + 0.5 + 0.5 * log_2pi + log_mean, 1e-13);
}

TEST(Marginal, AgreesWithMpmath) {  // the NLL's minimum by findroot on its derivatives, 30 digits
  for (const auto& [family, nll, location, scale] : std::vector<std::tuple<const char*, double, double, double>>{
           {"weibull", 1.2239557603050246568, 0.369818586657652887, 0.280329187507659551},
           {"gumbel", 1.2998339275354271528, 0.869789171882291233, -0.342466500389729366},
           {"logistic", 1.4545125076265158196, 1.16357863389826244, -0.557875061826597677}}) {
    SCOPED_TRACE(family);
    const Marginal fit = fit_marginal(family, {}, row(sample));
    EXPECT_NEAR(fit.nll(), nll, 1e-13);
    const double first = std::string(family) == "weibull" ? linked(bounded_log_scale, fit.raw().at(0)) : fit.raw().at(0);
    EXPECT_NEAR(first, location, 1e-6);
    EXPECT_NEAR(linked(bounded_log_scale, fit.raw().at(1)), scale, 1e-6);
  }
}

TEST(Marginal, FindsAKink) {  // the median and the mean distance from it
  std::vector<double> odd = sample;
  odd.push_back(100);
  const double median = 1.02;
  double distance = 0;
  for (const double y : odd) distance += std::abs(y - median) / 13;
  const Marginal fit = fit_marginal("laplace", {}, row(odd));
  EXPECT_NEAR(fit.raw().at(0), median, 1e-7);
  EXPECT_NEAR(fit.nll(), 1 + std::log(2 * distance), 1e-8);
}

TEST(Marginal, OfLabels) {
  const std::vector<std::int32_t> labels{2, 0, 1, 1, 2, 2, 0, 2};
  const Marginal fit = fit_marginal("categorical", {.classes = 3}, Tensor::from(labels));
  const double entropy = -(0.25 * std::log(0.25) * 2 + 0.5 * std::log(0.5));
  EXPECT_NEAR(fit.nll(), entropy, 1e-14);
  EXPECT_NEAR(fit.raw().at(2) - fit.raw().at(0), std::log(2.0), 1e-14);
  EXPECT_NEAR(fit.raw().at(0) + fit.raw().at(1) + fit.raw().at(2), 0, 1e-14);
  EXPECT_NEAR(fit.nll(Tensor::from(std::vector<std::int32_t>{0, 2})), -0.5 * (std::log(0.25) + std::log(0.5)), 1e-14);
  const Marginal even = fit_marginal("categorical", {.classes = 4}, Tensor::from(std::vector<std::int32_t>{3, 2, 1, 0, 0, 1, 2, 3}));
  EXPECT_EQ(even.raw(), std::vector<double>(4, 0.0));  // exactly: a head that starts there starts as it did
  const Marginal coin = fit_marginal("bernoulli", {}, Tensor::from(std::vector<std::int32_t>{1, 0, 0, 0}));
  EXPECT_NEAR(coin.raw().at(0), -std::log(3.0), 1e-14);
  EXPECT_NEAR(coin.nll(), -0.25 * std::log(0.25) - 0.75 * std::log(0.75), 1e-14);
}

TEST(Marginal, WithinATrifleOfAMaximumAtInfinity) {
  EXPECT_LT(fit_marginal("bernoulli", {}, row({1, 1, 1})).nll(), 1e-9);
  EXPECT_NEAR(fit_marginal("categorical", {.classes = 4}, Tensor::from(std::vector<std::int32_t>{0, 1, 1, 0})).nll(), std::log(2.0), 1e-9);
  // All equal: the scale ends at its bound, 1e-4.
  EXPECT_NEAR(fit_marginal("gaussian_predicted_scale", {}, row({3, 3, 3})).nll(), std::log(1e-4) + 0.5 * log_2pi, 1e-8);
}

TEST(Marginal, CountsByWeight) {
  const Marginal repeated = fit_marginal("gumbel", {}, row({1, 2, 2, 2, 5}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Marginal weighted = fit_marginal("gumbel", {}, row({2, nan, 1, 5}), row({3, 0, 1, 1}));
  EXPECT_NEAR(weighted.nll(), repeated.nll(), 1e-14);
  EXPECT_NEAR(weighted.raw().at(0), repeated.raw().at(0), 1e-9);
  EXPECT_NEAR(weighted.nll(row({2, nan}), row({4, 0})), repeated.nll(row({2})), 1e-14);
}

TEST(Marginal, TakesEachValueOnItsOwn) {
  const Tensor y = Tensor::from(std::vector<double>{1, 10, 2, 30, 2.5, -5, 7, 8}, {4, 2});
  for (const std::string family : {"gaussian", "gumbel", "gaussian_predicted_scale", "laplace"}) {
    SCOPED_TRACE(family);
    const Marginal both = fit_marginal(family, {.values = 2}, y);
    const Marginal first = fit_marginal(family, {}, row({1, 2, 2.5, 7})), second = fit_marginal(family, {}, row({10, 30, -5, 8}));
    EXPECT_NEAR(both.nll(), first.nll() + second.nll(), 1e-9);
    for (std::size_t j = 0; j < first.raw().size() && family != "laplace"; ++j) {  // between the two middle values all are as good
      EXPECT_NEAR(both.raw().at(2 * j), first.raw()[j], 1e-6);
      EXPECT_NEAR(both.raw().at(2 * j + 1), second.raw()[j], 1e-6);
    }
  }
}

// Targets that a family takes, spread over its support.
Tensor targets_of(const Family& family, const Targets& targets) {
  const Support support = family.support(targets);
  if (family.needs_classes) return Tensor::from(std::vector<std::int32_t>{0, 2, 1, 1, 2, 2, 0, 1, 1, 1, 0, 2});
  std::vector<double> y;
  for (double value : sample) {
    if (std::isfinite(support.upper())) value = support.lower() + (support.upper() - support.lower()) * value / 4;
    if (support.is_integer()) value = std::round(value);
    y.push_back(value);
  }
  return row(y);
}

TEST(Marginal, LeavesNoWayDown) {
  for (const Family& family : families()) {
    if (family.name.starts_with("test_")) continue;  // of other tests in this process
    SCOPED_TRACE(family.name);
    const Targets targets = family.needs_classes ? Targets{.classes = 3} : Targets{};
    if (family.support(targets).is_simplex()) continue;
    const Tensor y = targets_of(family, targets);
    const Marginal fit = fit_marginal(family, targets, y);
    ASSERT_TRUE(std::isfinite(fit.nll()));
    const auto nll_at = [&](std::vector<double> raw) {
      Graph graph;
      const auto rows = y.size(0);
      const Node constants = graph.constant(Tensor::from(raw, {1, std::ssize(raw)}));
      const Distribution d = family.make(broadcast_to(constants, {rows, std::ssize(raw)}), targets);
      const DType dtype = d.target() ? d.target()->dtype : DType::float64;
      const Tensor shaped = y.cast(dtype).reshape(family.needs_classes ? Extents{rows} : Extents{rows, 1});
      return -interpret(reduce_sum(d.log_prob(graph.constant(shaped)))).item() / static_cast<double>(rows);
    };
    if (!fit.parameters().empty()) continue;  // those would have to be put in too
    EXPECT_NEAR(nll_at(fit.raw()), fit.nll(), 1e-12 * std::max(1.0, std::abs(fit.nll())));
    for (std::size_t j = 0; j < fit.raw().size(); ++j)
      for (const double step : {-1.0, -1e-2, -1e-4, 1e-4, 1e-2, 1.0}) {
        std::vector<double> raw = fit.raw();
        raw[j] += step;
        EXPECT_GE(nll_at(raw), fit.nll() - 1e-9) << "raw output " << j << " by " << step;
      }
  }
}

TEST(Marginal, HasTheSameBitsForAnyNumberOfThreads) {
  const Tensor y = spread({100'000, 3}, 0.1, 3);  // several pieces
  const int threads = thread_count();
  std::vector<std::vector<double>> fits;
  for (const int count : {1, 2, 3}) {
    set_thread_count(count);
    fits.push_back(fit_marginal("exponential", {.values = 3}, y).raw());
  }
  set_thread_count(threads);
  EXPECT_EQ(fits[0], fits[1]);
  EXPECT_EQ(fits[0], fits[2]);
}

TEST(Marginal, RefusesWhatItCannotFit) {
  EXPECT_EQ(error_of<SupportError>([] { fit_marginal("weibull", {}, row({1, 2, 0})); }),
            "fit_marginal: y = 0 at row 2 lies outside (0, ∞), the support of weibull: use exponential or gaussian");
  EXPECT_NE(error_of<SupportError>([] { fit_marginal("gaussian", {}, row({1, std::nan("")})); }), "");
  EXPECT_EQ(error_of<SupportError>([] { fit_marginal("poisson", {}, Tensor::from(std::vector<float>{1, 0.1F})); }),
            "fit_marginal: y = 0.1 at row 1 lies outside {0, 1, …}, the support of poisson: use exponential or gaussian");
  const Tensor shares = Tensor::from(std::vector<double>{0.2, 0.3, 0.5, 0.25, 0.25, 0.25}, {2, 3});
  EXPECT_EQ(error_of<SupportError>([&] { fit_marginal("dirichlet", {.values = 3}, shares); }),
            "fit_marginal: the values from row 1, value 0 on add up to 0.75, not 1, and lie outside the open simplex, the support of dirichlet");
  EXPECT_EQ(error_of<SupportError>([&] { fit_marginal("dirichlet", {.values = 3}, shares, row({1, 0})); }), "");
  EXPECT_EQ(error_of<ShapeError>([] { fit_marginal("gaussian", {.values = 2}, row({1, 2, 3})); }),
            "fit_marginal: the targets are {3}, need {batch, 2}, at least one row");
  EXPECT_EQ(error_of<ShapeError>([] { fit_marginal("gaussian", {}, row({1, 2}), row({1})); }), "fit_marginal: 1 weights for 2 rows");
  EXPECT_EQ(error_of<ArgumentError>([] { fit_marginal("gaussian", {}, row({1, 2}), row({1, -1})); }),
            "fit_marginal: the weight at row 1 is -1, needs to be finite and not negative");
  EXPECT_EQ(error_of<ArgumentError>([] { fit_marginal("gaussian", {}, row({1, 2}), row({0, 0})); }), "fit_marginal: all 2 rows have weight 0");
  EXPECT_NE(error_of<NameError>([] { fit_marginal("gausian", {}, row({1, 2})); }), "");
}

TEST(Marginal, IsReadFromManyThreads) {
  const Marginal fit = fit_marginal("gaussian", {}, row({1, 2, 4}));
  const std::vector<Tensor> targets{row({0}), row({1, 5}), row({2, 2, 8}), row({-3, 1, 0, 9})};
  std::vector<double> expected, found(targets.size());
  for (const Tensor& y : targets) expected.push_back(fit.nll(y));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < targets.size(); ++i)
    threads.emplace_back([&, i, copy = fit] {
      for (int again = 0; again < 50; ++again) found[i] += copy.nll(targets[i]) == expected[i] ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, std::vector<double>(targets.size(), 50));
}

}  // namespace
}  // namespace loglik
