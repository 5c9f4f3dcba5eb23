// The primitives of framework/ and the optimisers' updates, here because coverage is known by binary.
#include "framework/primitives.h"

#include <limits>

#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

conformance::OpOptions two_inputs(conformance::Domain domain = {}, int orders = 2) {
  return {.shapes = {{{3, 1}, {5}}, {{2, 3}, {1, 3}}, {{}, {}}, {{7}, {}}, {{0, 2}, {2}}},
          .domain = std::move(domain),
          .large = {{{300, 401}, {401}}},
          .orders = orders};
}

// An op that has no function of its own.
auto made(const char* name, Attributes attributes) {
  return [=](const std::vector<Node>& x) {
    const std::vector<Operand> operands(x.begin(), x.end());
    const Node first = make_node(make_op(name, attributes), operands);
    std::vector<Node> outputs;
    for (std::size_t i = 0; i < first.graph().record(first.index()).outputs.size(); ++i) outputs.push_back(first.output(i));
    return outputs;
  };
}

const conformance::InputOptions flag{.dtype = DType::boolean}, rate{.dtype = DType::float64, .domain = conformance::Domain{0.01, 0.5}},
    step{.dtype = DType::float64, .domain = conformance::Domain{1, 3}}, square{.domain = conformance::Domain{0, 2}};
const char* const no_gradient = "made after differentiation";

