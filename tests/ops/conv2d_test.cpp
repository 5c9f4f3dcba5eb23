#include "ops/conv2d.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <hwy/targets.h>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/interpret.h"
#include "framework/op.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "framework/thread_pool.h"
#include "ops/builtin.h"
#include "ops/conv2d_way.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

struct Case {
  const char* what;
  Extents x, filters;
  ConvolutionOptions options;
};

// Small enough to be differentiated numerically.
const std::vector<Case> small = {
    {"one pixel", {1, 1, 1, 1}, {1, 1, 1, 1}, {}},
    {"pointwise", {2, 3, 2, 3}, {2, 3, 1, 1}, {}},
    {"pointwise with padding", {1, 2, 2, 2}, {1, 2, 1, 1}, {.padding = 1}},
    {"pointwise with a stride", {2, 2, 3, 4}, {3, 2, 1, 1}, {.stride = 2}},
    {"valid, odd", {2, 2, 5, 3}, {3, 2, 3, 2}, {.padding = Padding::valid}},
    {"kernel as large as the image", {2, 1, 3, 4}, {2, 1, 3, 4}, {}},
    {"rows of equal length", {2, 2, 4, 5}, {2, 2, 3, 3}, {.padding = 1}},
    {"padding wider than the kernel", {1, 1, 2, 2}, {2, 1, 2, 1}, {.padding = {3, 2}}},
    {"stride with a remainder", {2, 1, 6, 5}, {2, 1, 3, 2}, {.stride = 2}},
    {"unequal strides and padding", {1, 2, 5, 6}, {1, 2, 3, 3}, {.stride = {2, 3}, .padding = {0, 2}}},
    {"dilation", {2, 1, 5, 6}, {2, 1, 2, 3}, {.padding = 1, .dilation = 2}},
    {"dilation, equal length", {1, 1, 5, 5}, {1, 1, 3, 3}, {.padding = 2, .dilation = 2}},
    {"dilation and stride", {1, 2, 7, 6}, {1, 2, 2, 2}, {.stride = {3, 2}, .padding = {1, 0}, .dilation = {3, 2}}},
    {"two groups", {2, 4, 3, 3}, {6, 2, 2, 2}, {.groups = 2}},
    {"depthwise", {2, 3, 4, 3}, {3, 1, 3, 3}, {.padding = 1, .groups = 3}},
    {"depthwise, two filters a channel", {1, 2, 3, 3}, {4, 1, 2, 2}, {.stride = 2, .padding = 1, .groups = 2}},
    {"grouped pointwise", {2, 4, 2, 2}, {2, 2, 1, 1}, {.groups = 2}},
    {"same, odd kernel", {1, 1, 4, 5}, {2, 1, 3, 3}, {.padding = Padding::same}},
    {"same, even kernel", {1, 1, 4, 3}, {1, 1, 2, 4}, {.padding = Padding::same}},
    {"same, with a stride", {1, 1, 5, 4}, {1, 1, 3, 2}, {.stride = {2, 3}, .padding = Padding::same}},
    {"no image", {0, 2, 4, 4}, {3, 2, 3, 3}, {.padding = 1}},
};

// Large enough to be cut into several panels and slots, and for images to share a panel.
const std::vector<Case> large = {
    {"panels of rows", {3, 9, 40, 37}, {5, 9, 5, 5}, {.padding = 2}},
    {"panels of rows, stride", {2, 10, 61, 60}, {3, 10, 5, 5}, {.stride = 2, .padding = 1}},
    {"images side by side", {70, 6, 7, 9}, {8, 3, 3, 3}, {.padding = 1, .groups = 2}},
    {"more images than slots", {45, 1, 24, 23}, {3, 1, 3, 2}, {}},
    {"many patches", {9, 64, 6, 6}, {7, 64, 5, 5}, {.padding = 2}},
};

