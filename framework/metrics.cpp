#include "framework/metrics.h"

#include <algorithm>
#include <cmath>

#include "framework/batches.h"
#include "framework/head.h"
#include "framework/pipeline.h"
#include "framework/primitives.h"
#include "framework/tally.h"
#include "framework/temporary.h"

namespace loglik {
namespace {

using Outputs = std::vector<std::pair<std::string, Node>>;

Node answer(const Head& head, std::string_view name) {
  for (const auto& [known, node] : head.answers)
    if (known == name) return node;
  return {};
}

// One head: which nodes it takes to measure it, and what their values add up to.
class Measure {
 public:
  Measure(const Head& head, Outputs& outputs) : head_(head) {
    add(outputs, "target", head.target);
    add(outputs, "weight", head.weight);
    add(outputs, "nll", head.nll);
    const Distribution& distribution = head.distribution;
    const Shape& shape = head.target.shape();
    const auto has_shape = [&](Node node) { return node && node.shape() == shape; };
    const Node mean = answer(head, "mean"), mode = answer(head, "mode"), median = answer(head, "median"), probabilities = answer(head, "probabilities");
    const bool integers = distribution.support() && distribution.support()->is_integer();
    if (integers && distribution.event_rank() == 0) {
      if (probabilities && has_shape(mode) && probabilities.shape().rank() == shape.rank() + 1 && probabilities.shape().back().is_constant() &&
          probabilities.shape().slice(0, shape.rank()) == shape) {
        classes_.emplace(probabilities.shape().back().constant());
        width_ = static_cast<std::size_t>(probabilities.shape().back().constant());
        add(outputs, "probabilities", probabilities);
        add(outputs, "mode", mode);
        return;
      }
      if (distribution.support()->lower() == 0 && distribution.support()->upper() == 1 && has_shape(mean) && has_shape(mode)) {
        classes_.emplace(2);
        width_ = 1;
        add(outputs, "probabilities", mean);
        add(outputs, "mode", mode);
        return;
      }
    }
    if (has_shape(mean)) add(outputs, "mean", mean);
    if (has_shape(median)) add(outputs, "median", median);
    has_mean_ = has_shape(mean);
    has_median_ = has_shape(median);
    if (distribution.event_rank() == 0 && distribution.has<Cdf>()) add_calibration(outputs, integers);
  }

  void step(const Session& session) {
    const auto fetch = [&](std::string_view name) { return session.fetch(key(name)); };
    const Tensor targets = fetch("target"), weights = fetch("weight"), nll = fetch("nll");
    for (std::int64_t i = 0; i < weights.count(); ++i) {
      const double weight = weights.at(i);
      if (!(weight > 0)) continue;
      weight_ += weight;
      nll_ += weight * nll.at(i);
    }
    if (weights.count() == 0) return;
    const std::int64_t elements = targets.count() / weights.count();
    const auto each = [&](auto&& take) {  // i: of the element, with its target and weight
      for (std::int64_t i = 0; i < targets.count(); ++i)
        if (const double weight = weights.at(i / elements); weight > 0) take(i, targets.at(i), weight);
    };
    if (classes_) {
      const Tensor probabilities = fetch("probabilities"), modes = fetch("mode");
      std::vector<double> row(std::max<std::size_t>(width_, 2));
      each([&](std::int64_t i, double y, double weight) {
        for (std::size_t k = 0; k < width_; ++k) row[k] = probabilities.at(i * static_cast<std::int64_t>(width_) + static_cast<std::int64_t>(k));
        if (width_ == 1) row = {1 - row[0], row[0]};
        classes_->add(static_cast<std::int64_t>(y), static_cast<std::int64_t>(modes.at(i)), row, weight);
      });
    }
    if (has_mean_) {
      const Tensor means = fetch("mean");
      each([&](std::int64_t i, double y, double weight) { numbers_.add_mean(y, means.at(i), weight); });
    }
    if (has_mean_ || has_median_) {
      const Tensor medians = fetch(has_median_ ? "median" : "mean");
      each([&](std::int64_t i, double y, double weight) { numbers_.add_median(y, medians.at(i), weight); });
    }
    if (calibration_) {
      const Tensor cdf = fetch("cdf");
      const Tensor log_probability = has_points_ ? fetch("log_prob") : Tensor(), points = has_atoms_ ? fetch("is_atom") : Tensor();
      each([&](std::int64_t i, double, double weight) {
        const bool point = has_points_ && (!has_atoms_ || points.at(i) != 0);
        calibration_->add(cdf.at(i), point ? std::exp(log_probability.at(i)) : 0, weight);
      });
    }
  }

  HeadMetrics result() const {
    HeadMetrics result{.head = head_.name, .nll = weight_ > 0 ? nll_ / weight_ : 0, .weight = weight_};
    if (classes_) result.classes = classes_->result();
    if (has_mean_ || has_median_) result.numbers = numbers_.result();
    if (calibration_) result.calibration = calibration_->result();
    return result;
  }

 private:
  std::string key(std::string_view name) const { return head_.name + "." + std::string(name); }
  void add(Outputs& outputs, std::string_view name, Node node) const { outputs.emplace_back(key(name), node); }

  void add_calibration(Outputs& outputs, bool integers) {
    const Distribution& distribution = head_.distribution;
    const Node y = is_float(head_.target.dtype()) ? head_.target : cast(head_.target, head_.nll.dtype());
    const Node cdf = distribution.cdf(y);
    if (cdf.shape() != y.shape()) return;
    Node atom;
    for (const Node point : distribution.atoms()) {
      const Node here = equal(y, point.dtype() == y.dtype() ? point : cast(point, y.dtype()));
      atom = atom ? where(atom, atom, here) : here;
    }
    if (atom && atom.shape() != y.shape()) return;
    has_atoms_ = !integers && atom;
    has_points_ = integers || has_atoms_;
    if (has_points_) {
      const Node log_prob = distribution.log_prob(y);
      if (log_prob.shape() != y.shape()) return;
      add(outputs, "log_prob", log_prob);
    }
    if (has_atoms_) add(outputs, "is_atom", atom);
    add(outputs, "cdf", cdf);
    calibration_.emplace();
  }

  const Head& head_;
  double nll_ = 0, weight_ = 0;
  std::optional<ClassTally> classes_;
  std::size_t width_ = 0;  // of `probabilities`: K, or 1 for that of class 1 alone
  NumberTally numbers_;
  bool has_mean_ = false, has_median_ = false;
  std::optional<CalibrationTally> calibration_;
  bool has_points_ = false, has_atoms_ = false;  // some y may have positive probability; only those that `is_atom` says
};

}  // namespace

std::vector<HeadMetrics> measure(const Model& model, const Dataset& data, std::int64_t batch_size) {
  check_dataset(model, data, batch_size, "data");
  Graph graph(model.graph().data());
  Outputs outputs;
  std::vector<Measure> heads;
  std::shared_ptr<const Program> program;
  {
    const Temporary temporary(graph);
    const Scope root = graph.enter(0);
    for (const auto& head : graph.heads()) heads.emplace_back(*head, outputs);
    const Program& evaluation = model.evaluate_program();
    program = compile_program(graph, {.outputs = std::move(outputs)}, evaluation.shared_state(),
                              {.name = "metrics", .known_inputs = evaluation.options().known_inputs, .aliases = evaluation.options().aliases}, {});
  }
  Session session(program);
  Batches batches(data, batch_size);
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    session.step(batches[i]);
    for (Measure& head : heads) head.step(session);
  }
  std::vector<HeadMetrics> result;
  for (const Measure& head : heads) result.push_back(head.result());
  return result;
}

}  // namespace loglik
