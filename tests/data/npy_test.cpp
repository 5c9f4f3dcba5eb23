#include "framework/data/npy.h"

#include <gtest/gtest.h>

#include "tests/data/files.h"

namespace loglik {
namespace {
using namespace std::string_literals;

// The start of a file of version 1.0 as numpy.save (2.4) writes it: the dict, padded to 118 bytes, a newline last.
std::string start(const std::string& dict) { return "\x93NUMPY\1\0v\0"s + dict + std::string(117 - dict.size(), ' ') + '\n'; }

std::string dict(const std::string& type, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

class Npy : public testing::Test {
 protected:
  Tensor read(const std::string& bytes) { return read_npy(folder.write("x.npy", bytes)); }
  std::string written(const Tensor& tensor) {
    write_npy(folder.path("w.npy"), tensor);
    return folder.content("w.npy");
  }
  std::string error(const std::string& bytes) {
    return folder.error([&] { read(bytes); });
  }
  test::Folder folder;
};

TEST_F(Npy, WritesWhatNumPyWrites) {
  EXPECT_EQ(written(Tensor::scalar(1.5f)), start("{'descr': '<f4', 'fortran_order': False, 'shape': (), }") + "\0\0\xc0\x3f"s);
  EXPECT_EQ(written(Tensor::from(std::vector{-2.25})),
            start("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }") + "\0\0\0\0\0\0\x02\xc0"s);
  EXPECT_EQ(written(Tensor::from(std::vector<std::int32_t>{1, -2, 3}, {3, 1})),
            start("{'descr': '<i4', 'fortran_order': False, 'shape': (3, 1), }") + "\1\0\0\0\xfe\xff\xff\xff\3\0\0\0"s);
  EXPECT_EQ(written(Tensor::from(std::vector{true, false, true})),
            start("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }") + "\1\0\1"s);
  EXPECT_EQ(written(Tensor(DType::uint8, {2, 0, 5})), start("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 0, 5), }"));
}

TEST_F(Npy, PadsAsNumPyDoes) {  // lengths from numpy.save of numpy.zeros(shape, "u1")
  for (const auto& [rank, size] : {std::pair(14, 129), {15, 193}, {35, 193}, {36, 257}, {57, 257}, {58, 321}, {64, 321}})
    EXPECT_EQ(written(Tensor(DType::uint8, Extents(static_cast<std::size_t>(rank), 1))).size(), static_cast<std::size_t>(size)) << rank;
}

TEST_F(Npy, ReadsBackEveryType) {
  for (DType dtype : {DType::float32, DType::float64, DType::int32, DType::boolean, DType::uint8})
    for (const Extents& extents : {Extents{}, Extents{3}, Extents{2, 3, 4}, Extents{5, 0}}) {
      Tensor tensor(dtype, extents);
      for (std::size_t i = 0; i < tensor.bytes(); ++i)
        tensor.mutable_data()[i] = static_cast<std::byte>(dtype == DType::boolean ? i & 1 : 7 * i);
      write_npy(folder.path("x.npy"), tensor);
      EXPECT_TRUE(read_npy(folder.path("x.npy")).same_bits(tensor)) << to_string(TensorType{dtype, Shape(extents)});
    }
}

TEST_F(Npy, ReadsOtherOrdersAndVersions) {
  EXPECT_TRUE(read(start(dict(">f4", "(1,)")) + "\x3f\xc0\0\0"s).same_bits(Tensor::from(std::vector{1.5f})));
  EXPECT_TRUE(read(start(dict(">i4", "(2,)")) + "\0\0\1\2\xff\xff\xff\xfe"s).same_bits(Tensor::from(std::vector<std::int32_t>{258, -2})));
  // numpy.asfortranarray(numpy.arange(6, dtype="u1").reshape(2, 3)) and the same of {2, 1, 3, 2}
  EXPECT_TRUE(read(start(dict("|u1", "(2, 3)", "True")) + "\0\3\1\4\2\5"s)
                  .same_bits(Tensor::from(std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5}, {2, 3})));
  EXPECT_TRUE(read(start(dict("|u1", "(2, 1, 3, 2)", "True")) + "\0\6\2\x08\4\x0a\1\7\3\x09\5\x0b"s)
                  .same_bits(Tensor::from(std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {2, 1, 3, 2})));
  EXPECT_TRUE(read(start(dict("<f4", "(0, 3)", "True"))).same_bits(Tensor(DType::float32, {0, 3})));
  for (const char* version : {"\2", "\3"}) {
    const std::string text = "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"|b1\"}\n";
    EXPECT_TRUE(read("\x93NUMPY"s + version + "\0"s + static_cast<char>(text.size()) + "\0\0\0"s + text + "\1\0"s)
                    .same_bits(Tensor::from(std::vector{true, false})));
  }
}

TEST_F(Npy, RefusesLies) {
  EXPECT_EQ(error(""), "x.npy is cut off: 0 of 8 bytes");
  EXPECT_EQ(error("PK\3\4 an npz"), "x.npy is not an .npy file: it doesn't begin with \"\\x93NUMPY\"");
  EXPECT_EQ(error("\x93NUMPY\4\0v\0"s), "x.npy is of .npy version 4.0: 1.0, 2.0 and 3.0 can be read");
  EXPECT_EQ(error("\x93NUMPY\1\0v\0{'descr'"s), "x.npy is cut off: 18 of 128 bytes");
  EXPECT_EQ(error("\x93NUMPY\2\0\xff\xff\xff\xff{}"s), "x.npy has an .npy header of 4,294,967,295 bytes: 65,536 can be read");
  const std::string whole = start(dict("<f4", "(2, 2)")) + std::string(16, 'x');
  EXPECT_EQ(error(whole.substr(0, 140)), "x.npy is cut off: 140 of 144 bytes");
  EXPECT_EQ(error(whole + "\n"), "x.npy has 145 bytes, its header promises 144");
  EXPECT_EQ(error(start(dict("|b1", "(3,)")) + "\0\1\2"s), "x.npy holds bool, but byte 2 of its elements is 2, not 0 or 1");
  EXPECT_EQ(error(start(dict("<f8", "(4611686018427387904, 4611686018427387904)"))),
            "x.npy promises float64 {4611686018427387904, 4611686018427387904}, more bytes than can be addressed");
  EXPECT_EQ(error(start(dict("|u1", "(1152921504606846976,)"))), "x.npy is cut off: 128 of 1,152,921,504,606,847,104 bytes");
}

TEST_F(Npy, RefusesOtherTypes) {
  const std::string choice = "float32 (f4), float64 (f8), int32 (i4), bool (b1) and uint8 (u1) can be read";
  for (const char* type : {"|O", "<f2", "<i8", "|i1", "<U3", "<c8", "f4", "|f4", "=f4", "<M8[ns]", ""})
    EXPECT_EQ(error(start(dict(type, "()")) + "12345678"), "x.npy holds NumPy type \"" + std::string(type) + "\": " + choice);
  EXPECT_EQ(error(start("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (), }") + "1234"),
            "x.npy holds records: one plain type a file can be read");
}

TEST_F(Npy, RefusesDamagedHeaders) {
  const auto headers_error = [&](const std::string& text) {
    const std::string prefix = "x.npy has a damaged .npy header: ", message = error(start(text) + "1234");
    EXPECT_TRUE(message.starts_with(prefix)) << message;
    return message.substr(std::min(message.size(), prefix.size()));
  };
  const std::string rest = "'fortran_order': False, 'shape': (1,), }";
  EXPECT_EQ(headers_error("{'descr': '<f4'}"), "'descr', 'fortran_order' and 'shape' are needed");
  EXPECT_EQ(headers_error("{'descr': '<f4', 'descr': '<f4', " + rest), "key \"descr\" is unknown or given twice");
  EXPECT_EQ(headers_error("{'color': '<f4', " + rest), "key \"color\" is unknown or given twice");
  EXPECT_EQ(headers_error(dict("<f4", "(1)")), "\"), }\" where ',' would be right");
  EXPECT_EQ(headers_error(dict("<f4", "(-1,)")), "\"-1,), }\" where a size would be right");
  EXPECT_EQ(headers_error(dict("<f4", "(9223372036854775808,)")), "\"9223372036854775808,), }\" where a size would be right");
  EXPECT_EQ(headers_error(dict("<f4", "(,)")), "\",), }\" where a size would be right");
  EXPECT_EQ(headers_error(dict("<f4", "1")), "\"1, }\" where '(' would be right");
  EXPECT_EQ(headers_error(dict("<f4", "(1,)", "None")), "\"None, 'shape': (1,), }\" where 'False' would be right");
  EXPECT_EQ(headers_error(dict("<f4", "(1,)") + "}"), "\"}\" follows the closing brace");
  EXPECT_EQ(headers_error("import os"), "\"import os\" where '{' would be right");
  EXPECT_EQ(headers_error(dict("<f4", "(1,)").substr(0, 15)), "it ends where ',' would be right");
  std::string ones;
  for (int i = 0; i < 65; ++i) ones += "1,";
  EXPECT_EQ(error("\x93NUMPY\1\0\xc0\0"s + dict("|u1", "(" + ones + ")") + std::string(10, ' ') + "\n1"),
            "x.npy has a damaged .npy header: more than 64 sizes");
}

TEST_F(Npy, RefusesToWriteWhatNumPyCannotRead) {
  EXPECT_THROW(write_npy(folder.path("x.npy"), Tensor(DType::uint8, Extents(65, 1))), ShapeError);
  EXPECT_EQ(folder.error([&] { write_npy(folder.path("absent/x.npy"), Tensor::scalar(1.0)); }),
            "absent/x.npy can't be written: No such file or directory");
}
}  // namespace
}  // namespace loglik
