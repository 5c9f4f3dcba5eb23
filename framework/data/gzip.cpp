#include "framework/data/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "framework/data/bytes.h"
#include "framework/error.h"

namespace loglik {
namespace {
constexpr int gzip_only = 16 + MAX_WBITS;  // inflateInit2: gzip's header and trailer, neither zlib's nor none
}

struct GzipReader::Stream {
  explicit Stream(InputFile& input) : file(input) {
    if (inflateInit2(&zlib, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&zlib); }

  [[noreturn]] void fail() const {
    if (inflated == 0 && members == 0) throw DataError(fmt::format("{} is damaged: no gzip stream can be read from it", file.path()));
    throw DataError(fmt::format("{} is damaged: gzip reports \"{}\" after {} bytes", file.path(),
                                zlib.msg != nullptr ? zlib.msg : "unknown error", grouped(inflated)));
  }

  InputFile& file;
  z_stream zlib{};
  std::array<std::byte, 1 << 16> compressed;
  std::uint64_t inflated = 0;
  int members = 0;       // ended
  bool between = false;  // a member has ended and no other has begun
};

GzipReader::GzipReader(InputFile& file) : stream_(std::make_unique<Stream>(file)) {}
GzipReader::~GzipReader() = default;

std::size_t GzipReader::read(std::span<std::byte> to) {
  Stream& s = *stream_;
  std::size_t done = 0;
  while (done < to.size()) {
    if (s.zlib.avail_in == 0) {
      const std::size_t count = s.file.read(s.compressed);
      if (count == 0 && s.between) break;
      if (count == 0)
        throw DataError(fmt::format("{} is cut off: its gzip stream stops after {} bytes", s.file.path(), grouped(s.inflated)));
      s.zlib.next_in = reinterpret_cast<Bytef*>(s.compressed.data());
      s.zlib.avail_in = static_cast<uInt>(count);
    }
    if (s.between && inflateReset(&s.zlib) != Z_OK) s.fail();
    s.between = false;
    const std::size_t room = std::min<std::size_t>(to.size() - done, 1 << 30);  // zlib counts in 32 bits
    s.zlib.next_out = reinterpret_cast<Bytef*>(to.data() + done);
    s.zlib.avail_out = static_cast<uInt>(room);
    const int status = inflate(&s.zlib, Z_NO_FLUSH);
    done += room - s.zlib.avail_out;
    s.inflated += room - s.zlib.avail_out;
    if (status == Z_STREAM_END) {
      s.between = true;
      ++s.members;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {  // Z_BUF_ERROR: no input left, more will come
      s.fail();
    }
  }
  return done;
}

bool is_gzip(InputFile& file) {
  std::array<std::byte, 2> magic{};
  const std::size_t count = file.read(magic);
  file.rewind();
  return count == 2 && magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b};
}

}  // namespace loglik
