#include "ops/distributions/numerical/steps.h"

#include <limits>
#include <type_traits>

#include "framework/error.h"
#include "ops/ops.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik::numerical {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* positions = "positions are constants";

std::vector<Node> search_modes(Node x, Node log_f) {
  const Node next = mode_search(x, log_f, 2);
  return {next, next.output(1)};
}
Node take(Node x) {  // of a column of 5: the first, the last, the first
  const Node index = x.graph().constant(Tensor::from(std::vector<std::int32_t>{0, 4, 0}, {3, 1}));
  return take_in_column(x, broadcast_to(index, {3, x.shape()[1]}));
}
Node add(Node x) { return gradient(reduce_sum(take(x) * take(x)), x); }
Node check(Node mass, Node answer) { return checked_mass(mass, answer, "mean of \"d\"", 10); }

const ConformanceCases conforming{
    {"mode_search", search_modes, {.shapes = {{{17, 3}, {17, 3}}, {{16}, {16}}, {{16, 0}, {16, 0}}}, .large = {{{16, 100}, {16, 100}}}, .not_differentiable = positions}},
    {"fall_search", [](Node d, Node log_f, Node top) { return fall_search(d, log_f, top, 0.5); },
     {.shapes = {{{5, 3}, {5, 3}, {1, 3}}, {{4}, {4}, {1}}, {{4, 0}, {4, 0}, {1, 0}}}, .large = {{{5, 100}, {5, 100}, {1, 100}}}, .not_differentiable = positions}},
    {"regrid", [](Node v, Node log_f) { return regrid(v, log_f, 9, 30); },
     {.shapes = {{{17, 3}, {17, 3}}, {{5}, {5}}, {{4, 0}, {4, 0}}}, .large = {{{16, 100}, {16, 100}}}, .not_differentiable = positions}},
    {"split_panels", [](Node edges, Node log_f) { return split_panels(edges, log_f, 7); },
     {.shapes = {{{4, 3}, {48, 3}}, {{2}, {16}}, {{2, 0}, {16, 0}}}, .large = {{{3, 100}, {32, 100}}}, .not_differentiable = positions}},
    {"panel_index", panel_index, {.shapes = {{{4, 3}, {2, 5, 3}}, {{2}, {}}, {{3, 0}, {4, 0}}}, .large = {{{9}, {2000}}}, .not_differentiable = positions}},
    {"take_in_column", take, {.shapes = {{5, 3}, {5, 1}, {5, 0}}, .large = {{5, 900}}}},
    {"add_in_column", add, {.shapes = {{5, 3}, {5, 1}, {5, 0}}, .large = {{5, 900}}}},
    {"panel_quantile",
     [](const std::vector<Node>& x) { return panel_quantile(x[0], x[1], x[2], x[3], x[4]); },
     {.shapes = {{{3, 4}, {32, 4}, {3, 4}, {3, 4}, {5, 4}}, {{2}, {16}, {2}, {2}, {7}}, {{2, 0}, {16, 0}, {2, 0}, {2, 0}, {0}}},
      .domain = {0.1, 0.9},
      .large = {{{3}, {32}, {3}, {3}, {500}}},
      .not_differentiable = positions}},
    {"checked_mass", check, {.shapes = {{{3, 4}, {3, 4}}, {{}, {}}, {{0, 3}, {0, 3}}}}},
};
const References searches{"NumericalSteps.SearchesAreRight", {"mode_search", "fall_search"}};
const References grids{"NumericalSteps.GridsAreRight", {"regrid", "split_panels"}};
const References places{"NumericalSteps.PlacesAreRight", {"panel_index", "take_in_column", "add_in_column", "panel_quantile"}};
const References checks{"NumericalSteps.AMassThatIsNot1IsRefused", {"checked_mass"}};

TEST(NumericalSteps, Conform) { conforming.check(); }

TEST(NumericalSteps, SearchesAreRight) {
  Graph graph;
  // Two maxima, at 3 and 20, the ripple at 9 is less than a nat deep; the NaN counts as −∞.
  std::vector<double> x, log_f;
  for (int i = 0; i < 24; ++i) x.push_back(i), log_f.push_back(-std::abs(i - 3.0));
  log_f[8] = -5.5, log_f[9] = -5.25;
  for (int i = 14; i < 24; ++i) log_f[static_cast<std::size_t>(i)] = -1 - 2 * std::abs(i - 20.0);
  log_f[14] = nan;
  const Node next = mode_search(graph.constant(row(x)), graph.constant(row(log_f)), 3);
  const std::vector<Tensor> values = interpret(std::vector<Node>{next, next.output(1)}, {});
  EXPECT_EQ(values[1].at(0), 3);
  EXPECT_EQ(values[1].at(1), 20);
  EXPECT_EQ(values[1].at(2), 3);  // there is no third
  int near_3 = 0, near_20 = 0, between = 0;
  for (std::int64_t i = 0; i < 24; ++i) {
    const double v = values[0].at(i);
    if (v >= 2 && v <= 4) ++near_3;
    else if (v >= 19 && v <= 21) ++near_20;
    else if (v == 14) ++between;
    EXPECT_GE(v, values[0].at(i > 0 ? i - 1 : 0));
  }
  EXPECT_EQ(between, 1);
  EXPECT_GE(near_3, 11);
  EXPECT_GE(near_20, 11);
  EXPECT_EQ(near_3 + near_20, 23);
  // A maximum between 1e-3 and 1e3 is approached geometrically.
  const Node wide = mode_search(graph.constant(row({1e-3, 1, 1e3, 1e6, 1e7, 1e8, 1e9, 1e10})), graph.constant(row({-9, 0, -9, -10, -11, -12, -13, -14})), 1);
  EXPECT_NEAR(interpret(wide).at(1), std::pow(10, -2.25), 1e-15);

  const Node fallen = fall_search(graph.constant(row({1, 2, 4, 8, 16})), graph.constant(row({5, 4.5, 4.25, 2, 5})), graph.constant(row({5})), 1.0);
  EXPECT_EQ(interpret(fallen).at(0), 4);
  EXPECT_EQ(interpret(fallen).at(1), 8);
}

