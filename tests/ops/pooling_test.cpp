#include "ops/pooling.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/random.h"
#include "framework/registry.h"
#include "framework/thread_pool.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

struct Case {
  const char* what;
  Extents x;
  Size2d window, stride;
  Padding padding;
};

const std::vector<Case> cases = {
    {"one pixel", {1, 1, 1, 1}, 1, 0, 0},
    {"tiles", {2, 3, 4, 6}, 2, 0, 0},
    {"tiles with a remainder", {2, 1, 5, 7}, 2, 0, 0},
    {"the whole image", {2, 2, 3, 5}, {3, 5}, 0, 0},
    {"overlapping", {1, 2, 5, 6}, 3, 1, 0},
    {"overlapping, stride 2, padding", {2, 1, 7, 6}, 3, 2, 1},
    {"unequal", {1, 1, 6, 8}, {2, 3}, {3, 1}, {1, 2}},
    {"stride 3, gaps", {1, 1, 8, 9}, 2, 3, 0},
    {"padding as large as can be", {1, 1, 2, 3}, 3, 1, 2},
    {"same", {1, 2, 5, 4}, {2, 3}, 1, Padding::same},
    {"same, stride 2", {1, 1, 5, 6}, {3, 2}, 2, Padding::same},
    {"no image", {0, 2, 4, 4}, 2, 0, 0},
    {"no channel", {2, 0, 4, 4}, 2, 0, 0},
};

// The windows of one image: for each output its pixels inside the image, row-major.
struct Windows {
  std::int64_t rows, columns;
  std::vector<std::vector<std::int64_t>> pixels;
};

Windows windows(const Case& c) {
  struct Axis {
    std::int64_t output, begin;
  };
  const auto axis = [&](std::int64_t n, std::int64_t k, std::int64_t s, std::int64_t p) -> Axis {
    if (!c.padding.is_same()) return {(n + 2 * p - k) / s + 1, -p};
    const std::int64_t out = (n + s - 1) / s;
    return {out, -(std::max<std::int64_t>(0, (out - 1) * s + k - n) / 2)};
  };
  const Size2d stride = c.stride == Size2d(0) ? c.window : c.stride;
  const Axis rows = axis(c.x[2], c.window.height, stride.height, c.padding.size().height);
  const Axis columns = axis(c.x[3], c.window.width, stride.width, c.padding.size().width);
  Windows all{rows.output, columns.output, {}};
  for (std::int64_t i = 0; i < rows.output; ++i)
    for (std::int64_t j = 0; j < columns.output; ++j) {
      all.pixels.emplace_back();
      for (std::int64_t a = 0; a < c.window.height; ++a)
        for (std::int64_t b = 0; b < c.window.width; ++b) {
          const std::int64_t row = rows.begin + i * stride.height + a, column = columns.begin + j * stride.width + b;
          if (row >= 0 && row < c.x[2] && column >= 0 && column < c.x[3]) all.pixels.back().push_back(row * c.x[3] + column);
        }
    }
  return all;
}

Build max_pool(const Case& c) {
  return [&c](const std::vector<Node>& n) { return max_pool2d(n[0], {.window = c.window, .stride = c.stride, .padding = c.padding}); };
}
AveragePoolOptions average(const Case& c, bool include) {
  return {.window = c.window, .stride = c.stride, .padding = c.padding, .count_include_pad = include};
}

const conformance::InputOptions pixels_of_12{.dtype = DType::int32, .domain = conformance::Domain{0, 12}};

