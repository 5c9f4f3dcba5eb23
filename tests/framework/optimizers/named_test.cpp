#include "framework/optimizers/named.h"

#include <gtest/gtest.h>

#include "framework/error.h"
#include "framework/optimizers/adam.h"
#include "framework/optimizers/transforms.h"
#include "framework/session.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using test::message;

// A parameter at 2 with gradient 8, after some steps.
double reached(const Optimizer& optimizer, int steps) {
  Graph graph;
  const Node theta = graph.parameter("theta", {}, constant_initializer(2), DType::float64);
  graph.add_term("square", theta * theta * 2.0, Per::dataset);
  const Model model = compile(graph, {.optimizer = optimizer, .dataset_weight = 1});
  Session session = model.session();
  for (int i = 0; i < steps; ++i) session.step({});
  return model.parameters()["theta"].item();
}

TEST(MakeOptimizer, KnowsEachByNameAndEachMovesDownhill) {
  for (const std::string& name : optimizer_names())
    for (const std::string& schedule : schedule_names()) {
      const double theta = reached(make_optimizer({.name = name, .learning_rate = 0.01, .schedule = schedule}, 10), 5);
      EXPECT_LT(theta, 2) << name << ", " << schedule;
      EXPECT_GT(theta, 0) << name << ", " << schedule;
    }
}

TEST(MakeOptimizer, DecaysAndClips) {
  EXPECT_EQ(reached(make_optimizer({.weight_decay = 0.1, .clip_norm = 0.5}, 10), 3),
            reached(clip_by_norm(decoupled_weight_decay(Adam{.learning_rate = 1e-3}, 0.1), 0.5), 3));
  EXPECT_NE(reached(make_optimizer({.name = "adamw", .weight_decay = 0.5}, 10), 3), reached(make_optimizer({.name = "adamw"}, 10), 3));
}

TEST(MakeOptimizer, SchedulesOverTheStepsOfTheRun) {
  const auto rate = [](const std::string& schedule, std::int64_t warmup = 0) {
    return make_optimizer({.learning_rate = 0.9, .schedule = schedule, .warmup = warmup}, 9).learning_rate();
  };
  EXPECT_EQ(rate("constant").at(8), 0.9);
  EXPECT_EQ(rate("cosine").at(9), 0);
  EXPECT_DOUBLE_EQ(rate("linear").at(3), 0.6);
  EXPECT_DOUBLE_EQ(rate("step").at(3), 0.09);
  EXPECT_DOUBLE_EQ(rate("constant", 3).at(1), 0.6);
}

TEST(MakeOptimizer, SuggestsNames) {
  EXPECT_EQ(message<NameError>([] { make_optimizer({.name = "adamm"}, 1); }), "optimizer \"adamm\" is unknown; did you mean \"adam\"?");
  EXPECT_EQ(message<NameError>([] { make_optimizer({.schedule = "cosin"}, 1); }), "schedule \"cosin\" is unknown; did you mean \"cosine\"?");
}

}  // namespace
}  // namespace loglik