// With neighbouring outputs side by side: few images and few filters.
const std::vector<Case> direct = {
    {"depthwise, odd sizes", {3, 5, 11, 19}, {5, 1, 3, 3}, {.padding = 1, .groups = 5}},
    {"depthwise, four kernel rows", {1, 3, 9, 17}, {6, 1, 4, 7}, {.padding = {2, 3}, .groups = 3}},
    {"depthwise, strides", {3, 4, 13, 35}, {8, 1, 5, 3}, {.stride = {2, 3}, .padding = {2, 1}, .groups = 4}},
    {"depthwise, stride and dilation", {2, 3, 16, 33}, {3, 1, 3, 3}, {.stride = 2, .padding = 3, .dilation = {2, 3}, .groups = 3}},
    {"depthwise, kernel larger than the image", {2, 3, 3, 2}, {3, 1, 5, 5}, {.padding = 2, .groups = 3}},
    {"one filter of several channels", {3, 4, 9, 30}, {1, 4, 3, 3}, {.padding = 1}},
    {"pixels that nothing sees", {2, 2, 9, 8}, {3, 2, 1, 2}, {.stride = {2, 3}}},
    {"long stride", {2, 2, 70, 67}, {2, 2, 2, 3}, {.stride = {66, 65}, .padding = 1}},
    {"one column", {2, 1, 9, 1}, {3, 1, 3, 1}, {.padding = {1, 0}}},
    {"columns of two blocks", {1, 2, 6, 39}, {5, 2, 3, 3}, {.padding = 1}},
};

// With filters or channels in blocks of 16, of which some are left over.
const std::vector<Case> blocked = {
    {"one image, one column", {1, 17, 9, 1}, {16, 17, 3, 1}, {.padding = {1, 0}}},
    {"three images, odd sizes", {3, 31, 7, 13}, {47, 31, 3, 3}, {.padding = 1}},
    {"65 images", {65, 15, 5, 6}, {15, 15, 3, 2}, {.padding = {1, 0}}},
    {"rows of 29", {2, 16, 30, 29}, {33, 16, 3, 3}, {.padding = 1}},
    {"more bands than slots", {17, 2, 60, 19}, {32, 2, 3, 3}, {.padding = 1}},
    {"five taps of one channel", {4, 1, 28, 27}, {30, 1, 5, 5}, {.padding = 2}},
    {"seven taps", {2, 16, 9, 9}, {16, 16, 7, 7}, {.padding = 3}},
    {"more taps than vectors hold", {1, 14, 15, 33}, {16, 14, 3, 9}, {.padding = {1, 4}}},
    {"kernel larger than the image", {3, 16, 2, 3}, {32, 16, 5, 5}, {.padding = 2}},
    {"padding wider than the kernel", {2, 16, 3, 4}, {16, 16, 2, 2}, {.padding = {3, 2}}},
    {"strides", {3, 16, 11, 14}, {34, 16, 3, 3}, {.stride = {2, 3}, .padding = 1}},
    {"stride longer than the kernel", {2, 5, 9, 11}, {16, 5, 2, 2}, {.stride = 3}},
    {"strides, many bands", {17, 16, 61, 20}, {2, 16, 3, 3}, {.stride = {1, 2}, .padding = 1}},
    {"stride that divides the dilation", {2, 16, 14, 13}, {16, 16, 3, 3}, {.stride = {2, 4}, .padding = {1, 2}, .dilation = {4, 2}}},
    {"pixels that nothing sees", {2, 16, 9, 8}, {16, 16, 1, 2}, {.stride = {2, 3}}},
    {"dilation", {2, 16, 12, 11}, {16, 16, 3, 3}, {.padding = {3, 2}, .dilation = {3, 2}}},
    {"stride and dilation", {2, 3, 13, 17}, {18, 3, 3, 3}, {.stride = 2, .padding = {2, 3}, .dilation = {2, 3}}},
    {"groups", {2, 32, 6, 7}, {32, 16, 3, 3}, {.padding = 1, .groups = 2}},
    {"same, even kernel", {2, 16, 7, 6}, {16, 16, 4, 2}, {.padding = Padding::same}},
    {"no image", {0, 16, 4, 4}, {16, 16, 3, 3}, {.padding = 1}},
};

