// A model on disk and back: the same bits, whatever the model; damaged files are refused.
#include "framework/data/save.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <string>

#include "framework/data/described_distribution.h"
#include "framework/data/safetensors.h"
#include "framework/data/sha256.h"
#include "framework/error.h"
#include "framework/evaluate.h"
#include "framework/fit.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "ops/ops.h"
#include "tests/data/files.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using namespace test;

class Save : public testing::Test {
 protected:
  Save() { register_builtin_ops(); }

  /// A small model that has been trained for a few steps.
  Model trained(Graph graph) const {
    Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.01}, .seed = 7});
    fit(model, line_data(50), {.epochs = 2, .batch_size = 16});
    return model;
  }

  static Graph graph_with_everything() {
    Graph graph;
    const Node x = graph.input("x", {batch, 3}, DType::float64);
    const Tensor table = normal_tensor({40, 3}, 3);  // too large to be inline
    Tensor odd = Tensor::from(std::vector<double>{-0.0, std::numeric_limits<double>::infinity(), 0.1}, {3});
    const Node safe = where(greater(graph.constant(odd), 0.05), x, x * 0.5);
    Node h = linear(graph, safe, "line");
    {
      const Scope scope = graph.numbered_scope("dense");
      const Node w = graph.parameter("w", {3}, constant_initializer(0.3), DType::float64);
      h = (h + reduce_sum(dropout(x, 0.25) * w, {1})).named("h");
      graph.add_term("prior", 0.5 * reduce_sum(w * w), Per::dataset, "prior gaussian on 3 numbers");
    }
    const Variable seen = graph.variable("seen", {DType::float64, {}}, {});
    graph.update(seen, seen.value() + 1.0);
    graph.output("double", 2.0 * h);
    graph.head("y", UnitGaussian{h + 0.0 * reduce_sum(graph.constant(table))});
    return graph;
  }

  Folder folder;
};

TEST_F(Save, GivesTheSameBits) {
  const Model model = trained(graph_with_everything());
  save(model, folder.path("run"));
  const Model loaded = load(folder.path("run"));
  EXPECT_EQ(loaded.state().seed(), 7u);
  EXPECT_TRUE(same_bits(model.parameters(), loaded.parameters()));
  EXPECT_EQ(loaded.state().tensor("seen").item(), 8);
  EXPECT_EQ(to_string(loaded.graph()), to_string(model.graph()));

  const Dataset data = line_data(40, 9);
  EXPECT_TRUE(same_bits(model.predict(data.column("x")), loaded.predict(data.column("x"))));
  EXPECT_EQ(evaluate(model, data).nll, evaluate(loaded, data).nll);
  EXPECT_EQ(evaluate(model, data).loss, evaluate(loaded, data).loss);

  save(loaded, folder.path("again"));
  EXPECT_EQ(folder.content("run/model.json"), folder.content("again/model.json"));
  EXPECT_EQ(folder.content("run/parameters.safetensors"), folder.content("again/parameters.safetensors"));
}

TEST_F(Save, TrainsOn) {
  const Dataset data = line_data(50);
  Graph graph = graph_with_everything();
  Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 0.01}});  // an optimiser whose step does not matter
  fit(model, data, {.epochs = 1, .batch_size = 16});
  save(model, folder.path("run"));
  Model loaded = load(folder.path("run"), {.optimizer = Sgd{.learning_rate = 0.01}});
  Tensor step = loaded.state().tensor("optimizer/step");  // what dropout draws by
  const Tensor done = model.state().tensor("optimizer/step");
  std::copy_n(done.data(), done.bytes(), step.mutable_data());
  for (Model* each : {&model, &loaded}) fit(*each, data, {.epochs = 1, .batch_size = 16, .first_epoch = 2});
  EXPECT_TRUE(same_bits(model.parameters(), loaded.parameters()));
}

