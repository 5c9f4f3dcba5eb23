#include "models/model_ends.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/primitives.h"
#include "ops/distributions/family.h"
#include "ops/distributions/natural_gradient.h"
#include "ops/shape.h"

namespace loglik {
namespace {

// Values that targets take: each must lie in the support of a head.
std::vector<double> known_values(const DataInfo& data) {
  std::vector<double> values = data.target_values;
  for (std::int64_t label = 0; label < data.classes; ++label) values.push_back(static_cast<double>(label));
  return values;
}

std::vector<double> known_pixels(const DataInfo& data) {
  return data.is_image() ? std::vector<double>{0, 0.5, 1} : std::vector<double>{-1.5, 0.5, 1.5};
}

bool fits(const Family& family, const Targets& targets, std::span<const double> values) {
  if (family.needs_classes) return targets.classes > 0;
  const Support support = family.support(targets);
  if (support.is_simplex() && targets.values < 2) return false;  // one share alone would be 1
  return std::ranges::all_of(values, [&](double value) { return support.contains(value); });
}

// Names, for a text, of the families that fit and are `wanted`.
std::string heads_that_fit(const Targets& targets, std::span<const double> values,
                           const std::function<bool(const Family&)>& wanted = [](const Family&) { return true; }) {
  std::string names;
  const auto add = [&](const std::string& name, const Family& family) {
    if (fits(family, targets, values) && wanted(family)) names += (names.empty() ? "" : ", ") + name;
  };
  for (const Family& family : families()) add(family.name, family);
  for (const OptionFamily& family : option_families()) add(family.name + ":" + family.option, family.make(family.values.inside()));
  return names;
}

// `what`: "label takes 0, …, 9".
void require_fit(const std::string& name, const Targets& targets, std::span<const double> values, const std::string& what) {
  const Family chosen = family(name);
  if (fits(chosen, targets, values)) return;
  throw ArgumentError(fmt::format("head \"{}\" is for {}, but {}: heads that fit are {}", name,
                                  chosen.needs_classes ? "classes" : "targets in " + chosen.support(targets).text(), what,
                                  heads_that_fit(targets, values)));
}

// Can a head of that family be trained as `chosen` says? It is seen by trying.
bool can_train(const Family& family, const Targets& targets, const ModelHead& chosen) {
  Graph graph;
  try {
    const Node raw = graph.input("raw", {batch, family.raw_outputs(targets)});
    const auto make = [&](Node outputs) { return family.make(outputs, targets); };
    graph.head("y", make(chosen.natural_gradient ? with_natural_gradient(raw, make) : raw), {.score = chosen.score});
    return true;
  } catch (const ArgumentError&) {
    return false;
  }
}

// Ends the graph in a distribution of `target`, absent for a new input.
void end_in(const std::string& name, const ModelHead& chosen, Node raw, const Targets& targets, std::span<const double> values,
            const std::function<Node(const Distribution&)>& target) {
  try {
    const Distribution distribution = make_head(chosen.family, raw, targets, {.natural_gradient = chosen.natural_gradient});
    raw.graph().head(name, distribution, {.target = target(distribution), .score = chosen.score});
  } catch (const ArgumentError& error) {
    if (!chosen.natural_gradient && !chosen.score) throw;
    const std::string others = heads_that_fit(targets, values, [&](const Family& family) { return can_train(family, targets, chosen); });
    throw ArgumentError(fmt::format("head \"{}\" can't be trained so: {}; {}", chosen.family, error.what(),
                                    others.empty() ? "no other head that fits these targets can" : "heads that can are " + others));
  }
}

std::string describe_targets(const DataInfo& data) {
  if (data.target == TargetKind::real) {
    const std::string kind = data.target_values.size() == 2 ? "whole" : "real";
    const std::string from_to = data.target_values.empty() ? "" : fmt::format(" from {:.6g} to {:.6g}", data.target_values[0], data.target_values[1]);
    return fmt::format("\"{}\" of {} takes {} numbers{}", data.target_name, data.name, kind, from_to);
  }
  return fmt::format("\"{}\" of {} takes 0, …, {}", data.target_name, data.name, data.classes - 1);
}

Shape batch_of(const Extents& sample) {
  std::vector<Dim> dims{batch};
  dims.insert(dims.end(), sample.begin(), sample.end());
  return Shape(dims);
}

}  // namespace

Node samples(Graph& graph, const DataInfo& data) {
  if (!data.is_image()) return graph.input("features", batch_of(data.sample), data.dtype);
  const Node image = graph.input("image", batch_of(data.sample), data.dtype);
  return is_float(data.dtype) ? image : cast(image, DType::float32) / 255.0;
}

Node standardized_samples(Graph& graph, const DataInfo& data) {
  const Node x = samples(graph, data);
  return data.is_image() ? (x - data.pixel_mean) / data.pixel_stddev : x;
}

void require_images(const DataInfo& data, const std::string& model) {
  if (data.is_image()) return;
  throw ArgumentError(fmt::format("{} needs images {{channels, height, width}}, the samples of {} are {}", model, data.name,
                                  to_string(std::span<const std::int64_t>(data.sample))));
}

Targets targets_of(const DataInfo& data, bool reconstructs) {
  if (reconstructs) return {.values = count(data.sample)};
  return {.classes = data.classes};
}

std::int64_t raw_outputs(const DataInfo& data, const std::string& name) {
  const Targets targets = targets_of(data);
  require_fit(name, targets, known_values(data), describe_targets(data));
  return family(name).raw_outputs(targets);
}

void add_head(Graph& graph, const DataInfo& data, const ModelHead& chosen, Node raw) {
  const bool real = data.target == TargetKind::real;
  const std::string name = real ? "target" : "label";
  end_in(name, chosen, raw, targets_of(data), known_values(data), [&](const Distribution& distribution) {
    if (family(chosen.family).needs_classes) return Node();
    // Labels are integers and real targets floats, whichever of them this family wants.
    const Node y = graph.input(name, {batch, 1}, real ? raw.dtype() : DType::int32);
    const DType wanted = distribution.target() ? distribution.target()->dtype : raw.dtype();
    return y.dtype() == wanted ? y : cast(y, wanted);
  });
}

void add_dense_head(Graph& graph, const DataInfo& data, const ModelHead& chosen, Node features, DenseOptions layer) {
  layer.units = raw_outputs(data, chosen.family);
  add_head(graph, data, chosen, dense(features, std::move(layer)));
}

void add_reconstruction_head(const DataInfo& data, const ModelHead& chosen, Node features, Node target) {
  const Node values = flatten(target);
  const Targets targets{.values = values.shape().back().constant()};
  require_fit(
      chosen.family, targets, known_pixels(data),
      data.is_image() ? fmt::format("pixels of {} lie in [0, 1]", data.name) : fmt::format("features of {} are real numbers", data.name));
  const Node raw = dense(features, {.units = family(chosen.family).raw_outputs(targets), .name = "output"});
  end_in("reconstruction", chosen, raw, targets, known_pixels(data), [&](const Distribution&) { return values; });
}

}  // namespace loglik
