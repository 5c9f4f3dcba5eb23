#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "framework/data/input_file.h"

namespace loglik {

/// Inflates a gzip file step by step as it is read, so that a few bytes of file can't claim the memory of many.
/// Source: RFC 1952; a file may have several members one after another.
class GzipReader {
 public:
  explicit GzipReader(InputFile& file);  ///< keeps a reference
  ~GzipReader();

  /// Fills `to`, or less at the end of the last member, whose checksum and length have then been found right; returns the
  /// bytes read. Throws DataError, naming the file, for damage, for a stream cut off, and for bytes after the last member.
  std::size_t read(std::span<std::byte> to);

  /// No deflate stream grows by more than 258 bytes for 2 bits.
  static constexpr std::uint64_t greatest_ratio = 1032;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

bool is_gzip(InputFile& file);  ///< by its first two bytes; leaves the file rewound

}  // namespace loglik
