// Contract: rows do not know of each other, y broadcasts, what has no weight does not count.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/interpret.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double ulps_apart(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  return std::abs(a - b) / (0x1p-52 * std::max(std::abs(a), std::abs(b)));
}

// Raw outputs and targets of n rows, each row with others.
struct Rows {
  std::int64_t n;
  std::vector<double> raw, y, p;
};

Rows some_rows(const Study& study, std::int64_t n) {
  Rows rows{n, {}, {}, {}};
  for (std::int64_t i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i) % study.thetas.size();
    rows.raw.insert(rows.raw.end(), study.thetas[k].begin(), study.thetas[k].end());
    std::vector<double> y(static_cast<std::size_t>(study.subject->elements),
                          study.subject->support ? study.subject->support->inside(study.subject->elements) : 0.5);
    if (study.rules.size() > k && study.rules[k]) {
      const std::vector<double> typical = typical_targets(*study.rules[k], static_cast<std::size_t>(n));
      std::copy_n(typical.begin() + i * study.subject->elements, study.subject->elements, y.begin());
    }
    rows.y.insert(rows.y.end(), y.begin(), y.end());
    rows.p.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(n));
  }
  return rows;
}

class Contract {
 public:
  explicit Contract(Study& study) : study_(study), subject_(*study.subject), rows_(some_rows(study, 5)) {
    for (std::size_t a = 0; a < answer_count; ++a)
      if (const auto answer = static_cast<Answer>(a); subject_.has(answer) && answer != Answer::sample) {
        nodes_.push_back(subject_.node(answer));
        names_.emplace_back(name(answer));
      }
    try {
      if (const Node score = subject_.derivative(subject_.node(Answer::log_prob), subject_.raw)) {
        nodes_.push_back(score);
        names_.emplace_back("the gradient of log_prob");
      }
    } catch (const GradientError&) {  // said by check_gradients
    }
  }

  void check_rows() {
    const auto all = subject_.values(nodes_, points(0, rows_.n, false)), again = subject_.values(nodes_, points(0, rows_.n, false)),
               reversed = subject_.values(nodes_, points(0, rows_.n, true));
    for (std::size_t a = 0; a < nodes_.size(); ++a) {
      const std::size_t width = all[a].size() / static_cast<std::size_t>(rows_.n);
      Worst alone, order, state;
      for (std::int64_t row = 0; row < rows_.n; ++row) {
        const std::vector<double> one = subject_.values(nodes_[a], points(row, row + 1, false));
        for (std::size_t k = 0; k < width; ++k) {
          const std::size_t i = static_cast<std::size_t>(row) * width + k, j = static_cast<std::size_t>(rows_.n - 1 - row) * width + k;
          const auto text = [&](std::string_view what, double other) {
            return fmt::format("{} of row {} of {} is {:.17g}, {} {:.17g}", names_[a], row, rows_.n, all[a][i], what, other);
          };
          alone.see(ulps_apart(all[a][i], one.at(k)), 4, [&] { return text("of that row alone", one[k]); });
          order.see(ulps_apart(all[a][i], reversed[a][j]), 4, [&] { return text("with the rows in reverse order", reversed[a][j]); });
          state.see(ulps_apart(all[a][i], again[a][i]), 0, [&] { return text("computed again", again[a][i]); });
        }
      }
      for (const Worst* worst : {&alone, &order, &state})
        if (worst->failed()) study_.fail(Property::contract, subject_.name, worst->text());
    }
  }

  void check_shape() {
    const Shape& y = subject_.y.shape();
    const Shape expected = y.slice(0, y.rank() - std::min(y.rank(), subject_.event_rank)), got = subject_.node(Answer::log_prob).shape();
    if (got != expected)
      study_.fail(Property::contract, subject_.name,
                  fmt::format("log_prob of {} is {}, not {}: y's shape without its {} event axes", to_string(y), to_string(got),
                              to_string(expected), subject_.event_rank));
  }

