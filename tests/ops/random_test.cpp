#include "ops/random.h"

#include <cmath>

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "ops/dropout.h"
#include "tests/ops/cases.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

struct Moments {
  double mean = 0, variance = 0, low, high;
  explicit Moments(const Tensor& x) : low(x.at(0)), high(x.at(0)) {
    for (std::int64_t i = 0; i < x.count(); ++i) {
      low = std::min(low, x.at(i));
      high = std::max(high, x.at(i));
      mean += x.at(i) / static_cast<double>(x.count());
    }
    for (std::int64_t i = 0; i < x.count(); ++i) variance += (x.at(i) - mean) * (x.at(i) - mean) / static_cast<double>(x.count());
  }
};

constexpr std::int64_t draws = 100000;  // fixed seeds: these tests do not vary

const ConformanceCases conforming{
    {"random_uniform",
     [](Node x) { return x * random_uniform_like(x, {.low = -1, .high = 2, .dtype = x.dtype()}); },
     {.shapes = {{3, 5}, {1, 1}, {0, 4}, {}},
      .large = {{301, 403}},
      .skip = {{conformance::Property::float32, "draws other numbers than float64"}}}},
    {"random_normal",
     [](Node x) { return x * random_normal_like(x, {.mean = -1, .stddev = 2, .dtype = x.dtype()}); },
     {.shapes = {{3, 5}, {1, 1}, {0, 4}, {}}, .large = {{301, 403}}}},
    {"dropout",
     [](Node x) {
       const Node y = dropout(x * x, 0.4);
       return std::vector<Node>{y, y.output(1)};
     },
     {.shapes = {{3, 5}, {1, 1}, {0, 4}, {}}, .large = {{301, 403}}}},
    {"dropout_gradient",
     [](Node x) { return gradient(reduce_sum(dropout(x, 0.4) * x), x); },
     {.shapes = {{3, 5}, {1, 1}, {0, 4}}, .large = {{301, 403}}}},
};
const References moments{"Random.HasTheMomentsAskedFor", {"random_uniform", "random_normal"}};
const References kept{"Dropout.KeepsTheMeanAndRemembersItsMask", {"dropout", "dropout_gradient"}};

TEST(Random, Conforms) { conforming.check(); }

// Bounds are six standard errors: of the mean σ/√n, of a variance about σ²·√(2/n).
TEST(Random, HasTheMomentsAskedFor) {
  const double root = std::sqrt(static_cast<double>(draws));
  for (const DType dtype : {DType::float32, DType::float64}) {
    Graph graph;
    const Moments u(interpret(random_uniform(graph, {draws}, {.low = -1, .high = 3, .dtype = dtype}), {}, 7));
    EXPECT_GE(u.low, -1);
    EXPECT_LT(u.high, 3);
    EXPECT_NEAR(u.mean, 1, 6 * (4 / std::sqrt(12.0)) / root);
    EXPECT_NEAR(u.variance, 16 / 12.0, 6 * 16 / 12.0 * std::sqrt(2.0) / root);
    const Moments z(interpret(random_normal(graph, {draws}, {.mean = 5, .stddev = 2, .dtype = dtype}), {}, 7));
    EXPECT_NEAR(z.mean, 5, 6 * 2 / root);
    EXPECT_NEAR(z.variance, 4, 6 * 4 * std::sqrt(2.0) / root);
  }
}

TEST(Random, StaysBelowHigh) {  // neighbouring floats are 1 apart here: every fourth draw rounds up to high
  Graph graph;
  const Moments u(interpret(random_uniform(graph, {draws}, {.low = 16777214, .high = 16777216})));
  EXPECT_EQ(u.low, 16777214);
  EXPECT_EQ(u.high, 16777215);
}

TEST(Random, DrawsTheBitsOfItsName) {
  Graph graph;
  const Node u = random_uniform(graph, {3, 5}), z = random_normal(graph, {batch, 4}, {.dtype = DType::float64});
  EXPECT_TRUE(u.op().is_random());
  EXPECT_EQ(to_string(z.shape()), "{batch, 4}");
  std::vector<float> expected(15);
  fill_uniform<float>({11, 2, hash_name(u.name())}, 0, expected);
  EXPECT_TRUE(interpret(u, {}, 11, 2).same_bits(Tensor::from(expected, {3, 5})));
  EXPECT_FALSE(interpret(u, {}, 11, 3).same_bits(Tensor::from(expected, {3, 5})));
  EXPECT_FALSE(interpret(u, {}, 12, 2).same_bits(Tensor::from(expected, {3, 5})));
  EXPECT_EQ(u.name(), "random_uniform_?/random_uniform");  // until `compile` counts
  const Node x = graph.input("x", {batch, 2}, DType::int32), like = random_normal_like(x, {.mean = 3, .stddev = 0});
  expect_values(interpret(like + cast(x, DType::float32), {{"x", whole_numbers({2, 2}, DType::int32)}}), {2, 2}, {3, 4, 5, 6});
  EXPECT_EQ(random_uniform_like(x).shape(), x.shape());
}

