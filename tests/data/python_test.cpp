// Files that we write are read by Python's packages with equal contents, and theirs by us: tests/data/python_checks.py.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "framework/data/npy.h"
#include "framework/data/npz.h"
#include "framework/data/safetensors.h"
#include "framework/data/tensorboard.h"
#include "tests/data/files.h"

namespace loglik {
namespace {
std::string quoted_for_shell(const std::string& text) { return "'" + text + "'"; }

struct Outcome {
  int status;
  std::string output;
};

Outcome run(const std::string& command) {
  Outcome result{-1, ""};
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return result;
  for (int c; (c = std::fgetc(pipe)) != EOF;) result.output += static_cast<char>(c);
  result.status = ::pclose(pipe);
  return result;
}

// The Python that has the packages; "" if none has.
std::string python() {
  for (const std::string& program : {quoted_for_shell(LOGLIK_VENV_PYTHON), std::string("python3")})
    if (run(program + " -c 'import numpy, safetensors, tensorboard'").status == 0) return program;
  return "";
}

std::map<std::string, Tensor> tensors() {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const double wide = std::numeric_limits<double>::infinity();
  return {{"float32", Tensor::from(std::vector<float>{0.0f, -0.0f, inf, -inf, nan, 1.0f / 3.0f}, {2, 3})},
          {"float64",
           Tensor::from(std::vector<double>{0.0, -0.0, wide, -wide, std::numeric_limits<double>::quiet_NaN(), 1.0 / 3.0}, {3, 1, 2})},
          {"int32", Tensor::from(std::vector<std::int32_t>{2147483647, -2147483647 - 1, 7})},
          {"bool", Tensor::from(std::vector<bool>{true, false}, {2, 1})},
          {"uint8", Tensor::scalar(std::uint8_t{255})},
          {"empty/é", Tensor(DType::float32, {0, 4})}};
}

std::string npy_name(std::string name) {
  if (const std::size_t slash = name.find('/'); slash != std::string::npos) name[slash] = '_';
  return name + ".npy";
}

void expect_same(const std::map<std::string, Tensor>& found, const std::map<std::string, Tensor>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(found.at(name).same_bits(tensor)) << name << to_string(found.at(name));
}

TEST(Python, AgreesAboutFiles) {
  const std::string program = python();
  if (program.empty())
    GTEST_SKIP() << "neither build/venv nor python3 has numpy, safetensors and tensorboard: tools/setup --with-python-checks installs them";
  const test::Folder folder;
  const auto expected = tensors();
  const std::map<std::string, std::string> metadata{{"a\t\"key\"", "a text: é\n"}};
  write_safetensors(folder.path("x.safetensors"), expected, metadata);
  write_npz(folder.path("x.npz"), expected);
  for (const auto& [name, tensor] : expected) write_npy(folder.path(npy_name(name)), tensor);
  {
    TensorBoardWriter events(folder.path("events"));
    events.scalar("nll", 0.1, 1);
    events.scalar("nll", -std::numeric_limits<double>::infinity(), 2);
    events.histogram("weight", Tensor::from(std::vector{0.0, 1.0, 2.0, 3.0}), 2, 2);
  }
  const Outcome checks = run(program + " " + quoted_for_shell(LOGLIK_PYTHON_CHECKS) + " " + quoted_for_shell(folder.path()));
  ASSERT_EQ(checks.status, 0) << checks.output;

  for (const std::string name : {"x.safetensors", "x.npz"}) EXPECT_EQ(folder.content(name), folder.content("python/" + name)) << name;
  const Safetensors theirs = read_safetensors(folder.path("python/x.safetensors"));
  expect_same(theirs.tensors, expected);
  EXPECT_EQ(theirs.metadata, metadata);
  expect_same(read_safetensors(folder.path("python/wide.safetensors")).tensors,
              {{"f16", Tensor::from(std::vector<float>{1.5f, -std::numeric_limits<float>::infinity(), 0x1p-24f})},
               {"i64", Tensor::from(std::vector<std::int32_t>{-7})},
               {"u16", Tensor::from(std::vector<std::int32_t>{65535})}});
  expect_same(read_npz(folder.path("python/x.npz")), expected);
  expect_same(read_npz(folder.path("python/compressed.npz")), expected);
  for (const auto& [name, tensor] : expected) {
    EXPECT_EQ(folder.content(npy_name(name)), folder.content("python/" + npy_name(name))) << name;
    EXPECT_TRUE(read_npy(folder.path("python/" + npy_name(name))).same_bits(tensor)) << name;
  }
  EXPECT_TRUE(read_npy(folder.path("python/fortran.npy")).same_bits(Tensor::from(std::vector<std::int32_t>{0, 1, 2, 3, 4, 5}, {2, 3})));
}
}  // namespace
}  // namespace loglik
