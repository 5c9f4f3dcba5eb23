#include "models/model_ends.h"

#include <fmt/format.h>

#include <span>
#include <vector>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/primitives.h"
#include "ops/distributions/family.h"
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
  for (const double value : values) {
    if (!support.contains(value)) return false;
  }
  return true;
}

// `what`: "label takes 0, …, 9".
void require_fit(const std::string& name, const Targets& targets, std::span<const double> values, const std::string& what) {
  const Family chosen = family(name);
  if (fits(chosen, targets, values)) return;
  std::string others;
  for (const Family& other : families()) {
    if (fits(other, targets, values)) others += (others.empty() ? "" : ", ") + other.name;
  }
  for (const OptionFamily& other : option_families()) {
    if (fits(other.make(other.values.inside()), targets, values)) others += fmt::format("{}{}:{}", others.empty() ? "" : ", ", other.name, other.option);
  }
  throw ArgumentError(fmt::format("head \"{}\" is for {}, but {}: heads that fit are {}", name,
                                  chosen.needs_classes ? "classes" : "targets in " + chosen.support(targets).text(), what, others));
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

void add_head(Graph& graph, const DataInfo& data, const std::string& name, Node raw) {
  const bool real = data.target == TargetKind::real;
  const std::string head = real ? "target" : "label";
  const Distribution distribution = make_head(name, raw, targets_of(data));
  if (family(name).needs_classes) {
    graph.head(head, distribution);
    return;
  }
  // Labels are integers and real targets floats, whichever of them this family wants.
  const Node y = graph.input(head, {batch, 1}, real ? raw.dtype() : DType::int32);
  const DType wanted = distribution.target() ? distribution.target()->dtype : raw.dtype();
  graph.head(head, distribution, {.target = y.dtype() == wanted ? y : cast(y, wanted)});
}

void add_dense_head(Graph& graph, const DataInfo& data, const std::string& name, Node features, DenseOptions layer) {
  layer.units = raw_outputs(data, name);
  add_head(graph, data, name, dense(features, std::move(layer)));
}

void add_linear_head(Graph& graph, const DataInfo& data, const std::string& name) {
  add_dense_head(graph, data, name, flatten(standardized_samples(graph, data)), {.weight_initializer = {}, .name = "output"});
}

void add_reconstruction_head(const DataInfo& data, const std::string& name, Node features, Node target) {
  const Node values = flatten(target);
  const Targets targets{.values = values.shape().back().constant()};
  require_fit(
      name, targets, known_pixels(data),
      data.is_image() ? fmt::format("pixels of {} lie in [0, 1]", data.name) : fmt::format("features of {} are real numbers", data.name));
  const Node raw = dense(features, {.units = family(name).raw_outputs(targets), .name = "output"});
  features.graph().head("reconstruction", make_head(name, raw, targets), {.target = values});
}

}  // namespace loglik
