#include "framework/fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "framework/batches.h"
#include "framework/error.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using namespace test;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Model frozen(Graph graph) { return compile(graph, {.optimizer = Sgd{.learning_rate = 0}}); }

// The NLL of the model that `regression` begins with, by a plain loop.
double plain_nll(const Dataset& data, const std::vector<double>& weights) {
  double sum = 0, total = 0;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    const Tensor& x = data.column("x");
    const double mean = 0.1 * (x.at(3 * i) + x.at(3 * i + 1) + x.at(3 * i + 2)) - 0.2, w = weights[static_cast<std::size_t>(i)];
    if (w == 0) continue;
    const double r = data.column("y").at(i) - mean;
    sum += w * (0.5 * r * r + 0.5 * std::log(2 * std::numbers::pi));
    total += w;
  }
  return sum / total;
}

TEST(Fit, LearnsALine) {
  Graph graph = regression();
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  const History history = fit(model, line_data(500), {.epochs = 20, .batch_size = 32, .validation = line_data(200, 7)});
  // Noise of σ = 1 has entropy ½ log 2πe = 1.4189 nats; its mean over 200 samples a standard deviation of 0.05.
  EXPECT_NEAR(history.epochs.back().validation->nll, 1.4189, 0.2);
  EXPECT_NEAR(model.parameters()["line/w"].at(1), -2, 0.2);
  ASSERT_EQ(history.epochs.size(), 20u);
  EXPECT_EQ(history.epochs[4].epoch, 5);
  EXPECT_EQ(history.epochs[4].steps, 16);
  EXPECT_EQ(history.steps, 320);
  EXPECT_EQ(model.steps(), 320);
  EXPECT_GT(history.median_step_us, 0);
  EXPECT_GT(history.epochs[0].samples_per_second, 0);
  EXPECT_EQ(history.epochs[0].train.heads[0].weight, 500);
  EXPECT_FALSE(history.epochs[0].train.accuracy);
}

// Sums in float64 of fewer than 1000 terms of order 1 in another order: a relative 1000·2⁻⁵³ = 1e-13 at most.
constexpr double rounding = 1e-12;

TEST(Fit, EpochLossesAddUpWhateverTheBatchSize) {
  const Dataset plain = line_data(301);
  std::vector<double> weights(301), counted(301);
  std::vector<bool> mask(301);
  for (std::size_t i = 0; i < 301; ++i) {
    weights[i] = 0.25 * static_cast<double>(i % 7);
    mask[i] = i % 5 != 2;
    counted[i] = mask[i] ? weights[i] : 0;
  }
  Tensor y = plain.column("y").clone();
  for (std::size_t i = 0; i < 301; ++i)
    if (counted[i] == 0) y.mutable_values<double>()[i] = nan;
  const Dataset weighted = Dataset::from(plain.column("x"), y, {.weights = Tensor::from(weights), .mask = Tensor::from(mask, {301})});
  const double plain_sum = plain_nll(plain, std::vector<double>(301, 1.0)), weighted_sum = plain_nll(weighted, counted);
  for (const std::int64_t batch_size : {1, 7, 64, 301, 1000}) {
    Model model = frozen(regression());
    const History a = fit(model, plain, {.epochs = 1, .batch_size = batch_size, .validation = plain});
    const History b = fit(model, weighted, {.epochs = 1, .batch_size = batch_size, .validation = weighted});
    EXPECT_NEAR(a.epochs[0].train.nll, plain_sum, rounding * plain_sum) << batch_size;
    EXPECT_NEAR(a.epochs[0].validation->nll, plain_sum, rounding * plain_sum) << batch_size;
    EXPECT_NEAR(b.epochs[0].train.nll, weighted_sum, rounding * weighted_sum) << batch_size;
    EXPECT_NEAR(b.epochs[0].validation->nll, weighted_sum, rounding * weighted_sum) << batch_size;
    EXPECT_NEAR(evaluate(model, weighted, batch_size).nll, weighted_sum, rounding * weighted_sum) << batch_size;
    EXPECT_EQ(model.parameters()["line/b"].item(), -0.2);
  }
}

