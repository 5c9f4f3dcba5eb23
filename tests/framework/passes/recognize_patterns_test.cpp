#include <gtest/gtest.h>

#include <set>

#include "framework/autodiff.h"
#include "framework/initializer.h"
#include "framework/interpret.h"
#include "framework/model.h"
#include "framework/passes/passes.h"
#include "framework/pattern.h"
#include "tests/framework/expect_throw.h"
#include "tests/framework/small_ops.h"
#include "tests/framework/training.h"

// The pass with patterns that ops of this file bring.
namespace loglik {
namespace {

Node thrice(Operand x);

// x + twice(x), where nothing else reads twice(x).
std::vector<Node> recognize_thrice(const PatternArgs& args) {
  const Node x = args.input(0), twice = args.input(1);
  if (twice.op().name() != "twice" || !same_value(twice.inputs()[0], x) || args.readers(twice) != 1) return {};
  return {thrice(x)};
}

std::vector<Node> recognize_wrongly(const PatternArgs& args) {
  return args.input(1).op().name() == "twice" ? std::vector<Node>{reduce_sum(args.input(0))} : std::vector<Node>{};
}

template <int times>
class Times : public Op {
 public:
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      for (std::size_t i = 0; i < args.input<T>(0).size(); ++i) args.output<T>(0)[i] = times * args.input<T>(0)[i];
    });
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {static_cast<double>(times) * args.output_gradient(0)}; }
};

class Twice final : public Times<2> {
 public:
  std::string_view name() const override { return "twice"; }
  std::span<const Pattern> patterns() const override {
    static constexpr Pattern all[] = {{"add", recognize_thrice}, {"sub", recognize_wrongly}};
    return all;
  }
};

class Thrice final : public Times<3> {
 public:
  std::string_view name() const override { return "thrice"; }
};

Node twice(Operand x) { return make_node(std::make_shared<Twice>(), {x}); }
Node thrice(Operand x) { return make_node(std::make_shared<Thrice>(), {x}); }

std::multiset<std::string> ops(const Graph& graph) {
  std::multiset<std::string> names;
  for (std::size_t i = 0; i < graph.node_count(); ++i) names.emplace(graph.record(i).op->name());
  return names;
}

using Names = std::multiset<std::string>;

TEST(RecognizePatterns, PutsOneOpForAComposition) {
  Graph graph;
  const Node x = graph.input("x", {2});
  graph.output("y", x + twice(x));
  const Graph after = recognize_patterns(graph);
  EXPECT_EQ(ops(after), (Names{"input", "thrice"}));
  EXPECT_EQ(ops(recognize_patterns(after)), ops(after));
  EXPECT_TRUE(interpret(after.outputs()[0].second, {{"x", Tensor::from<float>({1, 4})}}).same_bits(Tensor::from<float>({3, 12})));
}

TEST(RecognizePatterns, SeesWhatItHasPutInPlace) {
  Graph graph;
  const Node x = graph.input("x", {2}), y = x + twice(x);
  graph.output("y", y + twice(y));
  EXPECT_EQ(ops(recognize_patterns(graph)), (Names{"input", "thrice", "thrice"}));
}

TEST(RecognizePatterns, LeavesAloneWhatOthersRead) {
  for (const char* who : {"a node", "an output", "an update"}) {
    Graph graph;
    const Node x = graph.input("x", {2}), between = twice(x);
    graph.output("y", x + between);
    if (who == std::string("a node")) graph.output("z", between * between);
    if (who == std::string("an output")) graph.output("z", between);
    if (who == std::string("an update")) graph.update(graph.variable("v", x.type(), {}), between);
    const Graph after = recognize_patterns(graph);
    EXPECT_EQ(ops(after), ops(graph)) << who;
    EXPECT_EQ(after.data(), graph.data()) << who << ": nothing recognised, nothing changed";
  }
}

TEST(RecognizePatterns, KeepsNamesAndScopes) {
  Graph graph;
  const Node x = graph.input("x", {2});
  {
    const Scope scope = graph.scope("inside");
    graph.output("y", (x + twice(x)).named("sum"));
  }
  const Graph after = recognize_patterns(graph);
  EXPECT_EQ(after.outputs()[0].second.name(), "inside/sum");
  EXPECT_EQ(after.outputs()[0].second.op().name(), "thrice");
}

TEST(RecognizePatterns, RefusesAPatternThatChangesTheType) {
  Graph graph;
  const Node x = graph.input("x", {2});
  graph.output("y", x - twice(x));
  test::expect_throw<ArgumentError>([&] { recognize_patterns(graph); }, "a pattern of sub puts reduce_sum float32 {} in place of its output 0, float32 {2}");
}

// Before gradients are taken, in programs that train and in those that don't, unless they are not wanted.
TEST(RecognizePatterns, IsAPassOfEveryProgram) {
  for (const bool patterns : {true, false}) {
    Graph graph;
    const Node x = graph.input("x", {batch, 3}), h = test::linear(graph, x, "line");
    graph.head("y", test::UnitGaussian{h + twice(h)});
    std::map<std::string, Names> seen;
    int times_recognized = 0;
    const Model model = compile(graph, {.patterns = patterns, .observe = [&](std::string_view program, std::string_view pass, const Graph& now) {
      if (pass == "simplify") seen.emplace(program, ops(now));
      times_recognized += pass == "recognize_patterns";
    }});
    for (const std::string program : {"train", "evaluate", "predict"}) {
      EXPECT_EQ(seen.at(program).count("thrice"), patterns ? 1 : 0) << program;
      EXPECT_EQ(seen.at(program).count("twice"), patterns ? 0 : 1) << program;
    }
    EXPECT_EQ(times_recognized > 0, patterns);
  }
}

TEST(SameValue, ComparesOpsAndInputs) {
  Graph graph;
  const Node x = graph.input("x", {2}), y = graph.input("y", {2});
  EXPECT_TRUE(same_value(twice(x) + 1.0, twice(x) + 1.0));
  EXPECT_FALSE(same_value(twice(x) + 1.0, twice(x) + 2.0));
  EXPECT_FALSE(same_value(twice(x), thrice(x)));
  EXPECT_FALSE(same_value(twice(x), twice(y)));
  EXPECT_FALSE(same_value(test::noisy(x), test::noisy(x))) << "each draws its own bits";
  EXPECT_FALSE(same_value(test::sum_and_difference(x, y), test::sum_and_difference(x, y).output(1)));
}

}  // namespace
}  // namespace loglik
