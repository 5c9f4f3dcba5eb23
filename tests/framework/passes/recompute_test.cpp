#include <gtest/gtest.h>

#include <string>

#include "framework/error.h"
#include "framework/passes/passes.h"
#include "framework/passes/plan_memory.h"
#include "framework/model.h"
#include "framework/primitives.h"
#include "ops/ops.h"
#include "tests/framework/expect_throw.h"

namespace loglik {
namespace {

constexpr std::int64_t samples = 64;

Tensor noise(Extents extents, unsigned seed) {
  Tensor tensor(DType::float32, std::move(extents));
  fill_normal<float>({seed, 0, 0}, 0, tensor.mutable_values<float>());
  return tensor;
}

struct Net {
  std::string name;
  Graph graph;
  Batch data;
};

// Layers with activations of several steps and dropout, whose masks are drawn again.
Net mlp() {
  Net net{"mlp", {}, {{"x", noise({samples, 32}, 1)}, {"y", noise({samples, 1}, 2)}}};
  Node h = net.graph.input("x", {batch, 32});
  const Activation activation([](Operand x) { return softplus(x) * sigmoid(x); });
  for (int i = 0; i < 24; ++i) h = dropout(dense(h, {.units = 32, .activation = activation}), 0.1);
  net.graph.head("y", Gaussian{.loc = dense(h, {.units = 1})});
  return net;
}

Net relu_mlp() {
  Net net{"relu mlp", {}, {{"x", noise({samples, 32}, 1)}, {"y", noise({samples, 1}, 2)}}};
  Node h = net.graph.input("x", {batch, 32});
  for (int i = 0; i < 32; ++i) h = dense(h, {.units = 32, .activation = relu});
  net.graph.head("y", Gaussian{.loc = dense(h, {.units = 1})});
  return net;
}

Net cnn() {
  Net net{"cnn", {}, {{"x", noise({samples, 1, 8, 8}, 1)}, {"y", noise({samples, 1}, 2)}}};
  Node h = net.graph.input("x", {batch, 1, 8, 8});
  for (int i = 0; i < 20; ++i) h = conv2d(h, {.filters = 8, .kernel = 3, .padding = Padding::same, .activation = tanh});
  net.graph.head("y", Gaussian{.loc = dense(flatten(h), {.units = 1})});
  return net;
}

std::size_t arena_bytes(const Model& model) {
  const Program& program = model.train_program();
  Sizes sizes;
  sizes.set(batch.symbol(), samples);
  return lay_out_arena(program.graph(), program.schedule(), program.plan(), sizes).bytes;
}

struct Trained {
  std::size_t bytes;
  std::vector<double> losses = {};
  std::vector<Tensor> parameters = {};
};

Trained train(Net net, CompileOptions options) {
  Model model = compile(net.graph, options);
  Session session = model.session();
  Trained run{arena_bytes(model)};
  for (int step = 0; step < 4; ++step) run.losses.push_back(session.step(net.data).loss);
  EXPECT_EQ(session.arena_bytes(), run.bytes);
  for (const auto& [name, tensor] : model.parameters()) run.parameters.push_back(tensor.clone());
  return run;
}

CompileOptions within(std::size_t budget, bool fusion = true) { return {.fusion = fusion, .memory_budget = budget, .sizes = {{"batch", samples}}}; }

TEST(Recompute, FitsABudgetWithTheSameBits) {
  for (Net (*make)() : {mlp, relu_mlp, cnn})
    for (const bool fusion : {true, false}) {
      const Trained plain = train(make(), {.fusion = fusion});
      const std::size_t budget = plain.bytes * 6 / 10;
      const Trained small = train(make(), within(budget, fusion));
      EXPECT_LE(small.bytes, budget) << make().name;
      EXPECT_EQ(small.losses, plain.losses) << make().name;
      ASSERT_EQ(small.parameters.size(), plain.parameters.size());
      for (std::size_t i = 0; i < plain.parameters.size(); ++i) EXPECT_TRUE(small.parameters[i].same_bits(plain.parameters[i])) << make().name << " " << i;
    }
}

TEST(Recompute, ChangesNothingWhereThePlanFits) {
  Net net = mlp();
  const Model plain = compile(net.graph);
  const Model same = compile(net.graph, within(arena_bytes(plain)));
  EXPECT_EQ(to_string(same.train_program().graph()), to_string(plain.train_program().graph()));
  const Model other = compile(net.graph, within(arena_bytes(plain) - 1));
  EXPECT_GT(other.train_program().graph().node_count(), plain.train_program().graph().node_count());
}

TEST(Recompute, SaysWhatTheLeastIs) {
  Net net = mlp();
  std::string text;
  try {
    compile(net.graph, within(1000));
  } catch (const ArgumentError& error) {
    text = error.what();
  }
  const std::string begin = "memory_budget: the program \"train\" takes at least ";
  ASSERT_EQ(text.substr(0, begin.size()), begin);
  const std::size_t least = std::stoul(text.substr(begin.size()));
  EXPECT_EQ(text, begin + std::to_string(least) + " bytes, the budget is 1000");
  EXPECT_EQ(arena_bytes(compile(net.graph, within(least))), least);
  test::expect_throw<ArgumentError>([&] { compile(net.graph, within(least - 1)); }, begin + std::to_string(least) + " bytes, the budget is " + std::to_string(least - 1));
}

TEST(Recompute, NeedsToKnowTheSizes) {
  Net net = relu_mlp();
  test::expect_throw<ArgumentError>([&] { compile(net.graph, {.memory_budget = 1000}); }, "memory_budget: how large is \"batch\"? Give it: .sizes = {{\"batch\", …}}");
  test::expect_throw<ArgumentError>([&] { compile(net.graph, {.memory_budget = 1000, .sizes = {{"batch", -1}}}); },
                                    "compile: the size of \"batch\" is -1, needs to be 0 or more");
}

// Node by node: the backward pass reads copies that stand right before it, of the same names and lines; outputs and Variables have none.
TEST(Recompute, CopiesWhatTheBackwardPassReads) {
  Graph graph;
  const Node x = graph.input("x", {batch, 4});
  const Node w = graph.parameter("w", {4}, constant_initializer(1));
  const Node a = exp(x * w), b = a + 1.0;
  graph.output("b", b);
  const Node loss = reduce_sum(cast(b, DType::float64));
  graph.output("loss", loss);
  graph.output("backward", a * b);
  Sizes sizes;
  sizes.set(batch.symbol(), 8);
  const Recomputed result = recompute(simplify(graph), "loss", sizes, 0, [](const Graph& plan) { return plan.node_count() > 9 ? 1u : 2u; });
  const Node backward = result.graph.outputs()[2].second;
  const Node copy = backward.inputs()[0];
  EXPECT_EQ(copy.op().name(), "exp");
  EXPECT_GT(copy.index(), result.graph.outputs()[1].second.index());
  EXPECT_EQ(to_string(copy.site()), to_string(a.site()));
  EXPECT_EQ(copy.inputs()[0].op().name(), "mul");
  EXPECT_GT(copy.inputs()[0].index(), result.graph.outputs()[1].second.index());
  EXPECT_EQ(backward.inputs()[1], result.graph.outputs()[0].second);
}

}  // namespace
}  // namespace loglik
