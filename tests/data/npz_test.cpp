#include "framework/data/npz.h"

#include <gtest/gtest.h>

#include <vector>

#include "framework/data/zip_reader.h"
#include "tests/data/files.h"

namespace loglik {
namespace {
using namespace std::string_literals;

std::string npy(const std::string& dict) { return "\x93NUMPY\1\0v\0"s + dict + std::string(117 - dict.size(), ' ') + '\n'; }

const std::string one = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }") + "\0\0\xc0\x3f"s;
const std::string yes = npy("{'descr': '|b1', 'fortran_order': False, 'shape': (), }") + "\1";

// numpy.savez(a=numpy.array([1.5], "f4"), é=numpy.array(True)) of NumPy 2.4
const std::string savez =
    "PK\3\4-\0\0\0\0\0\0\0!\0Ty.\x83\xff\xff\xff\xff\xff\xff\xff\xff\5\0\x14\0a.npy\1\0\x10\0\x84\0\0\0\0\0\0\0\x84\0\0\0\0\0\0\0"s + one +
    "PK\3\4-\0\0\x08\0\0\0\0!\0\x82-\xf8\xd3\xff\xff\xff\xff\xff\xff\xff\xff\6\0\x14\0\xc3\xa9.npy\1\0\x10\0\x81\0\0\0\0\0\0\0\x81\0\0\0\0\0\0\0"s +
    yes +
    "PK\1\2-\3-\0\0\0\0\0\0\0!\0Ty.\x83\x84\0\0\0\x84\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\x80\1\0\0\0\0a.npy"s
    "PK\1\2-\3-\0\0\x08\0\0\0\0!\0\x82-\xf8\xd3\x81\0\0\0\x81\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\x80\1\xbb\0\0\0\xc3\xa9.npy"s
    "PK\5\6\0\0\0\0\2\0\2\0g\0\0\0t\1\0\0\0\0"s;

// numpy.savez_compressed(a=numpy.zeros(3, "u1"))
const std::string compressed =
    "PK\3\4-\0\0\0\x08\0\0\0!\0%\xbas\x1b\xff\xff\xff\xff\xff\xff\xff\xff\5\0\x14\0a.npy\1\0\x10\0\x83\0\0\0\0\0\0\0G\0\0\0\0\0\0\0"
    "\x9b\xec\x17\xea\x1b\x10\xc9\xc8P\xc6P\xad\x9e\x92Z\x9c\\\xa4n\xa5\xa0^Sj\xa8\xae\xa3\xa0\x9e\x96_TR\x94\x98\x17\x9f_\x94\x92\n\x12wK"
    "\xcc)N\5\x8a\x17g$\x16\xa4\2\xf9\x1a\xc6:\x9a:\n\xb5\n\x14\0.\6\6\6\0"
    "PK\1\2-\3-\0\0\0\x08\0\0\0!\0%\xbas\x1bG\0\0\0\x83\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\x80\1\0\0\0\0a.npy"
    "PK\5\6\0\0\0\0\1\0\1\0\x33\0\0\0~\0\0\0\0\0"s;

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i);
  return out;
}

class Npz : public testing::Test {
 protected:
  std::map<std::string, Tensor> read(const std::string& bytes, const NpzOptions& options = {}) {
    return read_npz(folder.write("x", bytes), options);
  }
  std::string error(const std::string& bytes, const NpzOptions& options = {}) {
    return folder.error([&] { read(bytes, options); });
  }
  // `savez` with other bytes in place.
  std::string with(std::size_t at, const std::string& bytes) { return std::string(savez).replace(at, bytes.size(), bytes); }
  test::Folder folder;

  static constexpr std::size_t second = 187, directory = 372,
                               end = 475;  // offsets in `savez`: local header of é, the directory, the end record
};

TEST_F(Npz, IsWrittenAsNumPyDoes) {
  write_npz(folder.path("x"), {{"a", Tensor::from(std::vector{1.5f})}, {"é", Tensor::scalar(true)}});
  EXPECT_EQ(folder.content("x"), savez);
  write_npz(folder.path("x"), {});
  EXPECT_EQ(folder.content("x"), "PK\5\6"s + std::string(18, '\0'));
  EXPECT_TRUE(read_npz(folder.path("x")).empty());
}

