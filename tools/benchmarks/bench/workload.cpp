#include "tools/benchmarks/bench/workload.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/text.h"
#include "ops/ops.h"

namespace loglik::bench {
namespace {

Tensor normal(Extents extents, std::uint64_t name) {
  Tensor tensor(DType::float32, extents);
  fill_normal<float>({0, 0, name}, 0, tensor.mutable_values<float>());
  return tensor;
}

Tensor uniform(Extents extents, std::uint64_t name) {
  Tensor tensor(DType::float32, extents);
  fill_uniform<float>({0, 0, name}, 0, tensor.mutable_values<float>());
  return tensor;
}

Tensor classes(std::int64_t count) {
  Tensor tensor(DType::int32, {count});
  std::int64_t i = 0;
  for (std::int32_t& label : tensor.mutable_values<std::int32_t>()) label = static_cast<std::int32_t>(7 * i++ % 10);
  return tensor;
}

Batch labelled_images(std::int64_t batch) { return {{"x", normal({batch, 1, 28, 28}, 1)}, {"y", classes(batch)}}; }
Batch pairs(std::int64_t batch, std::int64_t inputs) { return {{"x", normal({batch, inputs}, 1)}, {"y", normal({batch, 1}, 2)}}; }

Node units(Node h, std::int64_t count, Activation activation = {}) { return dense(h, {.units = count, .activation = activation}); }

void classify(Graph& graph, Node logits) { graph.head("y", Categorical{.logits = logits.named("prediction")}); }

void tiny(Graph& graph) {
  Node h = units(graph.input("x", {batch, 8}), 32, tanh);
  h = units(units(h, 32, tanh), 1);
  graph.head("y", Gaussian{.loc = h.named("prediction")});
}

void mlp(Graph& graph) {
  Node h = units(graph.input("x", {batch, 784}), 256, relu);
  classify(graph, units(units(h, 128, relu), 10));
}

void vae(Graph& graph) {
  const Node x = graph.input("x", {batch, 784});
  const Node h = units(x, 400, relu);
  const Node loc = units(h, 20), log_variance = units(h, 20);
  const Node z = loc + random_normal_like(loc) * exp(0.5 * log_variance);
  const Node logits = units(units(z, 400, relu), 784).named("prediction");
  graph.head("pixels", Bernoulli{.logits = logits, .soft_targets = true}, {.target = x});
  graph.add_term("kl", -0.5 * reduce_sum(1.0 + log_variance - loc * loc - exp(log_variance), {-1}), Per::sample);
}

void mdn(Graph& graph) {
  constexpr std::int64_t components = 5;
  Node h = units(graph.input("x", {batch, 1}), 64, tanh);
  h = units(units(h, 64, tanh), 3 * components).named("prediction");
  const std::vector<Node> raw = split(h, 3, -1);
  std::vector<Distribution> gaussians;
  const std::vector<Node> locs = split(raw[1], components, -1), scales = split(raw[2], components, -1);
  for (std::size_t k = 0; k < locs.size(); ++k) gaussians.push_back(Gaussian{.loc = locs[k], .log_scale = log(softplus(scales[k]) + 1e-4)});
  graph.head("y", Mixture{.logits = expand_dims(raw[0], 1), .components = gaussians});
}

void lenet(Graph& graph) {
  Node h = conv2d(graph.input("x", {batch, 1, 28, 28}), {.filters = 6, .kernel = 5, .padding = 2, .activation = relu});
  h = conv2d(max_pool2d(h), {.filters = 16, .kernel = 5, .activation = relu});
  h = flatten(max_pool2d(h));
  classify(graph, units(units(units(h, 120, relu), 84, relu), 10));
}

void cnn(Graph& graph) {
  Node h = conv2d(graph.input("x", {batch, 1, 28, 28}), {.filters = 32, .kernel = 3, .padding = 1, .activation = relu});
  h = conv2d(h, {.filters = 64, .kernel = 3, .padding = 1, .activation = relu});
  h = flatten(dropout(max_pool2d(h), 0.25));
  classify(graph, units(dropout(units(h, 128, relu), 0.5), 10));
}

constexpr Workload all[] = {
    {"tiny", 32, tiny, [](std::int64_t batch) { return pairs(batch, 8); }},
    {"mlp", 64, mlp, [](std::int64_t batch) { return Batch{{"x", normal({batch, 784}, 1)}, {"y", classes(batch)}}; }},
    {"vae", 128, vae, [](std::int64_t batch) { return Batch{{"x", uniform({batch, 784}, 1)}}; }},
    {"mdn", 256, mdn, [](std::int64_t batch) { return pairs(batch, 1); }},
    {"lenet", 64, lenet, labelled_images},
    {"cnn", 64, cnn, labelled_images},
};

}  // namespace

std::span<const Workload> workloads() { return all; }

const Workload& workload(std::string_view name) {
  std::vector<std::string> names;
  for (const Workload& workload : all) {
    if (workload.name == name) return workload;
    names.emplace_back(workload.name);
  }
  throw NameError(fmt::format("there is no workload \"{}\"{}", name, suggestion(name, names)));
}

Model compile_workload(const Workload& workload, double learning_rate, bool fusion) {
  Graph graph;
  workload.build(graph);
  return compile(graph, {.optimizer = Adam{.learning_rate = learning_rate}, .fusion = fusion});
}

}  // namespace loglik::bench
