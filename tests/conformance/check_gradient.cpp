#include "tests/conformance/check_gradient.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/interpret.h"
#include "framework/leaves.h"
#include "framework/random.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/conformance/differences.h"

namespace loglik::conformance {
namespace {

DType widened(DType dtype) { return dtype == DType::float32 ? DType::float64 : dtype; }

// The op as it is, or with float64 where its attributes say float32 (a cast, a random op).
std::shared_ptr<const Op> widened(const std::shared_ptr<const Op>& op) {
  Attributes attributes;
  bool changed = false;
  for (const auto& [key, value] : op->attributes()) {
    const DType* dtype = std::get_if<DType>(&value);
    const bool narrow = dtype != nullptr && *dtype == DType::float32;
    attributes.set(key, narrow ? AttributeValue(DType::float64) : value);
    changed |= narrow;
  }
  return changed ? make_op(op->name(), attributes) : op;
}

// Values for inputs that were not given any.
Feed complete_feed(const Graph& graph, const GradientOptions& options) {
  Feed feed = options.feed;
  const auto find = [&](const std::string& name) {
    return std::find_if(feed.begin(), feed.end(), [&](const auto& item) { return item.first == name; });
  };
  Sizes sizes;
  std::vector<const InputOp*> missing;
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const auto* input = dynamic_cast<const InputOp*>(graph.record(i).op.get());
    if (input == nullptr) continue;
    const auto given = find(input->input_name());
    if (given == feed.end() && !input->default_value()) missing.push_back(input);
    if (given == feed.end()) continue;
    for (std::size_t axis = 0; axis < std::min(given->second.rank(), input->type().shape.rank()); ++axis)
      if (const Dim dim = input->type().shape[axis]; !dim.is_constant())
        sizes.set(dim.symbol(), given->second.extents()[axis] / dim.factor());
  }
  for (const InputOp* input : missing) {
    if (!is_float(input->type().dtype))
      throw ArgumentError(fmt::format("check_gradient: the input \"{}\" is {}: feed it", input->input_name(), to_string(input->type())));
    for (const Dim dim : input->type().shape.dims())
      if (!dim.is_constant() && !sizes.has(dim.symbol())) sizes.set(dim.symbol(), options.batch);
    Tensor value(DType::float64, input->type().shape.bind(sizes));
    const auto elements = value.mutable_values<double>();
    fill_uniform<double>({options.seed, 0, hash_name(input->input_name())}, 0, elements);
    for (std::size_t k = 0; k < elements.size(); ++k)
      elements[k] =
          static_cast<float>(spread(options.domain, static_cast<std::int64_t>(k * 7919 % std::max<std::size_t>(elements.size(), 1)),
                                    static_cast<std::int64_t>(elements.size()), elements[k]));
    feed.emplace_back(input->input_name(), value.cast(input->type().dtype));
  }
  return feed;
}

// A float64 copy of the part of a graph that `loss` needs.
struct Wide {
  Graph graph;
  Node loss;
  std::vector<Node> xs;
  Feed feed;
};

// `moved`: with inputs in place of `xs`, so that what an x was computed from no longer moves it.
Wide widen(Node loss, const std::vector<Node>& xs, const Feed& feed, std::uint64_t seed, bool moved) {
  const Graph& before = loss.graph();
  Wide wide;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Node> map;
  const std::vector<Tensor> points = interpret(xs, feed, seed);
  for (std::size_t i = 0; moved && i < xs.size(); ++i) {
    const std::string name = fmt::format("moved {}", i);
    const Tensor value = points[i].cast(DType::float64);
    wide.xs.push_back(wide.graph.input(name, xs[i].shape(), DType::float64));
    wide.feed.emplace_back(name, value);
    map[{xs[i].index(), xs[i].output_index()}] = wide.xs.back();
  }
  for (const auto& [name, tensor] : feed) wide.feed.emplace_back(name, tensor.cast(widened(tensor.dtype())));
  std::vector<char> needed(before.node_count(), 0);
  needed[loss.index()] = 1;
  if (!moved)
    for (const Node x : xs) needed[x.index()] = 1;
  for (std::size_t i = before.node_count(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const Node input : before.record(i).inputs)
      if (!map.contains({input.index(), input.output_index()})) needed[input.index()] = 1;
  }
  for (std::size_t i = 0; i < before.node_count(); ++i) {
    const NodeRecord& record = before.record(i);
    if (!needed[i]) continue;
    Node copy;
    if (const auto* input = dynamic_cast<const InputOp*>(record.op.get())) {
      copy = wide.graph.input(input->input_name(), input->type().shape, widened(input->type().dtype), input->default_value());
    } else if (const auto* constant = dynamic_cast<const ConstantOp*>(record.op.get())) {
      copy = wide.graph.constant(constant->value().cast(widened(constant->value().dtype())));
    } else if (dynamic_cast<const VariableOp*>(record.op.get()) != nullptr) {
      const Node variable = before.node(i);
      const Tensor value = interpret(std::span(&variable, 1), feed, seed)[0];
      copy = wide.graph.constant(value.cast(widened(value.dtype())));
    } else {
      std::vector<Node> inputs;
      for (const Node from : record.inputs) inputs.push_back(map.at({from.index(), from.output_index()}));
      copy = wide.graph.add(widened(record.op), inputs, record.site);
    }
    for (std::uint32_t k = 0; k < record.outputs.size(); ++k) map.emplace(std::pair{static_cast<std::uint32_t>(i), k}, copy.output(k));
  }
  if (!moved)
    for (const Node x : xs) wide.xs.push_back(map.at({x.index(), x.output_index()}));
  wide.loss = map.at({loss.index(), loss.output_index()});
  return wide;
}

void compare_orders(Wide& wide, const GradientOptions& options, const std::string& where, Report& report) {
  std::vector<Node> outputs{wide.loss}, derivatives;
  std::vector<Tensor> output_weights{Tensor::scalar(1.0)};
  for (int order = 1; order <= options.orders && !outputs.empty(); ++order) {
    const Property property = order == 1 ? Property::gradient : Property::second_order;
    std::vector<Node> seeds;
    for (std::size_t i = 0; i < outputs.size(); ++i) {  // inputs, as outputs may have symbols for sizes
      const std::string name = fmt::format("weight {} of order {}", i, order);
      seeds.push_back(wide.graph.input(name, outputs[i].shape(), outputs[i].dtype()));
      wide.feed.emplace_back(name, output_weights[i]);
    }
    derivatives = vector_jacobian_product(outputs, seeds, wide.xs);
    report.test(property);
    for (std::string& wrong : compare_with_differences(outputs, output_weights, wide.xs, derivatives, wide.feed))
      report.failures.push_back({property, order > 2 ? fmt::format("{}, order {}", where, order) : where, std::move(wrong)});
    outputs.clear();
    output_weights.clear();
    for (std::size_t i = 0; i < derivatives.size(); ++i)
      if (derivatives[i]) {
        outputs.push_back(derivatives[i]);
        output_weights.push_back(weights(wide.feed[i].second.extents(), static_cast<std::uint64_t>(100 * order) + i));
      }
  }
}

void compare_float32(Node loss, const std::vector<Node>& xs, const Feed& feed, const Wide& wide, const GradientOptions& options,
                     const std::string& where, Report& report) {
  report.test(Property::float32);
  const std::vector<Tensor> got = interpret(gradients(loss, xs), feed, options.seed);
  const std::vector<Tensor> expected = interpret(gradients(wide.loss, wide.xs), wide.feed, options.seed);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    double largest = 0, worst = 0;
    for (std::int64_t k = 0; k < expected[i].count(); ++k) {
      largest = std::max(largest, std::abs(expected[i].at(k)));
      worst = std::max(worst, std::abs(expected[i].at(k) - got[i].at(k)));
    }
    const double tolerance = options.float32_ulps * 0x1p-23 * largest;
    if (!(worst <= tolerance))
      report.failures.push_back({Property::float32, where,
                                 fmt::format("gradient of x {} is off by {:.2g} from float64 (tolerance {:.2g})", i, worst, tolerance)});
  }
}

}  // namespace

Report examine_gradient(Node loss, const std::vector<Node>& xs, const GradientOptions& options) {
  register_builtin_ops();
  Report report;
  const std::string where = fmt::format("{} at {}", loss.name(), to_string(loss.site()));
  try {
    const Feed feed = complete_feed(loss.graph(), options);
    Wide wide = widen(loss, xs, feed, options.seed, true);
    compare_orders(wide, options, where, report);
    bool random = false;
    for (std::size_t i = 0; i < loss.graph().node_count(); ++i) random |= loss.graph().record(i).op->is_random();
    if (random)
      report.skip(Property::float32, "random numbers of float32 are others than those of float64");
    else
      compare_float32(loss, xs, feed, widen(loss, xs, feed, options.seed, false), options, where, report);
  } catch (const GradientError& error) {
    report.failures.push_back({Property::gradient, where, error.what()});
  }
  return report;
}

Report check_gradient(Node loss, const std::vector<Node>& xs, const GradientOptions& options) {
  Report report = examine_gradient(loss, xs, options);
  for (const Failure& failure : report.failures) ADD_FAILURE() << to_string(failure);
  return report;
}

}  // namespace loglik::conformance
