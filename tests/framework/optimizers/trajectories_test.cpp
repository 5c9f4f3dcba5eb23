// Sgd and Adam against trajectories recorded with NumPy in float64, from the papers' algorithms as they are written:
//
//     adam:  m = b1*m + (1-b1)*g;  v = b2*v + (1-b2)*g**2;  th = th - rate(t-1)*(m/(1-b1**t))/(sqrt(v/(1-b2**t)) + eps)
//     sgd:   v = mu*v + g;  th = th - rate(t-1)*v
//
// with t = 1, 2, …, and the others against what trajectories.py recorded, on f = Σ c(θ² − 1)²/4, so g = c·θ(θ² − 1), from the θ and c below.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>

#include "framework/error.h"
#include "framework/optimizers/adadelta.h"
#include "framework/optimizers/adagrad.h"
#include "framework/optimizers/adamw.h"
#include "framework/optimizers/lamb.h"
#include "framework/optimizers/lion.h"
#include "framework/optimizers/rmsprop.h"
#include "framework/optimizers/transforms.h"
#include "framework/session.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

struct Point {
  std::int64_t step;
  std::array<double, 4> theta;
};

Graph wells() {
  Graph graph;
  const std::vector<double> c{1.0, 0.3, 2.0, 0.01};
  // Two parameters: the optimiser works on both as one slab.
  const Node a = graph.parameter("a", {2}, constant_initializer(0), DType::float64),
             b = graph.parameter("b", {2}, constant_initializer(0), DType::float64);
  const auto well = [&](Node theta, std::size_t first) {
    const Node off = theta * theta - 1.0;
    return reduce_sum(graph.constant(Tensor::from(std::vector<double>{c[first], c[first + 1]})) * off * off * 0.25);
  };
  graph.add_term("wells", well(a, 0) + well(b, 2), Per::dataset);
  return graph;
}

Model start(const Optimizer& optimizer, std::vector<ParameterGroup> groups = {}) {
  Graph graph = wells();
  Model model = compile(graph, {.optimizer = optimizer, .parameter_groups = std::move(groups), .dataset_weight = 1});
  const std::array<double, 4> theta{0.5, -1.7, 0.03, 2.25};
  for (const auto& [name, first] : {std::pair{"a", 0}, {"b", 2}}) {
    Tensor parameter = model.parameters()[name];
    std::copy_n(theta.begin() + first, 2, parameter.mutable_values<double>().begin());
  }
  return model;
}

// A step rounds a few times, and each well draws neighbours together, so errors do not grow: 100 steps keep 1e-12.
void expect_trajectory(const Optimizer& optimizer, const std::vector<Point>& points) {
  const Model model = start(optimizer);
  Session session = model.session();
  for (const Point& point : points) {
    while (model.steps() < point.step) {
      session.step({});
      EXPECT_EQ(model.state().tensor("optimizer/learning_rate").item(), optimizer.learning_rate().at(model.steps() - 1));
    }
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(model.parameters()[i < 2 ? "a" : "b"].at(static_cast<std::int64_t>(i % 2)), point.theta[i],
                  1e-12 * std::abs(point.theta[i]))
          << "θ" << i << " after " << point.step << " steps";
  }
}

TEST(Trajectories, Adam) {
  expect_trajectory(Adam{.learning_rate = 0.05},
                    {{1, {0.5499999986666667, -1.6500000005187259, 0.0799999916591613, 2.200000005470085}},
                     {2, {0.6000263988314225, -1.600252889864318, 0.12663170200978613, 2.150141302403467}},
                     {10, {0.9859637841582343, -1.2350953328413172, 0.5172886506414099, 1.7686534853825624}},
                     {100, {1.0000351493922095, -0.9952250810969717, 0.9977000137887521, 0.9906927725561551}}});
}

TEST(Trajectories, AdamWithOtherConstantsAndACosineAfterWarmup) {
  expect_trajectory(Adam{.learning_rate = cosine_decay(0.1, 60, 0.001).with_warmup(5), .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3},
                    {{1, {0.5199468085106383, -1.6800207275365322, 0.04967184064581761, 2.230216435576598}},
                     {2, {0.5598331134119268, -1.640184168940343, 0.08883694786507085, 2.190739790029597}},
                     {10, {1.1296300635312426, -1.0512416430841451, 0.8205589580139724, 1.5519702321621127}},
                     {100, {1.0000153685230888, -1.0017071175691108, 1.0000031910089011, 1.0067536126873318}}});
}

TEST(Trajectories, Sgd) {
  expect_trajectory(Sgd{.learning_rate = 0.05}, {{1, {0.51875, -1.651805, 0.0329973, 2.2454296875}},
                                                 {2, {0.5377076782226563, -1.6089788229409328, 0.03629343718201783, 2.2408917252058513}},
                                                 {10, {0.6897479923039463, -1.3835456715610648, 0.07763914140418803, 2.20570964365129}},
                                                 {100, {0.9999553893740635, -1.0155325116728202, 0.9999996202241593, 1.9100147889905643}}});
}

