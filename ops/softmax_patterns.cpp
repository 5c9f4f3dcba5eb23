// Over one axis (the last two: any axes), the sum kept as 1, m = reduce_max x:
//
//     eᶻ / Σ eᶻ                     → softmax(x)         for z = x or x − m
//     log softmax(x)                → log_softmax(x)
//     z − logsumexp(z)              → log_softmax(x)     for z = x or x − m
//     log Σ eˣ                      → logsumexp(x)
//     logsumexp(x − m) + m          → logsumexp(x)
//
// where nothing else reads eˣ, its sum or logsumexp(x), which would be computed twice; and what reads log_softmax at one label:
// cross_entropy.h. All at once where one is within another. None of them overflows for finite x, as the compositions may: that much besides
// rounding. m has no gradient in any of them, but for rounding.
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
  std::uint32_t readers = 0;  // the most that it has on the way to where it is used
};

Reduced reduced(Node y) {
  const Node x = y.inputs()[0];
  return {x, normalize_axes(y.op().attributes().get<std::vector<std::int64_t>>("axes"), x.shape().rank())};
}

// What y is a reduction of by that op, if it broadcasts to that as reductions that keep their axes do.
std::optional<Reduced> kept_reduction(const PatternArgs& args, Node y, std::string_view op) {
  std::uint32_t readers = args.readers(y);
  const auto look_through = [&](std::string_view what) {
    if (!is(y, what)) return;
    y = y.inputs()[0];
    readers = std::max(readers, args.readers(y));
  };
  look_through("broadcast_to");
  const Shape shape = y.shape();
  look_through("reshape");
  if (!is(y, op)) return {};
  Reduced result = reduced(y);
  result.readers = readers;
  if (shape.rank() > 0 && shape != reduced_shape(result.x.shape(), result.axes, true)) return {};
  return result;
}

// x of x − m, else the node itself.
Node without_largest(const PatternArgs& args, Node z, std::span<const std::size_t> axes) {
  if (!is(z, "sub") || z.inputs()[0].type() != z.type()) return z;
  const std::optional<Reduced> largest = kept_reduction(args, z.inputs()[1], "reduce_max");
  const bool same = largest && std::ranges::equal(largest->axes, axes) && same_value(largest->x, z.inputs()[0]);
  return same ? z.inputs()[0] : z;
}

std::int64_t signed_axis(const Reduced& of) { return static_cast<std::int64_t>(of.axes[0]); }

std::vector<Node> recognize_softmax(const PatternArgs& args) {
  const Node e = args.input(0);
  if (!is(e, "exp") || e.type() != args.output_type(0)) return {};
  const std::optional<Reduced> sum = kept_reduction(args, args.input(1), "reduce_sum");
  if (!sum || sum->axes.size() != 1 || !same_value(sum->x, e)) return {};
  if (sum->readers != 1 || args.readers(e) + (sum->x == e ? 0 : args.readers(sum->x)) != 2) return {};
  return {softmax(without_largest(args, e.inputs()[0], sum->axes), signed_axis(*sum))};
}

std::vector<Node> recognize_log_softmax(const PatternArgs& args) {
  if (!is(args.input(0), "softmax")) return {};
  return {log_softmax(args.input(0).inputs()[0], args.input(0).op().attributes().get<std::int64_t>("axis"))};
}

std::vector<Node> recognize_difference(const PatternArgs& args) {
  const Node z = args.input(0);
  if (z.type() != args.output_type(0)) return {};
  const std::optional<Reduced> sum = kept_reduction(args, args.input(1), "logsumexp");
  if (!sum || sum->axes.size() != 1 || !same_value(sum->x, z) || sum->readers != 1) return {};
  return {log_softmax(without_largest(args, z, sum->axes), signed_axis(*sum))};
}

Node logsumexp_like(Node reduction, Node x) {
  const Attributes attributes = reduction.op().attributes();
  return logsumexp(x, attributes.get<std::vector<std::int64_t>>("axes"), attributes.get<bool>("keep_dims"));
}

std::vector<Node> recognize_logsumexp(const PatternArgs& args) {
  const Node sum = args.input(0);
  if (!is(sum, "reduce_sum") || !is(sum.inputs()[0], "exp") || args.readers(sum) != 1 || args.readers(sum.inputs()[0]) != 1) return {};
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
    const Node x = without_largest(args, of.x, of.axes);
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