const ConformanceCases conforming{
    {"max_pool2d",
     [](Node x) { return max_pool2d(x, {.window = 2}); },
     {.shapes = {{2, 1, 4, 5}, {1, 1, 2, 2}, {0, 2, 4, 4}, {2, 0, 4, 4}}, .large = {{40, 9, 14, 13}}}},
    {"max_pool2d",
     [](Node x) {
       const Node y = max_pool2d(x, {.window = 3, .stride = {2, 1}, .padding = 1});
       return std::vector<Node>{y, y.output(1)};
     },
     {.shapes = {{1, 2, 5, 4}, {1, 1, 1, 1}}, .large = {{40, 9, 14, 13}}}},
    {"max_pool2d_gradient",
     [](Node y, Node positions) {
       return max_pool2d_gradient(y, positions, {3, 4});
     },
     {.shapes = {{{2, 3, 1, 2}, {2, 3, 1, 2}}, {{0, 3, 1, 2}, {0, 3, 1, 2}}},
      .inputs = {{}, pixels_of_12},
      .large = {{{400, 9, 1, 2}, {400, 9, 1, 2}}}}},
    {"max_pool2d_select",
     [](Node x, Node positions) { return max_pool2d_select(x, positions); },
     {.shapes = {{{2, 3, 3, 4}, {2, 3, 1, 2}}, {{0, 3, 3, 4}, {0, 3, 1, 2}}},
      .inputs = {{}, pixels_of_12},
      .large = {{{400, 9, 3, 4}, {400, 9, 1, 2}}}}},
    {"average_pool2d",
     [](Node x) { return average_pool2d(x, {.window = 2}); },
     {.shapes = {{2, 1, 4, 5}, {1, 1, 2, 2}, {0, 2, 4, 4}, {2, 0, 4, 4}}, .large = {{40, 9, 14, 13}}}},
    {"average_pool2d",
     [](Node x) {
       return average_pool2d(x, {.window = 3, .stride = {2, 1}, .padding = 1, .count_include_pad = false});
     },
     {.shapes = {{1, 2, 5, 4}, {1, 1, 1, 1}}, .large = {{40, 9, 14, 13}}}},
    {"average_pool2d_gradient",
     [](Node y) {
       return average_pool2d_gradient(y, {5, 4}, {.window = 3, .stride = {2, 1}, .padding = 1});
     },
     {.shapes = {{1, 2, 3, 4}, {0, 2, 3, 4}}, .large = {{400, 9, 3, 4}}}},
};
const References max_by_definition{"MaxPool2d.IsTheDefinition", {"max_pool2d"}};
const References adjoint_by_pytorch{"MaxPool2d.AgreesWithPyTorch", {"max_pool2d_gradient"}};
const References selected{"MaxPool2d.Differentiates", {"max_pool2d_select"}};
const References average_by_definition{"AveragePool2d.IsTheDefinition", {"average_pool2d", "average_pool2d_gradient"}};

TEST(Pooling, Conforms) { conforming.check(); }

TEST(MaxPool2d, IsTheDefinition) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const Windows w = windows(c);
    for (const DType dtype : {DType::float64, DType::float32}) {
      const Tensor x = spread(c.x, -1, 1).cast(dtype);
      Graph graph;
      const Node y = max_pool(c)({graph.constant(x)});
      const std::vector<Node> nodes{y, y.output(1)};
      const std::vector<Tensor> values = interpret(nodes);
      ASSERT_EQ(values[0].extents(), (Extents{c.x[0], c.x[1], w.rows, w.columns}));
      for (std::int64_t i = 0; i < values[0].count(); ++i) {
        const std::int64_t count = w.rows * w.columns, plane = i / count * c.x[2] * c.x[3];
        std::int64_t best = -1;
        for (const std::int64_t pixel : w.pixels[static_cast<std::size_t>(i % count)])
          if (best < 0 || x.at(plane + pixel) > x.at(plane + best)) best = pixel;
        EXPECT_EQ(values[0].at(i), x.at(plane + best)) << "element " << i;
        EXPECT_EQ(values[1].at(i), best) << "element " << i;
      }
    }
  }
}

TEST(MaxPool2d, AgreesWithPyTorch) {  // the example of torch.nn.MaxUnpool2d
  Graph graph;
  const Node x = graph.constant(Tensor::from<float>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, {1, 1, 4, 4}));
  const Node y = max_pool2d(x);
  expect_close(interpret(y), {6, 8, 14, 16}, 0);
  expect_close(interpret(y.output(1)), {5, 7, 13, 15}, 0);
  expect_close(interpret(max_pool2d_gradient(y, y.output(1), 4)), {0, 0, 0, 0, 0, 6, 0, 8, 0, 0, 0, 0, 0, 14, 0, 16}, 0);
}

