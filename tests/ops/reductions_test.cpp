#include "ops/reductions.h"

#include <limits>

#include "framework/error.h"
#include "framework/thread_pool.h"
#include "ops/logsumexp.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Axes = std::vector<std::int64_t>;

// A reduction, and the same over one list of numbers by a plain loop in long double.
struct Reduction {
  const char* name;
  Node (*reduce)(Operand x, std::span<const std::int64_t> axes, bool keep_dims);
  long double (*plain)(const std::vector<long double>& values);
};

const std::vector<Reduction> reductions{
    {"reduce_sum", reduce_sum,
     [](const std::vector<long double>& x) {
       long double sum = 0;
       for (const long double v : x) sum += v;
       return sum;
     }},
    {"reduce_mean", reduce_mean,
     [](const std::vector<long double>& x) {
       long double sum = 0;
       for (const long double v : x) sum += v;
       return sum / static_cast<long double>(x.size());
     }},
    {"reduce_variance", [](Operand x, std::span<const std::int64_t> axes, bool keep_dims) { return reduce_variance(x, axes, keep_dims); },
     [](const std::vector<long double>& x) {
       long double mean = 0, squares = 0;
       for (const long double v : x) mean += v / static_cast<long double>(x.size());
       for (const long double v : x) squares += (v - mean) * (v - mean);
       return squares / static_cast<long double>(x.size());
     }},
    {"reduce_max", reduce_max,
     [](const std::vector<long double>& x) {
       long double best = -inf;
       for (const long double v : x) best = v > best ? v : best;
       return best;
     }},
    {"reduce_min", reduce_min,
     [](const std::vector<long double>& x) {
       long double best = inf;
       for (const long double v : x) best = v < best ? v : best;
       return best;
     }},
    {"reduce_prod", reduce_prod,
     [](const std::vector<long double>& x) {
       long double product = 1;
       for (const long double v : x) product *= v;
       return product;
     }},
    {"logsumexp", logsumexp,
     [](const std::vector<long double>& x) {
       long double sum = 0;
       for (const long double v : x) sum += std::exp(v);
       return std::log(sum);
     }},
};

// The plain loop over the elements of each output: element i of x goes into the output that has i's coordinates on the kept axes.
std::vector<double> by_plain_loops(const Reduction& reduction, const Tensor& x, const Axes& axes) {
  const std::vector<std::size_t> reduced = normalize_axes(axes, x.rank());
  std::vector<std::vector<long double>> lists;
  for (std::int64_t i = 0; i < x.count(); ++i) {
    std::int64_t rest = i, output = 0, stride = 1;
    for (std::size_t axis = x.rank(); axis-- > 0;) {
      const std::int64_t size = x.extents()[axis];
      if (std::find(reduced.begin(), reduced.end(), axis) == reduced.end()) {
        output += rest % size * stride;
        stride *= size;
      }
      rest /= size;
    }
    lists.resize(std::max(lists.size(), static_cast<std::size_t>(output + 1)));
    lists[static_cast<std::size_t>(output)].push_back(x.at(i));
  }
  std::vector<double> result;
  for (const auto& list : lists) result.push_back(static_cast<double>(reduction.plain(list)));
  return result;
}

Build over(const Reduction& reduction, const Axes& axes, bool keep_dims = false) {
  return [=](const std::vector<Node>& x) { return reduction.reduce(x[0], axes, keep_dims); };
}