TEST(Fit, ALoopOfOnesOwnGivesTheSameBits) {
  const Dataset data = line_data(150);
  Graph graph = regression(), again = regression();
  Model fitted = compile(graph, {.optimizer = Adam{}, .seed = 3}), stepped = compile(again, {.optimizer = Adam{}, .seed = 3});
  fit(fitted, data, {.epochs = 3, .batch_size = 64});

  Session session = stepped.session();
  Batches batches(data, 64);
  for (int epoch = 1; epoch <= 3; ++epoch) {
    batches.shuffle(3, epoch);
    for (std::int64_t i = 0; i < batches.count(); ++i) session.step(batches[i]);
  }
  EXPECT_TRUE(same_bits(fitted.parameters(), stepped.parameters()));
}

TEST(Fit, OrderIsAFunctionOfSeedAndEpoch) {
  const Dataset data = line_data(100);
  const auto train = [&](std::uint64_t seed, std::int64_t first, std::int64_t then) {
    Graph graph = regression();
    Model model = compile(graph);
    fit(model, data, {.epochs = first, .batch_size = 9, .seed = seed});
    fit(model, data, {.epochs = then, .batch_size = 9, .seed = seed, .first_epoch = first + 1});
    return model;
  };
  const Model one = train(5, 4, 0), parts = train(5, 1, 3), other = train(6, 4, 0);
  EXPECT_TRUE(same_bits(one.parameters(), parts.parameters()));
  EXPECT_FALSE(same_bits(one.parameters(), other.parameters()));

  Graph graph = regression();
  Model in_order = compile(graph), by_hand = compile(graph);
  fit(in_order, data, {.epochs = 1, .batch_size = 100, .shuffle = false});
  by_hand.session().step(data.columns());
  EXPECT_TRUE(same_bits(in_order.parameters(), by_hand.parameters()));
}

TEST(Fit, CountsEachHeadByItself) {
  const std::int64_t n = 90;
  const Tensor x = normal_tensor({n, 3}, 1);
  std::vector<std::int32_t> late;
  std::vector<double> weights;
  double correct = 0, weight = 0, late_nll = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double logit = 0.1 * (x.at(3 * i) + x.at(3 * i + 1) + x.at(3 * i + 2)) - 0.2;
    late.push_back(i % 3 == 0 ? 1 : 0);
    weights.push_back(i % 4 == 0 ? 0 : 2);
    weight += weights.back();
    if ((logit > 0 ? 1 : 0) == late.back()) correct += weights.back();
    late_nll += weights.back() * (std::log1p(std::exp(logit)) - late.back() * logit);
  }
  const Dataset data(
      {{"features", x}, {"delay", line_targets(x, 2)}, {"late", Tensor::from(late)}, {"late.weight", Tensor::from(weights)}});
  Model model = frozen(two_heads());
  const Evaluation result = fit(model, data, {.epochs = 1, .batch_size = 16}).epochs[0].train;
  ASSERT_EQ(result.heads.size(), 2u);
  EXPECT_EQ(result.heads[0].head, "delay");
  EXPECT_EQ(result.heads[0].weight, 90);
  EXPECT_FALSE(result.heads[0].accuracy);
  EXPECT_EQ(result.heads[1].head, "late");
  EXPECT_EQ(result.heads[1].weight, weight);
  EXPECT_NEAR(result.heads[1].nll, late_nll / weight, rounding * late_nll / weight);
  EXPECT_DOUBLE_EQ(result.heads[1].accuracy.value(), correct / weight);
  EXPECT_EQ(result.accuracy, result.heads[1].accuracy);
  EXPECT_DOUBLE_EQ(result.nll, result.heads[0].nll + result.heads[1].nll);
  EXPECT_DOUBLE_EQ(result.loss, result.nll);
}

