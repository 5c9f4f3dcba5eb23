// The command line as a user runs it: what it prints where, its exit codes, its files.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
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

  /// The last event of a training run.
  Json done(const std::string& arguments) const {
    const Result result = run("train " + arguments + " --json");
    if (result.exit_code != 0) throw std::runtime_error(arguments + ": " + result.error);
    return lines(result.out).back();
  }
  std::string hash(const std::string& arguments) const { return done(arguments).at("parameters_sha256").get<std::string>(); }

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
  EXPECT_EQ(done.at("steps"), 12);  // 267 penguins in batches of 50, twice
  EXPECT_EQ(done.at("parameters_sha256").get<std::string>().size(), 64u);
  EXPECT_EQ(done.at("valid_nll"), events[1].at("valid_nll"));
  EXPECT_EQ(done.at("valid_skill"), events[1].at("valid_skill"));
  EXPECT_GT(done.at("valid_skill").get<double>(), 0);
  for (const char* number : {"valid_accuracy", "median_step_us", "arena_bytes", "peak_rss_bytes"}) EXPECT_GT(done.at(number).get<double>(), 0) << number;
  EXPECT_NE(result.error.find("logistic_regression on penguins_sex"), std::string::npos) << result.error;
}

TEST_F(CommandLine, RecognisesPatternsUnlessToldNotTo) {
  const std::string train = "train softmax_regression --epochs 1 --profile";
  const auto computes = [](const Result& result, const std::string& op) { return result.out.find("\n" + op) != std::string::npos; };
  const Result with = run(train), without = run(train + " --no-patterns");
  ASSERT_EQ(with.exit_code, 0) << with.error;
  ASSERT_EQ(without.exit_code, 0) << without.error;
  EXPECT_TRUE(computes(with, "cross_entropy")) << with.out;
  EXPECT_FALSE(computes(with, "log_softmax")) << with.out;
  EXPECT_TRUE(computes(without, "log_softmax")) << without.out;
  EXPECT_FALSE(computes(without, "cross_entropy")) << without.out;
}

TEST_F(CommandLine, ProfilesTheTrainingSteps) {
  const std::string train = "logistic_regression --epochs 2 --batch-size 50 --threads 1";
  const std::string trace = (folder / "trace.json").string();
  const Result result = run("train " + train + " --profile=" + trace);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const std::size_t nll = result.out.find("test: "), by_op = result.out.find("\nby op "), by_step = result.out.find("\nby step ");
  EXPECT_LT(nll, by_op) << result.out;
  EXPECT_LT(by_op, by_step) << result.out;
  EXPECT_NE(by_step, std::string::npos) << result.out;
  EXPECT_NE(result.out.find("profile of the program \"train\": 12 runs of "), std::string::npos) << result.out;
  const Json events = Json::parse(read(trace)).at("traceEvents");
  EXPECT_EQ(std::count_if(events.begin(), events.end(), [](const Json& event) { return event.at("cat") == "run"; }), 12);
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const Json& event) { return event.at("cat") == "adam" && event.at("args").at("flops") > 0; }));

  // Without a file, and with --json: tables go to stderr, every line of stdout is an object. What is learned is the same.
  const Result json = run("train " + train + " --json --profile");
  ASSERT_EQ(json.exit_code, 0) << json.error;
  EXPECT_EQ(lines(json.out).back().at("parameters_sha256"), hash(train));
  EXPECT_NE(json.error.find("\nby step "), std::string::npos) << json.error;

  const Result refused = run("train " + train + " --profile=" + (folder / "missing" / "trace.json").string());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.error.find("missing/trace.json"), std::string::npos) << refused.error;
  EXPECT_EQ(refused.error.find("epoch"), std::string::npos) << "before anything is trained: " << refused.error;
}

TEST_F(CommandLine, SameBitsForAnyNumberOfThreadsAndWithoutFusion) {
  for (const std::string model : {"lenet5", "denoising_autoencoder"}) {
    const std::string run = model + " --data fashion_mnist_2000 --epochs 1 --seed 7";
    const std::string one = hash(run + " --threads 1");
    for (const char* option : {" --threads 2", " --threads 3", " --threads 2 --no-fusion"}) EXPECT_EQ(hash(run + option), one) << model << option;
  }
  EXPECT_NE(hash("logistic_regression --epochs 1 --seed 1"), hash("logistic_regression --epochs 1 --seed 2"));
}

