#include "tests/conformance/op_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "framework/autodiff.h"
#include "framework/random.h"

namespace loglik::conformance {
namespace {

const InputOptions& input_options(const OpOptions& options, std::size_t i) {
  static const InputOptions none;
  return i < options.inputs.size() ? options.inputs[i] : none;
}

bool is_drawn_as_float(const OpOptions& options, std::size_t i) {
  const auto& dtype = input_options(options, i).dtype;
  return !dtype || is_float(*dtype);
}

// The leading axis is given by a symbol for all inputs of the largest rank that share the size of the first of them.
std::vector<Shape> batched_shapes(const std::vector<Extents>& shapes) {
  std::vector<Shape> result;
  std::size_t rank = 0;
  for (const Extents& extents : shapes) rank = std::max(rank, extents.size());
  std::int64_t leading = -1;
  for (const Extents& extents : shapes) {
    result.emplace_back(std::span<const std::int64_t>(extents));
    if (extents.size() != rank || rank == 0) continue;
    if (leading < 0) leading = extents[0];
    if (extents[0] == leading) result.back()[0] = batch;
  }
  return result;
}

}  // namespace

std::vector<Tensor> draw_inputs(const OpOptions& options, const std::vector<Extents>& shapes) {
  std::int64_t floats = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    if (is_drawn_as_float(options, i)) floats += count(shapes[i]);
  std::vector<std::int32_t> ranks(static_cast<std::size_t>(floats));
  std::iota(ranks.begin(), ranks.end(), 0);
  shuffle({0, 0, hash_name("ranks")}, ranks);

  std::vector<Tensor> result;
  std::size_t next = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Domain& domain = input_options(options, i).domain.value_or(options.domain);
    Tensor tensor(DType::float64, shapes[i]);
    const auto values = tensor.mutable_values<double>();
    fill_uniform<double>({0, 0, hash_name(fmt::format("input {}", i))}, 0, values);
    for (double& value : values) {
      if (is_drawn_as_float(options, i))
        value = static_cast<float>(spread(domain, ranks[next++], floats, value));
      else if (*input_options(options, i).dtype == DType::boolean)
        value = value < 0.5 ? 0 : 1;
      else
        value = std::floor(domain.low + value * (domain.high - domain.low));
    }
    result.push_back(std::move(tensor));
  }
  return result;
}

OpCase build_case(const Builder& build, const OpOptions& options, const std::vector<Extents>& shapes, const std::vector<Tensor>& values,
                  DType dtype, bool batched) {
  OpCase c;
  std::vector<Shape> types;
  if (batched)
    types = batched_shapes(shapes);
  else
    for (const Extents& extents : shapes) types.emplace_back(std::span<const std::int64_t>(extents));
  c.where = fmt::format("{}", name(dtype));
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto& own = input_options(options, i).dtype;
    const std::string input_name = fmt::format("x{}", i);
    c.inputs.push_back(c.graph.input(input_name, types[i], own.value_or(dtype)));
    c.feed.emplace_back(input_name, values[i].cast(own.value_or(dtype)));
    if (!own && is_float(dtype)) c.wanted.push_back(c.inputs.back());
    c.where += fmt::format("{} {}", i == 0 ? "" : own ? fmt::format(", {}", name(*own)) : ",", to_string(types[i]));
  }
  c.outputs = build(c.inputs);
  c.where = fmt::format("{} of {}", c.outputs.empty() ? "nothing" : c.outputs[0].op().name(), c.where);
  for (const Node output : c.outputs)
    if (is_float(output.dtype())) c.differentiated.push_back(output);
  return c;
}

void differentiate(OpCase& c) {
  Sizes sizes;
  for (std::size_t i = 0; i < c.inputs.size(); ++i)
    if (c.inputs[i].shape().rank() > 0)
      if (const Dim dim = c.inputs[i].shape()[0]; !dim.is_constant()) sizes.set(dim.symbol(), c.feed[i].second.extents()[0]);
  std::vector<Node> seeds;
  for (std::size_t i = 0; i < c.differentiated.size(); ++i) {
    const Node output = c.differentiated[i];
    const std::string seed_name = fmt::format("weights{}", i);
    c.output_weights.push_back(weights(output.shape().bind(sizes), i));
    seeds.push_back(c.graph.input(seed_name, output.shape(), output.dtype()));
    c.feed.emplace_back(seed_name, c.output_weights.back().cast(output.dtype()));
  }
  c.gradients = vector_jacobian_product(c.differentiated, seeds, c.wanted);
}

}  // namespace loglik::conformance
