#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "framework/dtype.h"

namespace loglik {

/// Reverses the bytes of every element of `size` bytes: big-endian to little-endian and back.
void swap_byte_order(std::span<std::byte> bytes, std::size_t size);

/// The unsigned number that `bytes` make, least or most significant byte first.
std::uint64_t little_endian(std::span<const std::byte> bytes);
std::uint32_t big_endian(std::span<const std::byte> bytes);

/// `header` bytes and an element for each of the sizes' product. Throws DataError, naming the file, for more than 2⁶³ − 1 bytes,
/// also where a size of 0 hides the others.
std::uint64_t promised_bytes(const std::string& path, std::uint64_t header, std::span<const std::int64_t> extents, DType dtype);

/// Throws DataError unless the file has the bytes its header promises, no fewer, no more.
void require_size(const std::string& path, std::uint64_t size, std::uint64_t promised);

[[noreturn]] void throw_cut_off(const std::string& path, std::uint64_t size, std::uint64_t promised);

std::string grouped(std::uint64_t number);  ///< "4,096"

std::size_t first_invalid_utf8(std::string_view text);  ///< the first byte that is not part of UTF-8 as RFC 3629 has it; else npos

/// The text in quotes for an error message: shortened to 40 bytes, control characters as \xNN.
std::string quoted(std::string_view text);

}  // namespace loglik
