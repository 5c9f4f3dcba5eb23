// Small files, cut short anywhere and changed in any one bit or byte: each either loads or throws DataError that names it, and takes no
// more memory than its size and 16 MB. What may load is said at each test. Worth most under the sanitizers.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "framework/data/csv.h"
#include "framework/data/idx.h"
#include "framework/data/npy.h"
#include "framework/data/npz.h"
#include "framework/data/safetensors.h"
#include "tests/data/files.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {
using namespace std::string_literals;
using Tensors = std::map<std::string, Tensor>;
using Reader = std::function<Tensors(const std::string& path)>;

struct Loaded {
  std::size_t at;  // the byte that was changed
  Tensors tensors;
};

struct Outcome {
  std::vector<Loaded> loaded;
  std::size_t refused = 0;
};

Reader one(Tensor (*read)(const std::string&)) {
  return [=](const std::string& path) { return Tensors{{"", read(path)}}; };
}
Tensor csv_values(const std::string& path) { return read_csv(path).values; }
Tensors safetensors(const std::string& path) { return read_safetensors(path).tensors; }
Tensors npz(const std::string& path) { return read_npz(path); }

void try_reading(const Reader& read, const std::string& path, std::size_t at, Outcome& outcome) {
  const std::int64_t before = test::allocated_bytes();
  try {
    outcome.loaded.push_back({at, read(path)});
  } catch (const DataError& error) {
    EXPECT_TRUE(std::string_view(error.what()).starts_with(path)) << error.what();  // names the file
    ++outcome.refused;
  }
  EXPECT_LE(test::allocated_bytes() - before, static_cast<std::int64_t>(std::filesystem::file_size(path)) + 16'000'000) << at;
}

Outcome cut_anywhere(const Reader& read, const std::string& bytes) {
  const test::Folder folder;
  const std::string path = folder.write("x", bytes);
  Outcome outcome;
  for (std::size_t size = bytes.size(); size-- > 0;) {
    std::filesystem::resize_file(path, size);
    try_reading(read, path, size, outcome);
  }
  return outcome;
}

// Each byte in turn becomes itself xor each of the changes.
Outcome changed_anywhere(const Reader& read, const std::string& bytes, const std::vector<int>& changes) {
  const test::Folder folder;
  const std::string path = folder.write("x", bytes);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  Outcome outcome;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto put = [&](int change) { file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(bytes[at] ^ change)).flush(); };
    for (const int change : changes) {
      put(change);
      try_reading(read, path, at, outcome);
    }
    put(0);
  }
  return outcome;
}

const std::vector<int> each_bit{1, 2, 4, 8, 16, 32, 64, 128};
const std::vector<int> each_value = [] {
  std::vector<int> changes(255);
  std::iota(changes.begin(), changes.end(), 1);
  return changes;
}();

bool same(const Tensors& a, const Tensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && x.second.same_bits(y.second); });
}

Tensor ramp(DType dtype, const Extents& extents) {
  Tensor tensor(dtype, extents);
  for (std::size_t i = 0; i < tensor.bytes(); ++i)
    tensor.mutable_data()[i] = static_cast<std::byte>(dtype == DType::boolean ? i & 1 : 37 * i);
  return tensor;
}

// A model of 4 KB.
const Tensors model{{"dense_1/weight", ramp(DType::float32, {20, 30})},
                    {"dense_1/bias", ramp(DType::float32, {30})},
                    {"dense_2/weight", ramp(DType::float64, {30, 3})},
                    {"step", ramp(DType::int32, {})},
                    {"mask", ramp(DType::boolean, {9})},
                    {"image", ramp(DType::uint8, {2, 3})}};

const std::string idx = "\0\0\x0C\2\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\2"s;
const std::string npy = "\x93NUMPY\1\0\x3a\0{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1)}\n\n\0\0\x80\x3f\0\0\0\x40"s;
const std::string npy_bool = "\x93NUMPY\1\0\x38\0{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}\n\1\0\1"s;
const std::string csv = "mass,\"s e\"\n3.75e3, 1\r\n-38,0\n";

// No checksum. A changed element is another element; in the header, a changed bit in a name gives another name, and one in the sizes can
// only trade them for others of the same product. Never another dtype, never other bytes.
TEST(Damage, OfSafetensors) {
  const test::Folder folder;
  write_safetensors(folder.path("x"), model, {{"format", "loglik"}});
  const std::string bytes = folder.content("x");
  const std::uint64_t data = read_safetensors_header(folder.path("x")).data_begin;
  EXPECT_EQ(cut_anywhere(safetensors, bytes).refused, bytes.size());
  const Outcome changed = changed_anywhere(safetensors, bytes, each_bit);
  std::size_t in_data = 0, renamed = 0, alike = 0;
  for (const auto& [at, tensors] : changed.loaded) {
    if (at >= data) {
      ++in_data;
      ASSERT_EQ(tensors.size(), model.size());
      std::size_t differ = 0;
      for (const auto& [name, tensor] : model) {
        ASSERT_EQ(tensors.at(name).dtype(), tensor.dtype());
        ASSERT_EQ(tensors.at(name).extents(), tensor.extents());
        differ += !tensors.at(name).same_bits(tensor);
      }
      ASSERT_EQ(differ, 1u) << at;
    } else if (same(tensors, model)) {
      ++alike;  // white space, the text of the metadata
    } else {
      ++renamed;
      ASSERT_EQ(tensors.size(), model.size()) << at;
      std::size_t kept = 0;
      for (const auto& [name, tensor] : model) kept += tensors.count(name) && tensors.at(name).same_bits(tensor);
      ASSERT_EQ(kept, model.size() - 1) << at;
    }
  }
  EXPECT_EQ(in_data, 8 * (bytes.size() - data) - 7 * 9);  // a bool has one bit that may change
  EXPECT_GT(renamed, 0u);
  EXPECT_GT(alike, 0u);
  EXPECT_EQ(changed.refused + changed.loaded.size(), 8 * bytes.size());
}

