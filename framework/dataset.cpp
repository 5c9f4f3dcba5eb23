#include "framework/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "framework/error.h"
#include "framework/random.h"
#include "framework/text.h"

namespace loglik {
namespace {

std::size_t row_bytes(const Tensor& tensor) {
  return static_cast<std::size_t>(count(std::span(tensor.extents()).subspan(1))) * size_of(tensor.dtype());
}

Batch columns_of(const Tensor& x, const Tensor* y, const SampleOptions& options) {
  Batch columns{{"x", x}};
  if (y != nullptr) columns.emplace_back("y", *y);
  if (options.weights) columns.emplace_back("weight", *options.weights);
  if (options.mask) columns.emplace_back("mask", *options.mask);
  return columns;
}

bool fits(const Tensor& tensor, const Tensor& column, std::size_t rows) {
  return tensor.dtype() == column.dtype() && tensor.rank() == column.rank() && tensor.extents()[0] == static_cast<std::int64_t>(rows) &&
         std::equal(tensor.extents().begin() + 1, tensor.extents().end(), column.extents().begin() + 1);
}

}  // namespace

Dataset::Dataset(Batch columns) : columns_(std::move(columns)) {
  if (columns_.empty()) throw ArgumentError("a data set without columns");
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto& [name, tensor] = columns_[i];
    if (name.empty()) throw NameError(fmt::format("column {} of a data set has no name", i));
    for (std::size_t k = 0; k < i; ++k)
      if (columns_[k].first == name) throw NameError(fmt::format("a data set with two columns \"{}\"", name));
    if (tensor.rank() == 0) throw ShapeError(fmt::format("column \"{}\" of a data set is a scalar, needs the samples as first axis", name));
    if (tensor.extents()[0] != columns_[0].second.extents()[0])
      throw ShapeError(fmt::format("columns of a data set differ in rows: \"{}\" is {}, \"{}\" is {}", columns_[0].first,
                                   to_string(std::span(columns_[0].second.extents())), name, to_string(std::span(tensor.extents()))));
  }
  size_ = columns_[0].second.extents()[0];
  if (size_ > std::numeric_limits<std::int32_t>::max())
    throw ShapeError(fmt::format("a data set of {} rows: at most {} can be counted", size_, std::numeric_limits<std::int32_t>::max()));
}

Dataset Dataset::from(const Tensor& x, const Tensor& y, const SampleOptions& options) { return Dataset(columns_of(x, &y, options)); }
Dataset Dataset::from(const Tensor& x) { return Dataset(columns_of(x, nullptr, {})); }

const Tensor& Dataset::column(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [known, tensor] : columns_) {
    if (known == name) return tensor;
    names.push_back(known);
  }
  throw NameError(fmt::format("the data set has no column \"{}\"{}", name, suggestion(name, names)));
}

Dataset Dataset::rows(std::int64_t begin, std::int64_t end) const {
  Batch part;
  for (const auto& [name, tensor] : columns_) part.emplace_back(name, tensor.rows(begin, end));
  return Dataset(std::move(part));
}

Dataset Dataset::take(std::span<const std::int32_t> indices) const { return Dataset(batch(indices)); }

Batch Dataset::batch(std::span<const std::int32_t> indices) const {
  Batch result;
  for (const auto& [name, tensor] : columns_) {
    Extents extents = tensor.extents();
    extents[0] = static_cast<std::int64_t>(indices.size());
    result.emplace_back(name, Tensor(tensor.dtype(), std::move(extents)));
  }
  gather(indices, result);
  return result;
}

void Dataset::gather(std::span<const std::int32_t> indices, Batch& into) const {
  if (into.size() != columns_.size()) throw ShapeError(fmt::format("gather of {} columns into {}", columns_.size(), into.size()));
  for (const std::int32_t index : indices)
    if (index < 0 || index >= size_) throw IndexError(fmt::format("row {} of a data set with {} rows", index, size_));
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Tensor& from = columns_[i].second;
    Tensor& to = into[i].second;
    if (!fits(to, from, indices.size()))
      throw ShapeError(fmt::format("gather of {} rows of column \"{}\", {} {}, into {} {}", indices.size(), columns_[i].first,
                                   name(from.dtype()), to_string(std::span(from.extents())), name(to.dtype()),
                                   to_string(std::span(to.extents()))));
    const std::size_t bytes = row_bytes(from);
    std::byte* row = to.mutable_data();
    for (const std::int32_t index : indices) {
      std::memcpy(row, from.data() + static_cast<std::size_t>(index) * bytes, bytes);
      row += bytes;
    }
  }
}

std::pair<Dataset, Dataset> Dataset::split(double fraction, std::uint64_t seed) const {
  if (!(fraction >= 0 && fraction <= 1)) throw ArgumentError(fmt::format("split: fraction = {}, needs to be in [0, 1]", fraction));
  std::vector<std::int32_t> order(static_cast<std::size_t>(size_));
  std::iota(order.begin(), order.end(), 0);
  shuffle({.seed = seed, .name = hash_name("split")}, order);
  const auto first = static_cast<std::size_t>(std::floor(fraction * static_cast<double>(size_) + 0.5));
  return {take(std::span(order).first(first)), take(std::span(order).subspan(first))};
}

}  // namespace loglik
