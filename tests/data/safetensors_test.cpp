#include "framework/data/safetensors.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/data/files.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {
using namespace std::string_literals;

std::string little(std::uint64_t number) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(number >> 8 * i);
  return bytes;
}

std::string file_of(const std::string& header, const std::string& data = "") { return little(header.size()) + header + data; }

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

class SafetensorsFile : public testing::Test {
 protected:
  Safetensors read(const std::string& bytes) { return read_safetensors(folder.write("x", bytes)); }
  Tensor only(const std::string& dtype, const std::string& shape, const std::string& data) {
    return read(file_of(
                    R"({"w":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[0,)" + std::to_string(data.size()) + "]}}",
                    data))
        .tensors.at("w");
  }
  std::string error(const std::string& bytes) {
    const std::int64_t before = test::allocated_bytes();
    const std::string text = folder.error([&] { read(bytes); });
    EXPECT_LE(test::allocated_bytes() - before, static_cast<std::int64_t>(2 * bytes.size() + 16'000'000));  // once by `write`
    return text;
  }
  std::string header_error(const std::string& header, const std::string& data = "") { return error(file_of(header, data)); }
  std::string damage(const std::string& header) {
    const std::string prefix = "x has a damaged safetensors header: ", text = header_error(header);
    EXPECT_TRUE(text.starts_with(prefix)) << text;
    return text.substr(std::min(prefix.size(), text.size()));
  }
  // What is wrong with one tensor "w" of these members, and 8 bytes of data.
  std::string entry_error(const std::string& members) {
    const std::string prefix = "x: tensor \"w\" ", text = header_error(R"({"w":{)" + members + "}}", "12345678");
    EXPECT_TRUE(text.starts_with(prefix)) << text;
    return text.substr(std::min(prefix.size(), text.size()));
  }
  test::Folder folder;
};

TEST_F(SafetensorsFile, IsWrittenAsTheReferenceDoes) {  // the bytes of safetensors.numpy.save, version 0.8
  write_safetensors(folder.path("x"),
                    {{"é\"\n", Tensor::from(std::vector<float>{1.5f})},
                     {"b", Tensor::from(std::vector{true})},
                     {"i", Tensor::from(std::vector<std::int32_t>{-2}, {})},
                     {"d", Tensor::from(std::vector{-2.25}, {1, 1})},
                     {"a", Tensor(DType::float32, {0, 3})}},
                    {{"format", "np"}});
  const std::string header =
      R"({"__metadata__":{"format":"np"},"d":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},)"
      R"("a":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]},"é\"\n":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},)"
      R"("i":{"dtype":"I32","shape":[],"data_offsets":[12,16]},"b":{"dtype":"BOOL","shape":[1],"data_offsets":[16,17]}})";
  EXPECT_EQ(folder.content("x"), file_of(header + std::string((8 - header.size() % 8) % 8, ' '),
                                         bytes_of({-2.25}) + bytes_of({1.5f}) + bytes_of<std::int32_t>({-2}) + "\1"));
  write_safetensors(folder.path("x"), {});
  EXPECT_EQ(folder.content("x"), file_of("{}      "));
}

