#pragma once
#include <string>

namespace loglik {

// Where the images that have names lie; tables are in named_tables.h.

std::string fashion_mnist_folder();  ///< throws DataError, naming Debian's package, if it isn't there
std::string fashion_mnist_2000_folder();

}  // namespace loglik
