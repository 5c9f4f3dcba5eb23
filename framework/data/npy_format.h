#pragma once
#include <string>

#include "framework/data/byte_source.h"
#include "framework/tensor.h"

namespace loglik {

/// What lies before the elements in an .npy file. Throws ShapeError for more axes than NumPy reads.
std::string npy_header(const Tensor& tensor);

/// Reads .npy from wherever its bytes come; as `read_npy` of a path.
Tensor read_npy(ByteSource& source);

}  // namespace loglik