TEST_F(Save, KeepsWhatAHeadSays) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3}, DType::float64);
  graph.head("wait", Exponential{.log_mean = linear(graph, x, "line")});
  const Model model = compile(graph);
  save(model, folder.path("run"));
  const Model loaded = load(folder.path("run"));
  const Distribution& was = model.graph().heads()[0]->distribution;
  const Distribution& is = loaded.graph().heads()[0]->distribution;
  EXPECT_EQ(is.name(), was.name());
  EXPECT_EQ(is.certificate(), was.certificate());
  EXPECT_EQ(is.support()->text(), was.support()->text());
  EXPECT_NE(was.advice(-3), "");
  for (const double y : {-3.0, -0.5, 0.5, 1.0}) EXPECT_EQ(is.advice(y), was.advice(y)) << y;
  EXPECT_TRUE(is.has<loglik::Mean>());
  EXPECT_FALSE(is.has<Cdf>());
  EXPECT_EQ(is.mean().type(), was.mean().type());
  EXPECT_EQ(message<ArgumentError>([&] { is.log_prob(is.mean()); }),
            "the exponential of a loaded model has no log_prob but that of its head's target, which is the head's nll");
  Tensor y(DType::float64, {2});
  y.mutable_values<double>()[1] = -3;
  const Batch bad{{"x", normal_tensor({2, 3}, 1)}, {"y", y}};
  const std::string refused = message<SupportError>([&] { model.check_targets(bad); });
  EXPECT_NE(refused, "");
  EXPECT_EQ(message<SupportError>([&] { loaded.check_targets(bad); }), refused);
}

class Triple final : public Op {
 public:
  std::string_view name() const override { return "triple"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  void run(const KernelArgs& args) const override {
    const auto x = args.input<double>(0);
    const auto y = args.output<double>(0);
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = 3 * x[i];
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {args.output_gradient(0) * 3.0}; }
};

TEST_F(Save, FindsUsersOpsByName) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3}, DType::float64);
  graph.head("y", UnitGaussian{make_node(std::make_shared<Triple>(), {linear(graph, x, "line")}).named("tripled")});
  const Model model = compile(graph);
  save(model, folder.path("run"));
  EXPECT_NE(folder.error([&] { load(folder.path("run")); }).find("(triple, named tripled): op \"triple\" is unknown"), std::string::npos);
  register_op("triple", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Triple>(); });
  const Tensor input = normal_tensor({5, 3}, 2);
  EXPECT_TRUE(same_bits(load(folder.path("run")).predict(input), model.predict(input)));
}

/// The model.json with `from` replaced by `to`, under a seal of its own.
std::string resealed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  const std::size_t seal = text.rfind("\"sha256\": \"") + 11;
  text.resize(seal);
  return text + sha256(std::as_bytes(std::span(text))) + "\"\n}\n";
}

TEST_F(Save, TellsWhatIsWrong) {
  save(trained(regression()), folder.path("run"));
  const std::string good = folder.content("run/model.json");
  const auto error = [&](const std::string& from, const std::string& to) {
    folder.write("run/model.json", resealed(good, from, to));
    return folder.error([&] { load(folder.path("run")); });
  };
  EXPECT_EQ(error("\"format\": 1", "\"format\": 2"), "run/model.json has format 2, written by Loglik 0.1.0; this version, 0.1.0, reads format 1");
  EXPECT_EQ(error("\"op\":\"input\"", "\"op\":\"imput\"").substr(0, 61), "run/model.json: graph.nodes[0] (imput): op \"imput\" is unknown");
  EXPECT_EQ(error("\"format\": 1", "\"format\": {\"a\":1,\"a\":2}"), "run/model.json: the name \"a\" is given twice in an object");
  EXPECT_EQ(error("\"format\": 1", "\"format\": " + std::string(100, '[') + std::string(100, ']')), "run/model.json: JSON nested deeper than 64");
  EXPECT_NE(error("\"format\": 1", "\"format\": 1e999").find("overflow"), std::string::npos);
  EXPECT_EQ(error("\"format\": 1", "\"format\": 99999999999999999999"), "run/model.json: format is 1e+20, needs to be an integer");
  EXPECT_NE(error("\"shape\":[\"batch\",3]", "\"shape\":[\"batch\",4]").find("its outputs are not those that were saved"), std::string::npos);
  EXPECT_EQ(error("\"inputs\":[0,", "\"inputs\":[99,"), "run/model.json: graph.nodes[3].inputs[0] is node 99 of 3");
  EXPECT_EQ(error("{\"name\":\"y\",", "{\"nome\":\"y\","), "run/model.json: graph.heads[0] has no \"name\"");
  folder.write("run/model.json", resealed(good, "\"format\": 1", "\"format\": 1, \"later\": {\"x\": [1]}"));
  EXPECT_NO_THROW(load(folder.path("run")));  // what a later version adds
}