TEST_F(CommandLine, TrainsByAnyScore) {
  const std::string model = "heteroscedastic_regression --epochs 5";
  const Json by_nll = done(model), by_crps = done(model + " --score crps");
  EXPECT_TRUE(by_nll.at("valid_score").is_null());
  EXPECT_GT(by_crps.at("valid_score").get<double>(), 0.2);
  EXPECT_LT(by_crps.at("valid_score").get<double>(), by_crps.at("valid_nll").get<double>());  // in other units: what is reported as NLL is one
  EXPECT_NE(by_crps.at("parameters_sha256"), by_nll.at("parameters_sha256"));
  EXPECT_EQ(hash(model + " --score nll"), by_nll.at("parameters_sha256"));
  EXPECT_EQ(hash(model + " --score beta_nll:0"), by_nll.at("parameters_sha256"));  // Var⁰ = 1
  EXPECT_EQ(hash(model + " --score beta_nll"), hash(model + " --score beta_nll:0.5"));
  EXPECT_NE(hash(model + " --score beta_nll"), by_nll.at("parameters_sha256"));
  const Result text = run("train " + model + " --score crps");
  EXPECT_NE(text.error.find("minimises the CRPS, reports the NLL"), std::string::npos) << text.error;
  EXPECT_NE(text.out.find(", the CRPS 0."), std::string::npos) << text.out;
  EXPECT_NE(run("describe heteroscedastic_regression --score crps").out.find("minimises the CRPS, reports the NLL"), std::string::npos);
}

// From the marginal fit plain gradient descent at this rate is still far from the maximum after five epochs.
TEST_F(CommandLine, TakesNaturalGradients) {
  const std::string model = "heteroscedastic_regression --epochs 5 --optimizer sgd --learning-rate 0.01";
  EXPECT_LT(done(model + " --natural-gradient").at("valid_nll").get<double>(), done(model).at("valid_nll").get<double>() - 0.1);
}

TEST_F(CommandLine, SmoothsAndWeighsLabels) {
  const std::string model = "softmax_regression --data penguins_island --epochs 20";
  const Json plain = done(model), smoothed = done(model + " --label-smoothing 0.2"), balanced = done(model + " --class-weights balanced");
  EXPECT_EQ(hash(model + " --label-smoothing 0"), plain.at("parameters_sha256"));
  EXPECT_EQ(hash(model + " --class-weights 1,1,1"), plain.at("parameters_sha256"));
  EXPECT_GT(smoothed.at("valid_score").get<double>(), smoothed.at("valid_nll").get<double>());  // of labels that are less sure
  EXPECT_LT(plain.at("valid_nll").get<double>(), smoothed.at("valid_nll").get<double>());
  EXPECT_NE(balanced.at("parameters_sha256"), plain.at("parameters_sha256"));
  // A class that counts nothing is not seen: the head begins at a marginal fit of the other two, and all labels that count are told right by
  // a model of them alone.
  const Json without = done(model + " --class-weights 1,1,0");
  EXPECT_GT(without.at("valid_accuracy").get<double>(), plain.at("valid_accuracy").get<double>());
  EXPECT_GT(without.at("valid_skill").get<double>(), 0);
}

