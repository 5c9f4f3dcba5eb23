// The command line as a user runs it: what it prints where, its exit codes, its files.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "framework/data/npy.h"

namespace loglik {
namespace {

using Json = nlohmann::json;

struct Result {
  int exit_code;
  std::string out, error;
};

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    std::string name = testing::TempDir() + "loglik-XXXXXX";
    folder = mkdtemp(name.data());
  }
  ~CommandLine() override { std::filesystem::remove_all(folder); }

  Result run(const std::string& arguments) const {
    const std::string command = std::string(LOGLIK_PROGRAM) + " " + arguments + " >" + (folder / "out").string() + " 2>" + (folder / "error").string();
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(folder / "out"), read(folder / "error")};
  }

  static std::vector<Json> lines(const std::string& text) {
    std::vector<Json> result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) result.push_back(Json::parse(line));
    return result;
  }

  std::string hash(const std::string& arguments) const {
    const Result result = run("train " + arguments + " --json");
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result.exit_code == 0 ? lines(result.out).back().at("parameters_sha256").get<std::string>() : "";
  }

  std::filesystem::path folder;
};

TEST_F(CommandLine, WritesOneJsonObjectALine) {
  const Result result = run("train logistic_regression --epochs 2 --batch-size 50 --json");
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const std::vector<Json> events = lines(result.out);
  ASSERT_EQ(events.size(), 3u);
  for (int epoch : {1, 2}) {
    const Json& event = events[static_cast<std::size_t>(epoch - 1)];
    EXPECT_EQ(event.at("event"), "epoch");
    EXPECT_EQ(event.at("epoch"), epoch);
    for (const char* number : {"train_nll", "valid_nll", "valid_accuracy", "valid_skill", "seconds"}) EXPECT_TRUE(event.at(number).is_number()) << number;
  }
  const Json& done = events.back();
  EXPECT_EQ(done.at("event"), "done");
  EXPECT_EQ(done.at("steps"), 12);  // 266 penguins in batches of 50, twice
  EXPECT_EQ(done.at("parameters_sha256").get<std::string>().size(), 64u);
  EXPECT_EQ(done.at("valid_nll"), events[1].at("valid_nll"));
  EXPECT_EQ(done.at("valid_skill"), events[1].at("valid_skill"));
  EXPECT_GT(done.at("valid_skill").get<double>(), 0);
  for (const char* number : {"valid_accuracy", "median_step_us", "arena_bytes", "peak_rss_bytes"}) EXPECT_GT(done.at(number).get<double>(), 0) << number;
  EXPECT_NE(result.error.find("logistic_regression on penguins_sex"), std::string::npos) << result.error;
}

TEST_F(CommandLine, SameBitsForAnyNumberOfThreads) {
  for (const std::string model : {"lenet5", "denoising_autoencoder"}) {
    const std::string run = model + " --data fashion_mnist_2000 --epochs 1 --seed 7";
    const std::string one = hash(run + " --threads 1");
    for (const char* threads : {" --threads 2", " --threads 3"}) EXPECT_EQ(hash(run + threads), one) << model << threads;
  }
  EXPECT_NE(hash("logistic_regression --epochs 1 --seed 1"), hash("logistic_regression --epochs 1 --seed 2"));
}

TEST_F(CommandLine, KeepsHistoryAndParameters) {
  const std::string out = (folder / "run").string();
  const Result result = run("train linear_regression --epochs 3 --out " + out);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const std::vector<Json> history = lines(read(folder / "run/history.jsonl"));
  ASSERT_EQ(history.size(), 4u);
  EXPECT_EQ(history.back().at("event"), "done");
  EXPECT_EQ(read_npy(out + "/parameters/output.weight.npy").extents(), (Extents{3, 1}));
  EXPECT_EQ(read_npy(out + "/parameters/output.bias.npy").extents(), (Extents{1}));
  EXPECT_TRUE(history.back().at("valid_skill").is_number());
  EXPECT_NE(result.out.find(" nats a sample, skill "), std::string::npos) << result.out;
}

TEST_F(CommandLine, ListsAndDescribes) {
  const Result zoo = run("zoo");
  EXPECT_EQ(zoo.exit_code, 0);
  for (const char* model : {"linear_regression", "logistic_regression", "softmax_regression", "mlp", "lenet5", "autoencoder", "denoising_autoencoder"})
    EXPECT_NE(zoo.out.find(model), std::string::npos) << model;
  const Result text = run("describe linear_regression");
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("NLL = ½·squared error + 0.918939"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("without reuse"), std::string::npos) << text.out;
  const Result quantile = run("describe linear_regression --head asymmetric_laplace:0.9");
  EXPECT_EQ(quantile.exit_code, 0);
  EXPECT_NE(quantile.out.find("NLL = pinball loss of level 0.9 / b + log b + 2.407946"), std::string::npos) << quantile.out;
  const Result dot = run("describe linear_regression --dot");
  EXPECT_EQ(dot.exit_code, 0);
  EXPECT_EQ(dot.out.substr(0, 9), "digraph m");
}

TEST_F(CommandLine, WrongUsageIsExitCode2AndOneLine) {
  for (const auto& [arguments, culprit] : std::vector<std::pair<std::string, std::string>>{
           {"train lenot5", "did you mean \"lenet5\""},
           {"train mlp --head guassian", "did you mean \"gaussian\""},
           {"train linear_regression --head asymmetric_laplace", "\"asymmetric_laplace:0.5\""},
           {"train linear_regression --head weibull --data doctor_visits", "takes whole numbers from 0 to 76: heads that fit are "},
           {"train mlp --epochs many", "--epochs"},
           {"train mlp --threads 0", "--threads"},
           {"train mlp --learning-rate -1", "--learning-rate"},
           {"train mlp --optimizer adan", "did you mean \"adam\""},
           {"train mlp --no-such-option", "--no-such-option"},
           {"train", "MODEL"},
           {"", "subcommand"},
       }) {
    const Result result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_NE(result.error.find(culprit), std::string::npos) << arguments << ": " << result.error;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << arguments << ": " << result.error;
    EXPECT_EQ(result.out, "") << arguments;
  }
}

TEST_F(CommandLine, BadDataIsExitCode1AndOneLine) {
  std::ofstream(folder / "bad.csv") << "a,b\n1,2\n3,x\n";
  for (const auto& [arguments, culprit] : std::vector<std::pair<std::string, std::string>>{
           {"--data /no/such/folder", "/no/such/folder"},
           {"--data " + (folder / "bad.csv").string(), "line 3"},
       }) {
    const Result result = run("train linear_regression " + arguments);
    EXPECT_EQ(result.exit_code, 1) << arguments;
    EXPECT_NE(result.error.find(culprit), std::string::npos) << arguments << ": " << result.error;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << arguments << ": " << result.error;
  }
}

}  // namespace
}  // namespace loglik
