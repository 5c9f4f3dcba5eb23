#pragma once
#include <span>
#include <string>

#include "framework/data/csv.h"
#include "models/load_data.h"

namespace loglik {

/// What to take of a table.
struct TableColumns {
  std::vector<std::string> features;
  std::string target;
  TargetKind kind = TargetKind::real;
  std::int64_t classes = 0;
  double target_scale = 1;  ///< real targets are multiplied by it
};

/// Every column but the target, which is the last if none is named; its kind is told by its values. See load_data.
/// Throws NameError for an unknown target, DataError for a table of one column or no rows.
TableColumns columns_of_table(const Table& table, const std::string& target, const std::string& path);

/// The rows that `part` ("train": all but each fifth, "test": each fifth, "all") has, features standardised by those to train on.
Dataset part_of_table(const Table& table, const TableColumns& columns, std::string_view part, DType dtype);

/// A CSV file, "path" or "path#target"; see load_data.
LoadedData read_table_file(const std::string& path_and_target, DType dtype);

}  // namespace loglik