TEST(MaxPool2d, TakesTheFirstOfTiesAndAnyNaN) {
  struct {
    std::vector<double> x;
    double y;
    int position;
  } const rows[] = {
      {{1, 1, 1, 1}, 1, 0},     {{0, 2, 2, 2}, 2, 1},         {{-inf, -inf, -inf, -inf}, -inf, 0}, {{-0.0, 0.0, 0.0, -0.0}, -0.0, 0},
      {{1, nan, 9, 2}, nan, 1}, {{nan, inf, nan, 0}, nan, 0}, {{inf, 1, inf, nan}, nan, 3},        {{-inf, -inf, -5, -inf}, -5, 2},
  };
  for (const auto& row : rows)
    for (const DType dtype : {DType::float64, DType::float32}) {
      Graph graph;
      const Node y = max_pool2d(graph.constant(Tensor::from(row.x, {1, 1, 2, 2}).cast(dtype)));
      expect_close(interpret(y), {row.y}, 0);
      EXPECT_EQ(interpret(y.output(1)).item(), row.position);
    }
}

// Narrow images, whose tiles go several rows at a time, and wide ones, whose rows do not fit at once; values with many ties and some NaN.
TEST(MaxPool2d, TakesTilesOfAnyWidth) {
  for (const auto& [planes, height, width] : std::vector<std::array<std::int64_t, 3>>{
           {1, 2, 2}, {3, 4, 2}, {2, 7, 3}, {2, 6, 10}, {5, 10, 10}, {1, 90, 12}, {2, 4, 30}, {2, 5, 31}, {2, 4, 32}, {3, 4, 34}, {2, 5, 1022},
           {2, 4, 1024}, {2, 4, 1026}, {2, 4, 1027}, {1, 4, 2150}}) {
    SCOPED_TRACE(fmt::format("{} images of {} × {}", planes, height, width));
    Tensor x(DType::float32, {1, planes, height, width});
    std::vector<std::uint32_t> bits(static_cast<std::size_t>(x.count()));
    fill_bits({5, 0, 0}, 0, bits);
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const auto drawn = static_cast<float>(bits[i] % 8);
      x.mutable_values<float>()[i] = drawn == 7 ? static_cast<float>(nan) : drawn;
    }
    Graph graph;
    const Node y = max_pool2d(graph.constant(x));
    const std::vector<Node> nodes{y, y.output(1)};
    const std::vector<Tensor> values = interpret(nodes);
    const std::int64_t rows = height / 2, columns = width / 2;
    for (std::int64_t i = 0; i < planes * rows * columns; ++i) {
      const std::int64_t plane = i / (rows * columns) * height * width, row = i / columns % rows, column = i % columns;
      std::int64_t best = -1;
      for (const std::int64_t pixel : {2 * row * width + 2 * column, 2 * row * width + 2 * column + 1, (2 * row + 1) * width + 2 * column,
                                       (2 * row + 1) * width + 2 * column + 1})
        if (best < 0 || (!std::isnan(x.at(plane + best)) && !(x.at(plane + pixel) <= x.at(plane + best)))) best = pixel;
      ASSERT_EQ(values[1].at(i), best) << "element " << i;
      ASSERT_TRUE(values[0].at(i) == x.at(plane + best) || std::isnan(x.at(plane + best))) << "element " << i;
      ASSERT_EQ(std::isnan(values[0].at(i)), std::isnan(x.at(plane + best))) << "element " << i;
    }
  }
}

TEST(MaxPool2d, Differentiates) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const Tensor x = spread(c.x, -1, 1);
    expect_derivatives(max_pool(c), {x}, 2);
    Graph graph;
    const Tensor positions = interpret(max_pool(c)({graph.constant(x)}).output(1));
    const Size2d size(c.x[2], c.x[3]);
    const Build scatter = [&](const std::vector<Node>& n) { return max_pool2d_gradient(n[0], n[0].graph().constant(positions), size); };
    const Build select = [&](const std::vector<Node>& n) { return max_pool2d_select(n[0], n[0].graph().constant(positions)); };
    expect_derivatives(scatter, {spread(positions.extents(), -1, 1)}, 2);
    expect_derivatives(select, {x}, 2);
    EXPECT_TRUE(value_of(select, {x}).same_bits(value_of(max_pool(c), {x})));  // what was selected
    // Squared, so that the second derivative is not zero.
    expect_derivatives([&](const std::vector<Node>& n) { return max_pool(c)({n[0] * n[0] + n[0]}); }, {spread(c.x, 0.5, 1)}, 2);
  }
}

