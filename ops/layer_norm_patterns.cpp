// With c = x − reduce_mean(x, axes, kept) over the last axis or several last ones, v any of reduce_variance(x), reduce_variance(c),
// reduce_mean(c²), over the same and kept, and s = v + ε (or v):
//
//     c/√s,  c·rsqrt(s),  c·(1/√s)                  → layer_norm(x)
//     layer_norm(x)·scale,  … + shift               → layer_norm(x, scale, shift)
#include <algorithm>
#include <optional>

#include "framework/leaves.h"
#include "framework/pattern.h"
#include "framework/primitives.h"
#include "framework/reduction.h"
#include "ops/layer_norm.h"
#include "ops/shape.h"

namespace loglik {
namespace {

constexpr std::int64_t longest_row = 1 << 16;  // only rows are shared among threads

bool is(Node node, std::string_view op) { return node.op().name() == op; }

std::optional<double> number(Node node) {
  const Tensor* value = constant_value(node);
  if (value == nullptr || value->count() != 1) return {};
  return value->at(0);
}

// What y was before it was stretched or got its axes back.
Node reduction_in(Node y) {
  if (is(y, "broadcast_to")) y = y.inputs()[0];
  return is(y, "reshape") ? y.inputs()[0] : y;
}

// Over how many last axes y is that reduction of x, the axes kept; 0 if it is not.
std::int64_t last_axes_reduced(Node y, std::string_view op, Node x) {
  const Node reduction = reduction_in(y);
  if (!is(reduction, op) || !same_value(reduction.inputs()[0], x)) return 0;
  const Shape& kept = (is(y, "broadcast_to") ? y.inputs()[0] : y).shape();
  const std::vector<std::size_t> axes =
      normalize_axes(reduction.op().attributes().get<std::vector<std::int64_t>>("axes"), x.shape().rank());
  if (axes.empty() || axes.front() + axes.size() != x.shape().rank() || kept != reduced_shape(x.shape(), axes, true)) return 0;
  return static_cast<std::int64_t>(axes.size());
}

bool is_square_of(Node square, Node c) {
  if (is(square, "square")) return same_value(square.inputs()[0], c);
  if (is(square, "mul")) return same_value(square.inputs()[0], c) && same_value(square.inputs()[1], c);
  return is(square, "pow") && same_value(square.inputs()[0], c) && number(square.inputs()[1]) == 2.0;
}

std::int64_t variance_axes(Node v, Node x, Node c) {
  const Node reduction = reduction_in(v);
  if (is(reduction, "reduce_mean"))
    return is_square_of(reduction.inputs()[0], c) ? last_axes_reduced(v, "reduce_mean", reduction.inputs()[0]) : 0;
  if (!is(reduction, "reduce_variance") || reduction.op().attributes().get<std::int64_t>("correction") != 0) return 0;
  return std::max(last_axes_reduced(v, "reduce_variance", x), last_axes_reduced(v, "reduce_variance", c));
}

// The normalised x, if y = c divided by √s, the square root of `s`.
std::vector<Node> normalized(Node c, Node s, const TensorType& type) {
  if (!is(c, "sub") || c.inputs()[0].type() != type) return {};
  const Node x = c.inputs()[0];
  const std::int64_t axes = last_axes_reduced(c.inputs()[1], "reduce_mean", x);
  if (axes == 0) return {};
  LayerNormOptions options{.axes = axes, .epsilon = 0};
  if (is(s, "add"))
    for (const std::size_t i : {0u, 1u})
      if (const std::optional<double> epsilon = number(s.inputs()[i])) {
        options.epsilon = *epsilon;
        s = s.inputs()[1 - i];
        break;
      }
  if (!(options.epsilon >= 0) || variance_axes(s, x, c) != axes) return {};
  const Shape row = x.shape().slice(x.shape().rank() - static_cast<std::size_t>(axes), x.shape().rank());
  if (!row.is_constant() || row.count().constant() > longest_row) return {};
  return {layer_norm(x, options)};
}

std::vector<Node> recognize_quotient(const PatternArgs& args) {
  if (!is(args.input(1), "sqrt")) return {};
  return normalized(args.input(0), args.input(1).inputs()[0], args.output_type(0));
}

std::vector<Node> recognize_product(const PatternArgs& args) {
  for (const std::size_t i : {0u, 1u}) {
    const Node c = args.input(i), r = args.input(1 - i);
    Node root;
    if (is(r, "rsqrt")) root = r.inputs()[0];
    if (is(r, "reciprocal") && is(r.inputs()[0], "sqrt")) root = r.inputs()[0].inputs()[0];
    if (is(r, "div") && number(r.inputs()[0]) == 1.0 && is(r.inputs()[1], "sqrt")) root = r.inputs()[1].inputs()[0];
    if (!root) continue;
    if (std::vector<Node> found = normalized(c, root, args.output_type(0)); !found.empty()) return found;
  }
  return {};
}

// A layer_norm of so many inputs that only the root reads, and what the root adds or multiplies by, in the shape of a row.
struct Affine {
  Node norm, operand;
};
std::optional<Affine> affine(const PatternArgs& args, std::size_t inputs) {
  for (const std::size_t i : {0u, 1u}) {
    const Node norm = args.input(i), operand = args.input(1 - i);
    if (!is(norm, "layer_norm") || norm.output_index() != 0 || norm.inputs().size() != inputs || args.readers(norm) != 1) continue;
    const Shape& x = norm.shape();
    const auto axes = static_cast<std::size_t>(norm.op().attributes().get<std::int64_t>("axes"));
    const Shape row = x.slice(x.rank() - axes, x.rank());
    const auto dims = operand.shape().dims();
    if (dims.size() < axes || dims.size() > x.rank() || operand.dtype() != norm.dtype()) continue;
    const std::size_t extra = dims.size() - axes;
    const bool ones = std::all_of(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(extra), [](Dim dim) { return dim == Dim(1); });
    if (!ones || operand.shape().slice(extra, dims.size()) != row) continue;
    return Affine{norm, extra == 0 ? operand : reshape(operand, row)};
  }
  return {};
}

LayerNormOptions options_of(Node norm) {
  const Attributes a = norm.op().attributes();
  return {.axes = a.get<std::int64_t>("axes"), .epsilon = a.get<double>("epsilon")};
}

std::vector<Node> recognize_scale(const PatternArgs& args) {
  const std::optional<Affine> found = affine(args, 1);
  if (!found) return {};
  return {layer_norm(found->norm.inputs()[0], found->operand, options_of(found->norm))};
}

std::vector<Node> recognize_shift(const PatternArgs& args) {
  const std::optional<Affine> found = affine(args, 2);
  if (!found) return {};
  return {layer_norm(found->norm.inputs()[0], found->norm.inputs()[1], found->operand, options_of(found->norm))};
}

}  // namespace

std::span<const Pattern> layer_norm_patterns() {
  static constexpr Pattern all[] = {
      {"div", recognize_quotient}, {"mul", recognize_product}, {"mul", recognize_scale}, {"add", recognize_shift}};
  return all;
}

}  // namespace loglik