TEST_F(Npz, IsRead) {
  ASSERT_EQ(savez.substr(second, 4), "PK\3\4");
  ASSERT_EQ(savez.substr(directory, 4), "PK\1\2");
  ASSERT_EQ(savez.substr(end, 4), "PK\5\6");
  const auto stored = read(savez);
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_TRUE(stored.at("a").same_bits(Tensor::from(std::vector{1.5f})));
  EXPECT_TRUE(stored.at("é").same_bits(Tensor::scalar(true)));
  const auto deflated = read(compressed);
  ASSERT_EQ(deflated.size(), 1u);
  EXPECT_TRUE(deflated.at("a").same_bits(Tensor(DType::uint8, {3})));
  EXPECT_EQ(read(std::string(savez).replace(end + 20, 2, "\5\0PK\5\6x"s)).size(), 2u);  // a comment that looks like an end record
}

TEST_F(Npz, ReadsZip64) {
  const std::string zip64 = "PK\6\6"s + number(44, 8) + number(45, 2) + number(45, 2) + std::string(8, '\0') + number(2, 8) + number(2, 8) +
                            number(103 + 20, 8) + number(directory, 8);
  const std::string locator = "PK\6\7"s + number(0, 4) + number(end + 20, 8) + number(1, 4);
  // The first member's sizes in the extra field, as those of 4 GB would be.
  std::string bytes = with(directory + 20, std::string(8, '\xff'));
  bytes.replace(directory + 30, 2, number(20, 2));
  bytes.insert(directory + 51, number(1, 2) + number(16, 2) + number(132, 8) + number(132, 8));
  bytes.replace(end + 20, 22, zip64 + locator + "PK\5\6"s + std::string(4, '\0') + std::string(12, '\xff') + std::string(2, '\0'));
  EXPECT_TRUE(read(bytes).at("a").same_bits(Tensor::from(std::vector{1.5f})));
  std::string missing = bytes;
  missing[directory + 51] = '\2';
  EXPECT_EQ(error(missing), "x is not a whole zip archive: a zip64 field is missing");
  missing[directory + 51] = '\1';
  missing.replace(directory + 53, 2, number(15, 2));
  EXPECT_EQ(error(missing), "x is not a whole zip archive: a zip64 field is too short");
  EXPECT_EQ(error(std::string(bytes).replace(end + 20, 4, "PK\6\5")), "x is not a whole zip archive: it has no zip64 end record");
  EXPECT_EQ(error(std::string(bytes).replace(end + 76, 4, "PK\6\6")), "x is not a whole zip archive: it has no zip64 locator");
  EXPECT_EQ(error(std::string(bytes).replace(end + 84, 8, number(~0ull, 8))),
            "x is not a whole zip archive: its zip64 end record is elsewhere");
  EXPECT_EQ(error(std::string(bytes).replace(end + 68, 8, number(~0ull, 8))),
            "x is not a whole zip archive: its directory doesn't end where the end record begins");
  EXPECT_EQ(error(std::string(bytes).replace(end + 44, 16, number(~0ull, 8) + number(~0ull, 8))),
            "x has 18,446,744,073,709,551,615 members, up to 32,768 can be read");
}