TEST(MaxPool2d, NamesAPositionOutsideTheImage) {
  Graph graph;
  const Node x = graph.constant(Tensor(DType::float32, {1, 2, 2, 2}));
  const Node positions = graph.constant(Tensor::from<std::int32_t>({3, 4}, {1, 2, 1, 1}));
  const Node y = graph.constant(Tensor(DType::float32, {1, 2, 1, 1}));
  for (const Node node : {max_pool2d_select(x, positions), max_pool2d_gradient(y, positions, 2)}) {
    try {
      interpret(node);
      ADD_FAILURE() << "nothing thrown";
    } catch (const IndexError& error) {
      EXPECT_NE(std::string(error.what()).find("index 4 at element 1 is not in [0, 4)"), std::string::npos) << error.what();
    }
  }
}

TEST(AveragePool2d, IsTheDefinition) {
  for (const Case& c : cases)
    for (const bool include : {true, false})
      for (const DType dtype : {DType::float64, DType::float32}) {
        SCOPED_TRACE(fmt::format("{}, include padding: {}", c.what, include));
        const Windows w = windows(c);
        const std::int64_t count = w.rows * w.columns, pixels = c.x[2] * c.x[3];
        const Tensor x = spread(c.x, -1, 1).cast(dtype), y = spread({c.x[0], c.x[1], w.rows, w.columns}, -1, 1, 2).cast(dtype);
        std::vector<double> means(static_cast<std::size_t>(y.count())), adjoint(static_cast<std::size_t>(x.count()));
        for (std::int64_t i = 0; i < y.count(); ++i) {
          const auto& inside = w.pixels[static_cast<std::size_t>(i % count)];
          const double divisor = static_cast<double>(include ? c.window.height * c.window.width : static_cast<std::int64_t>(inside.size()));
          for (const std::int64_t pixel : inside) {
            means[static_cast<std::size_t>(i)] += x.at(i / count * pixels + pixel) / divisor;
            adjoint[static_cast<std::size_t>(i / count * pixels + pixel)] += y.at(i) / divisor;
          }
        }
        const Tensor got = value_of([&](const auto& n) { return average_pool2d(n[0], average(c, include)); }, {x});
        const Tensor back = value_of(
            [&](const auto& n) {
              return average_pool2d_gradient(n[0], {c.x[2], c.x[3]}, average(c, include));
            },
            {y});
        ASSERT_EQ(got.extents(), y.extents());
        ASSERT_EQ(back.extents(), x.extents());
        // At most 15 terms below 1: their sum is off by less than 15 · 15 · ε/2.
        const double tolerance = dtype == DType::float32 ? 2e-5 : 3e-14;
        for (std::int64_t i = 0; i < y.count(); ++i)
          EXPECT_NEAR(got.at(i), means[static_cast<std::size_t>(i)], tolerance) << "element " << i;
        for (std::int64_t i = 0; i < x.count(); ++i)
          EXPECT_NEAR(back.at(i), adjoint[static_cast<std::size_t>(i)], tolerance) << "pixel " << i;
      }
}

TEST(AveragePool2d, AgreesWithPyTorch) {
  Graph graph;
  const Node x = graph.constant(Tensor::from<float>({1, 2, 3, 4, 5, 6, 7}, {1, 1, 1, 7}));
  expect_close(interpret(average_pool2d(x, {.window = {1, 3}, .stride = 2})), {2, 4, 6}, 0);  // the example of torch.nn.AvgPool1d
  const Node square = graph.constant(Tensor::from<float>({4, 8, 12, 16}, {1, 1, 2, 2}));
  expect_close(interpret(average_pool2d(square, {.padding = 1})), {1, 2, 3, 4}, 0);
  expect_close(interpret(average_pool2d(square, {.padding = 1, .count_include_pad = false})), {4, 8, 12, 16}, 0);
}

TEST(AveragePool2d, Differentiates) {
  for (const Case& c : cases)
    for (const bool include : {true, false}) {
      SCOPED_TRACE(c.what);
      const Windows w = windows(c);
      expect_derivatives([&](const std::vector<Node>& n) { return average_pool2d(n[0], average(c, include)); }, {spread(c.x, -1, 1)}, 2);
      expect_derivatives(
          [&](const std::vector<Node>& n) {
            return average_pool2d_gradient(n[0], {c.x[2], c.x[3]}, average(c, include));
          },
          {spread({c.x[0], c.x[1], w.rows, w.columns}, -1, 1)}, 2);
    }
}

