// Members, each a local header and its data; the central directory, a record a member; the end record, which says where that is.
#include "framework/data/zip_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

#include "framework/data/bytes.h"
#include "framework/error.h"

namespace loglik {
namespace {
constexpr std::uint64_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50,
                        end64_signature = 0x06064b50, locator_signature = 0x07064b50;
constexpr std::size_t local_size = 30, central_size = 46, end_size = 22, end64_size = 56, locator_size = 20;
constexpr std::uint64_t in_zip64 = 0xFFFFFFFF;  // says that the number stands in the extra field
constexpr std::uint64_t encrypted = 1;          // a flag
constexpr int raw_deflate = -MAX_WBITS;

[[noreturn]] void fail(const InputFile& file, std::string_view what) {
  throw DataError(fmt::format("{} is not a whole zip archive: {}", file.path(), what));
}

// Takes numbers off the front of a record.
class Record {
 public:
  explicit Record(std::span<const std::byte> bytes) : rest_(bytes) {}
  std::uint64_t take(std::size_t size) { return little_endian(bytes(size)); }
  std::span<const std::byte> bytes(std::size_t size) {
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  void skip(std::size_t size) { rest_ = rest_.subspan(size); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
};

std::vector<std::byte> read_at(InputFile& file, std::uint64_t begin, std::uint64_t size) {
  if (begin > file.size() || size > file.size() - begin)
    fail(file, fmt::format("it has {} bytes, and {} at {} would be needed", grouped(file.size()), grouped(size), grouped(begin)));
  std::vector<std::byte> bytes(size);
  file.seek(begin);
  file.read_exactly(bytes);
  return bytes;
}

struct Directory {
  std::uint64_t begin, size, members;
};

Directory find_directory64(InputFile& file, std::uint64_t end) {
  if (end < locator_size) fail(file, "it has no zip64 locator");
  const auto locator = read_at(file, end - locator_size, locator_size);
  Record fields(locator);
  if (fields.take(4) != locator_signature) fail(file, "it has no zip64 locator");
  fields.skip(4);
  const std::uint64_t begin = fields.take(8);
  if (begin > end - locator_size || end - locator_size - begin != end64_size) fail(file, "its zip64 end record is elsewhere");
  const auto record = read_at(file, begin, end64_size);
  fields = Record(record);
  if (fields.take(4) != end64_signature) fail(file, "it has no zip64 end record");
  fields.skip(8 + 2 + 2);
  if (fields.take(4) != 0 || fields.take(4) != 0) fail(file, "it is one of several parts");
  const std::uint64_t here = fields.take(8), members = fields.take(8), size = fields.take(8), at = fields.take(8);
  if (here != members) fail(file, "it is one of several parts");
  if (at > begin || begin - at != size) fail(file, "its directory doesn't end where the end record begins");
  return {at, size, members};
}

Directory find_directory(InputFile& file) {
  constexpr std::uint64_t longest_comment = 0xFFFF;
  const std::uint64_t tail_size = std::min(file.size(), end_size + longest_comment);
  const auto tail = read_at(file, file.size() - tail_size, tail_size);
  for (std::size_t at = tail.size() < end_size ? 0 : tail.size() - end_size + 1; at-- > 0;) {
    Record fields{std::span(tail).subspan(at)};
    if (fields.take(4) != end_signature) continue;
    const std::uint64_t disk = fields.take(2), first_disk = fields.take(2), here = fields.take(2), members = fields.take(2);
    const std::uint64_t size = fields.take(4), begin = fields.take(4);
    if (fields.take(2) != fields.left()) continue;  // a comment, or bytes that look like a record
    const std::uint64_t end = file.size() - tail_size + at;
    if (members == 0xFFFF || size == in_zip64 || begin == in_zip64) return find_directory64(file, end);
    if (disk != 0 || first_disk != 0 || here != members) fail(file, "it is one of several parts");
    if (begin > end || end - begin != size) fail(file, "its directory doesn't end where the end record begins");
    return {begin, size, members};
  }
  fail(file, "it has no end record");
}

// Replaces the numbers that say so by those of the zip64 extra field, which has these and no others.
void take_zip64(const InputFile& file, Record extra, std::initializer_list<std::uint64_t*> numbers) {
  if (std::none_of(numbers.begin(), numbers.end(), [](auto* number) { return *number == in_zip64; })) return;
  while (extra.left() >= 4) {
    const std::uint64_t id = extra.take(2), size = extra.take(2);
    if (size > extra.left()) break;
    Record field(extra.bytes(size));
    if (id != 1) continue;
    for (std::uint64_t* number : numbers) {
      if (*number != in_zip64) continue;
      if (field.left() < 8) fail(file, "a zip64 field is too short");
      *number = field.take(8);
    }
    return;
  }
  fail(file, "a zip64 field is missing");
}

ZipReader::Member read_member(const InputFile& file, Record& directory) {
  if (directory.left() < central_size || directory.take(4) != central_signature) fail(file, "its directory is damaged");
  directory.skip(2 + 2);
  const std::uint64_t flags = directory.take(2), method = directory.take(2);
  directory.skip(2 + 2);
  const auto crc = static_cast<std::uint32_t>(directory.take(4));
  std::uint64_t stored = directory.take(4), size = directory.take(4);
  const std::uint64_t name_size = directory.take(2), extra_size = directory.take(2), comment_size = directory.take(2);
  directory.skip(2 + 2 + 4);
  std::uint64_t header = directory.take(4);
  if (directory.left() < name_size + extra_size + comment_size) fail(file, "its directory is damaged");
  const auto name_bytes = directory.bytes(name_size);
  std::string name(reinterpret_cast<const char*>(name_bytes.data()), name_size);
  take_zip64(file, Record(directory.bytes(extra_size)), {&size, &stored, &header});
  directory.skip(comment_size);

  const auto refuse = [&](std::string_view what) { throw DataError(fmt::format("{}: member {} {}", file.path(), quoted(name), what)); };
  if (first_invalid_utf8(name) != std::string::npos || !ZipReader::is_member_name(name))
    refuse("has a name that is no path inside a folder");
  if (flags & encrypted) refuse("is encrypted");
  if (method != 0 && method != 8) refuse(fmt::format("is compressed by method {}: stored (0) and deflated (8) can be read", method));
  if (method == 0 && stored != size) refuse(fmt::format("is stored in {} bytes, but has {}", grouped(stored), grouped(size)));
  return {std::move(name), header, 0, stored, size, crc, method == 8};
}

class MemberSource final : public ByteSource {
 public:
  MemberSource(InputFile& file, const ZipReader::Member& member, std::uint64_t begin)
      : ByteSource(fmt::format("{} member {}", file.path(), quoted(member.name))),
        file_(file),
        member_(member),
        at_(begin),
        end_(begin + member.stored) {
    if (member.deflated && inflateInit2(&zlib_, raw_deflate) != Z_OK) throw std::bad_alloc();
  }
  ~MemberSource() override {
    if (member_.deflated) inflateEnd(&zlib_);
  }

  std::uint64_t stored() const override { return member_.stored; }
  bool compressed() const override { return member_.deflated; }

 private:
  std::size_t next(std::span<std::byte> to) override {
    if (ended_) return 0;
    const std::size_t count = member_.deflated ? inflate_next(to) : read_next(to);
    crc_ = static_cast<std::uint32_t>(crc32_z(crc_, reinterpret_cast<const Bytef*>(to.data()), count));
    const std::uint64_t done = position() + count;
    if (done > member_.size) fail(fmt::format("goes on after {} bytes", grouped(member_.size)));
    if (member_.deflated ? ended_ : done == member_.size) {
      ended_ = true;
      if (done < member_.size) fail(fmt::format("ends after {} of {} bytes", grouped(done), grouped(member_.size)));
      if (crc_ != member_.crc) fail(fmt::format("has the CRC-32 {:08x}, the directory says {:08x}", crc_, member_.crc));
    }
    return count;
  }

  std::size_t read_next(std::span<std::byte> to) {
    file_.seek(at_);
    const std::size_t count = file_.read(to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), end_ - at_))));
    at_ += count;
    return count;
  }