// Every element lies under a checksum, every name is written twice: what loads is what was written.
TEST(Damage, OfNpz) {
  const test::Folder folder;
  write_npz(folder.path("x"), model);
  const std::string deflated =
      "PK\3\4-\0\0\0\x08\0\0\0!\0%\xbas\x1b\xff\xff\xff\xff\xff\xff\xff\xff\5\0\x14\0a.npy\1\0\x10\0\x83\0\0\0\0\0\0\0G\0\0\0\0\0\0\0"
      "\x9b\xec\x17\xea\x1b\x10\xc9\xc8P\xc6P\xad\x9e\x92Z\x9c\\\xa4n\xa5\xa0^Sj\xa8\xae\xa3\xa0\x9e\x96_TR\x94\x98\x17\x9f_"
      "\x94\x92\n\x12wK"
      "\xcc)N\5\x8a\x17g$\x16\xa4\2\xf9\x1a\xc6:\x9a:\n\xb5\n\x14\0.\6\6\6\0"
      "PK\1\2-\3-\0\0\0\x08\0\0\0!\0%\xbas\x1bG\0\0\0\x83\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\x80\1\0\0\0\0a.npy"
      "PK\5\6\0\0\0\0\1\0\1\0\x33\0\0\0~\0\0\0\0\0"s;
  for (const std::string& bytes : {folder.content("x"), deflated}) {
    const Tensors whole = npz(folder.write("whole", bytes));
    EXPECT_EQ(cut_anywhere(npz, bytes).refused, bytes.size());
    const Outcome changed = changed_anywhere(npz, bytes, each_bit);
    for (const auto& [at, tensors] : changed.loaded) ASSERT_TRUE(same(tensors, whole)) << at;
    EXPECT_LT(changed.loaded.size(),
              8 * (50 + 46) * whole.size());  // of a member's two records: versions, dates, attributes, what both say
  }
}

// No checksum: every change of an element loads, and of the header int32 for float32.
TEST(Damage, OfIdx) {
  EXPECT_EQ(cut_anywhere(one(read_idx), idx).refused, idx.size());
  const Outcome changed = changed_anywhere(one(read_idx), idx, each_value);
  EXPECT_EQ(changed.loaded.size(), 8u * 255 + 1);
  EXPECT_EQ(changed.refused, 12u * 255 - 1);
}

// What loads is what was written: all but gzip's own header lies under a checksum.
TEST(Damage, OfGzippedIdx) {
  test::Folder folder;
  const Tensor whole = read_idx(folder.write("x", idx));
  const std::string bytes = test::gzipped(idx);
  EXPECT_EQ(cut_anywhere(one(read_idx), bytes).refused, bytes.size());
  const Outcome changed = changed_anywhere(one(read_idx), bytes, each_value);
  for (const auto& [at, tensors] : changed.loaded) EXPECT_TRUE(tensors.at("").same_bits(whole)) << at;
  EXPECT_LT(changed.loaded.size(), 8u * 255);
}

// No checksum: elements change, and of the header what leaves as many bytes: another dtype of the size, another byte order, another order
// of axes, other sizes of the same product.
TEST(Damage, OfNpy) {
  for (const std::string& bytes : {npy, npy_bool}) {
    EXPECT_EQ(cut_anywhere(one(read_npy), bytes).refused, bytes.size());
    const Outcome changed = changed_anywhere(one(read_npy), bytes, each_value);
    const std::size_t elements = bytes == npy ? 8 : 3;
    for (const auto& [at, tensors] : changed.loaded) EXPECT_EQ(tensors.at("").bytes(), elements) << at;
    EXPECT_GT(changed.loaded.size(), 0u);
    EXPECT_GT(changed.refused, 40u * 255);
  }
}

// Text, and no checksum: a number with another digit is a number, one cut short too; but a table keeps its columns, and has no
// more numbers than its text.
TEST(Damage, OfCsv) {
  const Outcome cut = cut_anywhere(one(csv_values), csv), changed = changed_anywhere(one(csv_values), csv, each_value);
  EXPECT_GT(cut.refused, 0u);
  EXPECT_GT(changed.refused, 10u * 255);
  for (const Outcome* outcome : {&cut, &changed}) {
    EXPECT_GT(outcome->loaded.size(), 0u);
    for (const auto& [at, tensors] : outcome->loaded) {
      const Tensor& values = tensors.at("");
      EXPECT_TRUE(at <= 10 || values.size(1) == 2) << at;  // where the first line is whole
      EXPECT_LE(values.count(), 5) << at;
      for (const double value : values.values<double>()) EXPECT_TRUE(std::isfinite(value)) << at;
    }
  }
}
}  // namespace
}  // namespace loglik