// With images side by side: so many that vectors are full or nearly so, few planes, narrow.
const std::vector<Case> batched = {
    {"few channels, narrow", {16, 6, 14, 14}, {16, 6, 5, 5}, {}},
    {"a last vector of one image", {65, 3, 9, 7}, {5, 3, 3, 3}, {.padding = 1}},
    {"13 images, one column", {13, 2, 9, 1}, {3, 2, 3, 1}, {.padding = {2, 0}}},
    {"strides", {12, 4, 11, 13}, {6, 4, 3, 4}, {.stride = {2, 3}, .padding = {1, 2}}},
    {"stride longer than the kernel", {14, 9, 11, 8}, {7, 9, 2, 1}, {.stride = {3, 2}}},
    {"dilation", {15, 5, 12, 13}, {9, 5, 3, 3}, {.padding = 3, .dilation = {2, 3}}},
    {"stride and dilation", {32, 3, 13, 17}, {10, 3, 3, 3}, {.stride = {4, 2}, .padding = {2, 3}, .dilation = {2, 3}}},
    {"groups", {28, 6, 7, 5}, {4, 3, 3, 2}, {.padding = {1, 0}, .groups = 2}},
    {"depthwise, stride", {16, 5, 9, 9}, {10, 1, 3, 3}, {.stride = 2, .padding = 1, .groups = 5}},
    {"kernel larger than the image", {16, 4, 3, 2}, {4, 4, 5, 5}, {.padding = 2}},
    {"more bands than slots", {330, 2, 40, 5}, {1, 2, 3, 3}, {.padding = 1}},
};

std::int64_t before(std::int64_t n, std::int64_t k, std::int64_t stride, std::int64_t padding, std::int64_t dilation, bool same) {
  if (!same) return padding;
  const std::int64_t out = (n + stride - 1) / stride;
  return std::max<std::int64_t>(0, (out - 1) * stride + dilation * (k - 1) + 1 - n) / 2;
}

// Calls f(index of y, index of filters, index of x) for every product in the definition.
template <class F>
void for_each_product(const Case& c, const Extents& y, F f) {
  const ConvolutionOptions& o = c.options;
  const bool same = o.padding.is_same();
  const std::int64_t top = before(c.x[2], c.filters[2], o.stride.height, o.padding.size().height, o.dilation.height, same);
  const std::int64_t left = before(c.x[3], c.filters[3], o.stride.width, o.padding.size().width, o.dilation.width, same);
  for (std::int64_t n = 0; n < y[0]; ++n)
    for (std::int64_t m = 0; m < y[1]; ++m)
      for (std::int64_t i = 0; i < y[2]; ++i)
        for (std::int64_t j = 0; j < y[3]; ++j)
          for (std::int64_t q = 0; q < c.filters[1]; ++q)
            for (std::int64_t a = 0; a < c.filters[2]; ++a)
              for (std::int64_t b = 0; b < c.filters[3]; ++b) {
                const std::int64_t channel = m / (y[1] / o.groups) * c.filters[1] + q;
                const std::int64_t row = i * o.stride.height + a * o.dilation.height - top;
                const std::int64_t column = j * o.stride.width + b * o.dilation.width - left;
                if (row < 0 || row >= c.x[2] || column < 0 || column >= c.x[3]) continue;
                f(((n * y[1] + m) * y[2] + i) * y[3] + j, ((m * c.filters[1] + q) * c.filters[2] + a) * c.filters[3] + b,
                  ((n * c.x[1] + channel) * c.x[2] + row) * c.x[3] + column);
              }
}

// In units of the largest value that the sums reach; terms are below 1.
void expect_values(const Tensor& got, const std::vector<double>& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(got.count(), static_cast<std::int64_t>(expected.size())) << what;
  for (std::int64_t i = 0; i < got.count(); ++i)
    ASSERT_NEAR(got.at(i), expected[static_cast<std::size_t>(i)], tolerance) << what << ", element " << i;
}

