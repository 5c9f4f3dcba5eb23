// Maximum likelihood from draws finds the parameters that they were made with.
#include <fmt/format.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

#include "framework/error.h"
#include "tests/conformance/draws.h"

namespace loglik::conformance {
namespace {

// What n draws say of raw outputs: mean negative log-likelihood, its gradient, and Σ g·gᵀ/n, which is the information near the maximum.
struct Likelihood {
  double nll = 0;
  std::vector<double> gradient, information;  // n, n·n
};

class Fit {
 public:
  Fit(Subject& subject, const std::vector<double>& draws, std::int64_t rows)
      : subject_(subject), draws_(draws), rows_(rows), score_(subject.derivative(subject.node(Answer::log_prob), subject.raw)) {}

  Likelihood at(const std::vector<double>& theta) const {
    const auto n = theta.size();
    const auto values = subject_.values({subject_.node(Answer::log_prob), score_}, {rows_, theta, draws_});
    Likelihood result{0, std::vector<double>(n), std::vector<double>(n * n)};
    const auto count = static_cast<double>(rows_);
    for (std::size_t i = 0; i < static_cast<std::size_t>(rows_); ++i) {
      result.nll -= values[0][i] / count;
      for (std::size_t a = 0; a < n; ++a) {
        result.gradient[a] -= values[1][i * n + a] / count;
        for (std::size_t b = 0; b < n; ++b) result.information[a * n + b] += values[1][i * n + a] * values[1][i * n + b] / count;
      }
    }
    return result;
  }

  // Newton's steps with differences of the gradient for second derivatives, or with Σ g·gᵀ where a kink has none (Berndt, Hall, Hall &
  // Hausman 1974), whichever leads farther down; damped as Levenberg and Marquardt do until one leads down at all.
  std::vector<double> from(std::vector<double> theta, int& steps) const {
    Likelihood here = at(theta);
    std::vector<double> curvature = second_derivatives(theta, here);
    double damping = 1e-3;
    for (steps = 0; steps < 200 && damping < 1e14; ++steps) {
      bool settled = true, better = false;
      std::vector<double> best = theta;
      Likelihood lowest = here;
      for (const std::vector<double>* matrix : {&curvature, &here.information}) {
        const std::vector<double> step = solve(*matrix, here.gradient, damping);
        double decrement = 0, largest = 0;
        for (std::size_t a = 0; a < step.size(); ++a) {
          decrement -= step[a] * here.gradient[a];
          largest = std::max(largest, std::abs(step[a]));
        }
        settled &= damping <= 1e-3 && std::abs(decrement) * static_cast<double>(rows_) < 1e-7;
        std::vector<double> next = theta;
        for (std::size_t a = 0; a < step.size(); ++a) next[a] += step[a] * std::min(1.0, 2 / largest);
        if (Likelihood there = at(next); there.nll < lowest.nll) {
          best = next;
          lowest = std::move(there);
          better = true;
        }
      }
      if (settled) break;
      damping = better ? std::max(1e-9, damping / 10) : damping * 10;
      if (!better) continue;
      theta = best;
      here = lowest;
      curvature = second_derivatives(theta, here);
    }
    return theta;
  }

 private:
  std::vector<double> second_derivatives(const std::vector<double>& theta, const Likelihood& here) const {
    constexpr double h = 1e-5;
    const std::size_t n = theta.size();
    std::vector<double> result(n * n);
    for (std::size_t b = 0; b < n; ++b) {
      std::vector<double> moved = theta;
      moved[b] += h;
      const Likelihood there = at(moved);
      for (std::size_t a = 0; a < n; ++a) {
        const double half = 0.5 * (there.gradient[a] - here.gradient[a]) / h;
        result[a * n + b] += half;
        result[b * n + a] += half;
      }
    }
    return result;
  }