const ConformanceCases conforming{
    {"add", add, two_inputs()},
    {"sub", sub, two_inputs()},
    {"mul", mul, two_inputs()},
    {"div", div, two_inputs({0.5, 2}, 3)},
    {"neg", neg, {.shapes = {{3, 5}, {1, 1}, {0, 4}, {}}, .large = {{300, 401}}}},
    {"sqrt", sqrt, {.shapes = {{3, 5}, {1, 1}, {0, 4}, {}}, .domain = {0.5, 2}, .large = {{300, 401}}, .orders = 3}},
    {"equal", equal, two_inputs()},
    {"not_equal", not_equal, two_inputs()},
    {"less", less, two_inputs()},
    {"less_equal", less_equal, two_inputs()},
    {"greater", greater, two_inputs()},
    {"greater_equal", greater_equal, two_inputs()},
    {"less", [](Node a, Node b) { return where(less(a, b), a * a, b); }, two_inputs()},
    {"where",
     [](Node c, Node a, Node b) { return where(c, a * a, b); },
     {.shapes = {{{3, 5}, {3, 5}, {3, 5}}, {{3, 1}, {5}, {}}, {{2}, {1}, {3, 2}}, {{}, {}, {}}, {{0, 2}, {2}, {1, 2}}},
      .inputs = {flag},
      .large = {{{300, 1}, {300, 401}, {401}}}}},
    {"cast",
     [](Node x) { return cast(cast(x, DType::float32), DType::float64) * 2.0; },
     {.shapes = {{3, 5}, {1}, {0, 4}, {}},
      .large = {{300, 401}},
      .skip = {{conformance::Property::gradient, "a value rounded to float32 is a staircase"},
               {conformance::Property::second_order, "likewise"}}}},
    {"cast", [](Node x) { return cast(x, DType::int32); }, {.shapes = {{3, 5}, {1}, {0, 4}, {}}, .large = {{300, 401}}}},
    {"cast",
     [](Node i, Node x) { return cast(i, x.dtype()) * x; },
     {.shapes = {{{3, 5}, {3, 5}}, {{}, {}}, {{0}, {0}}}, .inputs = {{.dtype = DType::uint8, .domain = conformance::Domain{0, 9}}}}},
    {"reduce_sum", [](Node x) { return reduce_sum(x); }, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{70001}}}},
    {"reduce_sum", [](Node x) { return reduce_sum(x, {1}, true); }, {.shapes = {{3, 5}, {2, 3, 2}, {3, 0}}, .large = {{301, 403}}}},
    {"reduce_sum",
     [](Node x) {
       return reduce_sum(x, {0, -1});
     },
     {.shapes = {{3, 2, 5}, {3, 5}, {0, 4}}, .large = {{301, 3, 403}}}},
    {"sum_of_squares", sum_of_squares, {.shapes = {{3, 5}, {1}, {7}, {0, 4}, {}}, .large = {{70001}}}},
    {"broadcast_to",
     [](Node x) {
       return broadcast_to(x, {2, 3, 5});
     },
     {.shapes = {{3, 5}, {1, 5}, {5}, {1}, {}, {2, 3, 5}}}},
    {"broadcast_to",
     [](Node x) {
       return broadcast_to(x, {0, 401});
     },
     {.shapes = {{1, 401}, {}}}},
    {"broadcast_to",
     [](Node x) {
       return broadcast_to(x * x, {300, 401});
     },
     {.shapes = {{1, 1}}, .large = {{300, 1}}}},
    {"reshape",
     [](Node x) {
       return reshape(x, {5, -1}) * 2.0;
     },
     {.shapes = {{3, 5}, {5}, {0, 5}}, .large = {{300, 400}}}},
    {"copy", copy, {.shapes = {{3, 5}, {1}, {0, 4}, {}}, .large = {{300, 401}}}},
    {"pack",
     [](Node a, Node b) {
       return pack(std::vector<Node>{a, b});
     },
     {.shapes = {{{3, 5}, {7}}, {{1}, {}}, {{0}, {2}}}, .large = {{{300, 401}, {401}}}, .not_differentiable = no_gradient}},
    {"sgd",
     made("sgd", {{"momentum", 0.0}, {"nesterov", false}}),
     {.shapes = {{{7}, {7}, {}}, {{1}, {1}, {}}, {{0}, {0}, {}}},
      .inputs = {{}, {}, rate},
      .large = {{{50001}, {50001}, {}}},
      .not_differentiable = no_gradient}},
    {"sgd",
     made("sgd", {{"momentum", 0.9}, {"nesterov", true}}),
     {.shapes = {{{7}, {7}, {7}, {}}, {{1}, {1}, {1}, {}}, {{0}, {0}, {0}, {}}},
      .inputs = {{}, {}, {}, rate},
      .large = {{{50001}, {50001}, {50001}, {}}},
      .not_differentiable = no_gradient}},
    {"adam",
     made("adam", {{"beta1", 0.8}, {"beta2", 0.99}, {"epsilon", 1e-6}, {"weight_decay", 0.1}}),
     {.shapes = {{{7}, {7}, {7}, {7}, {}, {}}, {{1}, {1}, {1}, {1}, {}, {}}, {{0}, {0}, {0}, {0}, {}, {}}},
      .inputs = {{}, {}, {}, square, rate, step},
      .large = {{{50001}, {50001}, {50001}, {50001}, {}, {}}},
      .not_differentiable = no_gradient}},
    {"bias_correction", made("bias_correction", {{"beta", 0.9}}), {.shapes = {{3, 5}, {1}, {0, 4}, {}}, .large = {{300, 401}}, .not_differentiable = no_gradient}},
    {"segment_norms",
     made("segment_norms", {{"sizes", std::vector<std::int64_t>{3, 0, 4}}}),
     {.shapes = {{7}}, .large = {{7}}, .not_differentiable = no_gradient}},
    {"spread_segments",
     made("spread_segments", {{"sizes", std::vector<std::int64_t>{3, 0, 4}}}),
     {.shapes = {{3}}, .large = {{3}}, .not_differentiable = no_gradient}},
};

TEST(Primitives, Conform) { conforming.check(); }

const References arithmetic{"Primitives.Calculate", {"add", "sub", "mul", "div", "neg", "sqrt"}};

