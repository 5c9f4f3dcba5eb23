// How long `compile` takes: graphs of 1,000 to 20,000 nodes, differentiated, with Adam, all programs of a model; then the first training step,
// which lays out the arena. The best of several runs: what else the machine does only ever adds. Nodes are those that the user's calls made,
// leaves included.
//
//   build/tools/compile_time [LARGEST]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/framework.h"
#include "ops/ops.h"

using namespace loglik;

namespace {

// One layer after the other, five nodes each.
void deep(Graph& graph, std::size_t nodes) {
  Node h = graph.input("x", {batch, 4});
  while (graph.node_count() < nodes) h = dense(h, {.units = 4, .activation = relu});
  graph.head("y", Gaussian{.loc = dense(h, {.units = 1}), .log_scale = graph.constant(0.0, DType::float32)});
}

// Elementwise ops, each on the one before, of one parameter in all.
void chain(Graph& graph, std::size_t nodes) {
  Node h = graph.input("x", {batch, 4}) * graph.parameter("w", {4}, constant_initializer(0.5));
  while (graph.node_count() < nodes) h = tanh(h) * h;
  graph.add_term("sum", reduce_sum(h, {1}), Per::sample);
}

// Layers side by side on the same input, added up.
void wide(Graph& graph, std::size_t nodes) {
  const Node x = graph.input("x", {batch, 4});
  Node sum = dense(x, {.units = 1});
  while (graph.node_count() < nodes) sum = sum + dense(x, {.units = 1, .activation = relu});
  graph.add_term("sum", reduce_sum(sum, {1}), Per::sample);
}

struct Timing {
  std::size_t nodes;
  double milliseconds;
  double first_step;  // ms
};

double milliseconds(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

Timing time_compile(const std::function<void(Graph&, std::size_t)>& build, std::size_t nodes) {
  Timing best{0, 1e300, 1e300};
  const Tensor x(DType::float32, {8, 4}), y(DType::float32, {8, 1});
  for (int run = 0; run < 3; ++run) {
    Graph graph;
    build(graph, nodes);
    best.nodes = graph.node_count();
    const auto start = std::chrono::steady_clock::now();
    const Model model = compile(graph, {.optimizer = Adam{}});
    const auto compiled = std::chrono::steady_clock::now();
    Batch data{{"x", x}};
    if (!graph.heads().empty()) data.emplace_back("y", y);
    Session session = model.session();
    session.step(data);
    best.milliseconds = std::min(best.milliseconds, milliseconds(start, compiled));
    best.first_step = std::min(best.first_step, milliseconds(compiled, std::chrono::steady_clock::now()));
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t largest = argc > 1 ? static_cast<std::size_t>(std::atoll(argv[1])) : 20000;
  const std::pair<std::string_view, std::function<void(Graph&, std::size_t)>> shapes[] = {{"deep", deep}, {"chain", chain}, {"wide", wide}};
  fmt::print("{:<6} {:>7} {:>9} {:>8} {:>14}\n", "graph", "nodes", "ms", "us/node", "first step ms");
  for (const auto& [name, build] : shapes)
    for (const std::size_t nodes : {1000, 2000, 5000, 10000, 20000}) {
      if (nodes > largest) break;
      const Timing timing = time_compile(build, nodes);
      fmt::print("{:<6} {:>7} {:>9.1f} {:>8.1f} {:>14.1f}\n", name, timing.nodes, timing.milliseconds,
                 1000 * timing.milliseconds / static_cast<double>(timing.nodes), timing.first_step);
      std::fflush(stdout);
    }
}