TEST(Trajectories, SgdWithMomentumAndSteps) {
  expect_trajectory(Sgd{.learning_rate = step_decay(0.05, 30, 0.5), .momentum = 0.9},
                    {{1, {0.51875, -1.651805, 0.0329973, 2.2454296875}},
                     {2, {0.5545826782226563, -1.5656033229409327, 0.03899100718201783, 2.2367784439558513}},
                     {10, {1.1501173524901813, -0.7029388037716248, 0.3039014083514223, 2.0718774104199205}},
                     {100, {1.000718489427843, -0.9954514258797074, 0.9989212026148829, 1.3367461744376525}}});
}

std::vector<Point> recorded(const std::string& name) {
  std::ifstream file(LOGLIK_TRAJECTORIES);
  std::vector<Point> points;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string cell;
    std::getline(cells, cell, ',');
    if (cell != name) continue;
    Point point{};
    char comma = 0;
    cells >> point.step;
    for (double& theta : point.theta) cells >> comma >> theta;
    points.push_back(point);
  }
  return points;
}

// Rounding differs from theirs by some 1e-16 in a step, and division by the root of a small average of squares may enlarge it.
void expect_recorded(const std::string& name, const Optimizer& optimizer, std::vector<ParameterGroup> groups = {}) {
  const std::vector<Point> points = recorded(name);
  ASSERT_EQ(points.size(), 4u) << name;
  const Model model = start(optimizer, std::move(groups));
  Session session = model.session();
  for (const Point& point : points) {
    while (model.steps() < point.step) session.step({});
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(model.parameters()[i < 2 ? "a" : "b"].at(static_cast<std::int64_t>(i % 2)), point.theta[i], 1e-10 * std::abs(point.theta[i]))
          << name << ": θ" << i << " after " << point.step << " steps";
  }
}

TEST(Trajectories, AreThoseOfPyTorch) {
  expect_recorded("sgd_nesterov", Sgd{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true});
  expect_recorded("adamw", AdamW{.learning_rate = 0.05, .weight_decay = 0.1});
  expect_recorded("rmsprop", RmsProp{.learning_rate = 0.01});
  expect_recorded("rmsprop_centered", RmsProp{.learning_rate = 0.01, .alpha = 0.9, .epsilon = 1e-4, .momentum = 0.5, .centered = true});
  expect_recorded("adagrad", Adagrad{.learning_rate = 0.2});
  expect_recorded("adadelta", Adadelta{});
}

TEST(Trajectories, AreThoseOfThePapers) {
  expect_recorded("lion", Lion{.learning_rate = 0.01, .weight_decay = 0.1});
  expect_recorded("lamb", Lamb{.learning_rate = 0.02});
}

TEST(Trajectories, AreThoseOfPyTorchWithTransforms) {
  expect_recorded("sgd_decay", decoupled_weight_decay(Adam{.learning_rate = 0.02, .beta1 = 0, .beta2 = 0.5, .epsilon = 1e-2}, 0.5));
  expect_recorded("sgd_clip_norm", clip_by_norm(Sgd{.learning_rate = 0.05}, 0.3));
  expect_recorded("sgd_clip_value", clip_by_value(Sgd{.learning_rate = 0.05}, 0.2));
}

TEST(Trajectories, AreThoseOfPyTorchWithParameterGroups) {
  expect_recorded("sgd_groups", Sgd{.learning_rate = 0.05, .momentum = 0.9}, {{.parameters = "a", .learning_rate_factor = 2}});
  expect_recorded("adamw_groups", AdamW{.learning_rate = 0.05, .weight_decay = 0.2}, {{.parameters = "a", .weight_decay = 0}});
}

TEST(Trajectories, AreThoseOfPyTorchWithSchedules) {
  expect_recorded("sgd_one_cycle", Sgd{.learning_rate = one_cycle(0.2, 101)});
  expect_recorded("sgd_restarts", Sgd{.learning_rate = cosine_restarts(0.1, 7, 2, 0.001)});
  expect_recorded("sgd_polynomial", Sgd{.learning_rate = polynomial_decay(0.1, 60, 2)});
  expect_recorded("sgd_exponential", Sgd{.learning_rate = exponential_decay(0.1, 1, 0.97)});
}

TEST(ParameterGroups, FreezeWhatTheySay) {
  const Model model = start(Adam{.learning_rate = 0.05}, {{.parameters = "b*", .frozen = true}});
  Session session = model.session();
  session.step({});
  EXPECT_EQ(model.parameters()["b"].at(0), 0.03);
  EXPECT_NE(model.parameters()["a"].at(0), 0.5);
  EXPECT_EQ(model.state().tensor("optimizer/m").count(), 2) << "the frozen parameter has state";
}