TEST(Pooling, IsTheSameForAnyNumberOfThreads) {
  const int threads = thread_count();
  std::vector<Tensor> first;
  for (const int count : {1, 2, 3, 8}) {
    set_thread_count(count);
    Graph graph;
    const Node x = graph.constant(spread({7, 9, 31, 29}, -1, 1).cast(DType::float32));
    const Node y = max_pool2d(x, {.window = 3, .stride = 1}), z = average_pool2d(x, {.window = 3, .stride = 2, .padding = 1});
    const Node tiles = max_pool2d(graph.constant(spread({300, 9, 10, 10}, -1, 1).cast(DType::float32)));
    const std::vector<Node> nodes{tiles, tiles.output(1), y, y.output(1), max_pool2d_gradient(y, y.output(1), {31, 29}), z,
                                  average_pool2d_gradient(z, {31, 29}, {.window = 3, .stride = 2, .padding = 1})};
    const std::vector<Tensor> values = interpret(nodes);
    if (first.empty()) first = values;
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_TRUE(values[i].same_bits(first[i])) << "output " << i << ", " << count << " threads";
  }
  set_thread_count(threads);
}

TEST(Pooling, IsReadBackFromItsAttributes) {
  register_builtin_ops();
  Graph graph;
  const Node x = graph.constant(Tensor(DType::float32, {2, 4, 6, 7}));
  for (const Padding padding : {Padding(1, 0), Padding::same}) {
    const Node y = max_pool2d(x, {.window = {3, 2}, .stride = {1, 2}, .padding = padding});
    const AveragePoolOptions options{.window = {3, 2}, .stride = {1, 2}, .padding = padding, .count_include_pad = false};
    const Node z = average_pool2d(x, options);
    for (const Node node : {y, max_pool2d_gradient(y, y.output(1), {6, 7}), max_pool2d_select(x, y.output(1)), z,
                            average_pool2d_gradient(z, {6, 7}, options)})
      EXPECT_TRUE(make_op(node.op().name(), node.op().attributes())->same_as(node.op())) << to_string(node.op().attributes());
  }
  EXPECT_EQ(to_string(average_pool2d(x, {.window = 3}).op().attributes()),
            "window={3, 3}, stride={3, 3}, padding={0, 0}, count_include_pad=true");
}

TEST(Pooling, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3, 8, 8});
  const Node positions = graph.input("positions", {batch, 3, 4, 4}, DType::int32);
  const std::string max = "max_pool2d", average = "average_pool2d", file = "pooling_test.cpp";
  expect_error<ShapeError>([&] { max_pool2d(x, {.window = 9}); }, max, file, "the window {9, 9} is larger than the padded input {8, 8}");
  expect_error<ShapeError>(
      [&] {
        average_pool2d(graph.input("flat", {batch, 192}));
      },
      average, file, "x is {batch, 192}, needs 4 axes {batch, channels, height, width}, has 2");
  expect_error<ArgumentError>([&] { max_pool2d(x, {.padding = 2}); }, max, file,
                              "padding {2, 2} must be smaller than the window {2, 2}, which would see no pixel");
  expect_error<ArgumentError>([&] { average_pool2d(x, {.window = 0}); }, average, file, "window is {0, 0}, must be at least 1");
  expect_error<ArgumentError>([&] { max_pool2d(x, {.stride = {1, -1}}); }, max, file, "stride is {1, -1}, must be at least 1");
  expect_error<DtypeError>([&] { max_pool2d(positions); }, max, file, "x is int32 {batch, 3, 4, 4}, needs float32 or float64: cast it");
  expect_error<ShapeError>([&] { max_pool2d_gradient(x, positions, 8); }, "max_pool2d_gradient", file,
                           "y is {batch, 3, 8, 8}, its positions are {batch, 3, 4, 4}");
  expect_error<DtypeError>([&] { max_pool2d_select(x, x); }, "max_pool2d_select", file,
                           "positions is float32 {batch, 3, 8, 8}, needs int32: cast it");
  expect_error<ShapeError>([&] { average_pool2d_gradient(x, 8); }, "average_pool2d_gradient", file,
                           "y is {batch, 3, 8, 8}, pooling images {8, 8} gives {4, 4}");
}

}  // namespace
}  // namespace loglik