const ConformanceCases conforming{
    {"reduce_mean", over(reductions[1], {}), {.shapes = {{3, 5}, {1, 1}, {7}, {}}, .large = {{70001}}}},
    {"reduce_mean", over(reductions[1], {0, 2}), {.shapes = {{2, 3, 5}, {1, 1, 1}, {2, 0, 3}}, .large = {{70, 13, 101}}}},
    {"reduce_mean", over(reductions[1], {1}, true), {.shapes = {{3, 5}, {0, 4}}, .large = {{301, 403}}}},
    {"reduce_variance", over(reductions[2], {}), {.shapes = {{3, 5}, {1, 1}, {7}, {}}, .large = {{70001}}}},
    {"reduce_variance", over(reductions[2], {0, 2}), {.shapes = {{2, 3, 5}, {1, 1, 1}, {2, 0, 3}}, .large = {{70, 13, 101}}}},
    {"reduce_variance", over(reductions[2], {1}, true), {.shapes = {{3, 5}, {0, 4}}, .large = {{301, 403}}}},
    {"reduce_max", over(reductions[3], {}), {.shapes = {{3, 5}, {1, 1}, {7}, {}}, .large = {{70001}}}},
    {"reduce_max", over(reductions[3], {0, 2}), {.shapes = {{2, 3, 5}, {1, 1, 1}, {2, 0, 3}}, .large = {{70, 13, 101}}}},
    {"reduce_max", over(reductions[3], {1}, true), {.shapes = {{3, 5}, {0, 4}}, .large = {{301, 403}}}},
    {"reduce_min", over(reductions[4], {}), {.shapes = {{3, 5}, {1, 1}, {7}, {}}, .large = {{70001}}}},
    {"reduce_min", over(reductions[4], {0, 2}), {.shapes = {{2, 3, 5}, {1, 1, 1}, {2, 0, 3}}, .large = {{70, 13, 101}}}},
    {"reduce_min", over(reductions[4], {1}, true), {.shapes = {{3, 5}, {0, 4}}, .large = {{301, 403}}}},
    {"reduce_prod", over(reductions[5], {}), {.shapes = {{3, 5}, {1, 1}, {7}, {}}, .domain = {0.5, 1.5}, .large = {{70001}}}},
    {"reduce_prod",
     over(reductions[5], {0, 2}),
     {.shapes = {{2, 3, 5}, {1, 1, 1}, {2, 0, 3}}, .domain = {0.5, 1.5}, .large = {{70, 13, 101}}}},
    {"reduce_prod", over(reductions[5], {1}, true), {.shapes = {{3, 5}, {0, 4}}, .domain = {0.5, 1.5}, .large = {{301, 403}}}},
    {"logsumexp", over(reductions[6], {}), {.shapes = {{3, 5}, {1, 1}, {7}, {}}, .large = {{70001}}}},
    {"logsumexp", over(reductions[6], {0, 2}), {.shapes = {{2, 3, 5}, {1, 1, 1}, {2, 0, 3}}, .large = {{70, 13, 101}}}},
    {"logsumexp", over(reductions[6], {1}, true), {.shapes = {{3, 5}, {0, 4}}, .large = {{301, 403}}}},
    {"reduce_sum", over(reductions[0], {}), {.shapes = {{3, 5}, {1, 1}, {7}, {}}, .large = {{70001}}}},
    {"reduce_sum", over(reductions[0], {0, 2}), {.shapes = {{2, 3, 5}, {1, 1, 1}, {2, 0, 3}}, .large = {{70, 13, 101}}}},
    {"reduce_sum", over(reductions[0], {1}, true), {.shapes = {{3, 5}, {0, 4}}, .large = {{301, 403}}}},
};
const References plain_loops{"Reductions.AgreeWithPlainLoopsOverAnyAxes",
                             {"reduce_sum", "reduce_mean", "reduce_variance", "reduce_max", "reduce_min", "reduce_prod", "logsumexp"}};

TEST(Reductions, Conform) { conforming.check(); }

TEST(Reductions, AgreeWithPlainLoopsOverAnyAxes) {
  const std::vector<std::pair<Extents, Axes>> cases{
      {{}, {}},
      {{1}, {}},
      {{7}, {0}},
      {{3, 4, 5}, {}},
      {{3, 4, 5}, {0}},
      {{3, 4, 5}, {1}},
      {{3, 4, 5}, {-1}},
      {{3, 4, 5}, {0, 2}},
      {{3, 4, 5}, {2, 1}},
      {{3, 4, 5}, {0, 1}},
      {{5, 1, 3}, {1}},
      {{1, 5, 1}, {0, 1}},
      {{3, 300}, {0}},
      {{2, 3, 2, 3, 2}, {0, 2, 4}},
      {{2, 3, 2, 3, 2}, {1, 3}},
      {{100, 130}, {1}},
  };
  for (const Reduction& reduction : reductions)
    for (const auto& [extents, axes] : cases) {
      SCOPED_TRACE(std::string(reduction.name) + " of " + to_string(std::span(extents)) + " over " + to_string(std::span(axes)));
      const Tensor x = spread(extents, 0.6, 1.5);
      const std::vector<double> expected = by_plain_loops(reduction, x, axes);
      // Rounding of some hundred terms, which have one sign: a few ulp. float32 rounds x to half an ulp before; a product of n makes n of
      // that.
      expect_close(value_of(over(reduction, axes), {x}), expected, 64);
      expect_close(value_of(over(reduction, axes, true), {x.cast(DType::float32)}), expected, 128);
    }
}