TEST(Fit, DividesAPriorByTheTotalWeight) {
  Graph graph = regression();
  const Node x = graph.named("line/w");
  graph.add_term("prior", sum_of_squares(x), Per::dataset);
  Model model = frozen(std::move(graph));
  const Dataset data = line_data(40);
  const Dataset weighted = Dataset::from(data.column("x"), data.column("y"), {.weights = Tensor::from(std::vector<double>(40, 0.5))});
  const Evaluation result = fit(model, weighted, {.epochs = 1, .batch_size = 16}).epochs[0].train;
  ASSERT_EQ(result.terms.size(), 1u);
  EXPECT_EQ(result.terms[0].first, "prior");
  EXPECT_NEAR(result.terms[0].second, 3 * 0.1 * 0.1 / 20, 1e-15);
  EXPECT_DOUBLE_EQ(result.loss, result.nll + result.terms[0].second);
}

TEST(Fit, MaskedSamplesContributeExactlyNothing) {
  const Dataset data = line_data(64);
  Tensor y = data.column("y").clone(), weights(DType::float64, {64});
  std::vector<bool> mask(64);
  for (std::size_t i = 0; i < 64; ++i) {
    mask[i] = i % 3 != 0;
    weights.mutable_values<double>()[i] = mask[i] ? 1 : 0;
  }
  const auto train = [&](double hidden, const SampleOptions& options) {
    for (std::size_t i = 0; i < 64; i += 3) y.mutable_values<double>()[i] = hidden;
    Graph graph = regression();
    Model model = compile(graph);
    fit(model, Dataset::from(data.column("x"), y.clone(), options), {.epochs = 3, .batch_size = 16});
    return model;
  };
  const Model zero = train(0, {.weights = weights}), bad = train(nan, {.mask = Tensor::from(mask, {64})});
  EXPECT_TRUE(same_bits(zero.parameters(), bad.parameters()));
  EXPECT_FALSE(same_bits(zero.parameters(), train(0, {}).parameters()));

  // The rows left out: the same sums in another order.
  std::vector<std::int32_t> kept;
  for (std::int32_t i = 0; i < 64; ++i)
    if (mask[static_cast<std::size_t>(i)]) kept.push_back(i);
  Graph graph = regression();
  Model all = compile(graph), some = compile(graph);
  Session a = all.session(), b = some.session();
  const StepResult with = a.step({{"x", data.column("x")}, {"y", y}, {"weight", weights}});
  const StepResult without = b.step(data.batch(kept));
  EXPECT_NEAR(with.loss, without.loss, rounding * without.loss);
  EXPECT_NEAR(with.gradient_norm, without.gradient_norm, rounding * without.gradient_norm);
}

TEST(Fit, RefusesTargetsBeforeTraining) {
  const std::int64_t n = 3000;
  const Tensor x = normal_tensor({n, 3}, 1);
  Tensor late(DType::int32, {n});
  const Dataset good({{"features", x}, {"delay", line_targets(x, 2)}, {"late", late.clone()}});
  late.mutable_values<std::int32_t>()[2345] = 2;
  const Dataset bad({{"features", x}, {"delay", line_targets(x, 2)}, {"late", late}});
  Graph graph = two_heads();
  Model model = compile(graph), fresh = compile(graph);
  EXPECT_EQ(message<SupportError>([&] { fit(model, bad); }),
            "in the training data: head \"late\": y = 2 at row 2345 lies outside {0, 1}, the support of Coin");
  EXPECT_EQ(message<SupportError>([&] { fit(model, good, {.batch_size = 7, .validation = bad}); }),
            "in the validation data: head \"late\": y = 2 at row 2345 lies outside {0, 1}, the support of Coin");
  EXPECT_TRUE(same_bits(model.parameters(), fresh.parameters()));
  EXPECT_EQ(model.steps(), 0);
  EXPECT_NE(message<SupportError>([&] { evaluate(model, bad); }), "");
}