TEST_F(Npz, ReadsBackEveryType) {
  std::map<std::string, Tensor> tensors;
  for (DType dtype : {DType::float32, DType::float64, DType::int32, DType::boolean, DType::uint8})
    tensors.emplace("layer/"s + std::string(name(dtype)), Tensor(dtype, {2, 3}));
  tensors.emplace("empty", Tensor(DType::float64, {0, 4}));
  write_npz(folder.path("x"), tensors);
  const auto found = read_npz(folder.path("x"));
  ASSERT_EQ(found.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(found.at(name).same_bits(tensor)) << name;
}

TEST_F(Npz, RefusesWhatIsNoArchive) {
  EXPECT_EQ(error(""), "x is not a whole zip archive: it has no end record");
  EXPECT_EQ(error(one), "x is not a whole zip archive: it has no end record");
  EXPECT_EQ(error(savez.substr(0, savez.size() - 1)), "x is not a whole zip archive: it has no end record");
  EXPECT_EQ(error(savez + "x"), "x is not a whole zip archive: it has no end record");
  EXPECT_EQ(error("x" + savez), "x is not a whole zip archive: its directory doesn't end where the end record begins");
  EXPECT_EQ(error(with(end + 8, "\3\0\3\0"s)), "x is not a whole zip archive: its directory is shorter than its members need");
  EXPECT_EQ(error(with(end + 8, "\1\0\1\0"s)), "x is not a whole zip archive: its directory goes on after the last member");
  EXPECT_EQ(error(with(end + 8, "\1\0\2\0"s)), "x is not a whole zip archive: it is one of several parts");
  EXPECT_EQ(error(with(end + 8, "\xfe\xff\xfe\xff")), "x has 65,534 members, up to 32,768 can be read");
  EXPECT_EQ(error(with(directory, "PK\1\3")), "x is not a whole zip archive: its directory is damaged");
  EXPECT_EQ(error(with(directory + 28, "\xff\xff")), "x is not a whole zip archive: its directory is damaged");
}

TEST_F(Npz, RefusesMembersThatAreNotWhatTheySay) {
  EXPECT_EQ(error(with(directory + 8, "\1")), "x: member \"a.npy\" is encrypted");
  EXPECT_EQ(error(with(directory + 10, "\x0c")), "x: member \"a.npy\" is compressed by method 12: stored (0) and deflated (8) can be read");
  EXPECT_EQ(error(with(directory + 20, "\x83")), "x: member \"a.npy\" is stored in 131 bytes, but has 132");
  EXPECT_EQ(error(with(directory + 16, "\0"s)), "x member \"a.npy\" is damaged: it has the CRC-32 832e7954, the directory says 832e7900");
  EXPECT_EQ(error(with(8, "\x08")), "x: member \"a.npy\" has a local header that differs from the directory");
  EXPECT_EQ(error(with(30, "b")), "x: member \"a.npy\" has a local header that differs from the directory");
  EXPECT_EQ(error(with(0, "PK\3\5")), "x: member \"a.npy\" has no local header where the directory says");
  EXPECT_EQ(error(with(directory + 50, "z")), "x: member \"a.npz\" is not an .npy file");
  EXPECT_TRUE(error(with(second - 1, "\x40")).starts_with("x member \"a.npy\" is damaged: it has the CRC-32 "));
  EXPECT_EQ(error(with(directory + 20, "\x83\0\0\0\x83"s)), "x member \"a.npy\" is cut off: 131 of 132 bytes");
}

// Mistakes that readers were attacked by.
TEST_F(Npz, RefusesNamesThatLeaveTheFolder) {
  for (const std::string& name : {"../ab"s, "/a.np"s, "ab/.."s, "a/../"s, "C:a.n"s, "a\\b.n"s, "a\0.np"s}) {
    EXPECT_TRUE(error(with(directory + 46, name)).ends_with("\" has a name that is no path inside a folder")) << name;
    EXPECT_THROW(write_npz(folder.path("w"), {{name, Tensor()}}), ArgumentError) << name;
  }
  for (const std::string& name : {"..abc"s, "a...b"s, "a/..b"s}) EXPECT_TRUE(ZipReader::is_member_name(name)) << name;
  EXPECT_THROW(write_npz(folder.path("w"), {{"", Tensor()}}), ArgumentError);
  EXPECT_THROW(write_npz(folder.path("w"), {{"\xff", Tensor()}}), ArgumentError);
  EXPECT_THROW(write_npz(folder.path("w"), {{std::string(65'532, 'x'), Tensor()}}), ArgumentError);
}

TEST_F(Npz, RefusesMembersOnTheSameData) {  // how a bomb of 46 MB inflates to 4.5 PB
  EXPECT_EQ(error(with(directory + 51 + 42, "\0"s)), "x has two members on the data of \"a.npy\"");
  EXPECT_EQ(error(with(directory + 51 + 42, "\x60"s)), "x: member \"a.npy\" overlaps what follows it");
  EXPECT_EQ(error(with(directory + 51 + 42, "\xff\xff\xff\x7f")), "x: member \"\xc3\xa9.npy\" overlaps what follows it");
  EXPECT_EQ(error(with(26, "\xff\xff")), "x: member \"a.npy\" overlaps what follows it");
  std::string twice = savez;
  twice.replace(directory + 51, 51, savez.substr(directory, 51));
  twice.resize(directory + 102);
  twice += "PK\5\6\0\0\0\0\2\0\2\0f\0\0\0t\1\0\0\0\0"s;
  EXPECT_EQ(error(twice), "x has two members named \"a.npy\"");
}

TEST_F(Npz, RefusesBombs) {
  EXPECT_EQ(error(compressed, {.most_inflated = 130}), "x would inflate to more than 130 bytes: NpzOptions::most_inflated");
  EXPECT_EQ(read(compressed, {.most_inflated = 131}).size(), 1u);
  // The directory says less than the member inflates to, and more.
  const std::size_t size = 126 + 24;
  EXPECT_EQ(error(std::string(compressed).replace(size, 1, "\x82")), "x member \"a.npy\" is damaged: it goes on after 130 bytes");
  EXPECT_EQ(error(std::string(compressed).replace(size, 1, "\x84")), "x member \"a.npy\" is damaged: it ends after 131 of 132 bytes");
}
}  // namespace
}  // namespace loglik