  // y {2, n, …} against each of its two.
  void check_broadcasting() {
    Graph graph;
    const auto n = rows_.n, elements = subject_.elements;
    const Node raw = graph.constant(Tensor::from(rows_.raw, {n, subject_.raw_outputs}));
    Extents extents{2, n};
    for (std::size_t axis = 1; axis < subject_.y.shape().rank(); ++axis) extents.push_back(subject_.y.shape()[axis].constant());
    std::vector<double> twice = rows_.y;
    twice.insert(twice.end(), rows_.y.begin(), rows_.y.end());
    std::rotate(twice.begin() + n * elements, twice.begin() + n * elements + elements, twice.end());
    Distribution d = study_.build(raw, subject_.raw_outputs);
    const Node y = graph.constant(Tensor::from(twice, extents).cast(subject_.y.dtype()));
    const auto compare = [&](Answer answer, const auto& ask) {
      if (!subject_.has(answer)) return;
      try {
        const Node node = ask(d, y);
        extents.resize(extents.size() - std::min(extents.size(), subject_.event_rank));
        if (node.shape() != Shape(std::span<const std::int64_t>(extents)))
          return study_.fail(Property::contract, subject_.name,
                             fmt::format("{} of y {} is {}, not {}", name(answer), to_string(y.shape()), to_string(node.shape()),
                                         to_string(std::span<const std::int64_t>(extents))));
        const Tensor got = interpret(node);
        for (std::int64_t half = 0; half < 2; ++half) {
          Points each = points(0, n, false);
          each.y.assign(twice.begin() + half * n * elements, twice.begin() + (half + 1) * n * elements);
          const std::vector<double> expected = subject_.values(subject_.node(answer), each);
          for (std::int64_t i = 0; i < n; ++i)
            if (const double one = got.at(half * n + i); !(ulps_apart(one, expected[static_cast<std::size_t>(i)]) <= 4))
              return study_.fail(Property::contract, subject_.name,
                                 fmt::format("{} of y {} is {:.17g} at ({}, {}), not {:.17g}", name(answer), to_string(y.shape()), one,
                                             half, i, expected[static_cast<std::size_t>(i)]));
        }
      } catch (const std::exception& error) {
        study_.fail(Property::contract, subject_.name,
                    fmt::format("{} does not broadcast over a leading axis of y: {}", name(answer), error.what()));
      }
    };
    compare(Answer::log_prob, [](const Distribution& of, Node at) { return of.log_prob(at); });
    if (subject_.event_rank > 0) return;
    compare(Answer::cdf, [](const Distribution& of, Node at) { return of.cdf(at); });
    compare(Answer::survival, [](const Distribution& of, Node at) { return of.survival(at); });
    compare(Answer::log_cdf, [](const Distribution& of, Node at) { return of.log_cdf(at); });
    compare(Answer::log_survival, [](const Distribution& of, Node at) { return of.log_survival(at); });
    compare(Answer::crps, [](const Distribution& of, Node at) { return of.crps(at); });
  }

  // A sample of weight 0, its target NaN: exactly no loss, no gradient, and no change to the others.
  void check_masks() {
    Graph graph;
    const auto n = rows_.n, elements = subject_.elements;
    const Node raw = graph.constant(Tensor::from(rows_.raw, {n, subject_.raw_outputs}));
    const Head& head = graph.head("target", study_.build(raw, subject_.raw_outputs));
    const Node by_raw = gradient(head.loss, raw);
    const auto run = [&](double masked) {
      std::vector<double> y = rows_.y, weight(static_cast<std::size_t>(n), 1.0);
      weight[1] = 0.5;
      weight[2] = 0;
      std::fill(y.begin() + 2 * elements, y.begin() + 3 * elements, masked);
      const std::vector<std::pair<std::string, Tensor>> feed{
          {"target", Tensor::from(y)
                         .reshape(head.target.shape().rank() == 1 ? Extents{n} : with_rows(head.target.shape()))
                         .cast(head.target.dtype())},
          {"target.weight", Tensor::from(weight)}};
      return interpret(std::vector<Node>{head.nll, by_raw}, feed);
    };
    const double inside = rows_.y[static_cast<std::size_t>(2 * elements)];
    const auto usual = run(inside), masked = run(subject_.integer_target ? -7 : nan);
    for (std::size_t k = 0; k < 2; ++k) {
      const std::int64_t width = masked[k].count() / n;
      for (std::int64_t i = 0; i < masked[k].count(); ++i) {
        const double got = masked[k].at(i), expected = i / width == 2 ? 0 : usual[k].at(i);
        if (!(got == expected || (std::isnan(got) && std::isnan(expected))))
          return study_.fail(Property::contract, subject_.name,
                             fmt::format("with a NaN target of weight 0 in row 2, {} of row {} is {:.9g}, not {:.9g}{}",
                                         k == 0 ? "the loss" : "the gradient", i / width, got, expected,
                                         subject_.own_support ? "" : ": a support() says which target is safe to put in its place"));
      }
    }
  }

 private:
  Extents with_rows(const Shape& shape) const {
    Extents extents{rows_.n};
    for (std::size_t axis = 1; axis < shape.rank(); ++axis) extents.push_back(shape[axis].constant());
    return extents;
  }

  Points points(std::int64_t begin, std::int64_t end, bool reversed) const {
    Points points{end - begin, {}, {}, {}, {}};
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t row = reversed ? rows_.n - 1 - k : k;
      const auto append = [&](std::vector<double>& to, const std::vector<double>& from, std::int64_t width) {
        to.insert(to.end(), from.begin() + row * width, from.begin() + (row + 1) * width);
      };
      append(points.raw, rows_.raw, subject_.raw_outputs);
      append(points.y, rows_.y, subject_.elements);
      append(points.p, rows_.p, 1);
      std::vector<double> shifted(rows_.raw.begin() + row * subject_.raw_outputs, rows_.raw.begin() + (row + 1) * subject_.raw_outputs);
      for (double& x : shifted) x = 0.75 * x + 0.1;
      points.other.insert(points.other.end(), shifted.begin(), shifted.end());
    }
    return points;
  }

  Study& study_;
  Subject& subject_;
  Rows rows_;
  std::vector<Node> nodes_;
  std::vector<std::string> names_;
};

}  // namespace

void check_contract(Study& study) {
  study.report.test(Property::contract);
  const auto attempt = [&](const auto& check) {
    try {
      check();
    } catch (const std::exception& error) {
      study.fail(Property::contract, study.subject->name, fmt::format("throws {}", error.what()));
    }
  };
  Contract contract(study);
  attempt([&] { contract.check_shape(); });
  attempt([&] { contract.check_rows(); });
  attempt([&] { contract.check_broadcasting(); });
  attempt([&] { contract.check_masks(); });
}

}  // namespace loglik::conformance