TEST(Reductions, OfManyElementsAreCutAlikeForAnyThreads) {  // these are folded in segments
  const std::vector<std::pair<Extents, Axes>> cases{{{200001}, {}},           {{70000, 5}, {0}},      {{3, 50001}, {1}},
                                                    {{2, 40001, 3}, {1}},     {{5, 7, 3001}, {0, 2}}, {{700, 130}, {0}},
                                                    {{301, 3, 2, 97}, {0, 2}}};
  const int threads = thread_count();
  for (const Reduction& reduction : reductions)
    for (const auto& [extents, axes] : cases) {
      SCOPED_TRACE(std::string(reduction.name) + " of " + to_string(std::span(extents)) + " over " + to_string(std::span(axes)));
      Tensor x = spread(extents, 0.5, 1.5);
      if (reduction.name == std::string("reduce_prod"))
        for (double& v : x.mutable_values<double>()) v = 1 + (v - 1) * 1e-6;  // or it would underflow
      set_thread_count(1);
      const Tensor one = value_of(over(reduction, axes), {x}), one_float = value_of(over(reduction, axes), {x.cast(DType::float32)});
      expect_close(one, by_plain_loops(reduction, x, axes), 5000);  // 1e5 terms: some hundred roundings, by √n; far below a lost element
      for (const int count : {2, 3, 8}) {
        set_thread_count(count);
        EXPECT_TRUE(value_of(over(reduction, axes), {x}).same_bits(one)) << count << " threads";
        EXPECT_TRUE(value_of(over(reduction, axes), {x.cast(DType::float32)}).same_bits(one_float)) << count << " threads";
      }
    }
  set_thread_count(threads);
}

TEST(Reductions, HaveTheDerivatives) {
  const std::vector<std::pair<Extents, Axes>> cases{{{3, 5}, {}},  {{3, 5}, {0}}, {{2, 3, 3}, {0, 2}}, {{1, 3}, {1}},
                                                    {{3, 1}, {1}}, {{0, 2}, {1}}, {{2, 0}, {1}}};
  for (const Reduction& reduction : reductions)
    for (const auto& [extents, axes] : cases)
      for (const bool keep_dims : {false, true}) {
        SCOPED_TRACE(std::string(reduction.name) + " of " + to_string(std::span(extents)) + " over " + to_string(std::span(axes)));
        expect_derivatives(over(reduction, axes, keep_dims), {spread(extents, -2, 2, 5)});
      }
}

TEST(Reductions, TheGradientOfAProductKeepsWithinRange) {  // though 1e60, a running product, is none of float32
  const std::vector<double> x{1e30, 1e30, 1, 1e-30, 1e-30}, expected{1e-30, 1e-30, 1, 1e30, 1e30};
  for (const DType dtype : {DType::float64, DType::float32})
    expect_close(gradient_of([](const std::vector<Node>& v) { return reduce_prod(v[0]); }, row(x).cast(dtype)), expected, 4);
}

TEST(Reductions, HaveTheGradientOfASymbolicMean) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3, batch}, DType::float64);
  const Node mean = reduce_mean(reduce_mean(x, {2}), {0}), variance = reduce_variance(x, {0, 2}, false, 1);
  const Tensor value = spread({5, 3, 5}, -2, 2);
  const Tensor by_mean = interpret(gradient(reduce_sum(mean), x), {{"x", value}}),
               by_variance = interpret(gradient(reduce_sum(variance), x), {{"x", value}});
  const Tensor means = interpret(mean, {{"x", value}});
  for (std::int64_t i = 0; i < value.count(); ++i) {
    EXPECT_NEAR(by_mean.at(i), 1.0 / 25, 1e-16);
    EXPECT_NEAR(by_variance.at(i), 2 * (value.at(i) - means.at(i / 5 % 3)) / 24, 1e-15);  // a rounding of the mean, 4e-16, in a sum of 25
  }
}

