// The sampler against the density, distribution functions of draws, and intervals.
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/random.h"
#include "tests/conformance/draws.h"

namespace loglik::conformance {
namespace {

constexpr double largest_float = std::numeric_limits<float>::max();

// The largest deviation from `cdf` at edges of the sorted draws' distribution function, and where it is.
std::pair<double, double> deviation(const std::vector<double>& sorted, const std::vector<double>& edges, const std::vector<double>& cdf) {
  std::pair<double, double> worst{0, 0};
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto below = std::upper_bound(sorted.begin(), sorted.end(), edges[i]) - sorted.begin();
    const double off = std::abs(static_cast<double>(below) / static_cast<double>(sorted.size()) - cdf[i]);
    if (!(off <= worst.first)) worst = {off, edges[i]};
  }
  return worst;
}

// Of numbers that claim to be uniform on (0, 1).
double deviation_from_uniform(std::vector<double> u) {
  std::sort(u.begin(), u.end());
  const auto n = static_cast<double>(u.size());
  double worst = 0;
  for (std::size_t i = 0; i < u.size(); ++i)
    worst = std::max({worst, u[i] - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - u[i]});
  return worst;
}

class Draws {
 public:
  Draws(Study& study, const Rule& rule) : study_(study), subject_(*study.subject), rule_(rule), budget_(study.options) {
    std::vector<double>& known = study.draws[&rule];
    if (known.empty()) known = draw(subject_, rule.theta, budget_.draws, 1);
    draws_ = known;
  }
  // Draws of float32, which are of the same law.
  Draws(Study& study, const Rule& rule, const Subject& single)
      : study_(study), subject_(*study.subject), rule_(rule), budget_(study.options, 8), draws_(draw(single, rule.theta, budget_.draws, 3)),
        of_law_(Property::float32) {}

  void check_sampler() {
    if (check_support() && check_keys()) check_law();
  }

  void check_float32() {
    if (check_support()) check_law();
  }

  void check_law() {
    if (subject_.event_rank > 0) return check_expectations();
    std::vector<double> sorted = draws_;
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> edges = rule_.discrete ? rule_.y : rule_.edges;
    std::vector<double> cdf = rule_.discrete ? rule_.cdf : rule_.below;
    if (of_law_ == Property::float32) {  // where draws can be, but for what would then be an atom
      const std::vector<double> atoms = atoms_of_theta();
      for (std::size_t i = edges.size(); i-- > 0;) {
        const double edge = static_cast<float>(std::clamp(edges[i], -largest_float, largest_float));
        if (edge != edges[i] && std::find(atoms.begin(), atoms.end(), edge) != atoms.end()) {
          edges.erase(edges.begin() + static_cast<std::ptrdiff_t>(i));
          cdf.erase(cdf.begin() + static_cast<std::ptrdiff_t>(i));
        } else {
          edges[i] = edge;
        }
      }
    }
    const auto [off, at] = deviation(sorted, edges, cdf);
    if (!(off <= budget_.distance))
      fail(of_law_, fmt::format("the distribution function of {} draws is off by {:.3g} at y = {:.6g}, more than {:.3g}",
                                          draws_.size(), off, at, budget_.distance));
    if (rule_.discrete) check_counts();
  }

  void check_calibration() {
    if (subject_.has(Answer::cdf)) check_uniform();
    if (subject_.has(Answer::quantile)) check_intervals();
  }

