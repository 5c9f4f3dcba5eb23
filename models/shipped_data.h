#pragma once
#include <string>

namespace loglik {

/// The folder of the data sets that come with the library: $LOGLIK_DATA if set, else where it was built from.
std::string shipped_data_folder();

}  // namespace loglik
