#include "framework/graph.h"

#include <gtest/gtest.h>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/initializer.h"
#include "framework/interpret.h"
#include "framework/primitives.h"
#include "tests/framework/expect_throw.h"
#include "tests/framework/small_ops.h"

namespace loglik {
namespace {

using test::expect_throw;

TEST(Graph, KeepsNodesValidWhenMoved) {
  Graph graph;
  const Node x = graph.input("x", {2});
  Graph moved = std::move(graph);
  const Node y = x + moved.input("z", {2});
  Graph again(std::move(moved));
  again.output("y", y);
  EXPECT_EQ(again.node_count(), 3u);
  EXPECT_EQ(interpret(y, {{"x", Tensor::from<float>({1, 2})}, {"z", Tensor::from<float>({3, 4})}}).at(1), 6);
}

TEST(Graph, NamesTheUsersLine) {
  Graph graph;
  const Node a = graph.input("a", {batch, 3}), b = graph.input("b", {batch, 4});
  const int line = __LINE__ + 1;
  const Node sum = a + a;
  EXPECT_EQ(to_string(sum.site()), "graph_test.cpp:" + std::to_string(line));
  const Node scaled = 2.0 * a;
  EXPECT_EQ(scaled.inputs()[0].site().line, scaled.site().line);  // the constant's too
  expect_throw<ShapeError>([&] { a + b; }, "add at graph_test.cpp:{line}: {batch, 3} and {batch, 4} do not broadcast: 3 against 4");
  expect_throw<ShapeError>([&] { mul(a, b); }, "mul at graph_test.cpp:{line}: {batch, 3} and {batch, 4} do not broadcast: 3 against 4");
}

Node composition(Operand x) {
  const SiteScope site(x.site());
  return sqrt(x.node() * x.node());
}
Node outer_composition(Operand x) {
  const SiteScope site(x.site());
  return composition(x.node() + 1.0);
}

TEST(Graph, NamesTheOutermostLineOfCompositions) {
  Graph graph;
  const int line = __LINE__ + 1;
  const Node y = outer_composition(graph.input("x", {2}));
  EXPECT_EQ(y.site().line, line);
  EXPECT_EQ(y.inputs()[0].site().line, line);
  EXPECT_EQ(y.inputs()[0].inputs()[0].site().line, line);
  EXPECT_EQ(SiteScope::current().file, nullptr);
  EXPECT_THROW(outer_composition(graph.input("i", {2}, DType::boolean)), DtypeError);
  EXPECT_EQ(SiteScope::current().file, nullptr);  // closed by the exception
}

TEST(Graph, RefusesNamesThatAreTaken) {
  Graph graph;
  const Node x = graph.input("x", {2});
  expect_throw<NameError>([&] { graph.input("x", {3}); },
                          "input at graph_test.cpp:{line}: there is an input \"x\" already at graph_test.cpp:{line}");
  expect_throw<NameError>([&] { graph.input("", {3}); }, "input at graph_test.cpp:{line}: an input needs a name, got an empty one");
  graph.parameter("w", {2}, {});
  expect_throw<NameError>([&] { graph.parameter("w", {2}, {}); },
                          "variable at graph_test.cpp:{line}: the name \"w\" is taken in its scope by variable at graph_test.cpp:{line}");
  expect_throw<NameError>([&] { graph.parameter("a/b", {2}, {}); },
                          "variable at graph_test.cpp:{line}: the variable name \"a/b\" holds a '/': open a scope instead");
  (x + 1.0).named("h");
  expect_throw<NameError>([&] { (x + 2.0).named("h"); }, "the name \"h\" is taken in its scope by add at graph_test.cpp:{line}");
  expect_throw<NameError>([&] { graph.named("h").named("g"); }, "add at graph_test.cpp:{line} is named \"h\" already");
  expect_throw<NameError>([&] { static_cast<void>(graph.scope("a/b")); }, "the scope name \"a/b\" holds a '/': open a scope instead");
  const Scope scope = graph.scope("inner");
  EXPECT_EQ((x * 3.0).named("h").name(), "inner/h");  // free in another scope
}

TEST(Graph, OpensTheSameScopeAgain) {
  Graph graph;
  Node a, b;
  {
    const Scope outer = graph.scope("encoder");
    const Scope inner = graph.scope("layer");
    a = graph.parameter("w", {}, {});
  }
  {
    const Scope outer = graph.scope("encoder");
    b = graph.parameter("w", {}, {});
    const Scope inner = graph.scope("layer");
    EXPECT_THROW(graph.parameter("w", {}, {}), NameError);
  }
  EXPECT_EQ(a.name(), "encoder/layer/w");
  EXPECT_EQ(b.name(), "encoder/w");
  EXPECT_EQ(graph.named("encoder/layer/w"), a);
  EXPECT_FALSE(graph.named("nothing"));
}

TEST(Graph, FindsTheOutputThatWasNamed) {
  Graph graph;
  const Node x = graph.input("x", {2});
  const Node difference = test::sum_and_difference(x, x).output(1).named("difference");
  EXPECT_EQ(graph.named("difference"), difference);
  EXPECT_NE(graph.named("difference"), difference.output(0));
}

TEST(Graph, RefusesAbsentAndForeignNodes) {
  Graph graph, other;
  const Node x = graph.input("x", {2}), y = other.input("y", {2});
  expect_throw<ArgumentError>([&] { x + Node(); }, "the operand at graph_test.cpp:{line} is an absent Node");
  expect_throw<ArgumentError>([&] { x + y; }, "add at graph_test.cpp:{line}: an operand belongs to another graph");
  expect_throw<ArgumentError>([&] { Node().shape(); }, "an absent Node has no type, op or graph");
  expect_throw<ArgumentError>([&] { x.output(1); }, "input at graph_test.cpp:{line} has 1 output, no number 1");
  expect_throw<ArgumentError>([&] { graph.output("y", y); }, "output \"y\": the node is of another graph");
  expect_throw<ArgumentError>([&] { add(1, 2.5); },
                              "add at graph_test.cpp:{line}: at least one operand must be a node, graph.constant makes one");
}

TEST(Graph, GivesNumbersTheDtypeOfTheOperands) {
  Graph graph;
  const Node i = graph.input("i", {2}, DType::int32), u = graph.input("u", {2}, DType::uint8), d = graph.input("d", {2}, DType::float64);
  const Node b = graph.input("b", {2}, DType::boolean);
  EXPECT_EQ((i + 1).dtype(), DType::int32);
  EXPECT_EQ((1.5 * d).dtype(), DType::float64);
  EXPECT_EQ(where(b, 1, d).dtype(), DType::float64);
  EXPECT_EQ(where(b, 1, 0).dtype(), DType::float32);
  EXPECT_EQ(less(u, 7).dtype(), DType::boolean);
  expect_throw<DtypeError>([&] { i + 0.5; }, "constant at graph_test.cpp:{line}: int32 can't hold 0.5");
  expect_throw<DtypeError>([&] { less(u, 256); }, "constant at graph_test.cpp:{line}: uint8 can't hold 256");
  expect_throw<DtypeError>([&] { u / 255.0; }, "div at graph_test.cpp:{line}: uint8 {2} is not a float: cast it to float32 or float64");
  expect_throw<DtypeError>([&] { d + cast(i, DType::float32); },
                           "add at graph_test.cpp:{line}: float64 {2} and float32 {2} differ in dtype: cast one of them");
  EXPECT_NO_THROW(graph.constant(-2147483648.0, DType::int32));
  expect_throw<DtypeError>([&] { graph.constant(1e39, DType::float32); }, "constant at graph_test.cpp:{line}: float32 can't hold 1e+39");
}

TEST(Graph, BroadcastsUpToRankEight) {
  for (std::size_t rank = 0; rank <= 8; ++rank) {
    Graph graph;
    std::vector<Dim> all(rank, Dim(2)), alternate(rank, Dim(2));
    for (std::size_t i = 0; i < rank; i += 2) alternate[i] = 1;
    const Tensor x = [&] {
      Tensor tensor(DType::float64, Shape(all).constant());
      double next = 0;
      for (double& v : tensor.mutable_values<double>()) v = next++;
      return tensor;
    }();
    const Tensor y = [&] {
      Tensor tensor(DType::float64, Shape(alternate).constant());
      double next = 0;
      for (double& v : tensor.mutable_values<double>()) v = 1000 * next++;
      return tensor;
    }();
    const Tensor sum = interpret(graph.constant(x) + graph.constant(y));
    for (std::int64_t i = 0; i < sum.count(); ++i) {
      std::int64_t k = 0;  // the element of y: the bits of i at odd axes
      for (std::size_t axis = 0; axis < rank; ++axis)
        if (axis % 2 == 1) k = 2 * k + ((i >> (rank - 1 - axis)) & 1);
      ASSERT_EQ(sum.at(i), static_cast<double>(i + 1000 * k)) << "rank " << rank;
    }
  }
  Graph graph;
  expect_throw<ShapeError>(
      [&] {
        graph.input("x", {1, 1, 1, 1, 1, 1, 1, 1, 1});
      },
      "input at graph_test.cpp:{line}: {1, 1, 1, 1, 1, 1, 1, 1, 1} has rank 9, the largest is 8");
  expect_throw<ShapeError>([&] { graph.input("x", {batch, -3}); }, "input at graph_test.cpp:{line}: {batch, -3}: a dimension is negative");
}

TEST(Graph, RefusesTermsAndUpdatesThatDoNotFit) {
  Graph graph;
  const Variable v = graph.variable("v", {DType::float32, {2}}, {});
  const Node x = graph.input("x", {batch});
  graph.update(v, v + 1.0);
  expect_throw<ArgumentError>([&] { graph.update(v, v + 2.0); }, "update of v at graph_test.cpp:{line}: it has an update already");
  const Variable w = graph.variable("w", {DType::float32, {2}}, {});
  expect_throw<ShapeError>([&] { graph.update(w, x); },
                           "update of w at graph_test.cpp:{line}: the Variable is float32 {2}, the new value float32 {batch}");
  expect_throw<DtypeError>([&] { graph.update(w, cast(w, DType::float64)); },
                           "update of w at graph_test.cpp:{line}: the Variable is float32 {2}, the new value float64 {2}");
  expect_throw<ShapeError>([&] { graph.add_term("prior", x, Per::dataset); },
                           "add_term at graph_test.cpp:{line}: the term \"prior\" is per data set and needs a scalar, got {batch}");
  expect_throw<ShapeError>([&] { graph.add_term("kl", reduce_sum(x), Per::sample); },
                           "add_term at graph_test.cpp:{line}: the term \"kl\" is per sample and needs an axis of samples, got a scalar");
  graph.add_term("kl", x, Per::sample);
  expect_throw<NameError>([&] { graph.add_term("kl", x, Per::sample); },
                          "add_term at graph_test.cpp:{line}: there is a term \"kl\" already");
  expect_throw<ShapeError>(
      [&] {
        graph.parameter("p", {batch, 2}, {});
      },
      "variable \"p\" at graph_test.cpp:{line}: its shape {batch, 2} is not constant");
  expect_throw<DtypeError>([&] { graph.parameter("p", {2}, {}, DType::int32); },
                           "parameter \"p\" at graph_test.cpp:{line}: needs float32 or float64, got int32");
}

TEST(Graph, PrintsItsNodes) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3});
  const Scope scope = graph.scope("net");
  const Node y = (x * 2.0).named("h");
  graph.output("y", reduce_sum(y, {-1}));
  const std::string text = to_string(graph);
  EXPECT_NE(text.find("%2 = mul(%0, %1) float32 {batch, 3}  net/h  graph_test.cpp:"), std::string::npos) << text;
  EXPECT_NE(text.find("%3 = reduce_sum(%2, axes={-1}, keep_dims=false) float32 {batch}  net/reduce_sum  graph_test.cpp:"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("output y = %3.0\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace loglik