TEST_F(SafetensorsFile, IsReadBack) {
  std::map<std::string, Tensor> tensors{{"", Tensor(DType::uint8, {2, 0})}, {"\x01\\é\xF0\x9F\x8C\xB1", Tensor::scalar(2.5)}};
  for (DType dtype : {DType::float32, DType::float64, DType::int32, DType::boolean, DType::uint8}) {
    Tensor tensor(dtype, {3, 1, 5});
    for (std::size_t i = 0; i < tensor.bytes(); ++i)
      tensor.mutable_data()[i] = static_cast<std::byte>(dtype == DType::boolean ? i & 1 : 251 * i);  // NaN and infinities among them
    tensors.emplace(name(dtype), tensor);
  }
  const std::map<std::string, std::string> metadata{{"", ""}, {"a\tb", std::string(1000, '"')}};
  write_safetensors(folder.path("x"), tensors, metadata);
  const Safetensors found = read_safetensors(folder.path("x"));
  EXPECT_EQ(found.metadata, metadata);
  ASSERT_EQ(found.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(found.tensors.at(name).same_bits(tensor)) << name;

  const SafetensorsHeader header = read_safetensors_header(folder.path("x"));
  EXPECT_EQ(header.metadata, metadata);
  EXPECT_EQ(header.data_begin % 8, 0u);
  ASSERT_EQ(header.tensors.size(), 7u);
  EXPECT_EQ(header.tensors[1].name, "float64");
  EXPECT_EQ(header.tensors[1].dtype, "F64");
  EXPECT_EQ(header.tensors[1].shape, (Extents{3, 1, 5}));
  EXPECT_EQ(header.tensors[1].begin, 8u);
  EXPECT_EQ(header.tensors[1].end, 128u);
}

TEST_F(SafetensorsFile, TakesWhatTheFormatAllows) {
  EXPECT_TRUE(read(file_of("{}")).tensors.empty());
  EXPECT_TRUE(read(file_of("{ \n\t\r}   ")).tensors.empty());
  EXPECT_EQ(only("F32", "[]", bytes_of({1.5f})).item(), 1.5);
  EXPECT_EQ(only("F64", "[0,9223372036854775]", "").extents(), (Extents{0, 9223372036854775}));
  EXPECT_TRUE(std::isnan(only("F32", "[1]", bytes_of({std::numeric_limits<float>::quiet_NaN()})).at(0)));
  EXPECT_EQ(read(file_of(R"({"\u00e9\ud83c\udf31\/\b\u0000":{"shape":[],"data_offsets":[0,1],"dtype":"U8"}})", "x")).tensors.begin()->first,
            "é\xF0\x9F\x8C\xB1/\b\0"s);
  // Tensors in any order, unaligned, none between them.
  const auto found =
      read(file_of(R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"c":{"dtype":"F32","shape":[0],"data_offsets":[1,1]},)"
                   R"("a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})",
                   "\1" + bytes_of({0.5f})));
  EXPECT_EQ(found.tensors.at("b").item(), 0.5);
  EXPECT_EQ(found.tensors.at("a").item(), 1.0);
}

