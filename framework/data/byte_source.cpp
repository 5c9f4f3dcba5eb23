#include "framework/data/byte_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "framework/data/bytes.h"
#include "framework/data/gzip.h"
#include "framework/error.h"

namespace loglik {
namespace {
Tensor read_plain(ByteSource& source, DType dtype, const Extents& extents, std::uint64_t promised) {
  require_size(source.name(), source.stored(), promised);
  Tensor tensor(dtype, extents);
  source.read_exactly({tensor.mutable_data(), tensor.bytes()});
  return tensor;
}

// The promise is believed step by step: the buffer grows only as bytes arrive.
Tensor read_compressed(ByteSource& source, DType dtype, const Extents& extents, std::uint64_t promised) {
  constexpr std::size_t first_step = 1 << 20;
  if (promised / GzipReader::greatest_ratio > source.stored())
    throw DataError(fmt::format("{} promises {} bytes, more than {} compressed bytes can hold", source.name(), grouped(promised),
                                grouped(source.stored())));
  const std::size_t elements = promised - source.position();
  std::vector<std::byte> buffer;
  while (buffer.size() < elements) {
    const std::size_t begin = buffer.size();
    const std::size_t end = std::min(elements, std::max(first_step, 2 * begin));
    buffer.reserve(end);  // exactly: resize alone may take more than promised
    buffer.resize(end);
    if (source.read(std::span(buffer).subspan(begin)) < end - begin) throw_cut_off(source.name(), source.position(), promised);
  }
  std::byte more;
  if (source.read({&more, 1}) > 0)  // also has the checksum tested
    throw DataError(fmt::format("{} goes on after the {} bytes its header promises", source.name(), grouped(promised)));
  Tensor tensor(dtype, extents);
  std::copy(buffer.begin(), buffer.end(), tensor.mutable_data());
  return tensor;
}
}  // namespace

std::size_t ByteSource::read(std::span<std::byte> to) {
  const std::size_t count = next(to);
  position_ += count;
  return count;
}

void ByteSource::read_exactly(std::span<std::byte> to) {
  const std::uint64_t needed = position_ + to.size();
  if (read(to) < to.size()) throw_cut_off(name_, position_, needed);
}

Tensor read_elements(ByteSource& source, DType dtype, const Extents& extents) {
  const std::uint64_t promised = promised_bytes(source.name(), source.position(), extents, dtype);
  return (source.compressed() ? read_compressed : read_plain)(source, dtype, extents, promised);
}

}  // namespace loglik
