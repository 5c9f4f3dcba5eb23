#pragma once
#include <string>
#include <string_view>

#include "models/table_file.h"

namespace loglik {

// Where the data sets that have names lie, and what is taken of them.

std::string fashion_mnist_folder();  ///< throws DataError, naming Debian's package, if it isn't there
std::string fashion_mnist_2000_folder();
std::string penguins_file();
TableColumns penguin_columns(std::string_view target);  ///< throws NameError

}  // namespace loglik