  // −∂F/∂θ / f at a draw is the derivative of the quantile that it is.
  void check_reparameterised() {
    if (!study_.options.draw_gradient.empty()) return study_.report.skip(Property::sampler, study_.options.draw_gradient);
    Node by_raw, cdf_by_raw;
    try {
      by_raw = subject_.derivative(subject_.node(Answer::sample), subject_.raw);
    } catch (const GradientError& error) {
      return study_.report.skip(Property::sampler, fmt::format("a draw has no gradient: {}", error.what()));
    }
    if (!by_raw || rule_.discrete || !subject_.atoms.empty()) return study_.report.skip(Property::sampler, "a draw has no gradient");
    if (!subject_.has(Answer::cdf)) return study_.report.skip(Property::sampler, "the gradient of a draw needs the cdf");
    try {
      cdf_by_raw = subject_.derivative(subject_.node(Answer::cdf), subject_.raw);
    } catch (const GradientError& error) {
      return study_.report.skip(Property::sampler, error.what());
    }
    constexpr std::int64_t rows = 64;
    const auto n = static_cast<std::size_t>(subject_.raw_outputs);
    const std::vector<double> y = draw(subject_, rule_.theta, rows, 2), got = subject_.values(by_raw, {rows, rule_.theta, {}, {}, {}, 2});
    const Points points{rows, rule_.theta, y};
    const std::vector<double> slopes = cdf_by_raw ? subject_.values(cdf_by_raw, points) : std::vector<double>(rows * n);
    const std::vector<double> logs = subject_.values(subject_.node(Answer::log_prob), points);
    for (std::size_t j = 0; j < n; ++j) {
      Worst worst;
      double size = 0;
      for (std::size_t i = 0; i < rows; ++i) size = std::max(size, std::abs(got[i * n + j]));
      if (size == 0) {
        study_.report.skip(Property::sampler, fmt::format("a draw has no gradient by raw output {}", j));
        continue;
      }
      for (std::size_t i = 0; i < rows; ++i) {
        // F, a number up to 1, is off by some ulp, so its slope by as much: that is 0 to the last bit where the law does not change.
        const double density = std::exp(logs[i]), expected = -slopes[i * n + j] / density;
        const double tolerance = 1e-6 * std::max(size, std::abs(expected)) + 64 * 0x1p-52 / density;
        worst.compare(got[i * n + j], expected, tolerance, [&] {
          return fmt::format("∂draw/∂raw {} at the draw {:.9g} is {}: −∂F/∂raw / f", j, y[i], against(got[i * n + j], expected, tolerance));
        });
      }
      if (worst.failed()) fail(Property::sampler, worst.text());
    }
  }

 private:
  void fail(Property property, std::string text) { study_.fail(property, subject_.place(rule_.theta), std::move(text)); }

  bool check_support() {
    const auto elements = static_cast<std::size_t>(rule_.elements);
    if (draws_.size() != static_cast<std::size_t>(budget_.draws) * elements) {
      fail(of_law_,
           fmt::format("a draw has {} elements, a target {}", draws_.size() / static_cast<std::size_t>(budget_.draws), elements));
      return false;
    }
    std::size_t outside = 0, first = 0;
    for (std::size_t i = draws_.size(); i-- > 0;)
      if (!subject_.support->contains(draws_[i])) {
        ++outside;
        first = i;
      }
    if (outside > 0)
      fail(of_law_,
           fmt::format("draw {} is {}, outside {}: {} of {} are", first, draws_[first], subject_.support->text(), outside, draws_.size()));
    return outside == 0;
  }

  bool check_keys() {
    const std::vector<double> again = draw(subject_, rule_.theta, 100, 1), once = draw(subject_, rule_.theta, 100, 1),
                              other = draw(subject_, rule_.theta, 100, 2);
    if (again != once) fail(Property::sampler, "the same key gives other draws");
    double spread = 0;
    for (const double weight : rule_.weight) spread = std::max(spread, weight);
    if (other == once && spread < 0.5) fail(Property::sampler, "another seed gives the same draws");
    return again == once;
  }

