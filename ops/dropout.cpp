// y = keep ? x / (1 − rate) : 0;    ∂x = keep ? g / (1 − rate) : 0
#include "ops/dropout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "framework/elementwise.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "framework/registry.h"

namespace loglik {
namespace {

double scale(double rate) { return 1 / (1 - rate); }

Node add_gradient(Node g, Node mask, double rate);

class Dropout final : public Op {
 public:
  explicit Dropout(double rate) : rate_(rate) {}
  std::string_view name() const override { return "dropout"; }
  Attributes attributes() const override { return {{"rate", rate_}}; }
  bool is_random() const override { return true; }
  bool may_overwrite(std::size_t, std::size_t output) const override { return output == 0; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    if (!(rate_ >= 0 && rate_ < 1)) throw ArgumentError(fmt::format("rate is {}, needs 0 ≤ rate < 1", rate_));
    return {inputs[0], {DType::boolean, inputs[0].shape}};
  }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() { run_as<T>(args); });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.output_gradient(0);
    return {g ? add_gradient(g, args.output(1), rate_) : Node()};
  }

  std::vector<Node> evaluation_form(std::span<const Node> inputs) const override {
    Graph& graph = inputs[0].graph();
    return {inputs[0], broadcast_to(graph.constant(1, DType::boolean, {}), inputs[0].shape())};  // all is kept
  }

 private:
  template <class T>
  void run_as(const KernelArgs& args) const {
    constexpr std::int64_t tile = 1024;
    const T* x = args.input<T>(0).data();
    T* y = args.output<T>(0).data();
    bool* mask = args.output<bool>(1).data();
    const RandomKey key = args.random_key();
    const auto threshold = static_cast<std::uint32_t>(rate_ * 0x1p32);  // of 2³² draws so many are dropped
    const auto factor = static_cast<T>(scale(rate_));
    args.parallel_for(args.outputs[0].count, 16 * tile, [&](std::int64_t begin, std::int64_t end) {
      std::array<std::uint32_t, tile> bits;
      for (std::int64_t first = begin; first < end; first += tile) {
        const std::int64_t elements = std::min(tile, end - first);
        fill_bits(key, static_cast<std::uint64_t>(first), std::span(bits).first(static_cast<std::size_t>(elements)));
        simd::at_full_width([=, drawn = bits.data()] {
          side_by_side(static_cast<std::size_t>(elements), [=](std::size_t i) { mask[first + i] = drawn[i] >= threshold; });
          side_by_side(static_cast<std::size_t>(elements), [=](std::size_t i) {
            const T kept = x[first + i] * factor;
            y[first + i] = drawn[i] >= threshold ? kept : T(0);
          });
        });
      }
    });
  }

  double rate_;
};

// An op of its own, since it too has another form under evaluation. Of (g, mask); linear in g, its own transpose.
class DropoutGradient final : public ElementwiseOp {
 public:
  explicit DropoutGradient(double rate) : rate_(rate) {}
  std::string_view name() const override { return "dropout_gradient"; }
  Attributes attributes() const override { return {{"rate", rate_}}; }

  DType result_dtype(std::span<const TensorType> inputs) const override {
    require_dtype("the mask", inputs[1], DType::boolean);
    return ElementwiseOp::result_dtype(inputs.first(1));
  }

  void tile(const Tile& tile) const override {
    for_float(tile.dtype, [&]<class T>() {
      const T* g = tile.input<T>(0);
      const auto* mask = tile.input<std::uint8_t>(1);  // g++ 12 makes no vectors of loops that read bools
      T* out = tile.out<T>();
      const auto factor = static_cast<T>(scale(rate_));
      simd::at_full_width([=, count = tile.count] {
        side_by_side(count, [=](std::size_t k) {
          const T kept = g[k] * factor;
          out[k] = mask[k] ? kept : T(0);
        });
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {args.wants(0) ? add_gradient(args.output_gradient(0), args.input(1), rate_) : Node(), Node()};
  }
  std::vector<Node> evaluation_form(std::span<const Node> inputs) const override { return {inputs[0]}; }

 private:
  double rate_;
};

Node add_gradient(Node g, Node mask, double rate) { return make_node(std::make_shared<DropoutGradient>(rate), {g, mask}); }

}  // namespace

Node dropout(Operand x, double rate) {
  if (rate == 0 && is_float(x.dtype())) return x.node();
  const Scope scope = x.graph().numbered_scope("dropout");
  return make_node(std::make_shared<Dropout>(rate), {x});
}

void register_dropout_ops() {
  register_op("dropout", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Dropout>(a.get<double>("rate")); });
  register_op("dropout_gradient",
              [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<DropoutGradient>(a.get<double>("rate")); });
}

}  // namespace loglik
