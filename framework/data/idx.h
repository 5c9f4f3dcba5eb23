#pragma once
#include <string>

#include "framework/tensor.h"

namespace loglik {

/// Reads an IDX file, plain or gzipped (told by content, not by name), the format of MNIST and Fashion-MNIST.
///
/// Type 0x08 becomes uint8, 0x0C int32, 0x0D float32, 0x0E float64, in the file's sizes: images {n, 28, 28}, labels {n}.
/// A damaged file, or one that isn't what it says, is refused with DataError before memory is taken for what it promises; a
/// gzipped one may take up to twice the bytes it really inflates to. Source: LeCun, Cortes & Burges, yann.lecun.com/exdb/mnist.
Tensor read_idx(const std::string& path);

}  // namespace loglik
