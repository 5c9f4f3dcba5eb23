#pragma once
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/tensor.h"

namespace loglik {

/// Columns of numbers with their names.
struct Table {
  std::vector<std::string> columns;
  Tensor values;  ///< float64 {rows, columns}

  std::int64_t rows() const { return values.size(0); }
  Tensor column(std::string_view name) const;                   ///< float64 {rows}; throws NameError with what is near or known
  Tensor columns_of(std::span<const std::string> names) const;  ///< float64 {rows, names}, in the order asked for; throws NameError
  Tensor columns_of(std::initializer_list<std::string> names) const;
};

struct CsvOptions {
  bool allow_non_finite = false;  ///< takes "inf", "-inf" and "nan" in a field
};

/// Reads a table of numbers: a first line of names, then one line a row, separated by commas.
///
/// Spaces around a field, quotes around a field ("" for a quote inside), Windows line ends, a byte-order mark and blank lines at the
/// end are fine; a line break inside a field is not. No rows is legal. Throws DataError with line, column and text for a field that
/// isn't a number, is not finite or doesn't fit float64; for a line with more or fewer fields than names; for names that are
/// missing, empty or given twice; for a file that can't be read. Takes memory for at most five times the file.
///
///     Table penguins = read_csv("penguins.csv");
///     Tensor x = penguins.columns_of({"bill_length_mm", "bill_depth_mm"});
///     Tensor y = penguins.column("sex");
Table read_csv(const std::string& path, const CsvOptions& options = {});

}  // namespace loglik
