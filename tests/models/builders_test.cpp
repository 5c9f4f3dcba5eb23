// What builders build: parameters by name, heads by family, and what they refuse.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "framework/error.h"
#include "framework/random.h"
#include "models/lenet5.h"
#include "models/linear_models.h"
#include "models/mlp.h"
#include "models/train.h"
#include "ops/distributions/class_weights.h"
#include "ops/distributions/scores.h"

namespace loglik {
namespace {

template <class E, class F>
std::string error_of(F action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error of the expected kind";
  return "";
}

DataInfo images() { return load_data("fashion_mnist_2000").info; }

std::vector<std::string> parameter_names(const ZooEntry& entry, const DataInfo& data) {
  Graph graph;
  entry.build(graph, data);
  std::vector<std::string> names;
  for (const auto& [name, value] : compile(graph).parameters()) names.push_back(name);
  return names;
}

std::int64_t parameter_count(const Model& model) {
  std::int64_t count = 0;
  for (const auto& [name, value] : model.parameters()) count += value.count();
  return count;
}

TEST(Builders, NameParametersByTheirPlace) {
  EXPECT_EQ(parameter_names(find_model("lenet5"), images()),
            (std::vector<std::string>{"conv_1/bias", "conv_1/weight", "conv_2/bias", "conv_2/weight", "hidden_1/bias", "hidden_1/weight",
                                      "hidden_2/bias", "hidden_2/weight", "output/bias", "output/weight"}));
  EXPECT_EQ(parameter_names(find_model("autoencoder"), images()), parameter_names(find_model("denoising_autoencoder"), images()));
}

TEST(Builders, MakeTheNetworksOfTheirPapers) {
  Graph lenet, perceptron;
  lenet5(lenet, images());
  EXPECT_EQ(parameter_count(compile(lenet)), 61'706);  // 6·26 + 16·151 + 400·120 + 120 + 120·84 + 84 + 84·10 + 10
  mlp(perceptron, images());
  EXPECT_EQ(parameter_count(compile(perceptron)), 235'146);  // 785·256 + 257·128 + 129·10
}

TEST(Builders, TakeAnyHeadThatCanTakeTheTargets) {
  const LoadedData sex = load_data("penguins_sex");
  for (const std::string head : {"bernoulli", "categorical", "gaussian", "gaussian_learned_scale", "gaussian_predicted_scale"}) {
    const Trained trained = train(find_model("mlp"), {.data = "penguins_sex", .head = head, .epochs = 5}, sex, 1);
    EXPECT_TRUE(std::isfinite(trained.test.nll)) << head;
    EXPECT_EQ(trained.test.accuracy.has_value(), head == "bernoulli" || head == "categorical") << head;
  }
}

TEST(Builders, RefuseHeadsThatCantTakeTheTargets) {
  const DataInfo mass = load_data("penguins_body_mass").info;
  const auto refusal = [](const std::string& model, const DataInfo& data, const std::string& head) {
    const std::string text = error_of<ArgumentError>([&] {
      Graph graph;
      find_model(model).build(graph, data, head);
    });
    return text.substr(0, text.find(": heads that fit are "));
  };
  EXPECT_EQ(refusal("mlp", images(), "bernoulli"),
            "head \"bernoulli\" is for targets in {0, 1}, but \"label\" of fashion_mnist_2000 takes 0, …, 9");
  EXPECT_EQ(refusal("linear_regression", mass, "categorical"),
            "head \"categorical\" is for classes, but \"body_mass_kg\" of penguins_body_mass takes real numbers from 2.7 to 6.3");
  EXPECT_EQ(refusal("autoencoder", images(), "bernoulli"),
            "head \"bernoulli\" is for targets in {0, 1}, but pixels of fashion_mnist_2000 lie in [0, 1]");
  EXPECT_EQ(refusal("autoencoder", images(), "categorical"),
            "head \"categorical\" is for classes, but pixels of fashion_mnist_2000 lie in [0, 1]");
  Graph graph;
  EXPECT_THROW(find_model("mlp").build(graph, images(), "gausian"), NameError);
  Graph pinned;
  EXPECT_THROW(linear_model(pinned, mass, {.head = "gaussian", .pin_first = true}), ArgumentError);
}

TEST(Builders, TakeOrRefuseHeadsByTheRealTargetsThereAre) {
  const ZooEntry& entry = find_model("linear_regression");
  const auto refusal = [&](const std::string& data, const std::string& head) {
    return error_of<ArgumentError>([&] { train(entry, {.data = data, .head = head}, load_data(data), 1); });
  };
  EXPECT_TRUE(refusal("penguins_body_mass", "bernoulli")
                  .starts_with("head \"bernoulli\" is for targets in {0, 1}, but \"body_mass_kg\" of penguins_body_mass takes real numbers from 2.7 to 6.3: heads that fit are "));
  const std::string visits = refusal("doctor_visits", "weibull");
  EXPECT_TRUE(visits.starts_with("head \"weibull\" is for targets in (0, ∞), but \"visits\" of doctor_visits takes whole numbers from 0 to 76: heads that fit are ")) << visits;
  for (const std::string fits : {"exponential", "gaussian", "asymmetric_laplace:LEVEL"}) EXPECT_NE(visits.find(fits), std::string::npos) << visits;
  EXPECT_EQ(visits.find(" log_normal"), std::string::npos) << visits;
  DataInfo share = load_data("penguins_body_mass").info;
  share.target_values = {0.2, 0.7};
  const std::string of_share = error_of<ArgumentError>([&] {
    Graph graph;
    entry.build(graph, share, std::string("bernoulli"));
  });
  EXPECT_NE(of_share.find("beta"), std::string::npos) << of_share;
  EXPECT_EQ(of_share.find("dirichlet"), std::string::npos) << of_share;  // one share alone is 1
  for (const std::string head : {"exponential", "asymmetric_laplace:0.9", "gaussian_mixture:2"}) {
    const Trained trained = train(entry, {.data = "doctor_visits", .head = head, .epochs = 1}, load_data("doctor_visits"), 1);
    EXPECT_TRUE(std::isfinite(trained.test.nll)) << head;
  }
  // Without what load_data notes of them, targets are refused by row, before training.
  LoadedData data = load_data("penguins_body_mass");
  data.info.target_values.clear();
  EXPECT_THROW(train(entry, {.data = "penguins_body_mass", .head = "bernoulli"}, data, 1), SupportError);
}

// Trained for no epoch at all a linear model is the marginal fit, to float32.
TEST(Builders, BeginAtTheMarginalFit) {
  for (const auto& [model, data, head] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"linear_regression", "penguins_body_mass", "gaussian"},
           {"linear_regression", "penguins_body_mass", "gaussian_learned_scale"},
           {"linear_regression", "penguins_body_mass", "gumbel"},
           {"linear_regression", "engel", "asymmetric_laplace:0.9"},
           {"logistic_regression", "penguins_sex", "bernoulli"},
           {"softmax_regression", "penguins_island", "categorical"},
           {"softmax_regression", "party", "ordinal"}}) {
    SCOPED_TRACE(model + " of " + data + " with " + head);
    const Trained trained = train(find_model(model), {.data = data, .head = head, .epochs = 0}, load_data(data), 1);
    ASSERT_TRUE(trained.test.skill.has_value());
    EXPECT_NEAR(*trained.test.skill, 0, 1e-6);
  }
  const Trained trained = train(find_model("softmax_regression"), {.data = "penguins_island", .epochs = 20}, load_data("penguins_island"), 1);
  EXPECT_GT(trained.test.skill.value(), 0.1);
  const Tensor bias = train(find_model("mlp"), {.data = "fashion_mnist_2000", .epochs = 0}, load_data("fashion_mnist_2000"), 1).model.parameters()["output/bias"];
  for (std::int64_t k = 0; k < bias.count(); ++k) EXPECT_EQ(bias.at(k), 0) << k;  // as many images of each class
}

// log of the classes' weighted shares, and a test on weighted samples: the skill of the fit itself is 0.
TEST(Builders, BeginAtTheMarginalFitOfWeightedSamples) {
  LoadedData data = load_data("penguins_island");
  const std::vector<double> class_weights{1, 2, 0.5};
  std::vector<double> share(3);
  const Tensor labels = data.train.column("y");
  for (std::int64_t i = 0; i < labels.count(); ++i) share[static_cast<std::size_t>(labels.at(i))] += class_weights[static_cast<std::size_t>(labels.at(i))];
  for (Dataset* part : {&data.train, &data.test})
    *part = Dataset::from(part->column("x"), part->column("y"), {.weights = weights_of(part->column("y"), class_weights)});
  const Trained trained = train(find_model("softmax_regression"), {.data = "penguins_island", .epochs = 0}, data, 1);
  const Tensor bias = trained.model.parameters()["output/bias"];
  for (std::int64_t k = 1; k < 3; ++k) EXPECT_NEAR(bias.at(k) - bias.at(0), std::log(share[static_cast<std::size_t>(k)] / share[0]), 1e-5) << k;
  EXPECT_NEAR(trained.test.skill.value(), 0, 1e-6);
}

// A model that can't be trained so says which heads can.
TEST(Builders, RefuseHeadsThatCantBeTrainedSo) {
  const DataInfo mass = load_data("penguins_body_mass").info, island = load_data("penguins_island").info;
  const auto refusal = [](const DataInfo& data, const ModelHead& head) {
    return error_of<ArgumentError>([&] {
      Graph graph;
      linear_model(graph, data, {.head = head});
    });
  };
  ModelHead head = "gaussian_learned_scale";
  head.natural_gradient = true;
  const std::string natural = refusal(mass, head);
  EXPECT_TRUE(natural.starts_with("head \"gaussian_learned_scale\" can't be trained so: with_natural_gradient: gaussian trains parameters of its own, not only raw "
                                  "outputs; heads that can are "))
      << natural;
  EXPECT_NE(natural.find(" gaussian_predicted_scale,"), std::string::npos) << natural;
  EXPECT_EQ(natural.find(" gaussian_mixture"), std::string::npos) << natural;
  ModelHead smoothed = "gaussian";
  smoothed.score = label_smoothing();
  EXPECT_EQ(refusal(mass, smoothed), "head \"gaussian\" can't be trained so: label_smoothing: gaussian is not of classes without an order; no other head that "
                                     "fits these targets can");
  EXPECT_TRUE(refusal(island, smoothed).ends_with("; heads that can are categorical")) << refusal(island, smoothed);
}

TEST(Builders, RefuseTablesForConvolutions) {
  Graph graph;
  EXPECT_EQ(error_of<ArgumentError>([&] { lenet5(graph, load_data("penguins_sex").info); }),
            "lenet5 needs images {channels, height, width}, the samples of penguins_sex are {4}");
}

TEST(Builders, StandardiseImages) {
  Graph graph;
  mlp(graph, images(), {.hidden = {4}});
  const Model model = compile(graph);
  EXPECT_EQ(model.parameters()["hidden_1/weight"].extents(), (Extents{784, 4}));
  const Tensor probabilities = model.predict(load_data("fashion_mnist_2000").test.column("x").rows(0, 3))["label.probabilities"];
  EXPECT_EQ(probabilities.extents(), (Extents{3, 10}));
}

// Mean squared error of what a model makes of images with three pixels in ten hidden, against the whole images.
double error_from_corrupted(const Model& model, const Tensor& images) {
  std::vector<float> kept(static_cast<std::size_t>(images.count()));
  fill_uniform<float>({.seed = 5}, 0, kept);
  Tensor corrupted = images.clone();
  auto pixels = corrupted.mutable_values<std::uint8_t>();
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (kept[i] < 0.3F) pixels[i] = 0;
  }
  const Tensor mean = model.predict(corrupted)["reconstruction.mean"];
  double squares = 0;
  for (std::int64_t i = 0; i < images.count(); ++i) squares += std::pow(mean.at(i) - images.at(i) / 255, 2);
  return squares / static_cast<double>(images.count());
}

TEST(Builders, DenoisingAutoencoderDenoises) {
  const ZooEntry& plain = find_model("autoencoder");
  const ZooEntry& denoising = find_model("denoising_autoencoder");
  const LoadedData data = data_for(plain, load_data("fashion_mnist_2000"));
  const Recipe recipe = plain.recipe_for("fashion_mnist_2000");
  const Tensor images = data.test.column("x");
  const double with = error_from_corrupted(train(denoising, recipe, data, 1).model, images);
  const double without = error_from_corrupted(train(plain, recipe, data, 1).model, images);
  EXPECT_LT(with, 0.8 * without);
}

}  // namespace
}  // namespace loglik
