#include "framework/data/npz.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "framework/data/atomic_file.h"
#include "framework/data/bytes.h"
#include "framework/data/npy_format.h"
#include "framework/data/zip_reader.h"
#include "framework/error.h"

namespace loglik {
namespace {
constexpr std::string_view suffix = ".npy";
constexpr std::uint64_t zip64_from = 0x7FFFFFFF;  // Python's zipfile leaves 32 bits once they don't fit a signed number
constexpr std::uint64_t in_zip64 = 0xFFFFFFFF;

struct Member {
  std::string name, header;  // of the .npy
  const Tensor* tensor;
  std::uint64_t size, offset;
  std::uint32_t crc;
};

void put(std::string& out, std::size_t bytes, std::uint64_t number) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(number >> 8 * i);
}

void put(std::string& out, std::initializer_list<std::pair<std::size_t, std::uint64_t>> numbers) {
  for (const auto& [bytes, number] : numbers) put(out, bytes, number);
}

// Version 4.5, for the zip64 fields; a flag for a name in UTF-8; stored; midnight of 1 January 1980, so that the same tensors give the same
// bytes; the checksum.
void put_common(std::string& out, const Member& member) {
  const bool ascii = std::all_of(member.name.begin(), member.name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  put(out, {{2, 45}, {2, ascii ? 0 : 0x800}, {2, 0}, {2, 0}, {2, 0x21}, {4, member.crc}});
}

std::string local_header(const Member& member) {
  std::string out = "PK\3\4";
  put_common(out, member);
  put(out, {{4, in_zip64}, {4, in_zip64}, {2, member.name.size()}, {2, 20}});
  out += member.name;
  put(out, {{2, 1}, {2, 16}, {8, member.size}, {8, member.size}});
  return out;
}

std::string directory_record(const Member& member) {
  const bool large = member.size > zip64_from, far = member.offset > zip64_from;
  std::string extra;
  if (large || far) put(extra, {{2, 1}, {2, (large ? 16 : 0) + (far ? 8 : 0)}});
  if (large) put(extra, {{8, member.size}, {8, member.size}});
  if (far) put(extra, 8, member.offset);
  constexpr std::uint64_t unix = 3, read_and_write = 0600 << 16;  // made on, attributes
  std::string out = "PK\1\2";
  put(out, {{1, 45}, {1, unix}});
  put_common(out, member);
  put(out, {{4, large ? in_zip64 : member.size}, {4, large ? in_zip64 : member.size}, {2, member.name.size()}, {2, extra.size()}});
  put(out, {{2, 0}, {2, 0}, {2, 0}, {4, read_and_write}, {4, far ? in_zip64 : member.offset}});
  return out + member.name + extra;
}

std::string end_record(std::uint64_t members, std::uint64_t begin, std::uint64_t size) {
  std::string out;
  const bool far = begin > zip64_from;
  if (far) {
    out += "PK\6\6";
    put(out, {{8, 44}, {2, 45}, {2, 45}, {4, 0}, {4, 0}, {8, members}, {8, members}, {8, size}, {8, begin}});
    out += "PK\6\7";
    put(out, {{4, 0}, {8, begin + size}, {4, 1}});
  }
  out += "PK\5\6";
  put(out, {{2, 0}, {2, 0}, {2, members}, {2, members}, {4, size}, {4, far ? in_zip64 : begin}, {2, 0}});
  return out;
}

std::uint32_t crc_of(const std::string& header, const Tensor& tensor) {
  const uLong start = crc32_z(0, reinterpret_cast<const Bytef*>(header.data()), header.size());
  return static_cast<std::uint32_t>(crc32_z(start, reinterpret_cast<const Bytef*>(tensor.data()), tensor.bytes()));
}
}  // namespace

void write_npz(const std::string& path, const std::map<std::string, Tensor>& tensors) {
  if (tensors.size() > ZipReader::most_members)
    throw ArgumentError(fmt::format("write_npz: {} tensors, up to {} can be read", tensors.size(), ZipReader::most_members));
  std::vector<Member> members;
  for (const auto& [name, tensor] : tensors) {
    if (first_invalid_utf8(name) != std::string::npos || !ZipReader::is_member_name(name) || name.size() > 0xFFFF - suffix.size())
      throw ArgumentError(fmt::format("write_npz: {} can't name a member of an archive", quoted(name)));
    std::string header = npy_header(tensor);
    const std::uint64_t size = header.size() + tensor.bytes();
    const std::uint32_t crc = crc_of(header, tensor);
    members.push_back({name + std::string(suffix), std::move(header), &tensor, size, 0, crc});
  }

  AtomicFile file(path);
  std::uint64_t offset = 0;
  std::string directory;
  for (Member& member : members) {
    member.offset = offset;
    const std::string start = local_header(member) + member.header;
    file.write(start);
    file.write({member.tensor->data(), member.tensor->bytes()});
    offset += start.size() + member.tensor->bytes();
    directory += directory_record(member);
  }
  file.write(directory);
  file.write(end_record(members.size(), offset, directory.size()));
  file.commit();
}

std::map<std::string, Tensor> read_npz(const std::string& path, const NpzOptions& options) {
  ZipReader zip(path);
  std::uint64_t inflated = 0;
  for (const ZipReader::Member& member : zip.members()) {
    if (!member.name.ends_with(suffix) || member.name.size() == suffix.size())
      throw DataError(fmt::format("{}: member {} is not an .npy file", path, quoted(member.name)));
    if (!member.deflated) continue;
    if (member.size > options.most_inflated - inflated)
      throw DataError(
          fmt::format("{} would inflate to more than {} bytes: NpzOptions::most_inflated", path, grouped(options.most_inflated)));
    inflated += member.size;
  }
  std::map<std::string, Tensor> tensors;
  for (const ZipReader::Member& member : zip.members())
    tensors.emplace(member.name.substr(0, member.name.size() - suffix.size()), read_npy(*zip.open(member)));
  return tensors;
}

}  // namespace loglik
