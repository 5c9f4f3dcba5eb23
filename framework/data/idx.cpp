// An IDX file, all big-endian: two bytes 0, the type, the rank, a 4-byte size an axis, the elements row-major.
#include "framework/data/idx.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <optional>

#include "framework/data/byte_source.h"
#include "framework/data/bytes.h"
#include "framework/data/gzip.h"
#include "framework/error.h"

namespace loglik {
namespace {
// A file, inflated if it is gzipped.
class Source final : public FileSource {
 public:
  explicit Source(const std::string& path) : FileSource(path) {
    if (is_gzip(file_)) gzip_.emplace(file_);
  }
  bool compressed() const override { return gzip_.has_value(); }

 private:
  std::size_t next(std::span<std::byte> to) override { return gzip_ ? gzip_->read(to) : FileSource::next(to); }
  std::optional<GzipReader> gzip_;
};

struct Header {
  DType dtype;
  Extents extents;
};

DType dtype_of_code(const std::string& path, unsigned code) {
  switch (code) {
    case 0x08:
      return DType::uint8;
    case 0x0C:
      return DType::int32;
    case 0x0D:
      return DType::float32;
    case 0x0E:
      return DType::float64;
    default:
      break;
  }
  const char* type = code == 0x09 ? ", int8" : code == 0x0B ? ", int16" : "";
  throw DataError(fmt::format("{} holds IDX type 0x{:02X}{}: 0x08 (uint8), 0x0C (int32), 0x0D (float32) and 0x0E (float64) can be read",
                              path, code, type));
}

Header read_header(ByteSource& source) {
  Header header;
  std::array<std::byte, 4> magic;
  source.read_exactly(magic);
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0})
    throw DataError(fmt::format("{} is not an IDX file: it begins with 0x{:08X}, not with 0x0000", source.name(), big_endian(magic)));
  header.dtype = dtype_of_code(source.name(), std::to_integer<unsigned>(magic[2]));
  std::array<std::byte, 4 * 255> sizes;
  const auto used = std::span(sizes).first(4 * std::to_integer<std::size_t>(magic[3]));
  source.read_exactly(used);
  for (std::size_t i = 0; i < used.size(); i += 4) header.extents.push_back(big_endian(used.subspan(i, 4)));
  return header;
}
}  // namespace

Tensor read_idx(const std::string& path) {
  Source source(path);
  const Header header = read_header(source);
  Tensor tensor = read_elements(source, header.dtype, header.extents);
  if constexpr (std::endian::native == std::endian::little) swap_byte_order({tensor.mutable_data(), tensor.bytes()}, size_of(header.dtype));
  return tensor;
}

}  // namespace loglik