TEST_F(CommandLine, PullsWeightsToAPrior) {
  const auto norm = [&](const std::string& options) {
    const std::string out = (folder / "prior").string();
    const Result result = run("train softmax_regression --data penguins_island --epochs 20 --out " + out + options);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    const Tensor weight = read_npy(out + "/parameters/output.weight.npy");
    double squares = 0;
    for (std::int64_t i = 0; i < weight.count(); ++i) squares += weight.at(i) * weight.at(i);
    std::filesystem::remove_all(out);
    return squares;
  };
  const double none = norm(""), wide = norm(" --prior gaussian:1"), narrow = norm(" --prior gaussian:0.1");
  EXPECT_LT(wide, none);
  EXPECT_LT(narrow, 0.5 * wide);
  EXPECT_LT(norm(" --prior laplace:0.01"), 1e-2 * none);
  const Result text = run("describe softmax_regression --data penguins_island --prior laplace:0.5");
  EXPECT_NE(text.out.find("term per data set: prior laplace on 12 numbers"), std::string::npos) << text.out;
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

// Are tags nested and attributes quoted? The page is XHTML, save for its doctype.
bool is_well_formed(const std::string& page) {
  std::vector<std::string> open;
  for (std::size_t at = page.find("<html"); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::size_t end = page.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = page.substr(at + 1, end - at - 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0 || tag.find('<') != std::string::npos) return false;
    if (tag.ends_with('/')) continue;
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else {
      open.push_back(tag.substr(0, tag.find_first_of(" \n")));
    }
  }
  return open.empty();
}

TEST_F(CommandLine, ReportsATrainingAsAPage) {
  std::ofstream csv(folder / "names.csv");
  csv << "size,<script>a & b</script>\n";
  for (int i = 0; i < 60; ++i) csv << i % 7 << "," << (i % 7 < 3 ? 0 : 1 + i % 2) << "\n";
  csv.close();
  const std::string path = (folder / "report.html").string(), out = (folder / "run").string();
  const Result result = run("train softmax_regression --data '" + (folder / "names.csv").string() + "#<script>a & b</script>' --epochs 3 --json --out " + out + " --report " + path);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const std::string page = read(path);
  EXPECT_TRUE(is_well_formed(page)) << page;
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("<th>&lt;script&gt;a &amp; b&lt;/script&gt;</th>"), std::string::npos);
  const Json done = lines(result.out).back(), metrics = done.at("metrics");
  EXPECT_EQ(Json::parse(read(folder / "run/metrics.json")), metrics);
  const Json& head = metrics.begin().value();
  EXPECT_NEAR(head.at("nll").get<double>(), done.at("valid_nll").get<double>(), 1e-6);  // sums of float32 in another order
  EXPECT_EQ(head.at("accuracy"), done.at("valid_accuracy"));
  char nll[32];
  std::snprintf(nll, sizeof nll, "<b>%.4f</b>", done.at("valid_nll").get<double>());
  EXPECT_NE(page.find(nll), std::string::npos) << nll;
  for (const char* part : {"Confusion matrix", "nats a sample</text>", ">epoch</text>", "Time by op", "NLL = cross-entropy", "SHA-256"}) EXPECT_NE(page.find(part), std::string::npos) << part;
  for (const char* outside : {"<link", "http-equiv", "src=\"http", "url("}) EXPECT_EQ(page.find(outside), std::string::npos) << outside;
}

TEST_F(CommandLine, ReportsImagesAndNumbers) {
  const std::string path = (folder / "report.html").string();
  const Result images = run("train softmax_regression --data fashion_mnist_2000 --epochs 1 --report " + path);
  ASSERT_EQ(images.exit_code, 0) << images.error;
  const std::string page = read(path);
  EXPECT_TRUE(is_well_formed(page));
  EXPECT_NE(page.find("src=\"data:image/png;base64,iVBORw0KGgo"), std::string::npos);
  const Result numbers = run("train linear_regression --epochs 2 --report " + path);
  ASSERT_EQ(numbers.exit_code, 0) << numbers.error;
  EXPECT_NE(numbers.out.find("bits, RMSE 0."), std::string::npos) << numbers.out;
  EXPECT_NE(numbers.out.find("central 50/90/95 % hold "), std::string::npos) << numbers.out;
  EXPECT_TRUE(is_well_formed(read(path)));
  EXPECT_NE(read(path).find("probability integral transform"), std::string::npos);
  EXPECT_EQ(run("train linear_regression --report " + (folder / "missing" / "page.html").string()).exit_code, 1);
}

