// An IDX file, all big-endian: two bytes 0, the type, the rank, a 4-byte size an axis, the elements row-major.
#include "framework/data/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <vector>

#include "framework/data/bytes.h"
#include "framework/data/gzip.h"
#include "framework/data/input_file.h"
#include "framework/error.h"

namespace loglik {
namespace {
class Source {
 public:
  explicit Source(const std::string& path) : file_(path) {
    if (is_gzip(file_)) gzip_.emplace(file_);
  }

  const std::string& path() const { return file_.path(); }
  std::uint64_t size() const { return file_.size(); }
  bool compressed() const { return gzip_.has_value(); }
  std::size_t read(std::span<std::byte> to) { return gzip_ ? gzip_->read(to) : file_.read(to); }

 private:
  InputFile file_;
  std::optional<GzipReader> gzip_;
};

struct Header {
  std::uint64_t bytes;  // its own
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

Header read_header(Source& source) {
  Header header{.bytes = 0, .dtype = {}, .extents = {}};
  const auto read = [&](std::span<std::byte> to) {
    const std::size_t count = source.read(to);
    if (count < to.size()) throw_cut_off(source.path(), header.bytes + count, header.bytes + to.size());
    header.bytes += count;
  };
  std::array<std::byte, 4> magic;
  read(magic);
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0})
    throw DataError(fmt::format("{} is not an IDX file: it begins with 0x{:08X}, not with 0x0000", source.path(), big_endian(magic)));
  header.dtype = dtype_of_code(source.path(), std::to_integer<unsigned>(magic[2]));
  std::array<std::byte, 4 * 255> sizes;
  const auto used = std::span(sizes).first(4 * std::to_integer<std::size_t>(magic[3]));
  read(used);
  for (std::size_t i = 0; i < used.size(); i += 4) header.extents.push_back(big_endian(used.subspan(i, 4)));
  return header;
}

Tensor read_plain(Source& source, const Header& header, std::uint64_t promised) {
  require_size(source.path(), source.size(), promised);
  Tensor tensor(header.dtype, header.extents);
  const std::size_t count = source.read({tensor.mutable_data(), tensor.bytes()});
  if (count < tensor.bytes()) throw_cut_off(source.path(), header.bytes + count, promised);
  return tensor;
}

// The promise is believed step by step: the buffer grows only as bytes arrive.
Tensor read_compressed(Source& source, const Header& header, std::uint64_t promised) {
  constexpr std::size_t first_step = 1 << 20;
  if (promised / GzipReader::greatest_ratio > source.size())
    throw DataError(
        fmt::format("{} promises {} bytes, more than {} bytes of gzip can hold", source.path(), grouped(promised), grouped(source.size())));
  const std::size_t elements = promised - header.bytes;
  std::vector<std::byte> buffer;
  while (buffer.size() < elements) {
    const std::size_t begin = buffer.size();
    const std::size_t end = std::min(elements, std::max(first_step, 2 * begin));
    buffer.reserve(end);  // exactly: resize alone may take more than promised
    buffer.resize(end);
    const std::size_t count = source.read(std::span(buffer).subspan(begin));
    if (count < end - begin) throw_cut_off(source.path(), header.bytes + begin + count, promised);
  }
  std::byte more;
  if (source.read({&more, 1}) > 0)  // also has the checksum tested
    throw DataError(fmt::format("{} goes on after the {} bytes its header promises", source.path(), grouped(promised)));
  Tensor tensor(header.dtype, header.extents);
  std::copy(buffer.begin(), buffer.end(), tensor.mutable_data());
  return tensor;
}
}  // namespace

Tensor read_idx(const std::string& path) {
  Source source(path);
  const Header header = read_header(source);
  const std::uint64_t promised = promised_bytes(path, header.bytes, header.extents, header.dtype);
  Tensor tensor = source.compressed() ? read_compressed(source, header, promised) : read_plain(source, header, promised);
  if constexpr (std::endian::native == std::endian::little) swap_byte_order({tensor.mutable_data(), tensor.bytes()}, size_of(header.dtype));
  return tensor;
}

}  // namespace loglik
