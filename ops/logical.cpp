#include "ops/logical.h"

#include "framework/elementwise.h"
#include "framework/registry.h"

namespace loglik {
namespace {

// A function of one or two bools.
template <class F>
class Logical final : public ElementwiseOp {
 public:
  std::string_view name() const override { return F::name; }

  DType result_dtype(std::span<const TensorType> inputs) const override {
    for (const TensorType& input : inputs) require_dtype("an operand", input, DType::boolean);
    return DType::boolean;
  }

  void tile(const Tile& tile) const override {
    // By bytes, 0 or 1: g++ 12 makes no vectors of loops that read bools.
    const auto* a = tile.input<std::uint8_t>(0);
    auto* out = tile.out<std::uint8_t>();
    simd::at_full_width([=, count = tile.count] {
      if constexpr (requires { F::apply(*a); })
        side_by_side(count, [=](std::size_t k) { out[k] = F::apply(a[k]); });
      else
        side_by_side(count, [=, b = tile.input<std::uint8_t>(1)](std::size_t k) { out[k] = F::apply(a[k], b[k]); });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override { return std::vector<Node>(args.input_count()); }

  std::vector<Node> simplify(const SimplifyArgs& args) const override {
    if constexpr (requires { F::simplify(args); })
      return F::simplify(args);
    else
      return {};
  }
};

struct And {
  static constexpr std::string_view name = "logical_and";
  static std::uint8_t apply(std::uint8_t a, std::uint8_t b) { return a & b; }
};
struct Or {
  static constexpr std::string_view name = "logical_or";
  static std::uint8_t apply(std::uint8_t a, std::uint8_t b) { return a | b; }
};
struct Xor {
  static constexpr std::string_view name = "logical_xor";
  static std::uint8_t apply(std::uint8_t a, std::uint8_t b) { return a ^ b; }
};
struct Not {
  static constexpr std::string_view name = "logical_not";
  static std::uint8_t apply(std::uint8_t x) { return x ^ 1; }
  static std::vector<Node> simplify(const SimplifyArgs& args) {  // ¬¬x = x
    if (args.input(0).op().name() == name) return {args.input(0).inputs()[0]};
    return {};
  }
};

template <class F>
void register_logical() {
  register_op(F::name, [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Logical<F>>(); });
}

}  // namespace

Node logical_and(Operand a, Operand b) { return make_node(std::make_shared<Logical<And>>(), {a, b}); }
Node logical_or(Operand a, Operand b) { return make_node(std::make_shared<Logical<Or>>(), {a, b}); }
Node logical_xor(Operand a, Operand b) { return make_node(std::make_shared<Logical<Xor>>(), {a, b}); }
Node logical_not(Operand x) { return make_node(std::make_shared<Logical<Not>>(), {x}); }

void register_logical_ops() {
  register_logical<And>();
  register_logical<Or>();
  register_logical<Xor>();
  register_logical<Not>();
}

}  // namespace loglik