TEST(ParameterGroups, RefuseWhatCannotBe) {
  const auto refusal = [](const Optimizer& optimizer, const ParameterGroup& group) {
    return test::message<Error>([&] { start(optimizer, {group}); });
  };
  EXPECT_EQ(refusal(Adam{}, {.parameters = "c"}), "parameter group \"c\": it is the group of no parameter");
  EXPECT_EQ(refusal(Adam{}, {.parameters = "*", .frozen = true}), "parameter groups: all parameters are frozen, nothing is left to train");
  EXPECT_EQ(refusal(Adam{}, {.parameters = "a", .learning_rate_factor = -1}),
            "parameter group \"a\": learning_rate_factor = -1, needs to be finite and not negative");
  EXPECT_EQ(refusal(AdamW{}, {.parameters = "a", .weight_decay = -1}), "parameter group \"a\": weight_decay = -1, needs to be finite and not negative");
  EXPECT_EQ(refusal(Adam{}, {.parameters = "a", .weight_decay = 0.1}),
            "parameter group \"a\": the optimiser has no weight decay: decoupled_weight_decay(…, 0) gives it one");
}

// A user's own in a dozen lines: signSGD, θ ← θ − η·sign(g).
struct SignSgd {
  LearningRate learning_rate = 1e-3;

  Node update(const OptimizerArgs& args) const {
    const Node g = args.gradient, sign = where(greater(g, 0.0), 1.0, where(less(g, 0.0), -1.0, 0.0 * g));
    return args.parameter - args.scalar(args.learning_rate) * sign;
  }
};

TEST(Trajectories, OfAUsersOwnOptimizer) { expect_trajectory(SignSgd{.learning_rate = 0.125}, {{2, {0.75, -1.45, 0.28, 2.0}}}); }

TEST(Trajectories, GoOnWithALearningRateThatIsSet) {
  Model model = start(Sgd{.learning_rate = 0.05});
  Session session = model.session();
  session.step({});
  model.set_learning_rate(0);
  session.step({});
  EXPECT_DOUBLE_EQ(model.parameters()["a"].at(0), 0.51875);
  model.set_learning_rate(step_decay(0.05, 3, 0.5));  // steps 2, 3, … of the run, of 0.05, 0.025, …
  session.step({});
  EXPECT_NEAR(model.parameters()["a"].at(0), 0.5377076782226563, 1e-15);
  session.step({});
  const double g = 0.5377076782226563 * (0.5377076782226563 * 0.5377076782226563 - 1);
  EXPECT_NEAR(model.parameters()["a"].at(0), 0.5377076782226563 - 0.025 * g, 1e-15);
  EXPECT_EQ(model.steps(), 4);
}

TEST(Trajectories, RefuseConstantsOutOfRange) {
  const auto refusal = [](const Optimizer& optimizer) { return test::message<ArgumentError>([&] { start(optimizer); }); };
  EXPECT_EQ(refusal(Sgd{.momentum = 1}), "Sgd: momentum = 1, needs to be in [0, 1)");
  EXPECT_EQ(refusal(Adam{.beta1 = 1}), "Adam: beta1 = 1, needs to be in [0, 1)");
  EXPECT_EQ(refusal(Adam{.beta2 = -0.1}), "Adam: beta2 = -0.1, needs to be in [0, 1)");
  EXPECT_EQ(refusal(Adam{.epsilon = 0}), "Adam: epsilon = 0, needs to be positive");
  EXPECT_EQ(refusal(Sgd{.nesterov = true}), "Sgd: nesterov needs a momentum above 0");
  EXPECT_EQ(refusal(AdamW{.weight_decay = -1}), "AdamW: weight_decay = -1, needs to be 0 or more");
  EXPECT_EQ(refusal(RmsProp{.alpha = 1}), "RmsProp: alpha = 1, needs to be in [0, 1)");
  EXPECT_EQ(refusal(Adagrad{.epsilon = -1}), "Adagrad: epsilon = -1, needs to be positive");
  EXPECT_EQ(refusal(Adadelta{.rho = 2}), "Adadelta: rho = 2, needs to be in [0, 1)");
  EXPECT_EQ(refusal(Lion{.beta2 = 1}), "Lion: beta2 = 1, needs to be in [0, 1)");
  EXPECT_EQ(refusal(Lamb{.epsilon = 0}), "Lamb: epsilon = 0, needs to be positive");
  EXPECT_EQ(test::message<ArgumentError>([] { clip_by_norm(Adam{}, 0); }), "clip_by_norm: norm = 0, needs to be positive");
  EXPECT_EQ(test::message<ArgumentError>([] { clip_by_value(Adam{}, -1); }), "clip_by_value: limit = -1, needs to be positive");
  EXPECT_EQ(test::message<ArgumentError>([] { decoupled_weight_decay(Adam{}, -1); }), "decoupled_weight_decay: decay = -1, needs to be 0 or more");
}

}  // namespace
}  // namespace loglik