TEST(Random, HasTheSameBitsForAnyNumberOfThreads) {
  const Tensor x = whole_numbers({100000}, DType::float32);
  expect_same_bits([](const std::vector<Node>& n) { return random_uniform_like(n[0]); }, {x});
  expect_same_bits([](const std::vector<Node>& n) { return random_normal_like(n[0]); }, {x});
  expect_same_bits([](const std::vector<Node>& n) { return dropout(n[0], 0.3); }, {x});
}

TEST(Random, IsReadBackFromItsAttributes) {
  register_builtin_ops();
  Graph graph;
  const Node x = graph.input("x", {batch}), dropped = dropout(x, 0.25);
  for (const Node& y : {random_uniform(graph, {batch, 2}, {.low = -0.1, .high = 0.3}),
                        random_normal(graph, {2}, {.mean = 1, .dtype = DType::float64}), dropped, gradient(reduce_sum(dropped), x)}) {
    EXPECT_TRUE(make_op(y.op().name(), y.op().attributes())->same_as(y.op()));
    EXPECT_FALSE(y.op().attributes().empty());
  }
}

TEST(Random, RefusesWhatIsOutOfOrder) {
  Graph graph;
  const std::string at = " at random_test.cpp:{line}: ";
  expect_error<ArgumentError>([&] { random_uniform(graph, {2}, {.low = 1, .high = 1}); },
                              "random_uniform" + at + "low is 1, high is 1: needs finite low < high");
  expect_error<ArgumentError>([&] { random_normal(graph, {2}, {.stddev = -1}); },
                              "random_normal" + at + "mean is 0, stddev is -1: needs a finite mean and a finite stddev of 0 or more");
  expect_error<DtypeError>([&] { random_normal(graph, {2}, {.dtype = DType::int32}); },
                           "random_normal" + at + "what is drawn is int32 {2}, needs float32 or float64: cast it");
}

TEST(Dropout, KeepsTheMeanAndRemembersItsMask) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    Graph graph;
    const Node x = graph.constant(Tensor::from(std::vector<double>(draws, 1.0)).cast(dtype)), y = dropout(x, 0.2);
    const std::vector<Node> nodes{y, y.output(1), gradient(reduce_sum(y * 3.0), x)};
    const std::vector<Tensor> values = interpret(nodes, {}, 3);
    EXPECT_EQ(values[1].dtype(), DType::boolean);
    std::int64_t kept = 0, wrong = 0;
    const double scaled = dtype == DType::float32 ? 1.25f : 1.25;
    for (std::int64_t i = 0; i < draws; ++i) {
      const bool keep = values[1].at(i) != 0;
      kept += keep;
      wrong += values[0].at(i) != (keep ? scaled : 0) || values[2].at(i) != (keep ? 3 * scaled : 0);
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_NEAR(static_cast<double>(kept) / draws, 0.8, 6 * std::sqrt(0.16 / draws));  // six standard errors
  }
}

TEST(Dropout, HidesWhatItDrops) {  // NaN and infinity too
  Graph graph;
  const double nan = std::nan("");
  const Node y = dropout(graph.constant(Tensor::from(std::vector<double>(1000, nan))), 0.5);
  const std::vector<Tensor> values = interpret(std::vector<Node>{y, y.output(1)});
  for (std::int64_t i = 0; i < 1000; ++i) EXPECT_EQ(std::isnan(values[0].at(i)), values[1].at(i) != 0);
}

TEST(Dropout, IsTheIdentityUnderEvaluation) {
  Graph graph;
  const Node x = graph.input("x", {batch, 4}), y = dropout(x, 0.5);
  EXPECT_EQ(y.op().evaluation_form(y.inputs()).at(0), x);
  expect_values(interpret(y.op().evaluation_form(y.inputs()).at(1), {{"x", whole_numbers({1, 4}, DType::float32)}}), {1, 4}, {1, 1, 1, 1});
  const Node g = gradient(reduce_sum(y), x);  // that of the identity
  EXPECT_EQ(g.op().name(), "dropout_gradient");
  EXPECT_EQ(g.op().evaluation_form(g.inputs()).at(0), g.inputs()[0]);
  EXPECT_EQ(dropout(x, 0), x);
  EXPECT_TRUE(y.op().may_overwrite(0, 0));
  EXPECT_FALSE(y.op().may_overwrite(0, 1));
  for (const double rate : {-0.1, 1.0, std::nan("")}) EXPECT_THROW(dropout(x, rate), ArgumentError);
  expect_error<ArgumentError>([&] { dropout(x, 1); }, "dropout at random_test.cpp:{line}: rate is 1, needs 0 ≤ rate < 1");
  expect_error<DtypeError>([&] { dropout(cast(x, DType::int32), 0); },
                           "dropout at random_test.cpp:{line}: x is int32 {batch, 4}, needs float32 or float64: cast it");
}

}  // namespace
}  // namespace loglik