// What the definition gives in float64, for inputs spread over [-1, 1].
struct Expected {
  Tensor x, filters, y;
  std::vector<double> output, input_gradient, filter_gradient;
  double terms = 0;

  explicit Expected(const Case& c) : x(spread(c.x, -1, 1, 1)), filters(spread(c.filters, -1, 1, 2)) {
    Graph graph;
    y = spread(conv2d(graph.constant(x), graph.constant(filters), c.options).shape().constant(), -1, 1, 3);
    output.resize(static_cast<std::size_t>(y.count()));
    input_gradient.resize(static_cast<std::size_t>(x.count()));
    filter_gradient.resize(static_cast<std::size_t>(filters.count()));
    const double *vx = x.values<double>().data(), *vf = filters.values<double>().data(), *vy = y.values<double>().data();
    for_each_product(c, y.extents(), [&](std::int64_t iy, std::int64_t jf, std::int64_t ix) {
      output[static_cast<std::size_t>(iy)] += vf[jf] * vx[ix];
      input_gradient[static_cast<std::size_t>(ix)] += vf[jf] * vy[iy];
      filter_gradient[static_cast<std::size_t>(jf)] += vx[ix] * vy[iy];
      ++terms;
    });
  }
};

// All three ops against the definition. A sum of n products of numbers below 1 in float type T is off by less than n·ε(T)/2 times its
// largest partial sum, which is below n.
void expect_definition(const Case& c, const Expected& expected, DType dtype) {
  Graph graph;
  const Node nx = graph.constant(expected.x.cast(dtype)), nf = graph.constant(expected.filters.cast(dtype));
  const Node ny = conv2d(nx, nf, c.options);
  const Node ng = graph.constant(expected.y.cast(dtype));
  const Node dx = conv2d_input_gradient(ng, nf, {c.x[2], c.x[3]}, c.options);
  const Node df = conv2d_filter_gradient(nx, ng, {c.filters[2], c.filters[3]}, c.options);
  ASSERT_EQ(dx.shape(), nx.shape()) << c.what;
  ASSERT_EQ(df.shape(), nf.shape()) << c.what;
  const double epsilon = dtype == DType::float32 ? 6e-8 : 1.2e-16;
  const auto tolerance = [&](const std::vector<double>& sums) {
    const double n = sums.empty() ? 0 : expected.terms / static_cast<double>(sums.size());  // products in a sum
    return 4 * epsilon * (1 + n * std::sqrt(n + 1));                                        // sums of random signs grow as √n
  };
  const std::vector<Node> nodes{ny, dx, df};
  const std::vector<Tensor> values = interpret(nodes);
  const std::vector<double>* const sums[] = {&expected.output, &expected.input_gradient, &expected.filter_gradient};
  const char* const names[] = {"output", "input gradient", "filter gradient"};
  for (std::size_t i = 0; i < 3; ++i) expect_values(values[i], *sums[i], tolerance(*sums[i]), fmt::format("{}: {}", c.what, names[i]));
}

Build convolution(const ConvolutionOptions& options) {
  return [=](const std::vector<Node>& x) { return conv2d(x[0], x[1], options); };
}

