#include "framework/data/bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "framework/error.h"
#include "framework/shape.h"

namespace loglik {

void swap_byte_order(std::span<std::byte> bytes, std::size_t size) {
  for (std::size_t begin = 0; begin + size <= bytes.size(); begin += size) std::reverse(&bytes[begin], &bytes[begin] + size);
}

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return number;
}

std::uint32_t big_endian(std::span<const std::byte> bytes) {
  std::uint32_t number = 0;
  for (std::byte byte : bytes) number = number << 8 | std::to_integer<std::uint32_t>(byte);
  return number;
}

std::uint64_t promised_bytes(const std::string& path, std::uint64_t header, std::span<const std::int64_t> extents, DType dtype) {
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - header;
  std::uint64_t bytes = size_of(dtype);
  bool empty = false;
  for (std::int64_t extent : extents) {
    const auto size = static_cast<std::uint64_t>(extent);
    empty = empty || size == 0;
    if (size > 0 && bytes > most / size)
      throw DataError(fmt::format("{} promises {} {}, more bytes than can be addressed", path, name(dtype), to_string(extents)));
    bytes *= std::max<std::uint64_t>(size, 1);
  }
  return header + (empty ? 0 : bytes);
}

void require_size(const std::string& path, std::uint64_t size, std::uint64_t promised) {
  if (size < promised) throw_cut_off(path, size, promised);
  if (size > promised) throw DataError(fmt::format("{} has {} bytes, its header promises {}", path, grouped(size), grouped(promised)));
}

void throw_cut_off(const std::string& path, std::uint64_t size, std::uint64_t promised) {
  throw DataError(fmt::format("{} is cut off: {} of {} bytes", path, grouped(size), grouped(promised)));
}

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::size_t first_invalid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
  for (std::size_t at = 0; at < text.size();) {
    const unsigned lead = byte(at);
    const std::size_t more = lead < 0x80 ? 0 : lead < 0xC2 ? 4 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : 4;
    if (more == 4) return at;  // no lead, or one of a form longer than need be
    // The second byte's range also keeps out longer forms, surrogates and what lies beyond U+10FFFF.
    const unsigned least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80, most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (more > 0 && (byte(at + 1) < least || byte(at + 1) > most)) return at;
    for (std::size_t i = 2; i <= more; ++i)
      if ((byte(at + i) & 0xC0) != 0x80) return at;
    at += more + 1;
  }
  return std::string_view::npos;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string out = "\"";
  for (char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    else
      out += c;
  }
  return out + (text.size() > longest ? "…\"" : "\"");
}

}  // namespace loglik