  // Pearson's χ² over cells of at least 10 expected draws.
  void check_counts() {
    const auto n = static_cast<double>(draws_.size());
    std::vector<double> expected, counts;
    std::vector<std::size_t> cell_of(rule_.points());
    double open = 0;
    for (std::size_t i = 0; i < rule_.points(); ++i) {
      if (expected.empty() || open >= 10) {
        expected.push_back(0);
        open = 0;
      }
      open += n * rule_.weight[i];
      expected.back() += n * rule_.weight[i];
      cell_of[i] = expected.size() - 1;
    }
    if (expected.size() > 1 && open < 10) {  // the last cell joins the one before
      expected[expected.size() - 2] += expected.back();
      expected.pop_back();
    }
    if (expected.size() < 2) return;
    counts.resize(expected.size());
    for (const double y : draws_) {
      const auto i = static_cast<std::size_t>(std::min(y - rule_.y[0], static_cast<double>(rule_.points() - 1)));
      ++counts[std::min(cell_of[i], counts.size() - 1)];
    }
    double sum = 0;
    for (std::size_t k = 0; k < counts.size(); ++k) sum += (counts[k] - expected[k]) * (counts[k] - expected[k]) / expected[k];
    const boost::math::chi_squared chi(static_cast<double>(counts.size() - 1));
    const double bound = boost::math::quantile(boost::math::complement(chi, budget_.alarm));
    if (!(sum <= bound)) fail(of_law_, fmt::format("χ² of {} cells is {:.5g}, more than {:.5g}", counts.size(), sum, bound));
  }

  // Bounded functions of each element and of pairs: their means over draws are off by at most √(2 ln(2/α)/n), by Hoeffding's inequality.
  void check_expectations() {
    const auto elements = static_cast<std::size_t>(rule_.elements);
    std::vector<double> middle(elements), width(elements);
    for (std::size_t j = 0; j < elements; ++j) {
      middle[j] = rule_.expect([&](std::size_t i) { return std::tanh(rule_.y[i * elements + j]); });
      middle[j] = std::atanh(std::clamp(middle[j], -0.999, 0.999));
      width[j] = rule_.expect([&](std::size_t i) { return std::min(100.0, std::abs(rule_.y[i * elements + j] - middle[j])); }) + 1e-9;
    }
    const auto squash = [&](const std::vector<double>& y, std::size_t i, std::size_t j) {
      return std::tanh((y[i * elements + j] - middle[j]) / width[j]);
    };
    const std::size_t rows = draws_.size() / elements;
    double pairs = 0;
    for (std::size_t a = 0; a < elements; ++a) pairs += static_cast<double>(elements - a + 1);
    const double bound = std::sqrt(2 * std::log(2 * pairs / budget_.alarm) / static_cast<double>(rows));
    for (std::size_t a = 0; a < elements; ++a)
      for (std::size_t b = a; b <= elements; ++b) {  // b = elements: a alone
        const auto h = [&](const std::vector<double>& y, std::size_t i) { return squash(y, i, a) * (b == elements ? 1 : squash(y, i, b)); };
        double mean = 0;
        for (std::size_t i = 0; i < rows; ++i) mean += h(draws_, i) / static_cast<double>(rows);
        const auto of_rule = [&](std::size_t i) { return h(rule_.y, i); };
        const double expected = rule_.expect(of_rule), tolerance = bound + rule_.error_of(of_rule);
        if (!(std::abs(mean - expected) <= tolerance))
          fail(of_law_, fmt::format("the mean of a function of element {}{} over {} draws is {}", a,
                                              b == elements ? "" : fmt::format(" and {}", b), rows, against(mean, expected, tolerance)));
      }
  }

  void check_uniform() {
    const std::vector<double> at = cdf(draws_);
    std::vector<double> u = at;
    if (rule_.discrete || !subject_.atoms.empty()) {  // between F(y−) and F(y), evenly
      std::vector<double> v(u.size());
      fill_uniform<double>({0, 0, hash_name("pit")}, 0, std::span(v));
      const std::vector<double> logs = subject_.values(subject_.node(Answer::log_prob), {budget_.draws, rule_.theta, draws_});
      const std::vector<double> atoms = atoms_of_theta();
      for (std::size_t i = 0; i < u.size(); ++i)
        if (rule_.discrete || std::find(atoms.begin(), atoms.end(), draws_[i]) != atoms.end()) u[i] -= v[i] * std::exp(logs[i]);
    }
    study_.report.test(Property::calibration);
    const double off = deviation_from_uniform(u);
    if (!(off <= budget_.distance))
      fail(Property::calibration,
           fmt::format("cdf of {} draws is off by {:.3g} from uniform, more than {:.3g}", u.size(), off, budget_.distance));
  }

