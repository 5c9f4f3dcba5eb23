#pragma once
#include <string>
#include <vector>

#include "models/table_file.h"

namespace loglik {

/// A table that comes with the library, and what is taken of it under one name.
struct NamedTable {
  std::string name;         ///< "penguins_body_mass"
  std::string description;  ///< a line for lists
  std::string file;         ///< in the folder of shipped data
  TableColumns columns;
  std::string target_name;  ///< with its unit: "body_mass_kg"
  std::vector<std::string> class_names = {};
};

const std::vector<NamedTable>& named_tables();

/// Null if there is none of that name.
const NamedTable* find_named_table(const std::string& name);

std::string path_of(const NamedTable& table);

}  // namespace loglik