TEST(Primitives, Calculate) {
  const Tensor a = row({1.5, -2, 0.1, inf, nan}), b = row({0.5, 4, 0.2, inf, 1});
  expect_close(value_of(binary(add), {a, b}), {2, 2, 0.30000000000000004, inf, nan}, 0);
  expect_close(value_of(binary(sub), {a, b}), {1, -6, -0.1, nan, nan}, 0);
  expect_close(value_of(binary(mul), {a, b}), {0.75, -8, 0.020000000000000004, inf, nan}, 0);
  expect_close(value_of(binary(div), {a, b}), {3, -0.5, 0.5, nan, nan}, 0);
  expect_close(value_of(binary(div), {row({1, -1, 0}), row({0, 0, 0})}), {inf, -inf, nan}, 0);
  expect_close(value_of(unary(neg), {a}), {-1.5, 2, -0.1, -inf, nan}, 0);
  expect_close(value_of(unary(sqrt), {row({0, 2, 6.25, inf, -1})}), {0, 1.4142135623730951, 2.5, inf, nan}, 0);
  const Tensor most = Tensor::from(std::vector<std::int32_t>{2147483647, -7}), two = Tensor::from(std::vector<std::int32_t>{2, 3});
  expect_close(value_of(binary(add), {most, two}), {-2147483647, -4}, 0);  // wraps
  expect_close(value_of(binary(mul), {most, two}), {-2, -21}, 0);
}

const References comparisons{"Primitives.Compare", {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "where"}};

TEST(Primitives, Compare) {
  const Tensor a = row({1, 2, 3, nan, -0.0}), b = row({2, 2, 2, nan, 0.0});
  expect_close(value_of(binary(equal), {a, b}), {0, 1, 0, 0, 1}, 0);
  expect_close(value_of(binary(not_equal), {a, b}), {1, 0, 1, 1, 0}, 0);
  expect_close(value_of(binary(less), {a, b}), {1, 0, 0, 0, 0}, 0);
  expect_close(value_of(binary(less_equal), {a, b}), {1, 1, 0, 0, 1}, 0);
  expect_close(value_of(binary(greater), {a, b}), {0, 0, 1, 0, 0}, 0);
  expect_close(value_of(binary(greater_equal), {a, b}), {0, 1, 1, 0, 1}, 0);
  const Build smaller = [](const std::vector<Node>& x) { return where(less(x[0], x[1]), x[0], x[1]); };
  expect_close(value_of(smaller, {a, b}), {1, 2, 2, nan, 0}, 0);
}

const References conversions{"Primitives.Convert", {"cast"}};

TEST(Primitives, Convert) {
  const Tensor x = row({-1.75, 0, 2.5, 1e-9});
  expect_close(value_of([](const std::vector<Node>& n) { return cast(n[0], DType::int32); }, {x}), {-1, 0, 2, 0}, 0);
  expect_close(value_of([](const std::vector<Node>& n) { return cast(n[0], DType::boolean); }, {x}), {1, 0, 1, 1}, 0);
  expect_close(value_of([](const std::vector<Node>& n) { return cast(n[0], DType::float32); }, {row({0.1})}), {0.1f}, 0);
}

const References sums{"Primitives.AddUp", {"reduce_sum", "sum_of_squares"}};

TEST(Primitives, AddUp) {
  const Tensor x = Tensor::from(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3});
  expect_close(value_of([](const std::vector<Node>& n) { return reduce_sum(n[0]); }, {x}), {21}, 0);
  expect_close(value_of([](const std::vector<Node>& n) { return reduce_sum(n[0], {0}); }, {x}), {5, 7, 9}, 0);
  expect_close(value_of([](const std::vector<Node>& n) { return reduce_sum(n[0], {-1}, true); }, {x}), {6, 15}, 0);
  expect_close(value_of(unary(sum_of_squares), {x}), {91}, 0);
  // float32 has no room for the last of 2²⁴ + 1 ones, nor for the square of 1e30: sums of squares are float64.
  expect_close(value_of(unary(sum_of_squares), {row({1e30, 1}).cast(DType::float32)}), {static_cast<double>(1e30f) * 1e30f}, 1);
}

