#pragma once
// Values of a State to and from files. Internal.
#include <map>
#include <string>
#include <vector>

#include "framework/state.h"

namespace loglik {

/// Throws DataError, naming file and tensor, unless `values` has a tensor of each Variable's dtype and shape.
void require_values(const std::string& file, const std::vector<std::pair<std::string, TensorType>>& variables, const std::map<std::string, Tensor>& values);

/// Copies the bytes of each into the tensor of its name, which is there and as large.
void copy_values(const std::map<std::string, Tensor>& values, const TensorMap& state);

}  // namespace loglik