TEST_F(CommandLine, DrawsTheGraph) {
  for (const char* model : {"lenet5", "heteroscedastic_regression"}) {
    const Result svg = run(std::string("describe --svg ") + model), html = run(std::string("describe --html ") + model);
    ASSERT_EQ(svg.exit_code, 0) << svg.error;
    EXPECT_EQ(svg.out.substr(0, 4), "<svg");
    EXPECT_TRUE(is_well_formed(html.out)) << html.out;
    EXPECT_NE(html.out.find(svg.out), std::string::npos);
    EXPECT_NE(svg.out.find(">input "), std::string::npos);
    EXPECT_NE(svg.out.find(" parameters, "), std::string::npos) << svg.out;
    EXPECT_EQ(html.out.find("<script"), std::string::npos);
  }
}

TEST_F(CommandLine, ListsAndDescribes) {
  const Result zoo = run("zoo");
  EXPECT_EQ(zoo.exit_code, 0);
  for (const char* model : {"linear_regression", "logistic_regression", "softmax_regression", "mlp", "lenet5", "autoencoder", "denoising_autoencoder"})
    EXPECT_NE(zoo.out.find(model), std::string::npos) << model;
  for (const char* head : {"    gaussian_predicted_scale     Gaussian on the real line, σ predicted", "    asymmetric_laplace:LEVEL     "})
    EXPECT_NE(zoo.out.find(head), std::string::npos) << zoo.out;
  const Result text = run("describe linear_regression");
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("NLL = ½·squared error + 0.918939"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("without reuse"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("linear_regression: Gaussian with σ = 1 around a linear function: least squares\n"
                          "trained on penguins_body_mass, 267 samples and 66 to test: 60 epochs in batches of 32, adam at 0.1, schedule cosine\n"),
            std::string::npos) << text.out;
  EXPECT_EQ(text.out.find("  matmul "), std::string::npos) << text.out;
  EXPECT_NE(run("describe linear_regression --steps").out.find("  matmul "), std::string::npos);
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
           {"train mlp --learning-rate -1", "--learning-rate: -1 is no positive number"},
           {"train mlp --clip-norm inf", "--clip-norm: inf is no positive number"},
           {"train mlp --weight-decay -1", "--weight-decay: -1 is no number of 0 or more"},
           {"train mlp --schedule cosin", "did you mean \"cosine\""},
           {"describe mlp --svg --html", "excludes"},
           {"train mlp --optimizer adan", "did you mean \"adam\""},
           {"train mlp --no-such-option", "--no-such-option"},
           {"train linear_regression --score crpz", "--score: \"crpz\" is unknown; did you mean \"crps\"?"},
           {"train linear_regression --score crps:1", "--score: crps takes no number"},
           {"train linear_regression --score beta_nll:x", "--score beta_nll: \"x\" is no number"},
           {"train linear_regression --score beta_nll:2", "β = 2, must lie in [0, 1]"},
           {"train softmax_regression --data penguins_island --score crps", "head \"categorical\" can't be trained so: crps_score: categorical is a distribution of labels, which are not apart by a number; heads that can are "},
           {"train softmax_regression --data penguins_island --natural-gradient", "categorical has no Fisher information in closed form; heads that can are "},
           {"train linear_regression --label-smoothing 0.1", "gaussian is not of classes without an order; no other head that fits these targets can"},
           {"train softmax_regression --label-smoothing 0.1 --score crps", "take one of them"},
           {"train softmax_regression --label-smoothing 1", "ε = 1, must lie in [0, 1)"},
           {"train linear_regression --prior gauss:1", "--prior: \"gauss\" is unknown"},
           {"train linear_regression --prior gaussian", "--prior: gaussian needs a scale, such as gaussian:1"},
           {"train linear_regression --prior laplace:0", "scale is 0, must be finite and > 0"},
           {"train linear_regression --class-weights balanced", "\"body_mass_kg\" of penguins_body_mass has no classes"},
           {"train softmax_regression --data penguins_island --class-weights 1,2", "2 weights, but \"island\" of penguins_island has 3 classes"},
           {"train softmax_regression --data penguins_island --class-weights 1,,2", "\"\" is no number"},
           {"train softmax_regression --data penguins_island --class-weights 1,-1,2", "-1"},
           {"train autoencoder --data fashion_mnist_2000 --class-weights balanced", "autoencoder reconstructs its samples"},
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
