#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/data/byte_source.h"
#include "framework/data/input_file.h"

namespace loglik {

/// The members of a zip archive, stored or deflated.
///
/// Throws DataError, naming the file: for an archive cut off, damaged, encrypted or in several parts; for members that overlap, are given
/// twice, or whose names lead out of a folder; for more than 32,768 of them. Takes no more memory than the file's size, and 8 MB.
/// Source: PKWARE's APPNOTE 6.3.10, zip64 included.
class ZipReader {
 public:
  struct Member {
    std::string name;
    std::uint64_t header, limit;  // where its local header is, and what it must not reach
    std::uint64_t stored, size;   // bytes in the file, and once inflated
    std::uint32_t crc;            // CRC-32 of what it inflates to
    bool deflated;
  };

  explicit ZipReader(const std::string& path);
  const std::vector<Member>& members() const { return members_; }  ///< in the order of their data

  /// The member's bytes, inflated as they are read: `size` of them, or DataError; at the end their checksum was found right.
  /// Keeps a reference to this.
  std::unique_ptr<ByteSource> open(const Member& member);

  /// A path that stays inside the folder it is put in: not empty, not absolute, without "..", backslashes, drives and zeros.
  static bool is_member_name(std::string_view name);

  static constexpr std::size_t most_members = 32'768;

 private:
  InputFile file_;
  std::vector<Member> members_;
};

}  // namespace loglik