TEST_F(Save, RefusesTruncationsAndBitFlips) {
  Graph graph;
  graph.head("y", UnitGaussian{reduce_sum(graph.input("x", {batch, 2}, DType::float64) * graph.parameter("w", {2}, constant_initializer(1), DType::float64), {1})});
  save(compile(graph), folder.path("run"));
  for (const char* name : {"run/model.json", "run/parameters.safetensors"}) {
    const std::string good = folder.content(name);
    const auto refused = [&](const std::string& bytes) {
      folder.write(name, bytes);
      EXPECT_THROW(load(folder.path("run")), DataError);
    };
    const std::size_t stride = std::max<std::size_t>(1, good.size() / 300);  // each byte of the ends, a sample of those between
    for (std::size_t size = 0; size < good.size(); ++size)
      if (size % stride == 0 || size + 100 > good.size()) refused(good.substr(0, size));
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
      if (bit / 8 % stride != 0 && bit / 8 + 100 < good.size()) continue;
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      refused(bad);
      if (testing::Test::HasFailure()) FAIL() << name << ", bit " << bit;
    }
    folder.write(name, good);
  }
  EXPECT_NO_THROW(load(folder.path("run")));
}

TEST_F(Save, EndsWhatWasInterrupted) {
  const Model first = trained(regression());
  Graph graph = regression();
  const Model second = compile(graph);
  save(first, folder.path("run"));
  save(second, folder.path("other"));
  namespace fs = std::filesystem;
  const auto copy = [&](const char* from, const char* to) { fs::copy_file(folder.path(from), folder.path(to), fs::copy_options::overwrite_existing); };
  // After the new tensors, before their description: the old model.
  copy("other/parameters.safetensors", "run/parameters.safetensors.new");
  EXPECT_TRUE(same_bits(load(folder.path("run")).parameters(), first.parameters()));
  // After the description: the new one; and a further save does not lose it on its way.
  copy("other/model.json", "run/model.json");
  EXPECT_TRUE(same_bits(load(folder.path("run")).parameters(), second.parameters()));
  save(first, folder.path("run"));
  EXPECT_TRUE(same_bits(load(folder.path("run")).parameters(), first.parameters()));
  EXPECT_FALSE(fs::exists(folder.path("run/parameters.safetensors.new")));
}

TEST_F(Save, LoadsParametersAlone) {
  const Model model = trained(regression());
  save(model, folder.path("run"));
  const std::string file = folder.path("run/parameters.safetensors");
  Graph graph = regression();
  Model other = compile(graph);
  EXPECT_EQ(load_parameters(other, file), (std::vector<std::string>{"line/w", "line/b"}));
  EXPECT_TRUE(same_bits(other.parameters(), model.parameters()));

  Graph two = two_heads();
  Model stranger = compile(two);
  const Tensor before = stranger.parameters()["delay/w"].clone();
  EXPECT_EQ(folder.error([&] { load_parameters(stranger, file); }), "run/parameters.safetensors holds a tensor \"line/b\", which the model does not have");
  EXPECT_EQ(folder.error([&] { load_parameters(stranger, file, {.partial = true}); }),
            "run/parameters.safetensors has no tensor that is named like a Variable of the model");
  write_safetensors(folder.path("part"), {{"delay/w", normal_tensor({3}, 5)}, {"late/w", normal_tensor({4}, 5)}});
  EXPECT_EQ(folder.error([&] { load_parameters(stranger, folder.path("part"), {.partial = true}); }),
            "part: the tensor \"late/w\" is float64 {4}, the model's is float64 {3}");
  EXPECT_TRUE(stranger.parameters()["delay/w"].same_bits(before));
  write_safetensors(folder.path("part"), {{"delay/w", normal_tensor({3}, 5)}, {"more", normal_tensor({4}, 5)}});
  EXPECT_EQ(load_parameters(stranger, folder.path("part"), {.partial = true}), std::vector<std::string>{"delay/w"});
  EXPECT_TRUE(stranger.parameters()["delay/w"].same_bits(normal_tensor({3}, 5)));
}

TEST_F(Save, KeepsHowFeaturesWereScaled) {
  save(trained(regression()), folder.path("run"), {.features = {{"age", 41.1, 0.1}, {"weight", 1e-300, 0}}});
  const std::vector<FeatureScale> features = load_features(folder.path("run"));
  ASSERT_EQ(features.size(), 2u);
  EXPECT_EQ(features[0].name, "age");
  EXPECT_EQ(features[0].mean, 41.1);
  EXPECT_EQ(features[1].stddev, 0);
}

}  // namespace
}  // namespace loglik