const ConformanceCases conforming{
    {"conv2d",
     convolution({}),
     {.shapes = {{{1, 1, 1, 1}, {1, 1, 1, 1}}, {{2, 2, 3, 4}, {3, 2, 2, 3}}, {{2, 1, 3, 4}, {2, 1, 3, 4}}, {{0, 2, 4, 4}, {3, 2, 3, 3}}},
      .domain = {-1, 1},
      .large = {{{9, 4, 13, 12}, {5, 4, 5, 5}}}}},
    {"conv2d",
     convolution({.stride = {3, 2}, .padding = {1, 0}, .dilation = {3, 2}}),
     {.shapes = {{{1, 2, 7, 6}, {1, 2, 2, 2}}}, .domain = {-1, 1}, .large = {{{9, 4, 23, 22}, {5, 4, 5, 5}}}}},
    {"conv2d",
     convolution({.padding = Padding::same, .groups = 2}),
     {.shapes = {{{2, 4, 3, 3}, {2, 2, 2, 3}}}, .domain = {-1, 1}, .large = {{{9, 4, 13, 12}, {6, 2, 3, 3}}}}},
    {"conv2d_input_gradient",
     [](Node y, Node filters) {
       return conv2d_input_gradient(y, filters, {4, 5}, {.stride = 2, .padding = 1});
     },
     {.shapes = {{{2, 2, 2, 3}, {2, 1, 3, 3}}, {{0, 2, 2, 3}, {2, 1, 3, 3}}},
      .domain = {-1, 1},
      .large = {{{45, 9, 2, 3}, {9, 17, 3, 3}}}}},
    {"conv2d_filter_gradient",
     [](Node x, Node y) {
       return conv2d_filter_gradient(x, y, {3, 3}, {.stride = 2, .padding = 1});
     },
     {.shapes = {{{2, 1, 4, 5}, {2, 2, 2, 3}}, {{0, 1, 4, 5}, {0, 2, 2, 3}}},
      .domain = {-1, 1},
      .large = {{{45, 17, 4, 5}, {45, 9, 2, 3}}}}},
};
const References by_definition{"Conv2d.IsTheDefinition", {"conv2d", "conv2d_input_gradient", "conv2d_filter_gradient"}};

TEST(Conv2d, Conforms) { conforming.check(); }

TEST(Conv2d, IsTheDefinition) {
  for (const auto* cases : {&small, &large, &direct, &blocked, &batched})
    for (const Case& c : *cases) {
      const Expected expected(c);
      for (const DType dtype : {DType::float64, DType::float32}) expect_definition(c, expected, dtype);
    }
}

TEST(Conv2d, IsSoWithEveryInstructionSet) {
  for (const auto* cases : {&small, &direct, &blocked, &batched})
    for (const Case& c : *cases) {
      const Expected expected(c);
      for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {  // the lowest bit is the best
        hwy::SetSupportedTargetsForTest(left & -left);
        SCOPED_TRACE(hwy::TargetName(left & -left));
        expect_definition(c, expected, DType::float32);
      }
      hwy::SetSupportedTargetsForTest(0);
    }
}

TEST(Conv2d, AgreesWithSciPy) {
  Graph graph;
  const Node x = graph.constant(Tensor::from<double>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17}, {1, 1, 4, 4}));
  const Node even = graph.constant(Tensor::from<double>({1, -2, 0.5, 3}, {1, 1, 2, 2}));
  const Node odd = graph.constant(Tensor::from<double>({1, -2, 0.5, 0.25, 3, -1, 2, 0, -0.5}, {1, 1, 3, 3}));
  // scipy.signal.correlate2d(x, k, mode="valid" and "same")
  expect_values(interpret(conv2d(x, even)), {17.5, 20, 22.5, 27.5, 30, 32.5, 37.5, 40, 45.5}, 0, "valid");
  expect_values(interpret(conv2d(x, odd, {.padding = Padding::same})),
                {-2, 9.75, 13.5, 26.75, 3, 23.25, 26.5, 42.75, 3, 36.25, 39, 59.75, 12, 24.75, 25.5, 41.75}, 0, "same");
}

TEST(Conv2d, Differentiates) {
  for (const Case& c : small) {
    SCOPED_TRACE(c.what);
    const Size2d size(c.x[2], c.x[3]), kernel(c.filters[2], c.filters[3]);
    const Tensor x = spread(c.x, -1, 1, 1), filters = spread(c.filters, -1, 1, 2);
    const Build forward = [&](const std::vector<Node>& n) { return conv2d(n[0], n[1], c.options); };
    const Tensor y = spread(value_of(forward, {x, filters}).extents(), -1, 1, 3);
    expect_derivatives(forward, {x, filters}, 2);
    expect_derivatives([&](const std::vector<Node>& n) { return conv2d_input_gradient(n[0], n[1], size, c.options); }, {y, filters}, 2);
    expect_derivatives([&](const std::vector<Node>& n) { return conv2d_filter_gradient(n[0], n[1], kernel, c.options); }, {x, y}, 2);
  }
}

