#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "framework/tensor.h"

namespace loglik {

/// Tensors by name, and texts by key, as a safetensors file holds them.
struct Safetensors {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// What the header of a safetensors file says.
struct SafetensorsHeader {
  struct Entry {
    std::string name;
    std::string dtype;  ///< as the format spells it: "F32"
    Extents shape;
    std::uint64_t begin, end;  ///< where its bytes are, counted from the first byte of data
  };
  std::vector<Entry> tensors;  ///< in the order of their data
  std::map<std::string, std::string> metadata;
  std::uint64_t data_begin;  ///< the first byte of data in the file
};

/// Writes tensors and texts as a safetensors file, which appears whole or not at all (AtomicFile).
///
/// The same tensors give the same bytes, those of Python's `safetensors` where there is at most one text: the wide dtypes first, a
/// dtype's tensors by name; the header is padded by spaces to 8 bytes. Throws ArgumentError for a name or text that is not
/// UTF-8, for a tensor named "__metadata__", for more than `read_safetensors` would take; DataError if the file can't be written.
void write_safetensors(const std::string& path, const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// Reads a whole safetensors file.
///
/// F32, F64, I32, U8 and BOOL become float32, float64, int32, uint8 and bool. F16 and BF16 become float32, which holds them all;
/// I8, I16, U16, U32, I64 and U64 become int32 if every element fits.
///
/// Throws DataError, naming file and tensor, for everything the format forbids (see `read_safetensors_header`), for another dtype, for an
/// integer that doesn't fit and for a bool that is neither 0 nor 1. Takes no more memory than the file's size and 16 MB, where elements
/// that are widened count with their new size; nothing is taken for a number before it was compared with the file's size.
/// The format has no checksum: a flipped bit in an element goes unseen, unless a SHA-256 of the file is kept elsewhere.
/// Source: github.com/huggingface/safetensors, "Format".
Safetensors read_safetensors(const std::string& path);

/// Reads the header alone, whatever the dtypes.
///
/// Throws DataError for a file under 8 bytes; a header of more than 100,000,000 bytes, past the file's end, not UTF-8, or not the JSON that
/// the format allows; a name, key or text given twice; an unknown dtype; sizes whose product overflows or is not what
/// data_offsets span; a hole, an overlap, or bytes after the last tensor; and a header that would take more than 12 MB of memory
/// (some 26,000 tensors).
SafetensorsHeader read_safetensors_header(const std::string& path);

}  // namespace loglik