  std::size_t inflate_next(std::span<std::byte> to) {
    std::size_t done = 0;
    while (done < to.size() && !ended_) {
      if (zlib_.avail_in == 0) {
        zlib_.avail_in = static_cast<uInt>(read_next(compressed_));
        zlib_.next_in = reinterpret_cast<Bytef*>(compressed_.data());
        if (zlib_.avail_in == 0) fail("is cut off: its deflate stream has no end");
      }
      const std::size_t room = std::min<std::size_t>(to.size() - done, 1 << 30);  // zlib counts in 32 bits
      zlib_.next_out = reinterpret_cast<Bytef*>(to.data() + done);
      zlib_.avail_out = static_cast<uInt>(room);
      const int status = ::inflate(&zlib_, Z_NO_FLUSH);
      done += room - zlib_.avail_out;
      ended_ = status == Z_STREAM_END;
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) fail(zlib_.msg != nullptr ? zlib_.msg : "can't be inflated");
    }
    if (ended_ && (zlib_.avail_in > 0 || at_ < end_)) fail("goes on after its deflate stream");
    return done;
  }

  [[noreturn]] void fail(std::string_view what) const { throw DataError(fmt::format("{} is damaged: it {}", name(), what)); }

  InputFile& file_;
  const ZipReader::Member& member_;
  std::uint64_t at_, end_;  // in the file
  std::uint32_t crc_ = 0;
  bool ended_ = false;
  z_stream zlib_{};
  std::array<std::byte, 1 << 16> compressed_;
};
}  // namespace

