#include "models/table_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "framework/error.h"
#include "framework/text.h"

namespace loglik {
namespace {
constexpr std::int64_t most_classes = 100;
constexpr std::int64_t fold = 5;  // each fifth row is to test on

enum class Part { train, test, all };

Part part_of(std::string_view text) {
  if (text == "train") return Part::train;
  if (text == "test") return Part::test;
  if (text == "all") return Part::all;
  throw ArgumentError(
      fmt::format("part \"{}\" of a table is unknown{}", text, suggestion(text, std::vector<std::string>{"train", "test", "all"})));
}

bool belongs(std::int64_t row, Part part) { return part == Part::all || (row % fold == fold - 1) == (part == Part::test); }

std::vector<std::int64_t> rows_of(const Table& table, Part part) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    if (belongs(row, part)) rows.push_back(row);
  }
  return rows;
}

// How many classes the values number from 0 on, or 0 if they do not.
std::int64_t count_classes(std::span<const double> values) {
  std::map<double, int> counts;
  for (const double value : values) {
    if (value < 0 || value >= most_classes || value != std::floor(value)) return 0;
    ++counts[value];
  }
  const bool each_twice = std::all_of(counts.begin(), counts.end(), [](const auto& entry) { return entry.second > 1; });
  const auto classes = static_cast<std::int64_t>(counts.size());
  return classes > 1 && each_twice && counts.rbegin()->first == static_cast<double>(classes - 1) ? classes : 0;
}

// Takes the mean of the rows to train on off each column and divides it by their standard deviation.
void standardize(std::span<double> values, std::size_t columns, const std::vector<std::int64_t>& reference) {
  for (std::size_t j = 0; j < columns; ++j) {
    double sum = 0, squares = 0;
    for (const auto row : reference) sum += values[static_cast<std::size_t>(row) * columns + j];
    const double mean = sum / static_cast<double>(reference.size());
    for (std::size_t k = j; k < values.size(); k += columns) values[k] -= mean;
    for (const auto row : reference) squares += std::pow(values[static_cast<std::size_t>(row) * columns + j], 2);
    const double stddev = std::sqrt(squares / static_cast<double>(reference.size()));
    if (stddev == 0) continue;
    for (std::size_t k = j; k < values.size(); k += columns) values[k] /= stddev;
  }
}

Tensor take_rows(const Tensor& tensor, const std::vector<std::int64_t>& rows) {
  const std::int64_t width = tensor.rank() == 1 ? 1 : tensor.size(1);
  Extents extents = tensor.extents();
  extents[0] = static_cast<std::int64_t>(rows.size());
  Tensor taken(tensor.dtype(), extents);
  const auto from = tensor.values<double>();
  auto to = taken.mutable_values<double>().begin();
  for (const auto row : rows) to = std::copy_n(from.begin() + row * width, width, to);
  return taken;
}

}  // namespace

TableColumns columns_of_table(const Table& table, const std::string& target, const std::string& path) {
  if (table.columns.size() < 2) throw DataError(fmt::format("{}: one column; a target and at least one feature are needed", path));
  if (table.rows() < 2 * fold)
    throw DataError(fmt::format("{}: {} rows; at least {} are needed to train and test on", path, table.rows(), 2 * fold));
  TableColumns columns{.target = target.empty() ? table.columns.back() : target};
  const Tensor values = table.column(columns.target);
  for (const std::string& column : table.columns) {
    if (column != columns.target) columns.features.push_back(column);
  }
  columns.classes = count_classes(values.values<double>());
  if (columns.classes > 0) columns.kind = columns.classes == 2 ? TargetKind::binary : TargetKind::classes;
  return columns;
}

Dataset part_of_table(const Table& table, const TableColumns& columns, std::string_view part, DType dtype) {
  const Part wanted = part_of(part);
  Tensor features = table.columns_of(columns.features);  // elements of its own
  standardize(features.mutable_values<double>(), columns.features.size(), rows_of(table, wanted == Part::all ? Part::all : Part::train));
  Tensor target = table.column(columns.target);
  for (double& value : target.mutable_values<double>()) value *= columns.target_scale;
  const auto rows = rows_of(table, wanted);
  return Dataset::from(take_rows(features, rows).cast(dtype),
                       take_rows(target, rows).cast(columns.kind == TargetKind::real ? dtype : DType::int32));
}

LoadedData read_table_file(const std::string& path_and_target, DType dtype) {
  const std::size_t hash = path_and_target.rfind('#');
  const std::string path = path_and_target.substr(0, hash);
  const Table table = read_csv(path);
  const TableColumns columns = columns_of_table(table, hash == std::string::npos ? "" : path_and_target.substr(hash + 1), path);
  const DataInfo info{.name = path_and_target,
                      .source = path,
                      .sample = {static_cast<std::int64_t>(columns.features.size())},
                      .dtype = dtype,
                      .target = columns.kind,
                      .classes = columns.classes,
                      .target_name = columns.target};
  return with_target_values({info, part_of_table(table, columns, "train", dtype), part_of_table(table, columns, "test", dtype)});
}

}  // namespace loglik