TEST(Conv2d, IsTheSameForAnyNumberOfThreads) {
  const int threads = thread_count();
  std::vector<Case> cases = large;
  for (const auto* more : {&direct, &blocked, &batched}) cases.insert(cases.end(), more->begin(), more->end());
  for (const Case& c : cases) {
    std::vector<Tensor> first;
    for (const int count : {1, 2, 3, 5, 8}) {
      set_thread_count(count);
      Graph graph;
      const Node x = graph.constant(spread(c.x, -1, 1, 1).cast(DType::float32)),
                 filters = graph.constant(spread(c.filters, -1, 1, 2).cast(DType::float32));
      const Node y = conv2d(x, filters, c.options);
      const std::vector<Node> nodes{y, conv2d_input_gradient(y, filters, {c.x[2], c.x[3]}, c.options),
                                    conv2d_filter_gradient(x, y, {c.filters[2], c.filters[3]}, c.options)};
      const std::vector<Tensor> values = interpret(nodes);
      if (first.empty()) first = values;
      for (std::size_t i = 0; i < values.size(); ++i)
        EXPECT_TRUE(values[i].same_bits(first[i])) << c.what << ", output " << i << ", " << count << " threads";
    }
  }
  set_thread_count(threads);
}

// A program's memory is planned for the largest batch; smaller ones run in it.
TEST(Conv2d, NeedsNoMoreScratchForFewerImages) {
  for (const auto* cases : {&small, &large, &direct, &blocked, &batched})
    for (const Case& c : *cases) {
      Graph graph;
      const Node y = conv2d(graph.constant(Tensor(DType::float32, c.x)), graph.constant(Tensor(DType::float32, c.filters)), c.options);
      const Node f = conv2d_filter_gradient(y.inputs()[0], y, {c.filters[2], c.filters[3]}, c.options);
      const Node x = conv2d_input_gradient(y, y.inputs()[1], {c.x[2], c.x[3]}, c.options);
      for (const Node node : {y, f, x}) {
        std::size_t last = 0;
        for (std::int64_t images = 0; images < 100; ++images) {
          std::vector<TensorType> types;
          for (const Node input : node.inputs()) types.push_back(input.type());
          for (std::size_t i = 0; i < types.size(); ++i)
            if (node.inputs()[i] != y.inputs()[1]) types[i].shape[0] = images;
          const std::size_t bytes = node.op().workspace(types);
          EXPECT_GE(bytes, last) << c.what << ", " << node.op().name() << ", " << images << " images";
          last = bytes;
        }
      }
    }
}