const References moves{"Primitives.MoveElements", {"broadcast_to", "reshape", "copy", "pack"}};

TEST(Primitives, MoveElements) {
  const Tensor x = Tensor::from(std::vector<double>{1, 2, 3, 4, 5, 6}, {2, 3}), column = Tensor::from(std::vector<double>{1, 2}, {2, 1});
  expect_close(value_of(
                   [](const std::vector<Node>& n) {
                     return broadcast_to(n[0], {2, 2, 3});
                   },
                   {x}),
               {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}, 0);
  expect_close(value_of([](const std::vector<Node>& n) { return broadcast_to(n[0], {2, 3}); }, {column}), {1, 1, 1, 2, 2, 2}, 0);
  const Tensor reshaped = value_of([](const std::vector<Node>& n) { return reshape(n[0], {-1, 2}); }, {x});
  EXPECT_EQ(reshaped.extents(), (Extents{3, 2}));
  expect_close(reshaped, {1, 2, 3, 4, 5, 6}, 0);
  EXPECT_TRUE(value_of(unary(copy), {x}).same_bits(x));
  expect_close(value_of([](const std::vector<Node>& n) { return pack(n); }, {column, x}), {1, 2, 1, 2, 3, 4, 5, 6}, 0);
}

const References updates{"Primitives.Update", {"sgd", "adam", "bias_correction", "segment_norms", "spread_segments"}};

TEST(Primitives, Update) {  // by hand, from the equations in framework/optimizers
  register_builtin_ops();
  const Tensor theta = row({1, -2}), g = row({0.5, 4});
  const auto output = [](const auto& build, std::size_t i) { return Build([=](const std::vector<Node>& x) { return build(x)[i]; }); };
  const auto plain = made("sgd", {{"momentum", 0.0}, {"nesterov", false}}),
             heavy = made("sgd", {{"momentum", 0.5}, {"nesterov", false}});
  expect_close(value_of(output(plain, 0), {theta, g, Tensor::scalar(0.25)}), {0.875, -3}, 0);
  const std::vector<Tensor> state{theta, g, row({2, 2}), Tensor::scalar(0.25)};
  expect_close(value_of(output(heavy, 0), state), {1 - 0.25 * 1.5, -2 - 0.25 * 5}, 0);
  expect_close(value_of(output(heavy, 1), state), {1.5, 5}, 0);
  // Step 2 with β₁ = β₂ = ½: m = (m + g)/2, v = (v + g²)/2, both divided by 1 − ¼.
  const auto adam = made("adam", {{"beta1", 0.5}, {"beta2", 0.5}, {"epsilon", 1.0}, {"weight_decay", 0.0}});
  const std::vector<Tensor> moments{theta, g, row({1, 2}), row({0.5, 8}), Tensor::scalar(0.75), Tensor::scalar(2.0)};
  expect_close(value_of(output(adam, 1), moments), {0.75, 3}, 0);
  expect_close(value_of(output(adam, 2), moments), {0.375, 12}, 0);
  expect_close(value_of(output(adam, 0), moments), {1 - 0.75 * 1 / (std::sqrt(0.5) + 1), -2 - 0.75 * 4 / (4.0 + 1)}, 4);

  const auto first = [&](const char* op, const Attributes& attributes) { return output(made(op, attributes), 0); };
  expect_close(value_of(first("bias_correction", {{"beta", 0.5}}), {row({1, 2, 3})}), {0.5, 0.75, 0.875}, 1);
  const Attributes sizes{{"sizes", std::vector<std::int64_t>{2, 0, 1}}};
  expect_close(value_of(first("segment_norms", sizes), {row({3, 4, -7})}), {5, 0, 7}, 0);
  expect_close(value_of(first("spread_segments", sizes), {row({3, 4, -7})}), {3, 3, -7}, 0);
}

}  // namespace
}  // namespace loglik
