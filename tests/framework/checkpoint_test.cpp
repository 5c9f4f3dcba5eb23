// A run that was stopped and goes on ends with the bits of one that never was.
#include "framework/data/checkpoint.h"

#include <gtest/gtest.h>

#include <string>

#include "framework/error.h"
#include "ops/ops.h"
#include "tests/data/files.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using namespace test;

Model model_with_dropout(Graph& graph, std::uint64_t seed = 3) {
  const Node x = graph.input("x", {batch, 3}, DType::float64);
  graph.head("y", UnitGaussian{linear(graph, dropout(x, 0.25), "line")});
  return compile(graph, {.optimizer = Adam{.learning_rate = 0.01}, .seed = seed});
}

const FitOptions options{.epochs = 3, .batch_size = 16};

TEST(Checkpoint, GoesOnWithTheSameBits) {
  const Folder folder;
  const Dataset data = line_data(50);  // 4 steps an epoch
  Graph whole_graph;
  Model whole = model_with_dropout(whole_graph);
  const History expected = fit(whole, data, options);
  for (std::int64_t stop = 1; stop <= 12; ++stop) {
    Graph first_graph, second_graph;
    Model first = model_with_dropout(first_graph), second = model_with_dropout(second_graph);
    FitOptions stopping = options;
    stopping.on_step = [&](const FitPosition& position) {
      if (first.steps() == stop) save_checkpoint(first, folder.path("checkpoint"), {position, {"a line"}});
      return first.steps() < stop;
    };
    EXPECT_TRUE(fit(first, data, stopping).stopped);
    FitOptions going_on = options;
    const Checkpoint checkpoint = load_checkpoint(second, folder.path("checkpoint"));
    EXPECT_EQ(second.steps(), stop);
    EXPECT_EQ(checkpoint.history, std::vector<std::string>{"a line"});
    going_on.start = checkpoint.position;
    const History history = fit(second, data, going_on);
    EXPECT_EQ(history.steps, 12 - stop);
    EXPECT_TRUE(same_bits(second.state().tensors(), whole.state().tensors())) << stop;
    for (std::size_t back = 1; back <= history.epochs.size(); ++back)
      EXPECT_EQ(history.epochs[history.epochs.size() - back].train.nll, expected.epochs[3 - back].train.nll) << stop;
  }
}

TEST(Checkpoint, IsRefusedByAnotherModel) {
  const Folder folder;
  Graph graph, other_graph, third_graph = regression();
  const Model model = model_with_dropout(graph);
  save_checkpoint(model, folder.path("checkpoint"), {{.epoch = 2, .batch = 1}});
  Model other = model_with_dropout(other_graph, 4);
  EXPECT_EQ(folder.error([&] { load_checkpoint(other, folder.path("checkpoint")); }), "checkpoint/checkpoint.json: seed is 3, the model's is 4");
  Model third = compile(third_graph, {.optimizer = Sgd{}, .seed = 3});
  const TensorMap before = third.parameters();
  EXPECT_NE(folder.error([&] { load_checkpoint(third, folder.path("checkpoint")); }).find("checkpoint/state.safetensors holds a tensor \"optimizer/"), std::string::npos);
  EXPECT_EQ(folder.error([&] { load_checkpoint(third, folder.path("none")); }).substr(0, 20), "none/checkpoint.json");
}

TEST(Checkpoint, OfAStartOutsideTheEpochs) {
  Graph graph;
  Model model = model_with_dropout(graph);
  FitOptions wrong = options;
  wrong.start = FitPosition{.epoch = 2, .batch = 5};
  EXPECT_EQ(message<ArgumentError>([&] { fit(model, line_data(50), wrong); }), "fit: a start at batch 5 of epoch 2, there are 4 batches and epochs 1 to 3");
}

}  // namespace
}  // namespace loglik
