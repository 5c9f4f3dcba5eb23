#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "framework/tensor.h"

namespace loglik {

struct NpzOptions {
  std::uint64_t most_inflated = std::uint64_t{1} << 32;  ///< bytes that all compressed members together may inflate to
};

/// Writes tensors by name as an uncompressed .npz archive, which appears whole or not at all (AtomicFile): the bytes of `numpy.savez`.
///
/// Throws ArgumentError for a name that `read_npz` would not take, for more than 32,768 tensors; DataError if it can't be written.
void write_npz(const std::string& path, const std::map<std::string, Tensor>& tensors);

/// Reads an .npz archive, as `numpy.savez` and `numpy.savez_compressed` write it: a zip archive whose members are .npy files.
///
/// Names lose their ".npy". Throws DataError, naming file and member, for what `read_npy` refuses, for a member that isn't an .npy, a
/// checksum that is wrong, and all that `ZipReader` refuses; before memory is taken for what a header promises. Where members
/// are compressed, up to twice the bytes they really inflate to may be taken.
std::map<std::string, Tensor> read_npz(const std::string& path, const NpzOptions& options = {});

}  // namespace loglik
