#include "framework/passes/plan_memory.h"

#include <gtest/gtest.h>

#include <random>

#include "framework/interpret.h"
#include "framework/passes/passes.h"
#include "framework/pipeline.h"
#include "framework/session.h"
#include "tests/framework/small_ops.h"

namespace loglik {
namespace {

// A graph of some 40 nodes made by chance from primitives, and what is to be computed of it.
struct RandomGraph {
  explicit RandomGraph(unsigned seed) : random(seed) {
    const Initializer uniform{"uniform",
                              [](Tensor& values, RandomKey key) { fill_uniform<float>(key, 0, values.mutable_values<float>()); }};
    for (const char* name : {"v", "w", "u"}) variables.push_back(graph.variable(name, {DType::float32, {4, 3}}, uniform));
    pool = {graph.input("a", {batch, 4, 3}),
            graph.input("b", {batch, 4, 3}),
            graph.input("c", {batch, 4, 1}),
            variables[0],
            variables[1],
            variables[2],
            graph.constant(1.0, DType::float32),
            graph.constant(0.5, DType::float32)};
    for (int i = 0; i < 40; ++i) {
      const Node node = make();
      if (node.shape().rank() <= 4) pool.push_back(node);
    }
    for (std::size_t i = 8; i < pool.size(); ++i)
      if (chance(5)) outputs.emplace_back("out" + std::to_string(i), pool[i]);
    outputs.emplace_back("last", pool.back());
    for (const Variable& variable : variables) {
      const std::vector<Node> values = all([&](Node n) { return n.type() == variable.info().type; });
      if (chance(4)) continue;
      // Often a value made of the Variable itself, which may be computed in its place; sometimes another Variable, or an output.
      Node value = pick(values);
      if (chance(2)) value = chance(2) ? variable + value : sum_of(variable, value);
      graph.update(variable, value);
    }
  }

  Node sum_of(Operand a, Operand b) { return test::sum_and_difference(a, b).output(random() % 2); }
  bool chance(unsigned one_in) { return random() % one_in == 0; }
  Node pick(const std::vector<Node>& nodes) { return nodes[random() % nodes.size()]; }
  template <class F>
  std::vector<Node> all(F f) const {
    std::vector<Node> found;
    for (const Node node : pool)
      if (f(node)) found.push_back(node);
    return found;
  }

  Node make() {
    const Node x = pick(pool);
    const Node same = pick(all([&](Node n) { return n.shape() == x.shape(); }));
    const Node y = chance(2) ? same : pick(all([](Node n) { return n.shape().rank() == 0 || n.shape() == Shape{4, 3}; }));
    const bool fits = y == same || y.shape().rank() == 0 || x.shape() == Shape{batch, 4, 3} || x.shape() == Shape{4, 3};
    switch (random() % 12) {
      case 0:
        return fits ? x + y : x + same;
      case 1:
        return fits ? x * y : x * same;
      case 2:
        return x - same;
      case 3:
        return -x;
      case 4:
        return where(less(x, same), x, same);
      case 5:
        return sqrt(x * x);
      case 6:
        return x.shape().rank() == 0 ? x : reduce_sum(x, {-1}, true) + x;
      case 7:
        return x.shape() == Shape{batch, 4, 3} ? reshape(x, {batch, 12})
               : x.shape() == Shape{batch, 12} ? reshape(x, {batch, 4, 3})
                                               : copy(x);
      case 8:
        return x.shape() == Shape{4, 3} ? reshape(x, {12})
               : x.shape() == Shape{12} ? reshape(x, {4, 3})
                                        : cast(cast(x, DType::float64), DType::float32);
      case 9:
        return x.shape().rank() == 0 ? x * 1.0 : test::sum_and_difference(x, same).output(random() % 2);
      case 10:
        return x.shape() == Shape{4, 3} ? broadcast_to(x, {batch, 4, 3}) + x : -(-x);
      default:
        return x.shape() == Shape{4, 3} || x.shape() == Shape{12} ? reshape(pack(std::vector<Node>{x, same}), {2, 12}) : x - 0.0;
    }
  }

