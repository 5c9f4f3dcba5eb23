// broadcast_to, reshape, copy, pack.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "framework/broadcast.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "framework/registry.h"

namespace loglik {
namespace {

// A number of elements, which may depend on several symbols as no Dim can: a factor times the symbols, sorted.
struct Elements {
  std::int64_t factor = 1;
  std::vector<int> symbols;

  explicit Elements(const Shape& shape) {
    for (const Dim dim : shape.dims()) {
      factor *= dim.factor();
      if (!dim.is_constant()) symbols.push_back(dim.symbol().id());
    }
    if (factor == 0) symbols.clear();
    std::sort(symbols.begin(), symbols.end());
  }
  friend bool operator==(const Elements&, const Elements&) = default;
};

std::string product(const Shape& shape) {
  if (Elements(shape).symbols.size() < 2) return to_string(shape.count());
  std::vector<std::string> factors;
  for (const Dim dim : shape.dims()) factors.push_back(to_string(dim));
  return fmt::format("{}", fmt::join(factors, "·"));
}

class BroadcastTo final : public Op {  // ∂x = g summed over what was stretched
 public:
  explicit BroadcastTo(Shape shape) : shape_(std::move(shape)) {}
  std::string_view name() const override { return "broadcast_to"; }
  double flops(std::span<const TensorType>) const override { return 0; }
  Attributes attributes() const override { return {{"shape", shape_}}; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    if (broadcast_shapes(inputs[0].shape, shape_) != shape_) throw ShapeError(fmt::format("{} does not broadcast to {}", to_string(inputs[0].shape), to_string(shape_)));
    return {{inputs[0].dtype, shape_}};
  }
  void run(const KernelArgs& args) const override {
    const BroadcastReader reader(args.shape(0), args.output_shape(0));
    const std::size_t size = size_of(args.dtype(0));
    args.parallel_for(args.outputs[0].count, 16384, [&](std::int64_t begin, std::int64_t end) {
      reader.read(args.inputs[0].data, size, begin, end - begin, static_cast<std::byte*>(args.outputs[0].data) + static_cast<std::size_t>(begin) * size);
    });
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {sum_to(args.output_gradient(0), args.input(0).shape())}; }
  std::vector<Node> simplify(const SimplifyArgs& args) const override {
    if (args.input(0).shape() == shape_) return {args.input(0)};
    return {};
  }

 private:
  Shape shape_;
};

class Reshape final : public Op {  // ∂x = g in x's shape
 public:
  explicit Reshape(Shape shape) : shape_(std::move(shape)) {}
  std::string_view name() const override { return "reshape"; }
  Attributes attributes() const override { return {{"shape", shape_}}; }
  bool is_alias() const override { return true; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {{inputs[0].dtype, resolve(inputs[0].shape)}}; }
  void run(const KernelArgs& args) const override {
    std::memcpy(args.outputs[0].data, args.inputs[0].data, static_cast<std::size_t>(args.inputs[0].count) * size_of(args.dtype(0)));
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {reshape(args.output_gradient(0), args.input(0).shape())}; }
  std::vector<Node> simplify(const SimplifyArgs& args) const override {
    const Node x = args.input(0);
    if (x.shape() == args.output_type(0).shape) return {x};
    if (x.op().name() == name()) return {reshape(x.inputs()[0], args.output_type(0).shape)};
    return {};
  }

 private:
  // The shape with its −1 filled in.
  Shape resolve(const Shape& from) const {
    std::vector<Dim> to(shape_.dims().begin(), shape_.dims().end());
    const auto unknown = std::find(to.begin(), to.end(), Dim(-1));
    if (unknown != to.end()) {
      if (std::find(unknown + 1, to.end(), Dim(-1)) != to.end()) throw ShapeError(fmt::format("{}: only one dimension can be −1", to_string(shape_)));
      *unknown = 1;
      *unknown = quotient(from, Shape(to));
    }
    const Shape result(std::move(to));
    if (Elements(result) != Elements(from))
      throw ShapeError(fmt::format("{} into {}: {} elements against {}", to_string(from), to_string(result), product(from), product(result)));
    return result;
  }

  // What one more dimension of `known` has to be for it to have as many elements as `from`.
  Dim quotient(const Shape& from, const Shape& known) const {
    const Elements all(from);
    const Elements some(known);
    std::vector<int> rest;
    std::set_difference(all.symbols.begin(), all.symbols.end(), some.symbols.begin(), some.symbols.end(), std::back_inserter(rest));
    const bool divides = some.factor != 0 && all.factor % some.factor == 0;
    if (!divides || rest.size() > 1 || (all.factor != 0 && rest.size() + some.symbols.size() != all.symbols.size()))
      throw ShapeError(fmt::format("{} into {}: {} elements do not divide by {}", to_string(from), to_string(shape_), product(from), product(known)));
    if (rest.empty()) return all.factor / some.factor;
    const auto dim = std::find_if(from.dims().begin(), from.dims().end(), [&](Dim d) { return d.symbol().id() == rest[0]; });
    return Dim(all.factor / some.factor, dim->symbol());
  }
  Shape shape_;
};

class Copy final : public Op {  // ∂x = g
 public:
  std::string_view name() const override { return "copy"; }
  double flops(std::span<const TensorType>) const override { return 0; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  void run(const KernelArgs& args) const override {
    std::memcpy(args.outputs[0].data, args.inputs[0].data, static_cast<std::size_t>(args.inputs[0].count) * size_of(args.dtype(0)));
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {args.output_gradient(0)}; }
};

class Pack final : public Op {  // made after differentiation: has no gradient
 public:
  std::string_view name() const override { return "pack"; }
  double flops(std::span<const TensorType>) const override { return 0; }
  bool packs_inputs() const override { return true; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_same_dtype(inputs);
    std::int64_t total = 0;
    for (const TensorType& input : inputs) total += count(input.shape.constant());
    return {{inputs[0].dtype, {total}}};
  }
  void run(const KernelArgs& args) const override {
    auto* out = static_cast<std::byte*>(args.outputs[0].data);
    for (const TensorView& input : args.inputs) {
      const std::size_t bytes = static_cast<std::size_t>(input.count) * size_of(input.dtype);
      if (input.data != out) std::memcpy(out, input.data, bytes);
      out += bytes;
    }
  }
};

}  // namespace

Node broadcast_to(Operand x, Shape shape) { return make_node(std::make_shared<BroadcastTo>(std::move(shape)), {x}); }
Node reshape(Operand x, Shape shape) { return make_node(std::make_shared<Reshape>(std::move(shape)), {x}); }
Node copy(Operand x) { return make_node(std::make_shared<Copy>(), {x}); }
Node pack(std::span<const Node> parts) {
  return parts[0].graph().add(std::make_shared<Pack>(), std::vector<Node>(parts.begin(), parts.end()), parts[0].site());
}

void register_shape_primitives() {
  register_op("broadcast_to", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<BroadcastTo>(a.get<Shape>("shape")); });
  register_op("reshape", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Reshape>(a.get<Shape>("shape")); });
  register_op("copy", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Copy>(); });
  register_op("pack", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Pack>(); });
}

void register_elementwise_primitives();
void register_reduce_primitives();
void register_adam();
void register_bias_correction();
void register_segments();
void register_sgd();

void register_primitives() {
  register_elementwise_primitives();
  register_reduce_primitives();
  register_shape_primitives();
  register_adam();
  register_bias_correction();
  register_segments();
  register_sgd();
}

}  // namespace loglik
