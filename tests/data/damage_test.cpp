// Small files, cut short anywhere and changed in any one byte: each either loads or throws DataError. Worth most under the
// sanitizers.
#include <gtest/gtest.h>

#include <optional>

#include "framework/data/csv.h"
#include "framework/data/idx.h"
#include "framework/data/npy.h"
#include "tests/data/files.h"

namespace loglik {
namespace {
using namespace std::string_literals;
using Reader = Tensor (*)(const std::string& path);

struct Outcome {
  std::vector<Tensor> loaded;
  int refused = 0;
};

void try_reading(Reader read, const std::string& path, Outcome& outcome) {
  try {
    outcome.loaded.push_back(read(path));
  } catch (const DataError& error) {
    EXPECT_TRUE(std::string_view(error.what()).starts_with(path)) << error.what();  // names the file
    ++outcome.refused;
  }
}

Outcome cut_anywhere(Reader read, const std::string& bytes) {
  const test::Folder folder;
  Outcome outcome;
  for (std::size_t size = 0; size < bytes.size(); ++size) try_reading(read, folder.write("x", bytes.substr(0, size)), outcome);
  return outcome;
}

Outcome changed_anywhere(Reader read, const std::string& bytes) {
  const test::Folder folder;
  const std::string path = folder.write("x", bytes);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  Outcome outcome;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int change = 1; change <= 256; ++change) {  // the last one restores it
      file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(bytes[at] ^ change)).flush();
      if (change < 256) try_reading(read, path, outcome);
    }
  }
  return outcome;
}

const std::string idx = "\0\0\x0C\2\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\2"s;
const std::string npy = "\x93NUMPY\1\0\x3a\0{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1)}\n\n\0\0\x80\x3f\0\0\0\x40"s;
const std::string npy_bool = "\x93NUMPY\1\0\x38\0{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}\n\1\0\1"s;
const std::string csv = "mass,\"s e\"\n3.75e3, 1\r\n-38,0\n";

Tensor csv_values(const std::string& path) { return read_csv(path).values; }

TEST(Damage, OfIdx) {
  EXPECT_EQ(cut_anywhere(read_idx, idx).refused, static_cast<int>(idx.size()));
  const Outcome changed = changed_anywhere(read_idx, idx);
  EXPECT_EQ(changed.loaded.size(), 8u * 255 + 1);  // the elements, and float32 for int32
  EXPECT_EQ(changed.refused, 12 * 255 - 1);
}

TEST(Damage, OfGzippedIdx) {
  test::Folder folder;
  const Tensor whole = read_idx(folder.write("x", idx));
  const std::string bytes = test::gzipped(idx);
  EXPECT_EQ(cut_anywhere(read_idx, bytes).refused, static_cast<int>(bytes.size()));
  const Outcome changed = changed_anywhere(read_idx, bytes);
  for (const Tensor& tensor : changed.loaded) EXPECT_TRUE(tensor.same_bits(whole));
  EXPECT_LT(changed.loaded.size(), 8u * 255);  // gzip's header has bytes for time, system and such, covered by no checksum
}

TEST(Damage, OfNpy) {
  for (const std::string& bytes : {npy, npy_bool}) {
    EXPECT_EQ(cut_anywhere(read_npy, bytes).refused, static_cast<int>(bytes.size()));
    const Outcome changed = changed_anywhere(read_npy, bytes);
    EXPECT_GT(changed.loaded.size(), 0u);
    EXPECT_GT(changed.refused, 40 * 255);
  }
}

TEST(Damage, OfCsv) {
  const Outcome cut = cut_anywhere(csv_values, csv), changed = changed_anywhere(csv_values, csv);
  EXPECT_GT(cut.loaded.size(), 0u);  // a number cut short is a number
  EXPECT_GT(cut.refused, 0);
  EXPECT_GT(changed.loaded.size(), 0u);
  EXPECT_GT(changed.refused, 10 * 255);
}
}  // namespace
}  // namespace loglik