TEST_F(SafetensorsFile, WidensWhatFits) {
  const Tensor halves =
      only("F16", "[10]", bytes_of<std::uint16_t>({0x0000, 0x8000, 0x3C00, 0xC000, 0x7BFF, 0x0001, 0x83FF, 0x0400, 0x7C00, 0xFC00}));
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(halves.same_bits(Tensor::from(std::vector<float>{0, -0.0f, 1, -2, 65504, 0x1p-24f, -1023 * 0x1p-24f, 0x1p-14f, inf, -inf})));
  EXPECT_TRUE(std::isnan(only("F16", "[1]", bytes_of<std::uint16_t>({0x7E00})).at(0)));
  EXPECT_TRUE(only("BF16", "[2]", bytes_of<std::uint16_t>({0x3FC0, 0xFF80})).same_bits(Tensor::from(std::vector<float>{1.5f, -inf})));
  EXPECT_TRUE(only("I64", "[2]", bytes_of<std::int64_t>({2147483647, -2147483648}))
                  .same_bits(Tensor::from(std::vector<std::int32_t>{2147483647, -2147483647 - 1})));
  EXPECT_TRUE(only("U64", "[1]", bytes_of<std::uint64_t>({7})).same_bits(Tensor::from(std::vector<std::int32_t>{7})));
  EXPECT_TRUE(only("U32", "[1]", bytes_of<std::uint32_t>({7})).same_bits(Tensor::from(std::vector<std::int32_t>{7})));
  EXPECT_TRUE(only("I16", "[1]", bytes_of<std::int16_t>({-7})).same_bits(Tensor::from(std::vector<std::int32_t>{-7})));
  EXPECT_TRUE(only("U16", "[1]", bytes_of<std::uint16_t>({65535})).same_bits(Tensor::from(std::vector<std::int32_t>{65535})));
  EXPECT_TRUE(only("I8", "[2]", "\xff\x7f").same_bits(Tensor::from(std::vector<std::int32_t>{-1, 127})));
  EXPECT_EQ(folder.error([&] {
    only("I64", "[2]", bytes_of<std::int64_t>({1, 3'000'000'000}));
  }),
            "x: tensor \"w\" holds I64 3000000000 at element 1, int32 can't hold it");
  EXPECT_EQ(folder.error([&] { only("U32", "[1]", "\xff\xff\xff\xff"); }),
            "x: tensor \"w\" holds U32 4294967295 at element 0, int32 can't hold it");
  EXPECT_EQ(folder.error([&] { only("BOOL", "[3]", "\0\1\2"s); }), "x: tensor \"w\" holds BOOL 2 at element 2, 0 or 1 would be right");
  EXPECT_EQ(folder.error([&] { only("F8_E4M3", "[1]", "x"); }),
            "x: tensor \"w\" is F8_E4M3, which can't be read: F32, F64, F16, BF16, BOOL and integers can");
  EXPECT_EQ(read_safetensors_header(folder.path("x")).tensors.at(0).dtype, "F8_E4M3");
}

TEST_F(SafetensorsFile, RefusesWhatIsNone) {
  EXPECT_EQ(error(""), "x is not a safetensors file: it has 0 bytes, the least is 8");
  EXPECT_EQ(error("1234567"), "x is not a safetensors file: it has 7 bytes, the least is 8");
  EXPECT_EQ(error(little(100'000'001) + "{}"),
            "x is not a safetensors file: its header would have 100,000,001 bytes, the most is 100,000,000");
  EXPECT_EQ(error("\x93NUMPY\1\0v\0"s),
            "x is not a safetensors file: its header would have 379,676,406,402,707 bytes, the most is 100,000,000");
  EXPECT_EQ(error(little(3) + "{}"), "x is cut off: 10 of 11 bytes");
  EXPECT_EQ(error(little(~0ull) + "{}"),
            "x is not a safetensors file: its header would have 18,446,744,073,709,551,615 bytes, the most is 100,000,000");
  EXPECT_EQ(folder.error([&] { read_safetensors(folder.path("absent")); }), "absent can't be read: No such file or directory");
}

TEST_F(SafetensorsFile, RefusesDamagedHeaders) {
  EXPECT_EQ(damage(""), "it doesn't begin with '{'");
  EXPECT_EQ(damage(" {}"), "it doesn't begin with '{'");
  EXPECT_EQ(damage("{}x"), "\"x\" follows the closing brace");
  EXPECT_EQ(damage("{}\0"s), "\"\\x00\" follows the closing brace");
  EXPECT_EQ(damage("{,}"), "\",}\" where '\"' would be right");
  EXPECT_EQ(damage("{\"a"), "it ends inside a string");
  EXPECT_EQ(damage("{\"a\\"), "it ends inside a string");
  EXPECT_EQ(damage("{\"a\\\""), "it ends inside a string");
  EXPECT_EQ(damage("{\"\\x\":{}}"), "a string holds the unknown escape \"\\x\"");
  EXPECT_EQ(damage("{\"\\u12\":{}}"), "a string holds the unknown escape \"\\u12\":\"");
  for (const char* half : {R"(\ud800)", R"(\udc00)", R"(\ud800\ud800)", R"(\ud800x)"})
    EXPECT_EQ(damage("{\""s + half + "\":{}}"), "a string holds half of a surrogate pair");
  EXPECT_EQ(damage("{\"a\nb\":{}}"), "a string holds the control character \\x0a");
  EXPECT_EQ(damage("{\"a\":[]}"), "tensor \"a\": \"[]}\" where '{' would be right");
  EXPECT_EQ(damage("{\"a\":{}}"), "tensor \"a\": \"dtype\", \"shape\" and \"data_offsets\" are needed");
  EXPECT_EQ(damage(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0]}})"),
            "tensor \"a\": \"data_offsets\" has 1 numbers, 2 would be right");
  EXPECT_EQ(damage(R"({"a":{"dtype":"U8","dtype":"U8"}})"), "tensor \"a\": key \"dtype\" is unknown or given twice");
  EXPECT_EQ(damage(R"({"a":{"color":"U8"}})"), "tensor \"a\": key \"color\" is unknown or given twice");
  for (const char* number : {"-1", "01", "9223372036854775808", "x", "\"1\"", "null"})
    EXPECT_EQ(damage(R"({"a":{"shape":[)"s + number + "]}}"),
              "tensor \"a\": \""s + number + "]}}\" where an integer from 0 to 2⁶³ − 1 would be right");
  EXPECT_EQ(damage(R"({"a":{"shape":[1.0]}})"), "tensor \"a\": \".0]}}\" where ']' would be right");
  EXPECT_EQ(damage(R"({"__metadata__":{"a":1}})"), "\"1}}\" where '\"' would be right");
  EXPECT_EQ(damage(R"({"__metadata__":{"a":"1","\u0061":"2"}})"), "metadata \"a\" is given twice");
  EXPECT_EQ(damage(R"({"__metadata__":{},"__metadata__":{}})"), "\"__metadata__\" is given twice");
  for (const char* bytes :
       {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"})
    EXPECT_TRUE(damage("{\""s + bytes + "\":{}}").ends_with(" is not UTF-8")) << bytes;
}

TEST_F(SafetensorsFile, RefusesTensorsThatDoNotFitTheData) {
  EXPECT_EQ(entry_error(R"("dtype":"F33","shape":[],"data_offsets":[0,8])"), "has the unknown dtype \"F33\"");
  EXPECT_EQ(entry_error(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"), "is F32 {3} of 12 bytes, its data_offsets span 8");
  EXPECT_EQ(entry_error(R"("dtype":"U8","shape":[0],"data_offsets":[8,0])"), "ends at byte 0 of the data, before it begins at 8");
  EXPECT_EQ(entry_error(R"("dtype":"U8","shape":[7],"data_offsets":[1,8])"),
            "begins at byte 1 of the data, 0 would be right: nothing lies between");
  EXPECT_EQ(entry_error(R"("dtype":"U8","shape":[9],"data_offsets":[0,9])"), "is cut off: it ends at byte 9 of the data, 8 are there");
  EXPECT_EQ(header_error(R"({"w":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}})", "12345678"),
            "x has 8 bytes of data, its tensors take 7");
  EXPECT_EQ(header_error("{}", "1"), "x has 1 bytes of data, its tensors take 0");
  EXPECT_EQ(header_error(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                         "123456"),
            "x: tensor \"b\" begins at byte 2 of the data, 4 would be right: it overlaps another");
  EXPECT_EQ(
      header_error(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "12"),
      "x has two tensors named \"a\"");
}

// Mistakes that readers were attacked by.
TEST_F(SafetensorsFile, RefusesSizesThatWrap) {  // to 4 elements, in 64 bits
  EXPECT_EQ(entry_error(R"("dtype":"U8","shape":[4194305,4194305,211106198978564],"data_offsets":[0,4])"),
            "promises U8 {4194305, 4194305, 211106198978564}, more bytes than can be addressed");
  EXPECT_EQ(entry_error(R"("dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4])"),
            "promises F32 {4611686018427387905}, more bytes than can be addressed");
  EXPECT_EQ(entry_error(R"("dtype":"F32","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0])"),
            "promises F32 {0, 9223372036854775807, 9223372036854775807}, more bytes than can be addressed");
}

TEST_F(SafetensorsFile, RefusesSizesWithoutData) {  // nothing is taken for them: `error` counts
  EXPECT_EQ(entry_error(R"("dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776])"),
            "is cut off: it ends at byte 1,099,511,627,776 of the data, 8 are there");
}

TEST_F(SafetensorsFile, RefusesAnEditedDtype) {
  EXPECT_EQ(entry_error(R"("dtype":"F64","shape":[2],"data_offsets":[0,8])"), "is F64 {2} of 16 bytes, its data_offsets span 8");
  EXPECT_EQ(only("I32", "[2]", "12345678").dtype(), DType::int32);  // F32 → I32 looks whole: what a checksum kept elsewhere is for
}

TEST_F(SafetensorsFile, RefusesAHundredThousandTensors) {
  std::string header = "{";
  for (int i = 0; i < 100'000; ++i)
    header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(header_error(header + "}"), "x names too much: its tensors and texts would take more than 12,582,912 bytes beside the data");
}

TEST_F(SafetensorsFile, RefusesMoreTextThanMemoryAllows) {
  EXPECT_EQ(header_error(R"({"__metadata__":{"a":")" + std::string(20'000'000, 'x') + "\"}}"),
            "x names too much: its tensors and texts would take more than 12,582,912 bytes beside the data");
  std::string header = R"({"__metadata__":{)";
  for (int i = 0; i < 200'000; ++i) header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":"")";
  EXPECT_EQ(header_error(header + "}}"), "x names too much: its tensors and texts would take more than 12,582,912 bytes beside the data");
}

TEST_F(SafetensorsFile, RefusesDeepJson) {
  EXPECT_EQ(damage("{\"a\":" + std::string(1'000'000, '[')), "tensor \"a\": \"" + std::string(40, '[') + "…\" where '{' would be right");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  EXPECT_EQ(damage(deep), "tensor \"a\": key \"a\" is unknown or given twice");
  std::string axes = "1";
  for (int i = 0; i < 64; ++i) axes += ",1";
  EXPECT_EQ(damage(R"({"a":{"shape":[)" + axes + "]}}"), "tensor \"a\": more than 64 numbers");
}

TEST_F(SafetensorsFile, TakesNoMoreMemoryThanItsSizeAnd16Megabytes) {
  if (!test::allocations_are_counted()) GTEST_SKIP() << "allocations are not counted under a sanitizer";
  const auto taken = [&] {
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(folder.path("x")));
    const std::int64_t before = test::allocated_bytes();
    read_safetensors(folder.path("x"));
    return test::allocated_bytes() - before - size;
  };
  std::map<std::string, Tensor> many;
  for (int i = 0; i < 20'000; ++i) many.emplace("layer/" + std::to_string(i) + "/a rather long name", Tensor::scalar(1.0f));
  write_safetensors(folder.path("x"), many);
  EXPECT_LE(taken(), 16'000'000);
  many.clear();
  for (int i = 0; i < 7'000; ++i) many.emplace(std::to_string(i), Tensor(DType::uint8, Extents(64, 1)));
  write_safetensors(folder.path("x"), many);
  EXPECT_LE(taken(), 16'000'000);
  write_safetensors(folder.path("x"), {{"w", Tensor(DType::uint8, {50'000'000})}}, {{"a", std::string(6'000'000, 'x')}});
  EXPECT_LE(taken(), 16'000'000);
  for (int i = 7'000; i < 40'000; ++i) many.emplace(std::to_string(i), Tensor::scalar(1.0f));
  EXPECT_THROW(write_safetensors(folder.path("x"), many), ArgumentError);
}

TEST_F(SafetensorsFile, IsNotWrittenUnlessItCanBeRead) {
  EXPECT_THROW(write_safetensors(folder.path("x"), {{"\xFF", Tensor()}}), ArgumentError);
  EXPECT_THROW(write_safetensors(folder.path("x"), {{"__metadata__", Tensor()}}), ArgumentError);
  EXPECT_THROW(write_safetensors(folder.path("x"), {}, {{"a", "\x80"}}), ArgumentError);
  EXPECT_THROW(write_safetensors(folder.path("x"), {{"a", Tensor(DType::uint8, Extents(65, 1))}}), ArgumentError);
  EXPECT_EQ(folder.files(), 0u);
  EXPECT_EQ(folder.error([&] { write_safetensors(folder.path("absent/x"), {}); }), "absent/x can't be written: No such file or directory");
}
}  // namespace
}  // namespace loglik
