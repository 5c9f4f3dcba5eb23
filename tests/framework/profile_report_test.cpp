#include "framework/profile_report.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "framework/thread_pool.h"
#include "ops/dense.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using namespace test;
using Json = nlohmann::json;

class ProfileReport : public testing::Test {
 protected:
  ProfileReport() {
    Graph graph;
    const Scope scope = graph.scope("\"höhere\" Schichten, \t deren Name über die ganze Breite der Spalte geht und weiter");
    Node h = graph.input("x", {batch, 8});
    for (int i = 0; i < 3; ++i) h = dense(h, {.units = 4, .activation = tanh});
    graph.head("y", UnitGaussian{dense(h, {.units = 1})});
    const Model model = compile(graph);
    Session session = model.session();
    session.set_profile(profile);
    const Batch data{{"x", normal_tensor({16, 8}, 1).cast(DType::float32)}, {"y", normal_tensor({16, 1}, 2).cast(DType::float32)}};
    for (int i = 0; i < 5; ++i) session.step(data);
  }

  const std::shared_ptr<Profile> profile = std::make_shared<Profile>(2);
  const Roofline roofline{.flops_per_second = 2e9, .bytes_per_second = 1e9, .threads = 2};
};

struct Row {
  std::string label;
  double microseconds, share;
};

std::vector<Row> rows(const std::string& text, const std::string& table) {
  std::vector<Row> result;
  std::istringstream lines(text.substr(text.find("\n" + table + " ")));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  static const std::regex pattern("(.*?[^ ]) +([0-9.]+) +[0-9.]+ +([0-9.]+) %( .*)?");
  std::smatch found;
  while (std::getline(lines, line) && std::regex_match(line, found, pattern))
    result.push_back({found[1], std::stod(found[2]), std::stod(found[3])});
  return result;
}

TEST_F(ProfileReport, HasTwoTablesSortedByTimeThatAddUp) {
  const std::string text = report(*profile, roofline);
  const std::string first = fmt::format("profile of the program \"train\": 5 runs of {} steps, ", profile->steps().size());
  EXPECT_TRUE(text.starts_with(first)) << text;
  EXPECT_NE(text.find("roofline: 2.0 GFLOP/s, 1.0 GB/s with 2 threads;"), std::string::npos) << text;
  std::vector<Row> ops = rows(text, "by op");
  ASSERT_GT(ops.size(), 4u) << text;
  EXPECT_EQ(ops.back().label, "all steps");
  const double all = ops.back().share;
  ops.pop_back();
  EXPECT_EQ(ops.back().label, "outside of steps");
  EXPECT_NEAR(ops.back().share, 100 - all, 0.11);  // rounded twice
  ops.pop_back();
  for (const auto& [name, table] : {std::pair("by op", ops), std::pair("by step", rows(text, "by step"))}) {
    double sum = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
      sum += table[i].share;
      EXPECT_LE(table[i].microseconds, table[i == 0 ? 0 : i - 1].microseconds) << name << "\n" << text;
    }
    EXPECT_NEAR(sum, all, 0.05 * static_cast<double>(table.size() + 1)) << name;
  }
  EXPECT_EQ(rows(text, "by step").size(), profile->steps().size());
  const std::vector<Row> few = rows(report(*profile, roofline, 3), "by step");
  ASSERT_EQ(few.size(), 4u);
  EXPECT_EQ(few.back().label, fmt::format("{} others", profile->steps().size() - 3));
}

TEST_F(ProfileReport, StaysInItsColumns) {
  std::istringstream lines(report(*profile, roofline));
  for (std::string line; std::getline(lines, line);) {
    const auto characters = std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    EXPECT_LE(characters, 115) << line;
    if (line.find('%') == 0) {
      EXPECT_EQ(characters, 115) << line;
      EXPECT_EQ(line.find("…") != std::string::npos, line.find("optimizer") == std::string::npos) << line;  // its scope is short
    }
  }
}

TEST_F(ProfileReport, TracesTheLastRuns) {
  const Json json = Json::parse(trace(*profile));
  std::size_t runs = 0, steps = 0;
  double begin = 0, end = 0, since = 0;
  for (const Json& event : json.at("traceEvents")) {
    EXPECT_EQ(event.at("ph"), "X");
    EXPECT_EQ(event.at("pid"), 1);
    EXPECT_EQ(event.at("tid"), 1);
    const double at = event.at("ts").get<double>(), duration = event.at("dur").get<double>();
    EXPECT_GE(duration, 0);
    if (event.at("cat") == "run") {
      ++runs;
      EXPECT_EQ(event.at("name"), fmt::format("train {}", runs + 3));
      EXPECT_GE(at, end);
      begin = since = at;
      end = at + duration;
      continue;
    }
    const std::size_t step = steps++ % profile->steps().size();
    EXPECT_GE(at, since - 0.002) << "ends are rounded to nanoseconds twice";
    EXPECT_GE(at, begin);
    EXPECT_LE(at + duration, end + 0.002);
    since = at + duration;
    EXPECT_EQ(event.at("cat"), profile->steps()[step].op);
    EXPECT_EQ(event.at("args").at("flops"), profile->work(0, step).flops);
    EXPECT_EQ(event.at("args").at("bytes"), profile->work(0, step).bytes);
    EXPECT_EQ(event.at("args").at("shapes"), profile->shapes(0, step));
    EXPECT_TRUE(event.at("name").get<std::string>().ends_with(profile->steps()[step].op));
  }
  EXPECT_EQ(runs, 2u);
  EXPECT_EQ(steps, 2 * profile->steps().size());
}

TEST(Roofline, IsTheSlowerOfArithmeticAndMemory) {
  const Roofline roofline{.flops_per_second = 100, .bytes_per_second = 10};
  EXPECT_EQ(roofline.seconds(50, 1), 0.5);
  EXPECT_EQ(roofline.seconds(50, 20), 2);
}

TEST(Roofline, IsMeasuredByAllThreads) {
  set_thread_count(2);
  const Roofline measured = measure_roofline();
  set_thread_count(1);
  EXPECT_EQ(measured.threads, 2);
  EXPECT_GT(measured.flops_per_second, 1e9);  // what any processor of this century does
  EXPECT_GT(measured.bytes_per_second, 1e8);
}

}  // namespace
}  // namespace loglik
