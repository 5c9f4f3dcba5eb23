#include "framework/data/idx.h"

#include <gtest/gtest.h>

#include "tests/data/files.h"

namespace loglik {
namespace {
using namespace std::string_literals;
using test::gzipped;

const std::string images = "\0\0\x08\3\0\0\0\2\0\0\0\2\0\0\0\3abcdefABCDEF"s;  // uint8 {2, 2, 3}

TEST(Idx, ReadsEveryType) {
  test::Folder folder;
  const auto read = [&](const std::string& bytes) { return read_idx(folder.write("x", bytes)); };
  const std::vector<std::uint8_t> letters{'a', 'b', 'c', 'd', 'e', 'f', 'A', 'B', 'C', 'D', 'E', 'F'};
  EXPECT_TRUE(read(images).same_bits(Tensor::from(letters, {2, 2, 3})));
  EXPECT_TRUE(read("\0\0\x0C\1\0\0\0\2\0\0\1\2\xff\xff\xff\xfe"s).same_bits(Tensor::from(std::vector<std::int32_t>{258, -2})));
  EXPECT_TRUE(read("\0\0\x0D\1\0\0\0\1\x3f\xc0\0\0"s).same_bits(Tensor::from(std::vector{1.5f})));
  EXPECT_TRUE(read("\0\0\x0E\1\0\0\0\1\xc0\x02\0\0\0\0\0\0"s).same_bits(Tensor::from(std::vector{-2.25})));
  EXPECT_TRUE(read("\0\0\x08\0\7"s).same_bits(Tensor::scalar<std::uint8_t>(7)));
  EXPECT_TRUE(read("\0\0\x0D\2\0\0\0\0\0\0\0\5"s).same_bits(Tensor(DType::float32, {0, 5})));
}

TEST(Idx, ReadsGzipByContent) {
  test::Folder folder;
  const Tensor plain = read_idx(folder.write("plain.gz", images));
  EXPECT_TRUE(read_idx(folder.write("compressed", gzipped(images))).same_bits(plain));
  EXPECT_TRUE(read_idx(folder.write("members", gzipped(images.substr(0, 9)) + gzipped("") + gzipped(images.substr(9)))).same_bits(plain));
  // Larger than the buffer's first step and than what gzip reads at once.
  std::string large = "\0\0\x08\1\0\x30\0\0"s;
  for (std::uint32_t i = 0, x = 1; i < 0x300000; ++i) large += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  EXPECT_TRUE(read_idx(folder.write("large.gz", gzipped(large))).same_bits(read_idx(folder.write("large", large))));
}

TEST(Idx, RefusesLies) {
  test::Folder folder;
  const auto error = [&](const std::string& bytes) { return folder.error([&] { read_idx(folder.write("x.gz", bytes)); }); };
  EXPECT_EQ(error(""), "x.gz is cut off: 0 of 4 bytes");
  EXPECT_EQ(error("\x89PNG"), "x.gz is not an IDX file: it begins with 0x89504E47, not with 0x0000");
  EXPECT_EQ(error("\0\0\x09\1\0\0\0\1a"s),
            "x.gz holds IDX type 0x09, int8: 0x08 (uint8), 0x0C (int32), 0x0D (float32) and 0x0E (float64) can be read");
  EXPECT_EQ(error(images.substr(0, 14)), "x.gz is cut off: 14 of 16 bytes");
  EXPECT_EQ(error(images.substr(0, 20)), "x.gz is cut off: 20 of 28 bytes");
  EXPECT_EQ(error("\0\0\x08\2\0\0\x10\0\0\0\x10\0"s), "x.gz is cut off: 12 of 16,777,228 bytes");
  EXPECT_EQ(error(images + "\n"), "x.gz has 29 bytes, its header promises 28");
  // A product that wraps to 0 in 64 bits, and one that a size of 0 hides.
  EXPECT_EQ(error("\0\0\x08\4\x80\0\0\0\x80\0\0\0\0\0\0\4\0\0\0\1"s),
            "x.gz promises uint8 {2147483648, 2147483648, 4, 1}, more bytes than can be addressed");
  EXPECT_EQ(error("\0\0\x0E\4\x80\0\0\0\x80\0\0\0\0\0\0\4\0\0\0\0"s),
            "x.gz promises float64 {2147483648, 2147483648, 4, 0}, more bytes than can be addressed");
}

TEST(Idx, RefusesDamagedGzip) {
  test::Folder folder;
  const auto error = [&](const std::string& bytes) { return folder.error([&] { read_idx(folder.write("x.gz", bytes)); }); };
  const std::string whole = gzipped(images);
  EXPECT_EQ(error(gzipped(images.substr(0, 20))), "x.gz is cut off: 20 of 28 bytes");
  EXPECT_EQ(error(gzipped(images + "\n")), "x.gz goes on after the 28 bytes its header promises");
  EXPECT_EQ(error(whole.substr(0, whole.size() - 1)), "x.gz is cut off: its gzip stream stops after 28 bytes");
  EXPECT_EQ(error(whole + "rubbish"), "x.gz is damaged: gzip reports \"incorrect header check\" after 28 bytes");
  EXPECT_EQ(error("\x1f\x8bnothing"), "x.gz is damaged: no gzip stream can be read from it");
  std::string flipped = whole;
  flipped[flipped.size() - 6] ^= 1;  // in the checksum, the 4 bytes before the 4 of the length
  EXPECT_EQ(error(flipped), "x.gz is damaged: gzip reports \"incorrect data check\" after 28 bytes");
}

TEST(Idx, RefusesABombBeforeItInflates) {
  test::Folder folder;
  const auto error = [&](const std::string& bytes) { return folder.error([&] { read_idx(folder.write("x.gz", bytes)); }); };
  // 2 EiB: no allocator gives that, so only a refusal beforehand is a DataError.
  const std::string lie = gzipped("\0\0\x08\2\x80\0\0\0\x40\0\0\0some pixels"s);
  EXPECT_EQ(error(lie),
            "x.gz promises 2,305,843,009,213,693,964 bytes, more than " + std::to_string(lie.size()) + " compressed bytes can hold");
  // Deflate's greatest ratio is not refused: a million equal pixels are an image too.
  std::string black = "\0\0\x08\1\0\x10\0\0"s + std::string(1 << 20, '\0');
  EXPECT_EQ(read_idx(folder.write("black.gz", gzipped(black))).count(), 1 << 20);
  // A small promise with a large stream behind it stops at the promise.
  black[4 + 1] = '\0';
  black[4 + 3] = '\1';
  EXPECT_EQ(error(gzipped(black)), "x.gz goes on after the 9 bytes its header promises");
}

TEST(Idx, RefusesWhatIsNoFile) {
  test::Folder folder;
  EXPECT_EQ(folder.error([&] { read_idx(folder.path("absent")); }), "absent can't be read: No such file or directory");
  std::filesystem::create_directory(folder.path("folder"));
  EXPECT_EQ(folder.error([&] { read_idx(folder.path("folder")); }), "folder is a folder, not a file");
  EXPECT_EQ(folder.error([] { read_idx("/dev/zero"); }), "/dev/zero is a pipe or device, not a file");
}
}  // namespace
}  // namespace loglik