  std::mt19937 random;
  Graph graph;
  std::vector<Variable> variables;
  std::vector<Node> pool;
  std::vector<std::pair<std::string, Node>> outputs;
};

Tensor data(Extents extents, unsigned seed) {
  Tensor tensor(DType::float32, std::move(extents));
  fill_uniform<float>({seed, 0, 0}, 0, tensor.mutable_values<float>());
  return tensor;
}

// The compiler's promise: whatever shares memory, every value that is still needed keeps its bits. The interpreter shares nothing.
TEST(PlanMemory, GivesTheInterpretersBits) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    RandomGraph made(seed);
    const auto state = std::make_shared<State>(7);
    const auto program = compile_program(made.graph, {.outputs = made.outputs, .updates = made.graph.updates()}, state, {}, {});
    Session session(program);
    const std::int64_t n = 1 + seed % 3;
    const std::vector<std::pair<std::string, Tensor>> feed{
        {"a", data({n, 4, 3}, seed)}, {"b", data({n, 4, 3}, seed + 1)}, {"c", data({n, 4, 1}, seed + 2)}};
    Batch batch;
    for (const ProgramInput& input : program->inputs())
      for (const auto& [name, tensor] : feed)
        if (name == input.name) batch.emplace_back(name, tensor);
    if (batch.empty()) continue;  // nothing to tell the batch's size by
    std::vector<Node> nodes;
    for (const auto& [name, node] : made.outputs) nodes.push_back(node);
    for (const Update& update : made.graph.updates()) nodes.push_back(update.value);
    const std::vector<Tensor> expected = interpret(nodes, feed, 7);
    session.step(batch);
    for (std::size_t i = 0; i < made.outputs.size(); ++i)
      ASSERT_TRUE(session.fetch(made.outputs[i].first).same_bits(expected[i])) << "graph " << seed << ", " << made.outputs[i].first << "\n"
                                                                               << to_string(program->graph());
    for (std::size_t u = 0; u < made.graph.updates().size(); ++u)
      ASSERT_TRUE(state->tensor(made.graph.updates()[u].variable.name()).same_bits(expected[made.outputs.size() + u]))
          << "graph " << seed << ", " << made.graph.updates()[u].variable.name() << "\n"
          << to_string(program->graph());
  }
}

TEST(PlanMemory, LaysBuffersThatLiveTogetherApart) {
  std::size_t arena = 0, alone = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    RandomGraph made(seed);
    const Graph graph = protect_updates(simplify(extract(made.graph, made.outputs, made.graph.updates())));
    const Schedule order = schedule(graph);
    const MemoryPlan plan = plan_memory(graph, order);
    Sizes sizes;
    sizes.set(Symbol::batch(), 5);
    const ArenaLayout layout = lay_out_arena(graph, order, plan, sizes);
    const auto bytes = [&](std::size_t i) {
      return static_cast<std::size_t>(count(plan.buffers[i].type.shape.bind(sizes))) * size_of(plan.buffers[i].type.dtype);
    };
    for (std::size_t i = 0; i < plan.buffers.size(); ++i) {
      ASSERT_EQ(layout.offsets[i] % 64, 0u);
      ASSERT_LE(layout.offsets[i] + bytes(i), layout.bytes);
      for (std::size_t j = 0; j < i; ++j) {
        const Buffer &a = plan.buffers[i], &b = plan.buffers[j];
        if (a.last < b.first || b.last < a.first) continue;
        ASSERT_TRUE(layout.offsets[i] + bytes(i) <= layout.offsets[j] || layout.offsets[j] + bytes(j) <= layout.offsets[i])
            << "graph " << seed;
      }
    }
    EXPECT_GE(layout.bytes, layout.live_bytes);
    EXPECT_GE(layout.bytes_without_reuse, layout.bytes);
    arena += layout.bytes;
    alone += layout.bytes_without_reuse;
  }
  EXPECT_LT(arena, alone * 3 / 4);  // reuse saves about half on graphs like these
}

// x + 1 + 1 + …: one buffer beside the input's, since each op writes over what it reads.
TEST(PlanMemory, RunsAChainInPlace) {
  Graph graph;
  Node x = graph.input("x", {batch, 8});
  for (int i = 0; i < 10; ++i) x = x + 1.0;
  graph.output("y", x);
  const Schedule order = schedule(graph);
  const MemoryPlan plan = plan_memory(graph, order);
  EXPECT_EQ(plan.buffers.size(), 2u);
  Sizes sizes;
  sizes.set(Symbol::batch(), 2);
  const ArenaLayout layout = lay_out_arena(graph, order, plan, sizes);
  EXPECT_EQ(layout.bytes, 128u);
  EXPECT_EQ(layout.bytes_without_reuse, 11 * 64u);
}

TEST(PlanMemory, PutsPartsOfAPackInPlace) {
  Graph graph;
  const Node w = graph.parameter("w", {3}, {});
  const std::vector<Node> parts{w * 2.0, reshape(w * w, {3, 1}), w};
  graph.output("packed", pack(parts));
  const MemoryPlan plan = plan_memory(graph, schedule(graph));
  const Location whole = plan(graph.outputs()[0].second);
  EXPECT_EQ(plan(parts[0]).index, whole.index);
  EXPECT_EQ(plan(parts[0]).offset, 0);
  EXPECT_EQ(plan(parts[1]).index, whole.index);
  EXPECT_EQ(plan(parts[1]).offset, 3);
  EXPECT_EQ(plan(w).kind, Location::Kind::variable);  // copied by the pack
}

TEST(PlanMemory, PlansShapesOfTwoSymbols) {
  Graph graph;
  const Node x = graph.input("x", {batch, graph.dim("time"), 4});
  const Node y = reshape(reshape(x * 2.0, {batch, graph.dim("time"), 2, 2}) + 1.0, {batch, graph.dim("time"), 4}) + x;
  graph.output("y", y);
  const auto program = std::make_shared<const Program>(simplify(graph), std::make_shared<State>(), ProgramOptions{});
  Session session(program);
  session.step({{"x", data({2, 3, 4}, 1)}});
  EXPECT_TRUE(session.fetch("y").same_bits(interpret(y, {{"x", data({2, 3, 4}, 1)}})));
}

}  // namespace
}  // namespace loglik
