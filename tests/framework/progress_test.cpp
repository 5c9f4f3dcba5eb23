#include "framework/progress.h"

#include <gtest/gtest.h>

namespace loglik {
namespace {

TEST(Progress, SaysWhereTrainingStands) {
  EXPECT_EQ(progress_line({.epoch = 1,
                           .epochs = 5,
                           .samples = 25600,
                           .of_samples = 60000,
                           .nll = 0.53242,
                           .accuracy = 0.8123,
                           .samples_per_second = 52300.4,
                           .seconds_left = 3.2}),
            "epoch 1/5   25,600/60,000   0.5324 nats   81.2 %   52,300 samples/s   0:04 left");
  EXPECT_EQ(
      progress_line(
          {.epoch = 2, .epochs = 5, .samples = 64, .of_samples = 333, .nll = -1.5, .samples_per_second = 999.5, .seconds_left = 11110}),
      "epoch 2/5   64/333   -1.5000 nats   1,000 samples/s   3:05:10 left");
}

TEST(Progress, SaysHowAnEpochEnded) {
  EpochRecord record{.epoch = 3, .train = {.nll = 0.45231, .accuracy = 0.9}, .seconds = 1.23};
  const Progress progress{.epoch = 3, .epochs = 5, .samples_per_second = 52300, .finished = &record};
  EXPECT_EQ(progress_line(progress), "epoch 3/5   train 0.4523 nats   90.0 %   52,300 samples/s   1.2 s");
  record.validation = Evaluation{.nll = 0.3871, .accuracy = 0.8612};
  EXPECT_EQ(progress_line(progress), "epoch 3/5   train 0.4523   valid 0.3871 nats   86.1 %   52,300 samples/s   1.2 s");
  record.validation->skill = 1.91546;
  EXPECT_EQ(progress_line(progress), "epoch 3/5  train 0.4523  valid 0.3871, skill 1.9155 nats  86.1 %  52,300/s");  // no room for seconds
  record.validation->nll = 12345.3871;
  EXPECT_EQ(progress_line(progress), "epoch 3/5  train 0.4523  valid 12345.3871, skill 1.9155 nats  86.1 %  52,300/s");
  record.validation->nll = 0.3871;
  record.validation->skill = {};
  record.validation->accuracy = {};
  EXPECT_EQ(progress_line(progress), "epoch 3/5   train 0.4523   valid 0.3871 nats   52,300 samples/s   1.2 s");
}

TEST(Progress, FitsATerminal) {
  EpochRecord record{.train = {.nll = -123456789.0}, .validation = Evaluation{.nll = 9.87e300, .accuracy = 1.0}, .seconds = 123456};
  Progress progress{.epoch = 10000,
                    .epochs = 10000,
                    .samples = 2000000000,
                    .of_samples = 2000000000,
                    .nll = 1e300,
                    .accuracy = 1.0,
                    .samples_per_second = 1e300,
                    .seconds_left = 1e300};
  EXPECT_LE(progress_line(progress).size(), 80u);
  progress.finished = &record;
  EXPECT_LE(progress_line(progress).size(), 80u);
}

}  // namespace
}  // namespace loglik