TEST(NumericalSteps, GridsAreRight) {
  Graph graph;
  // Even where log f is straight; nothing where it is less than e^−30 of the maximum.
  std::vector<double> v, log_f;
  for (int i = 0; i <= 40; ++i) v.push_back(i), log_f.push_back(i <= 20 ? -1.25 * i : -1000);
  const Tensor even = interpret(regrid(graph.constant(row(v)), graph.constant(row(log_f)), 5, 30));
  EXPECT_EQ(even.at(0), 0);
  EXPECT_EQ(even.at(4), 21);
  for (std::int64_t i = 1; i < 5; ++i) EXPECT_GT(even.at(i), even.at(i - 1));
  // Twice as steep, about twice as many points; the one nearest to 0 is 0 itself.
  std::vector<double> u, steep;
  for (int i = -20; i <= 20; ++i) u.push_back(0.05 + i), steep.push_back(i < 0 ? 2 * i : -i);
  const Tensor uneven = interpret(regrid(graph.constant(row(u)), graph.constant(row(steep)), 101, 1e3));
  int left = 0, zeros = 0;
  for (std::int64_t i = 0; i < 101; ++i) left += uneven.at(i) < 0, zeros += uneven.at(i) == 0;
  EXPECT_EQ(zeros, 1);
  EXPECT_GT(left, 54);
  EXPECT_LT(left, 67);
  // Of three panels the one with the kink is cut.
  std::vector<double> kinked;
  const GaussLegendre& rule = gauss_legendre();
  for (int panel = 0; panel < 3; ++panel)
    for (const double t : rule.x) kinked.push_back(-std::abs(panel + 0.5 * (1 + t) - 1.7));
  const Tensor edges = interpret(split_panels(graph.constant(row({0, 1, 2, 3})), graph.constant(row(kinked)), 7));
  expect_close(edges, {0, 1, 1.2, 1.4, 1.6, 1.8, 2, 3}, 4);
}

TEST(NumericalSteps, TheRuleIsRight) {  // from NIST Handbook of Mathematical Functions, table 3.5.3 (n = 16 by mpmath at 30 digits)
  const GaussLegendre& rule = gauss_legendre();
  EXPECT_NEAR(rule.x[8], 0.0950125098376374402, 1e-16);
  EXPECT_NEAR(rule.weight[8], 0.189450610455068496, 1e-16);
  EXPECT_NEAR(rule.x[15], 0.989400934991649933, 1e-15);
  EXPECT_NEAR(rule.weight[15], 0.0271524594117540949, 1e-16);
  for (int j = 0; j < 16; ++j) {
    double fourth = 0;
    for (int k = 0; k < 16; ++k) fourth += rule.weight[k] * rule.up_to[j][k] * std::pow(rule.x[k], 4);
    EXPECT_NEAR(fourth, (std::pow(rule.x[j], 5) + 1) / 5, 1e-15);
  }
}