// What the cases above are to cover.
TEST(Conv2d, IsComputedInTheWayThatSuitsItsShape) {
  const auto way = [](Extents x, Extents filters, Padding padding, Conv2dTarget target, Size2d stride = 1) {
    return conv2d_way({x[0], x[1], filters[0], x[1] / filters[1], slide_window({x[2], x[3]}, {filters[2], filters[3]}, stride, padding)}, target,
                      DType::float32);
  };
  using enum Conv2dTarget;
  for (const Conv2dTarget target : {output, input, filters}) {
    EXPECT_EQ(way({64, 32, 28, 28}, {64, 32, 3, 3}, 1, target), Conv2dWay::blocked);
    EXPECT_EQ(way({1, 32, 28, 28}, {64, 32, 3, 3}, 1, target), Conv2dWay::blocked);
    EXPECT_EQ(way({1, 1, 28, 28}, {6, 1, 5, 5}, 2, target), Conv2dWay::direct);
    EXPECT_EQ(way({64, 32, 28, 28}, {64, 32, 1, 1}, 0, target), Conv2dWay::product);
  }
  EXPECT_EQ(way({64, 6, 14, 14}, {16, 6, 5, 5}, 0, input), Conv2dWay::batched);
  EXPECT_EQ(way({11, 6, 14, 14}, {16, 6, 5, 5}, 0, input), Conv2dWay::direct);
  EXPECT_EQ(way({64, 1, 28, 28}, {6, 1, 5, 5}, 2, output), Conv2dWay::direct);
  for (const Conv2dTarget target : {output, input, filters})
    for (const Size2d stride : {1, 2}) EXPECT_EQ(way({64, 64, 28, 28}, {64, 1, 3, 3}, 1, target, stride), Conv2dWay::direct);
  EXPECT_EQ(way({64, 1, 28, 28}, {6, 1, 5, 5}, 2, filters), Conv2dWay::batched);
  EXPECT_EQ(way({64, 6, 14, 14}, {6, 6, 3, 3}, 0, input, 2), Conv2dWay::batched);
  EXPECT_EQ(way({1, 32, 28, 28}, {32, 32, 3, 3}, 0, input, 2), Conv2dWay::blocked);
}

TEST(Conv2d, CountsItsOperations) {
  Graph graph;
  const Node y =
      conv2d(graph.constant(Tensor(DType::float32, {2, 4, 5, 5})), graph.constant(Tensor(DType::float32, {6, 2, 3, 3})), {.groups = 2});
  const std::vector<TensorType> types{y.inputs()[0].type(), y.inputs()[1].type()};
  EXPECT_EQ(y.op().flops(types), 2.0 * (2 * 6 * 3 * 3) * (2 * 3 * 3));  // outputs, and what each sees
}

TEST(Conv2d, IsReadBackFromItsAttributes) {
  register_builtin_ops();
  Graph graph;
  const Node x = graph.constant(Tensor(DType::float32, {2, 4, 5, 5})), filters = graph.constant(Tensor(DType::float32, {6, 2, 3, 3}));
  for (const ConvolutionOptions& options : {ConvolutionOptions{.stride = {1, 2}, .padding = {2, 1}, .dilation = {2, 1}, .groups = 2},
                                            ConvolutionOptions{.padding = Padding::same, .groups = 2}}) {
    const Node y = conv2d(x, filters, options);
    for (const Node node : {y, conv2d_input_gradient(y, filters, 5, options), conv2d_filter_gradient(x, y, 3, options)})
      EXPECT_TRUE(make_op(node.op().name(), node.op().attributes())->same_as(node.op())) << to_string(node.op().attributes());
  }
  EXPECT_EQ(to_string(conv2d(x, filters, {.stride = {1, 2}, .padding = Padding::same, .groups = 2}).op().attributes()),
            "stride={1, 2}, padding=same, dilation={1, 1}, groups=2");
}

TEST(Conv2d, NamesTheLineOfTheCaller) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3, 28, 28}), filters = graph.constant(Tensor(DType::float32, {8, 1, 5, 5}));
  const int line = __LINE__ + 2;
  try {
    conv2d(x, filters);
    ADD_FAILURE() << "nothing thrown";
  } catch (const ShapeError& error) {
    EXPECT_EQ(std::string(error.what()),
              fmt::format("conv2d at conv2d_test.cpp:{}: input has 3 channels {{batch, 3, 28, 28}}, the filters expect 1", line));
  }
}