  std::vector<double> atoms_of_theta() const {
    std::vector<double> atoms;
    for (const Node atom : subject_.atoms) atoms.push_back(subject_.values(atom, {1, rule_.theta})[0]);
    return atoms;
  }

  std::vector<double> cdf(const std::vector<double>& y) const {
    return subject_.values(subject_.node(Answer::cdf), {static_cast<std::int64_t>(y.size()), rule_.theta, y});
  }

  // How many draws lie in central intervals: within Chernoff's bound of the binomial distribution.
  void check_intervals() {
    study_.report.test(Property::calibration);
    for (const double level : {0.5, 0.9, 0.99}) {
      const std::vector<double> q =
          subject_.values(subject_.node(Answer::quantile), {2, rule_.theta, {rule_.y[0]}, {(1 - level) / 2, (1 + level) / 2}});
      double promised = level;
      if (rule_.discrete) {
        promised = 0;
        for (std::size_t i = 0; i < rule_.points(); ++i)
          if (rule_.y[i] >= q[0] && rule_.y[i] <= q[1]) promised += rule_.weight[i];
      } else if (!subject_.atoms.empty()) {
        return study_.report.skip(Property::calibration, "intervals that may end in an atom are not counted");
      }
      double inside = 0;
      for (const double y : draws_) inside += y >= q[0] && y <= q[1];
      const auto n = static_cast<double>(draws_.size());
      const double share = inside / n;
      const auto term = [](double a, double b) { return a > 0 ? a * std::log(a / b) : 0; };
      const double divergence = term(share, promised) + term(1 - share, std::max(0.0, 1 - promised));
      if (promised < 1 - 1e-12 && !(n * divergence <= std::log(2 / budget_.alarm)))
        fail(Property::calibration, fmt::format("the interval of {}% [{:.6g}, {:.6g}] holds {:.3f}% of {} draws", 100 * level, q[0], q[1],
                                                100 * share, draws_.size()));
    }
  }

  Study& study_;
  Subject& subject_;
  const Rule& rule_;
  Budget budget_;
  std::vector<double> draws_;
  Property of_law_ = Property::sampler;  // what draws of another law fail
};

}  // namespace

void check_sampler(Study& study) {
  if (!study.needs(Property::sampler, Answer::sample, "the test of draws")) return;
  for (const auto& rule : study.rules) {
    if (!rule) continue;
    study.report.test(Property::sampler);
    Draws draws(study, *rule);
    draws.check_sampler();
    if (study.subject->event_rank == 0) draws.check_reparameterised();
  }
}

void check_float32_draws(Study& study) {
  if (!study.subject->has(Answer::sample)) return;  // check_sampler says so
  const Subject single(study.build, study.options, DType::float32);
  for (const auto& rule : study.rules)
    if (rule) Draws(study, *rule, single).check_float32();
}

void check_calibration(Study& study) {
  if (!study.needs(Property::calibration, Answer::sample, "the test of distribution functions of draws")) return;
  if (study.subject->event_rank > 0) return study.report.skip(Property::calibration, "vectors have no distribution function here");
  study.needs(Property::calibration, Answer::cdf, "the test of distribution functions of draws");
  study.needs(Property::calibration, Answer::quantile, "the test of intervals");
  for (const auto& rule : study.rules)
    if (rule) Draws(study, *rule).check_calibration();
}

}  // namespace loglik::conformance