TEST(NumericalSteps, PlacesAreRight) {
  Graph graph;
  const Node edges = graph.constant(Tensor::from(std::vector<double>{0, 10, 1, 20, 2, 30}, {3, 2}));
  const Tensor index = interpret(panel_index(edges, graph.constant(Tensor::from(std::vector<double>{-1, 25, 1, 19, 5, 30}, {3, 2}))));
  for (const auto& [i, expected] : std::vector<std::pair<int, int>>{{0, 0}, {1, 1}, {2, 1}, {3, 0}, {4, 1}, {5, 1}}) EXPECT_EQ(index.at(i), expected) << i;
  const Tensor x = Tensor::from(std::vector<double>{1, 2, 3, 4, 5}, {5, 1});
  const Build taken = [](const std::vector<Node>& v) { return take(v[0]); };
  expect_close(value_of(taken, {x}), {1, 5, 1}, 0);
  expect_close(gradient_of(taken, x), {2, 0, 0, 0, 1}, 0);
  EXPECT_THROW(interpret(take_in_column(graph.constant(x), graph.constant(Tensor::from(std::vector<std::int32_t>{5}, {1, 1})))), IndexError);

  // The exponential distribution on [0, 8], two panels: −log(1 − p·(1 − e^−8)).
  const GaussLegendre& rule = gauss_legendre();
  std::vector<double> log_f;
  const double mass = -std::expm1(-8.0);
  for (const double from : {0.0, 3.0})
    for (const double t : rule.x) log_f.push_back(-(from + (from == 0 ? 1.5 : 2.5) * (1 + t)) - std::log(mass));
  const std::vector<double> p{0, 1e-12, 0.25, 0.5, 0.9, 0.999, 1};
  const Tensor q = interpret(panel_quantile(graph.constant(row({0, 3, 8})), graph.constant(row(log_f)), graph.constant(row({0, -std::expm1(-3.0) / mass, 1})),
                                            graph.constant(row({1, (std::exp(-3) - std::exp(-8)) / mass, 0})), graph.constant(row(p))));
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(q.at(static_cast<std::int64_t>(i)), -std::log1p(-p[i] * mass), 1e-11);
}

TEST(NumericalSteps, AMassThatIsNot1IsRefused) {
  Graph graph;
  const Node mass = graph.constant(Tensor::from(std::vector<double>{1, 1 + 1e-7, 1, 0.75}, {2, 2})), fine = 0.0 * mass;
  const auto check_to = [&](double tolerance, Node answer) { return interpret(checked_mass(mass, answer, "mean of \"mine\"", tolerance)); };
  EXPECT_TRUE(check_to(0.5, fine).same_bits(interpret(mass)));
  const auto message = [&](auto f) -> std::string {
    try {
      f();
    } catch (const IntegrationError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message([&] { check_to(1e-6, fine); }).find("numerical mean of \"mine\" at row 1, value 1: the mass that was found is 0.75, not 1: give the"),
            std::string::npos);
  EXPECT_NE(message([&] { check_to(0.5, where(equal(mass, 0.75), nan, mass)); }).find("at row 1, value 1: the integral can't be found"), std::string::npos);
  EXPECT_EQ(message([&] { check_to(0.5, where(equal(mass, 0.75), infinity, mass)); }), "");
  EXPECT_THROW(checked_mass(mass, fine, "", 0), ArgumentError);
}

TEST(NumericalSteps, WhatDoesNotFitIsRefused) {
  Graph graph;
  const Node two = graph.constant(row({1, 2})), three = graph.constant(row({1, 2, 3}));
  const auto refused = [&]<class E>(std::type_identity<E>, const char* op, auto build, const char* text) {
    expect_error<E>(build, op, "numerical_steps_test.cpp", text);
  };
  const std::type_identity<ShapeError> shape;
  const std::type_identity<ArgumentError> argument;
  refused(
      shape, "mode_search", [&] { mode_search(two, two, 1); }, "2 points and 2 values: need as many, and 8");
  refused(
      argument, "mode_search", [&] { mode_search(three, three, 0); }, "most is 0, must be in [1, 16]");
  refused(
      argument, "mode_search", [&] { mode_search(three, three, 17); }, "most is 17, must be in [1, 16]");
  refused(
      shape, "regrid", [&] { regrid(two, three, 4, 1); }, "needs two points or more, and as many values");
  refused(
      argument, "regrid", [&] { regrid(two, two, 1, 1); }, "count is 1, must be in [2, 4096]");
  refused(
      argument, "regrid", [&] { regrid(two, two, 2, 0); }, "depth is 0, must be above 0");
  refused(
      argument, "regrid", [&] { regrid(two, two, 2, 1, -1); }, "margin is -1, must be 0 or more");
  refused(
      shape, "split_panels", [&] { split_panels(two, two, 1); }, "1 panels have 16 points each, got 2");
  refused(
      shape, "fall_search", [&] { fall_search(two, two, two, 1); }, "needs two distances or more, as many values, and one top");
  refused(
      argument, "fall_search", [&] { fall_search(two, two, two, 0); }, "fall is 0, must be above 0");
  const Node columns = graph.constant(Tensor(DType::float64, {3, 2}));
  refused(
      shape, "panel_index", [&] { panel_index(columns, three); }, "v is {3}, must end in {2}");
  refused(
      shape, "panel_quantile", [&] { panel_quantile(three, three, three, three, two); }, "log f is {3}, does not fit {3} edges");
  const Node labels = graph.constant(Tensor(DType::int32, {9}));
  refused(
      std::type_identity<DtypeError>(), "mode_search", [&] { mode_search(labels, labels, 1); },
      "an input is int32 {9}, needs float32 or float64: cast it");
  expect_error<GradientError>(
      [&] { gradients(reduce_sum(regrid(two, two, 4, 1)), std::vector<Node>{two}); },
      "regrid at numerical_steps_test.cpp:{line} has no gradient: it says where to evaluate a function; an integral does not "
      "depend on that, the loss needs one for constant");
}

}  // namespace
}  // namespace loglik::numerical
