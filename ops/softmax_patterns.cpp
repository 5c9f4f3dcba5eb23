// Over one axis (the last two: any axes), the sum kept as 1, m = reduce_max x:
//
//     eᶻ / Σ eᶻ                     → softmax(x)         for z = x or x − m
//     log softmax(x)                → log_softmax(x)
//     z − logsumexp(z)              → log_softmax(x)     for z = x or x − m
//     log Σ eˣ                      → logsumexp(x)
//     logsumexp(x − m) + m          → logsumexp(x)
//
// and what reads log_softmax at one label: cross_entropy.h. All at once where one is within another. None of them overflows for finite x,
// as the compositions may: that much besides rounding. m has no gradient in any of them, but for rounding.
#include "ops/softmax_patterns.h"

#include <algorithm>
#include <optional>

#include "framework/primitives.h"
#include "framework/reduction.h"
#include "ops/cross_entropy.h"
#include "ops/logsumexp.h"
#include "ops/softmax.h"

namespace loglik {
namespace {

bool is(Node node, std::string_view op) { return node.op().name() == op; }

struct Reduced {
  Node x;
  std::vector<std::size_t> axes;
};

Reduced reduced(Node y) {
  const Node x = y.inputs()[0];
  return {x, normalize_axes(y.op().attributes().get<std::vector<std::int64_t>>("axes"), x.shape().rank())};
}

// What y is a reduction of by that op, if it broadcasts to that as reductions that keep their axes do.
std::optional<Reduced> kept_reduction(Node y, std::string_view op) {
  if (is(y, "broadcast_to")) y = y.inputs()[0];
  const Shape shape = y.shape();
  if (is(y, "reshape")) y = y.inputs()[0];
  if (!is(y, op)) return {};
  Reduced result = reduced(y);
  if (shape.rank() > 0 && shape != reduced_shape(result.x.shape(), result.axes, true)) return {};
  return result;
}

// x of x − m, else the node itself.
Node without_largest(Node z, std::span<const std::size_t> axes) {
  if (!is(z, "sub") || z.inputs()[0].type() != z.type()) return z;
  const std::optional<Reduced> largest = kept_reduction(z.inputs()[1], "reduce_max");
  const bool same = largest && std::ranges::equal(largest->axes, axes) && same_value(largest->x, z.inputs()[0]);
  return same ? z.inputs()[0] : z;
}

std::int64_t signed_axis(const Reduced& of) { return static_cast<std::int64_t>(of.axes[0]); }

std::vector<Node> recognize_softmax(const PatternArgs& args) {
  const Node e = args.input(0);
  if (!is(e, "exp") || e.type() != args.output_type(0)) return {};
  const std::optional<Reduced> sum = kept_reduction(args.input(1), "reduce_sum");
  if (!sum || sum->axes.size() != 1 || !same_value(sum->x, e)) return {};
  return {softmax(without_largest(e.inputs()[0], sum->axes), signed_axis(*sum))};
}

std::vector<Node> recognize_log_softmax(const PatternArgs& args) {
  if (!is(args.input(0), "softmax")) return {};
  return {log_softmax(args.input(0).inputs()[0], args.input(0).op().attributes().get<std::int64_t>("axis"))};
}

std::vector<Node> recognize_difference(const PatternArgs& args) {
  const Node z = args.input(0);
  if (z.type() != args.output_type(0)) return {};
  const std::optional<Reduced> sum = kept_reduction(args.input(1), "logsumexp");
  if (!sum || sum->axes.size() != 1 || !same_value(sum->x, z)) return {};
  return {log_softmax(without_largest(z, sum->axes), signed_axis(*sum))};
}

Node logsumexp_like(Node reduction, Node x) {
  const Attributes attributes = reduction.op().attributes();
  return logsumexp(x, attributes.get<std::vector<std::int64_t>>("axes"), attributes.get<bool>("keep_dims"));
}

std::vector<Node> recognize_logsumexp(const PatternArgs& args) {
  const Node sum = args.input(0);
  if (!is(sum, "reduce_sum") || !is(sum.inputs()[0], "exp")) return {};
  return {logsumexp_like(sum, sum.inputs()[0].inputs()[0])};
}

std::vector<Node> recognize_shifted_logsumexp(const PatternArgs& args) {
  for (const std::size_t i : {0u, 1u}) {
    const Node sum = args.input(i);
    Node largest = args.input(1 - i);
    if (!is(sum, "logsumexp") || largest.type() != sum.type()) continue;
    if (is(largest, "reshape")) largest = largest.inputs()[0];
    if (!is(largest, "reduce_max")) continue;
    const Reduced of = reduced(sum), by = reduced(largest);
    const Node x = without_largest(of.x, of.axes);
    if (x != of.x && of.axes == by.axes && same_value(by.x, x)) return {logsumexp_like(sum, x)};
  }
  return {};
}

}  // namespace

std::span<const Pattern> softmax_patterns() {
  static constexpr Pattern all[] = {
      {"div", recognize_softmax},    {"log", recognize_log_softmax},       {"log", recognize_logsumexp},
      {"sub", recognize_difference}, {"add", recognize_shifted_logsumexp}, {"take_along_last", recognize_cross_entropy},
  };
  return all;
}

}  // namespace loglik
