#include "ops/distributions/class_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"

namespace loglik {
namespace {

// Calls take(i, label) for each label, all within 0 … classes − 1.
template <class F> void for_each_label(const Tensor& labels, std::int64_t classes, F take) {
  if (labels.dtype() != DType::int32 && labels.dtype() != DType::uint8)
    throw DtypeError(fmt::format("class weights: the labels are {}, must be int32 or uint8", name(labels.dtype())));
  for (std::int64_t i = 0; i < labels.count(); ++i) {
    const auto label = static_cast<std::int64_t>(labels.at(i));
    if (label < 0 || label >= classes) throw IndexError(fmt::format("class weights: label {} at row {} is none of the {} classes", label, i, classes));
    take(static_cast<std::size_t>(i), static_cast<std::size_t>(label));
  }
}

}  // namespace

Tensor weights_of(const Tensor& labels, std::span<const double> class_weights) {
  for (const double weight : class_weights)
    if (!(weight >= 0) || std::isinf(weight)) throw ArgumentError(fmt::format("class weights: {}, must be finite and not negative", weight));
  Tensor weights(DType::float64, labels.extents());
  const auto values = weights.mutable_values<double>();
  for_each_label(labels, std::ssize(class_weights), [&](std::size_t i, std::size_t label) { values[i] = class_weights[label]; });
  return weights;
}

std::vector<double> balanced_class_weights(const Tensor& labels, std::int64_t classes) {
  std::vector<double> weights(static_cast<std::size_t>(std::max<std::int64_t>(classes, 0)));
  for_each_label(labels, classes, [&](std::size_t, std::size_t label) { ++weights[label]; });
  for (double& weight : weights)
    if (weight > 0) weight = static_cast<double>(labels.count()) / (static_cast<double>(classes) * weight);
  return weights;
}

}  // namespace loglik
