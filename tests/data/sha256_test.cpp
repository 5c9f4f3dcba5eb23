#include "framework/data/sha256.h"

#include <gtest/gtest.h>

#include <string_view>

#include "tests/data/files.h"

namespace loglik {
namespace {
std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(Sha256, IsRight) {  // NIST's example values for FIPS 180
  EXPECT_EQ(sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(bytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(bytes(std::string(1'000'000, 'a'))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, ComesPieceByPiece) {
  Sha256 digest;
  digest.update(bytes("a")).update({});
  EXPECT_EQ(digest.hex(), sha256(bytes("a")));
  digest.update(bytes("bc"));
  EXPECT_EQ(digest.hex(), sha256(bytes("abc")));
  const Sha256 moved = std::move(digest);
  EXPECT_EQ(moved.hex(), sha256(bytes("abc")));
}

TEST(Sha256, OfAFile) {
  test::Folder folder;
  const std::string text(200'000, 'x');
  EXPECT_EQ(sha256_of_file(folder.write("x", text)), sha256(bytes(text)));
  EXPECT_EQ(folder.error([&] { sha256_of_file(folder.path("absent")); }), "absent can't be read: No such file or directory");
}
}  // namespace
}  // namespace loglik
