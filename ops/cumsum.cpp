// yᵢ = x₀ + … + xᵢ;    ∂xᵢ = gᵢ + … + gₙ₋₁, the same sums from the other end
#include "ops/cumsum.h"

#include <algorithm>
#include <array>

#include "framework/op.h"
#include "framework/registry.h"

namespace loglik {
namespace {

constexpr std::int64_t widest = 128;            // neighbouring sums of a unit of work
constexpr std::int64_t piece_elements = 16384;  // that a piece of work adds up, about

class Cumsum final : public Op {
 public:
  Cumsum(std::int64_t axis, CumsumOptions options) : axis_(axis), options_(options) {}
  std::string_view name() const override { return "cumsum"; }
  Attributes attributes() const override { return {{"axis", axis_}, {"exclusive", options_.exclusive}, {"reverse", options_.reverse}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    normalize_axis(axis_, inputs[0].shape.rank());
    return {inputs[0]};
  }

  void run(const KernelArgs& args) const override {
    const Extents& shape = args.shape(0);
    const std::size_t axis = normalize_axis(axis_, shape.size());
    const std::int64_t size = shape[axis];
    const std::int64_t inner = count(std::span(shape).subspan(axis + 1));
    if (args.inputs[0].count == 0) return;
    const std::int64_t outer = args.inputs[0].count / (size * inner), blocks = (inner + widest - 1) / widest;
    for_float(args.dtype(0), [&]<class T>() {
      const T* x = args.input<T>(0).data();
      T* y = args.output<T>(0).data();
      const std::int64_t grain = std::max<std::int64_t>(1, piece_elements / (size * std::min(inner, widest)));
      args.parallel_for(outer * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t unit = begin; unit < end; ++unit) {
          const std::int64_t column = unit % blocks * widest, first = unit / blocks * size * inner + column;
          add_up(x + first, y + first, size, inner, std::min(widest, inner - column));
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {cumsum(args.output_gradient(0), axis_, {.exclusive = options_.exclusive, .reverse = !options_.reverse})};
  }

  bool may_overwrite(std::size_t, std::size_t) const override { return true; }

 private:
  // `width` neighbouring sums over `size` rows that are `stride` elements apart.
  template <class T>
  void add_up(const T* x, T* y, std::int64_t size, std::int64_t stride, std::int64_t width) const {
    std::array<double, widest> sums{};
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t row = (options_.reverse ? size - 1 - i : i) * stride;
      for (std::int64_t k = 0; k < width; ++k) {
        double& sum = sums[static_cast<std::size_t>(k)];
        const double before = sum;
        sum += static_cast<double>(x[row + k]);
        y[row + k] = static_cast<T>(options_.exclusive ? before : sum);
      }
    }
  }

  std::int64_t axis_;
  CumsumOptions options_;
};

}  // namespace

Node cumsum(Operand x, std::int64_t axis, CumsumOptions options) { return make_node(std::make_shared<Cumsum>(axis, options), {x}); }

void register_cumsum_ops() {
  register_op("cumsum", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<Cumsum>(a.get<std::int64_t>("axis"),
                                    CumsumOptions{.exclusive = a.get<bool>("exclusive"), .reverse = a.get<bool>("reverse")});
  });
}

}  // namespace loglik