  // (C + damping·|diag C|)·step = −gradient, by Gauss' elimination with the largest pivot.
  static std::vector<double> solve(std::vector<double> a, const std::vector<double>& gradient, double damping) {
    const std::size_t n = gradient.size();
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) {
      a[i * n + i] += damping * std::abs(a[i * n + i]) + 1e-8 * damping + 1e-12;
      x[i] = -gradient[i];
    }
    for (std::size_t k = 0; k < n; ++k) {
      std::size_t pivot = k;
      for (std::size_t i = k + 1; i < n; ++i)
        if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
      for (std::size_t j = 0; j < n; ++j) std::swap(a[k * n + j], a[pivot * n + j]);
      std::swap(x[k], x[pivot]);
      for (std::size_t i = k + 1; i < n; ++i) {
        const double factor = a[i * n + k] / a[k * n + k];
        for (std::size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
        x[i] -= factor * x[k];
      }
    }
    for (std::size_t k = n; k-- > 0;) {
      for (std::size_t j = k + 1; j < n; ++j) x[k] -= a[k * n + j] * x[j];
      x[k] /= a[k * n + k];
    }
    return x;
  }

  const Subject& subject_;
  const std::vector<double>& draws_;
  std::int64_t rows_;
  Node score_;
};

}  // namespace

void check_recovery(Study& study) {
  if (!study.needs(Property::recovery, Answer::sample, "the test of recovery")) return;
  Subject& subject = *study.subject;
  const Budget budget(study.options);
  constexpr std::int64_t rows = 3000;
  const std::vector<double>& truth = study.thetas.at(study.thetas.size() > 1 ? 1 : 0);
  const std::vector<double> draws = draw(subject, truth, rows, 3);
  try {
    if (!subject.derivative(subject.node(Answer::log_prob), subject.raw))
      return study.report.skip(Property::recovery, "log_prob does not depend on the raw outputs");
    study.report.test(Property::recovery);
    const Fit fit(subject, draws, rows);
    const Likelihood at_truth = fit.at(truth);
    // √χ²: how many standard errors k parameters may be away from the truth together.
    const boost::math::chi_squared chi(static_cast<double>(truth.size()));
    const double bound = std::sqrt(boost::math::quantile(boost::math::complement(chi, budget.alarm)));
    for (const double corner : {0.0, 0.1, 0.9}) {
      std::vector<double> start = truth;
      for (std::size_t j = 0; j < start.size(); ++j) {
        const Domain& domain = j < study.options.domains.size() ? study.options.domains[j] : study.options.domain;
        start[j] =
            corner == 0 ? 0.5 * (domain.low + domain.high) : domain.low + (j % 2 == 0 ? corner : 1 - corner) * (domain.high - domain.low);
        if (study.options.exchangeable) start[j] = truth[j] + 0.2 * (corner - 0.3);  // their likelihoods have several maxima
      }
      int steps = 0;
      const std::vector<double> found = fit.from(start, steps);
      const Likelihood there = fit.at(found);
      double squares = 0;
      for (std::size_t a = 0; a < found.size(); ++a)
        for (std::size_t b = 0; b < found.size(); ++b)
          squares += (found[a] - truth[a]) * there.information[a * found.size() + b] * (found[b] - truth[b]) * static_cast<double>(rows);
      const double ratio = 2 * static_cast<double>(rows) * (at_truth.nll - there.nll), distance = std::sqrt(std::max(0.0, squares));
      const std::string where = subject.place(truth);
      if (!(ratio > -1e-3))
        study.fail(Property::recovery, where,
                   fmt::format("from {} maximum likelihood stops after {} steps at {}, {:.3g} nats below the truth", subject.place(start),
                               steps, subject.place(found), -ratio / 2));
      else if (std::sqrt(ratio) > bound || (!study.options.exchangeable && distance > bound && ratio > 1))
        study.fail(
            Property::recovery, where,
            fmt::format("maximum likelihood of {} draws finds {}: {:.3g} standard errors away ({:.3g} by the likelihood), more than {:.3g}",
                        rows, subject.place(found), distance, std::sqrt(ratio), bound));
    }
  } catch (const GradientError& error) {
    study.report.skip(Property::recovery, error.what());
  }
}

}  // namespace loglik::conformance