TEST(Conv2d, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node image = graph.input("image", {batch, 3, 28, 28});
  const auto filters = [&](Extents extents, DType dtype = DType::float32) { return graph.constant(Tensor(dtype, extents)); };
  const auto expect = [&]<class E>(E, Node x, Node f, const ConvolutionOptions& options, const std::string& text) {
    expect_error<E>([&] { conv2d(x, f, options); }, "conv2d", "conv2d_test.cpp", text);
  };
  const ShapeError shape("");
  const ArgumentError argument("");
  const DtypeError dtype("");
  expect(shape, image, filters({8, 1, 5, 5}), {}, "input has 3 channels {batch, 3, 28, 28}, the filters expect 1");
  expect(shape, image, filters({8, 1, 5, 5}), {.groups = 2}, "3 channels {batch, 3, 28, 28} do not divide into 2 groups");
  expect(shape, image, filters({8, 1, 5, 5}), {.groups = 3}, "8 filters {8, 1, 5, 5} do not divide into 3 groups");
  expect(shape, image, filters({8, 3, 30, 5}), {}, "the kernel {30, 5} is larger than the padded input {28, 28}");
  expect(shape, image, filters({8, 3, 8, 5}), {.padding = {1, 0}, .dilation = {5, 1}},
         "the kernel {8, 5}, dilated to {36, 5}, is larger than the padded input {30, 28}");
  expect(shape, graph.input("vector", {batch, 784}), filters({8, 1, 5, 5}), {},
         "x is {batch, 784}, needs 4 axes {batch, channels, height, width}, has 2");
  expect(
      shape, graph.input("film", {batch, 3, graph.dim("height"), 28}), filters({8, 3, 5, 5}), {},
      "x is {batch, 3, height, 28}: channels, height and width must be numbers, height is a symbol; only the number of samples may vary");
  expect(shape, image, filters({8, 75}), {}, "the filters are {8, 75}, need 4 constant axes {filters, channels / groups, height, width}");
  expect(shape, graph.input("nothing", {batch, 3, 0, 28}), filters({8, 3, 1, 1}), {}, "the images are {0, 28}, without pixels");
  expect(argument, image, filters({8, 3, 5, 5}), {.stride = {0, 1}}, "stride is {0, 1}, must be at least 1");
  expect(argument, image, filters({8, 3, 5, 5}), {.padding = -1}, "padding is {-1, -1}, must be at least 0");
  expect(argument, image, filters({8, 3, 5, 5}), {.dilation = 0}, "dilation is {0, 0}, must be at least 1");
  expect(argument, image, filters({8, 3, 5, 5}), {.groups = 0}, "groups = 0, must be at least 1");
  expect(argument, image, filters({8, 3, 0, 5}), {}, "kernel is {0, 5}, must be at least 1");
  expect(dtype, image, filters({8, 3, 5, 5}, DType::float64), {},
         "float32 {batch, 3, 28, 28} and float64 {8, 3, 5, 5} differ in dtype: cast one of them");
  expect(dtype, graph.input("bytes", {batch, 3, 28, 28}, DType::uint8), filters({8, 3, 5, 5}), {},
         "x is uint8 {batch, 3, 28, 28}, needs float32 or float64: cast it");
  const Node y = graph.input("y", {batch, 8, 24, 23}), f = filters({8, 3, 5, 5});
  const std::string input = "conv2d_input_gradient", filter = "conv2d_filter_gradient", file = "conv2d_test.cpp";
  expect_error<ShapeError>([&] { conv2d_input_gradient(y, image, 28); }, input, file,
                           "the filters are {batch, 3, 28, 28}, need 4 constant axes {filters, channels / groups, height, width}");
  expect_error<ShapeError>([&] { conv2d_input_gradient(y, f, 28); }, input, file,
                           "y is {batch, 8, 24, 23}, a convolution of images {28, 28} gives {24, 24}");
  expect_error<ShapeError>(
      [&] {
        conv2d_input_gradient(graph.input("seven", {batch, 7, 24, 24}), f, 28);
      },
      input, file, "y has 7 channels {batch, 7, 24, 24}, there are 8 filters");
  expect_error<ShapeError>(
      [&] {
        conv2d_filter_gradient(graph.input("twice", {2 * batch, 3, 28, 28}), y, 5);
      },
      filter, file, "x is {2·batch, 3, 28, 28}, y is {batch, 8, 24, 23}: 2·batch images against batch");
}

}  // namespace
}  // namespace loglik
