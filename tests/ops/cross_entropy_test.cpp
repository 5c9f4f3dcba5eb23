#include "ops/cross_entropy.h"

#include <limits>

#include "framework/error.h"
#include "ops/gather.h"
#include "ops/softmax.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const std::vector<conformance::InputOptions> labels_below_3{{}, {.dtype = DType::int32, .domain = conformance::Domain{0, 3}}};

const ConformanceCases conforming{
    {"cross_entropy",
     [](Node x, Node y) { return cross_entropy(x, y); },
     {.shapes = {{{2, 3}, {2}}, {{3}, {}}, {{2, 2, 3}, {2, 2}}, {{0, 3}, {0}}},
      .inputs = labels_below_3,
      .large = {{{50003, 3}, {50003}}},
      .orders = 3}},
    {"cross_entropy_gradient",
     [](Node x, Node y) { return gradient(reduce_sum(cross_entropy(x, y) * cross_entropy(x, y)), x); },
     {.shapes = {{{2, 3}, {2}}, {{3}, {}}, {{0, 3}, {0}}},
      .inputs = labels_below_3,
      .large = {{{50003, 3}, {50003}}},
      .orders = 2,
      .skip = {{conformance::Property::dtypes, "made by differentiating, of floats only"}}}},
};
const References by_digits{"CrossEntropy.IsRight", {"cross_entropy", "cross_entropy_gradient"}};

TEST(CrossEntropy, Conforms) { conforming.check(); }

TEST(CrossEntropy, IsRight) {  // from 40 digits, mpmath: an exp, a sum and a logarithm, a few ulp of it or of x
  struct Row {
    std::vector<double> x;
    std::int32_t label;
    double value;
    std::vector<double> gradient;
  };
  const Row rows[] = {
      {{1, 2, 3}, 0, 2.4076059644443803, {-0.90996942682961954, 0.24472847105479765, 0.66524095577482189}},
      {{-0.5, 0.25, 1.75}, 2, 0.28407260468617147, {0.079335260307281968, 0.1679527473884868, -0.24728800769576876}},
      {{-0.5, 0.25, 1.75}, 1, 1.7840726046861715, {0.079335260307281968, -0.8320472526115132, 0.75271199230423124}},
      {{1000, 1000.5, -1000}, 2, 2000.9740769841801, {0.37754066879814544, 0.62245933120185456, -1}},
      {{1000, 1000.5, -1000}, 1, 0.47407698418010669, {0.37754066879814544, -0.37754066879814544, 0}},
      {{7}, 0, 0, {0}},
  };
  for (const Row& r : rows) {
    const Build of = [&](const std::vector<Node>& x) {
      return cross_entropy(x[0], x[0].graph().constant(static_cast<double>(r.label), DType::int32));
    };
    expect_close(value_of(of, {row(r.x)}), {r.value}, 4);
    expect_close(gradient_of(of, row(r.x)), r.gradient, 8);
  }
}

// Rows shorter and longer than what is taken together, in both dtypes: as the two ops do.
TEST(CrossEntropy, IsWhatLogSoftmaxSays) {
  for (const DType dtype : {DType::float32, DType::float64})
    for (const Extents& extents : {Extents{501, 10}, {3, 1023}, {3, 1024}, {3, 1025}, {2, 5000}, {4, 1}}) {
      const Tensor x = spread(extents, -9, 9).cast(dtype);
      Tensor labels(DType::int32, {extents[0]});
      for (std::int64_t i = 0; i < extents[0]; ++i)
        labels.mutable_values<std::int32_t>()[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i % extents[1]);
      Graph graph;
      const Node logits = graph.constant(x), y = graph.constant(labels), weight = graph.constant(spread({extents[0]}, -2, 2).cast(dtype));
      const Node one = cross_entropy(logits, y), two = -take_along_last(log_softmax(logits), y);
      const Tensor a = interpret(one), b = interpret(two);
      const Tensor da = interpret(gradient(reduce_sum(weight * one), logits)), db = interpret(gradient(reduce_sum(weight * two), logits));
      const double ulps = dtype == DType::float32 ? 1e-6 : 1e-14;
      for (std::int64_t i = 0; i < a.count(); ++i) ASSERT_NEAR(a.at(i), b.at(i), ulps * (1 + b.at(i)));
      for (std::int64_t i = 0; i < da.count(); ++i) ASSERT_NEAR(da.at(i), db.at(i), 2 * ulps);
    }
}

TEST(CrossEntropy, AtInfinities) {
  const Build of_first = [](const std::vector<Node>& x) { return cross_entropy(x[0], x[0].graph().constant(0.0, DType::int32)); };
  for (const std::vector<double>& x : {std::vector<double>{-inf, -inf}, {inf, 0}, {0, nan}, {nan, 0}})
    EXPECT_TRUE(std::isnan(value_of(of_first, {row(x)}).at(0)));
  EXPECT_EQ(value_of(of_first, {row({0, -inf})}).at(0), 0);
  EXPECT_EQ(value_of(of_first, {row({-inf, 0})}).at(0), inf);
}

TEST(CrossEntropy, HasDerivatives) {
  const Build of_rows = [](const std::vector<Node>& x) {
    return cross_entropy(x[0], x[0].graph().constant(Tensor::from<std::int32_t>({2, 0})));
  };
  expect_derivatives(of_rows, {spread({2, 3}, -2, 2)});
}

TEST(CrossEntropy, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.input("x", {2, 3}), y = graph.input("y", {2}, DType::int32);
  const char* file = "cross_entropy_test.cpp";
  expect_error<ShapeError>([&] { cross_entropy(x, graph.input("y3", {3}, DType::int32)); }, "cross_entropy", file,
                           "x {2, 3} needs labels {2}, got {3}");
  expect_error<ShapeError>([&] { cross_entropy(graph.input("s", {}), y); }, "cross_entropy", file,
                           "x is a scalar, needs an axis of classes");
  expect_error<DtypeError>([&] { cross_entropy(x, x); }, "cross_entropy", file, "the labels is float32 {2, 3}, needs int32: cast it");
  expect_error<GradientError>(
      [&] { gradient(reduce_sum(cross_entropy(x, y).output(1)), x); },
      "cross_entropy at cross_entropy_test.cpp:{line} has no gradient: outputs 1 and 2 are there for that of output 0, "
      "the loss needs one for input");
  const Node bad = cross_entropy(x, y);
  EXPECT_THROW(interpret(bad, {{"x", whole_numbers({2, 3}, DType::float32)}, {"y", Tensor::from<std::int32_t>({0, 3})}}), IndexError);
}

}  // namespace
}  // namespace loglik