bool ZipReader::is_member_name(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != name.npos || name.find('\0') != name.npos) return false;
  if (name.size() > 1 && name[1] == ':') return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return false;
    begin = end + 1;
  }
  return true;
}

ZipReader::ZipReader(const std::string& path) : file_(path) {
  const Directory directory = find_directory(file_);
  if (directory.members > most_members)
    throw DataError(fmt::format("{} has {} members, up to {} can be read", path, grouped(directory.members), grouped(most_members)));
  if (directory.members > directory.size / central_size) fail(file_, "its directory is shorter than its members need");
  const auto bytes = read_at(file_, directory.begin, directory.size);
  Record records(bytes);
  members_.reserve(directory.members);
  while (members_.size() < directory.members) members_.push_back(read_member(file_, records));
  if (records.left() > 0) fail(file_, "its directory goes on after the last member");

  const auto twice = [&](const char* what, auto of) {
    std::sort(members_.begin(), members_.end(), [&](const Member& a, const Member& b) { return of(a) < of(b); });
    const auto found =
        std::adjacent_find(members_.begin(), members_.end(), [&](const Member& a, const Member& b) { return of(a) == of(b); });
    if (found != members_.end()) throw DataError(fmt::format("{} has two members {} {}", path, what, quoted(found->name)));
  };
  twice("named", [](const Member& member) -> const std::string& { return member.name; });
  twice("on the data of", [](const Member& member) { return member.header; });
  for (std::size_t i = 0; i < members_.size(); ++i) members_[i].limit = i + 1 < members_.size() ? members_[i + 1].header : directory.begin;
}

std::unique_ptr<ByteSource> ZipReader::open(const Member& member) {
  const auto refuse = [&](std::string_view what) {
    throw DataError(fmt::format("{}: member {} {}", file_.path(), quoted(member.name), what));
  };
  // What the local header repeats must be the same, so that no two readers see two different members.
  if (member.header > member.limit || member.limit - member.header < local_size) refuse("overlaps what follows it");
  const auto header = read_at(file_, member.header, local_size);
  Record fields(header);
  if (fields.take(4) != local_signature) refuse("has no local header where the directory says");
  fields.skip(2);
  const std::uint64_t flags = fields.take(2), method = fields.take(2);
  fields.skip(2 + 2 + 4 + 4 + 4);
  const std::uint64_t name_size = fields.take(2), extra_size = fields.take(2);
  const std::uint64_t begin = member.header + local_size + name_size + extra_size;
  if (begin > member.limit || member.limit - begin < member.stored) refuse("overlaps what follows it");
  const auto name = read_at(file_, member.header + local_size, name_size);
  if ((flags & encrypted) || (method == 8) != member.deflated || (method != 0 && method != 8) ||
      std::string_view(reinterpret_cast<const char*>(name.data()), name.size()) != member.name)
    refuse("has a local header that differs from the directory");
  return std::make_unique<MemberSource>(file_, member, begin);
}

}  // namespace loglik
