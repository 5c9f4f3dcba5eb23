#include "framework/optimizers/learning_rate.h"

#include <gtest/gtest.h>

#include "framework/error.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using test::message;

TEST(LearningRate, IsConstant) {
  const LearningRate rate = 0.1;
  EXPECT_TRUE(rate.is_constant());
  EXPECT_EQ(rate.at(0), 0.1);
  EXPECT_EQ(rate.at(1000000), 0.1);
}

TEST(LearningRate, FallsByStepsDoublesExactly) {
  const LearningRate rate = step_decay(0.8, 3, 0.5);
  EXPECT_FALSE(rate.is_constant());
  for (const auto& [step, expected] : {std::pair{0, 0.8}, {2, 0.8}, {3, 0.4}, {5, 0.4}, {6, 0.2}, {30, 0.8 / 1024}})
    EXPECT_EQ(rate.at(step), expected);
  EXPECT_DOUBLE_EQ(step_decay(1, 1).at(2), 0.01);
}

TEST(LearningRate, FallsAsACosine) {
  const LearningRate rate = cosine_decay(0.1, 8, 0.001);
  EXPECT_DOUBLE_EQ(rate.at(0), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(2), 0.0855017856687341);  // 0.001 + 0.099·(1 + √½)/2
  EXPECT_DOUBLE_EQ(rate.at(4), 0.0505);              // the middle
  EXPECT_DOUBLE_EQ(rate.at(6), 0.0154982143312659);  // 0.001 + 0.099·(1 − √½)/2
  EXPECT_EQ(rate.at(8), 0.001);
  EXPECT_EQ(rate.at(9), 0.001);
  EXPECT_EQ(cosine_decay(0.1, 8).at(8), 0);
}

TEST(LearningRate, WarmsUp) {
  const LearningRate constant = LearningRate(0.4).with_warmup(4);
  EXPECT_FALSE(constant.is_constant());
  for (const auto& [step, expected] : {std::pair{0, 0.1}, {1, 0.2}, {2, 0.3}, {3, 0.4}, {4, 0.4}, {5, 0.4}})
    EXPECT_DOUBLE_EQ(constant.at(step), expected);
  const LearningRate falling = step_decay(0.8, 3, 0.5).with_warmup(4);  // the schedule goes on underneath
  for (const auto& [step, expected] : {std::pair{0, 0.2}, {2, 0.6}, {3, 0.4}, {6, 0.2}}) EXPECT_DOUBLE_EQ(falling.at(step), expected);
  EXPECT_TRUE(LearningRate(0.4).with_warmup(0).is_constant());
}

TEST(LearningRate, RefusesWhatMakesNoSchedule) {
  EXPECT_EQ(message<ArgumentError>([] { LearningRate(-0.1); }), "learning rate -0.1, needs to be finite and not negative");
  EXPECT_EQ(message<ArgumentError>([] { LearningRate(std::nan("")); }), "learning rate nan, needs to be finite and not negative");
  EXPECT_EQ(message<ArgumentError>([] { cosine_decay(0.1, 5, -1); }), "learning rate -1, needs to be finite and not negative");
  EXPECT_EQ(message<ArgumentError>([] { step_decay(0.1, 0); }), "step_decay: every = 0, needs at least 1 step");
  EXPECT_EQ(message<ArgumentError>([] { step_decay(0.1, 5, 0); }), "step_decay: factor = 0, needs a positive one");
  EXPECT_EQ(message<ArgumentError>([] { cosine_decay(0.1, 0); }), "cosine_decay: steps = 0, needs at least 1");
  EXPECT_EQ(message<ArgumentError>([] { LearningRate(0.1).with_warmup(-1); }), "with_warmup: -1 steps, needs 0 or more");
}

}  // namespace
}  // namespace loglik
