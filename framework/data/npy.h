#pragma once
#include <string>

#include "framework/tensor.h"

namespace loglik {

/// Writes a tensor as an .npy file of version 1.0, with the very bytes that `numpy.save` writes. The file appears whole or
/// not at all (AtomicFile). Throws DataError if it can't be written.
void write_npy(const std::string& path, const Tensor& tensor);

/// Reads an .npy file of version 1.0, 2.0 or 3.0, little- or big-endian, C or Fortran order.
///
/// float32, float64, int32, bool and uint8; any other type, objects too, is refused with DataError, as is a file that is damaged,
/// cut off or longer than its header says, before memory is taken for it. Source: numpy.lib.format.
Tensor read_npy(const std::string& path);

}  // namespace loglik