TEST(Reductions, OfNothing) {
  const Tensor x(DType::float64, {2, 0});
  const std::vector<double> expected[] = {{0, 0}, {nan, nan}, {nan, nan}, {-inf, -inf}, {inf, inf}, {1, 1}, {-inf, -inf}};
  for (std::size_t i = 0; i < reductions.size(); ++i) {
    SCOPED_TRACE(reductions[i].name);
    expect_close(value_of(over(reductions[i], {1}), {x}), expected[i], 0);
    EXPECT_EQ(value_of(over(reductions[i], {0}), {x}).count(), 0);
  }
}

TEST(Reductions, PassNaNOn) {
  for (const Reduction& reduction : reductions)
    for (const std::int64_t axis : {0, 1})
      for (const std::int64_t where : {0, 1, 77, 199}) {
        Tensor x = spread({200, 200}, -1, 1);
        x.mutable_values<double>()[static_cast<std::size_t>(where * 201)] = nan;
        const Tensor y = value_of(over(reduction, {axis}), {x});
        for (std::int64_t i = 0; i < 200; ++i)
          EXPECT_EQ(std::isnan(y.at(i)), i == where) << reduction.name << ", axis " << axis << ", " << i;
      }
}

TEST(Reductions, VarianceIsStableAndCorrected) {  // NumPy: np.var(x), np.var(x, ddof=1)
  const std::vector<double> x{0.5, -1.25, 3.75, 2, -0.5};
  const auto variance = [](std::int64_t correction) {
    return Build([=](const std::vector<Node>& v) { return reduce_variance(v[0], {0}, false, correction); });
  };
  expect_close(value_of(variance(0), {row(x)}), {3.215}, 2);
  expect_close(value_of(variance(1), {row(x)}), {4.01875}, 2);
  expect_close(value_of(variance(5), {row(x)}), {nan}, 0);
  expect_close(value_of(variance(6), {row(x)}), {nan}, 0);
  std::vector<double> far = x;
  for (double& v : far) v += 0x1p50;  // exact: these are multiples of ¼, an ulp there. Their mean, 2⁵⁰ + 0.9, is not
  expect_close(value_of(variance(0), {row(far)}), {3.215}, 2);
  for (double& v : far) v += 0x1p21 - 0x1p50;
  expect_close(value_of(variance(0), {row(far).cast(DType::float32)}), {3.215}, 2);
}

TEST(Reductions, ExtremesShareTheGradientOfATie) {
  expect_close(gradient_of(over(reductions[3], {0}), row({1, 3, 3, 2})), {0, 0.5, 0.5, 0}, 0);
  expect_close(gradient_of(over(reductions[4], {0}), row({1, 3, 1, 1})), {1. / 3, 0, 1. / 3, 1. / 3}, 0);
  expect_close(gradient_of(over(reductions[3], {0}), row({-inf, -inf})), {0.5, 0.5}, 0);
}

TEST(Reductions, ProductHasDerivativesAtZeros) {
  for (const std::vector<double>& x : {std::vector<double>{2, 0, 3, -0.5}, {0, 2, 0, 3}, {0, 0, 0, 1}, {0}, {0, 0}})
    expect_derivatives(over(reductions[5], {}), {row(x)}, 3);
  expect_close(gradient_of(over(reductions[5], {0}), row({2, 0, 3, -0.5})), {0, -3, 0, 0}, 0);
  expect_derivatives(over(reductions[5], {0, 2}), {Tensor::from(std::vector<double>{1, 0, 3, 4, 0, 6, 7, 0, 9, 2, 0, 5}, {2, 3, 2})}, 3);
}

TEST(Reductions, RefuseWhatTheyCannotReduce) {
  Graph graph;
  const Node x = graph.input("x", {2, 3});
  expect_error<ArgumentError>([&] { reduce_variance(x, {0}, false, -1); }, "reduce_variance", "reductions_test.cpp",
                              "the correction must be at least 0, got -1");
  EXPECT_THROW(reduce_max(x, {2}), ShapeError);
  EXPECT_THROW(reduce_max(x, {0, -2}), ShapeError);
  EXPECT_THROW(reduce_mean(graph.input("n", {3}, DType::int32)), DtypeError);
}

}  // namespace
}  // namespace loglik