TEST(Fit, RefusesWhatCannotBeTrained) {
  Graph graph = regression();
  Model model = compile(graph);
  const Dataset data = line_data(10), empty = data.rows(0, 0);
  const auto refusal = [&](const Dataset& train, const FitOptions& options) {
    return message<ArgumentError>([&] { fit(model, train, options); });
  };
  EXPECT_EQ(refusal(data, {.epochs = -1}), "fit: epochs = -1, needs to be 0 or more");
  EXPECT_EQ(refusal(data, {.first_epoch = 0}), "fit: first_epoch = 0, epochs count from 1");
  EXPECT_EQ(refusal(data, {.batch_size = 0}), "batch_size = 0, needs to be at least 1");
  EXPECT_EQ(refusal(empty, {}), "the training data are empty: x has no rows");
  EXPECT_EQ(refusal(data, {.validation = empty}), "the validation data are empty: x has no rows");
  std::vector<double> weights(10, 1.0);
  const auto weighted = [&] { return Dataset::from(data.column("x"), data.column("y"), {.weights = Tensor::from(weights)}); };
  weights[7] = -1;
  EXPECT_EQ(refusal(weighted(), {}), "head \"y\": the weight at row 7 is -1, needs to be finite and not negative");
  weights[7] = nan;
  EXPECT_EQ(refusal(weighted(), {}), "head \"y\": the weight at row 7 is nan, needs to be finite and not negative");
  weights.assign(10, 0.0);
  EXPECT_EQ(refusal(weighted(), {}), "the training data have no weight: all 10 rows have weight 0 or are masked");
  EXPECT_NE(message<NameError>([&] { fit(model, Dataset({{"X", data.column("x")}, {"y", data.column("y")}})); }), "");
  EXPECT_NE(message<ShapeError>([&] { fit(model, Dataset::from(data.column("x").reshape({10, 3, 1}), data.column("y"))); }), "");
  EXPECT_EQ(model.steps(), 0);
  EXPECT_EQ(fit(model, data, {.epochs = 0}).epochs.size(), 0u);
}

TEST(Fit, TrainsAGraphWrittenForOneBatchSize) {
  Graph graph;
  const Node x = graph.input("x", {5, 3}, DType::float64);
  graph.head("y", UnitGaussian{linear(graph, x, "line")});
  Model model = compile(graph);
  EXPECT_EQ(fit(model, line_data(20), {.epochs = 2, .batch_size = 5}).steps, 8);
  EXPECT_NE(message<ShapeError>([&] { fit(model, line_data(21), {.batch_size = 5}); }), "");
}

TEST(Fit, TellsItsProgress) {
  Graph graph = regression();
  Model model = compile(graph);
  std::vector<std::int64_t> samples, finished, records;
  const History history = fit(model, line_data(25),
                              {.epochs = 2,
                               .batch_size = 10,
                               .progress =
                                   [&](const Progress& p) {
                                     samples.push_back(p.samples);
                                     if (p.finished != nullptr) finished.push_back(p.finished->epoch);
                                     EXPECT_EQ(p.of_samples, 25);
                                     EXPECT_EQ(p.epochs, 2);
                                     EXPECT_GE(p.seconds_left, 0);
                                     EXPECT_GT(p.samples_per_second, 0);
                                     EXPECT_GT(p.nll, 0);
                                   },
                               .progress_seconds = 0,
                               .on_epoch = [&](const EpochRecord& record) { records.push_back(record.epoch); }});
  EXPECT_EQ(samples, (std::vector<std::int64_t>{10, 20, 25, 25, 10, 20, 25, 25}));
  EXPECT_EQ(finished, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(records, finished);
}

TEST(Fit, ABatchOfNoSamplesIsLegal) {
  Graph graph = regression();
  Model model = compile(graph, {.optimizer = Sgd{}}), fresh = compile(graph, {.optimizer = Sgd{}});
  Session session = model.session();
  const StepResult result = session.step(line_data(10).rows(0, 0).columns());
  EXPECT_EQ(result.loss, 0);
  EXPECT_EQ(result.gradient_norm, 0);
  EXPECT_TRUE(same_bits(model.parameters(), fresh.parameters()));
}

}  // namespace
}  // namespace loglik
