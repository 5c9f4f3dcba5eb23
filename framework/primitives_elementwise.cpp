// add, sub, mul, div, neg, sqrt, comparisons, where, cast.
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "framework/elementwise.h"
#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/registry.h"

namespace loglik {
namespace {

// Integers wrap: computed unsigned, where overflow is defined.
template <class T, class F> T wrapping(F f, T a, T b) {
  if constexpr (std::is_integral_v<T>) return static_cast<T>(f(static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b)));
  else return f(a, b);
}

struct Add {  // a + b;    ∂a = g, ∂b = g
  static constexpr std::string_view name = "add";
  static constexpr bool nondecreasing = true;
  static constexpr bool integers = true;
  template <class T> T operator()(T a, T b) const { return wrapping([](auto x, auto y) { return x + y; }, a, b); }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0), args.output_gradient(0)}; }
};

struct Sub {  // a − b;    ∂a = g, ∂b = −g
  static constexpr std::string_view name = "sub";
  static constexpr bool integers = true;
  template <class T> T operator()(T a, T b) const { return wrapping([](auto x, auto y) { return x - y; }, a, b); }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.output_gradient(0), args.wants(1) ? -args.output_gradient(0) : Node()};
  }
  static std::vector<Node> simplify(const SimplifyArgs& args) {  // x − 0 = x, also for −0 (x + 0 is not)
    if (args.is_constant(1, 0.0) && args.input(0).type() == args.output_type(0)) return {args.input(0)};
    return {};
  }
};

struct Mul {  // a·b;    ∂a = g·b, ∂b = g·a
  static constexpr std::string_view name = "mul";
  static constexpr bool integers = true;
  template <class T> T operator()(T a, T b) const { return wrapping([](auto x, auto y) { return x * y; }, a, b); }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0);
    return {args.wants(0) ? g * args.input(1) : Node(), args.wants(1) ? g * args.input(0) : Node()};
  }
  static std::vector<Node> simplify(const SimplifyArgs& args) {  // 1·x = x
    for (std::size_t i : {0, 1})
      if (args.is_constant(i, 1.0) && args.input(1 - i).type() == args.output_type(0)) return {args.input(1 - i)};
    return {};
  }
};

struct Div {  // a/b;    ∂a = g/b, ∂b = −g·(a/b)/b
  static constexpr std::string_view name = "div";
  template <class T> T operator()(T a, T b) const { return a / b; }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0);
    return {args.wants(0) ? g / args.input(1) : Node(), args.wants(1) ? -(g * args.output(0) / args.input(1)) : Node()};
  }
  static std::vector<Node> simplify(const SimplifyArgs& args) {  // x/1 = x
    if (args.is_constant(1, 1.0) && args.input(0).type() == args.output_type(0)) return {args.input(0)};
    return {};
  }
};

struct Neg {  // −x;    ∂x = −g
  static constexpr std::string_view name = "neg";
  static constexpr bool integers = true;
  template <class T> T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) return wrapping([](auto a, auto b) { return a - b; }, T(0), x);
    else return -x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {-args.output_gradient(0)}; }
  static std::vector<Node> simplify(const SimplifyArgs& args) {  // −(−x) = x
    const Node x = args.input(0);
    if (x.op().name() == name) return {x.inputs()[0]};
    return {};
  }
};

struct Sqrt {  // √x;    ∂x = g / (2√x)
  static constexpr std::string_view name = "sqrt";
  template <class T> T operator()(T x) const { return std::sqrt(x); }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) / (2.0 * args.output(0))}; }
};

// How a T is read: g++ 12 makes no vectors of loops that read bools, but does of their bytes, 0 or 1.
template <class T> using Stored = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

// Comparisons: bool from two operands of any one dtype.
template <class F> class Comparison final : public ElementwiseOp {
 public:
  std::string_view name() const override { return F::name; }
  DType result_dtype(std::span<const TensorType> inputs) const override {
    require_same_dtype(inputs);
    return DType::boolean;
  }
  void tile(const Tile& tile) const override {
    for_dtype(tile.dtype, [&]<class T>() {
      const auto* a = tile.input<Stored<T>>(0);
      const auto* b = tile.input<Stored<T>>(1);
      bool* out = tile.out<bool>();
      simd::at_full_width([=, count = tile.count] { side_by_side(count, [=](std::size_t k) { out[k] = F::compare(a[k], b[k]); }); });
    });
  }
  std::vector<Node> gradient(const GradientArgs&) const override { return {Node(), Node()}; }
};

struct Equal { static constexpr std::string_view name = "equal"; template <class T> static bool compare(T a, T b) { return a == b; } };
struct NotEqual { static constexpr std::string_view name = "not_equal"; template <class T> static bool compare(T a, T b) { return a != b; } };
struct Less { static constexpr std::string_view name = "less"; template <class T> static bool compare(T a, T b) { return a < b; } };
struct LessEqual { static constexpr std::string_view name = "less_equal"; template <class T> static bool compare(T a, T b) { return a <= b; } };
struct Greater { static constexpr std::string_view name = "greater"; template <class T> static bool compare(T a, T b) { return a > b; } };
struct GreaterEqual { static constexpr std::string_view name = "greater_equal"; template <class T> static bool compare(T a, T b) { return a >= b; } };

template <class F> Node compare(Operand a, Operand b) { return make_node(std::make_shared<Comparison<F>>(), {a, b}); }

class Where final : public ElementwiseOp {  // c ? a : b;    ∂a = c ? g : 0, ∂b = c ? 0 : g
 public:
  std::string_view name() const override { return "where"; }
  DType result_dtype(std::span<const TensorType> inputs) const override {
    require_dtype("the condition", inputs[0], DType::boolean);
    require_same_dtype(inputs.subspan(1));
    return inputs[1].dtype;
  }
  void tile(const Tile& tile) const override {
    for_dtype(tile.output_dtype, [&]<class T>() {
      const auto* condition = tile.input<Stored<bool>>(0);
      const auto* a = tile.input<Stored<T>>(1);
      const auto* b = tile.input<Stored<T>>(2);
      auto* out = tile.out<Stored<T>>();
      const auto choose = [=](std::size_t k) {  // without a branch: which is chosen is often a coin toss
        const auto x = a[k], y = b[k];
        out[k] = condition[k] ? x : y;
      };
      simd::at_full_width([=, count = tile.count] { side_by_side(count, choose); });
    });
  }
  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.output_gradient(0);
    return {Node(), args.wants(1) ? where(args.input(0), g, 0.0) : Node(), args.wants(2) ? where(args.input(0), 0.0, g) : Node()};
  }
};

class Cast final : public ElementwiseOp {
 public:
  explicit Cast(DType dtype) : dtype_(dtype) {}
  std::string_view name() const override { return "cast"; }
  Attributes attributes() const override { return {{"dtype", dtype_}}; }
  DType result_dtype(std::span<const TensorType>) const override { return dtype_; }
  void tile(const Tile& tile) const override {
    for_dtype(tile.dtype, [&]<class From>() {
      for_dtype(tile.output_dtype, [&]<class To>() {
        const auto* in = tile.input<Stored<From>>(0);
        To* out = tile.out<To>();
        simd::at_full_width([=, count = tile.count] { side_by_side(count, [=](std::size_t k) { out[k] = static_cast<To>(in[k]); }); });
      });
    });
  }
  std::vector<Node> gradient(const GradientArgs& args) const override {
    const DType from = args.input(0).dtype();
    if (!is_float(from)) return {args.output_gradient(0)};  // only asks the op that made the integers whether it has a gradient
    if (!is_float(dtype_)) return {Node()};                 // a step function
    return {cast(args.output_gradient(0), from)};
  }
  std::vector<Node> simplify(const SimplifyArgs& args) const override {
    if (args.input(0).dtype() == dtype_) return {args.input(0)};
    return {};
  }

 private:
  DType dtype_;
};

template <class F, std::size_t arity> void register_function() {
  register_op(F::name, [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Elementwise<F, arity>>(); });
}
template <class F> void register_comparison() {
  register_op(F::name, [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Comparison<F>>(); });
}

}  // namespace

Node add(Operand a, Operand b) { return elementwise<Add>({a, b}); }
Node sub(Operand a, Operand b) { return elementwise<Sub>({a, b}); }
Node mul(Operand a, Operand b) { return elementwise<Mul>({a, b}); }
Node div(Operand a, Operand b) { return elementwise<Div>({a, b}); }
Node neg(Operand x) { return elementwise<Neg>({x}); }
Node sqrt(Operand x) { return elementwise<Sqrt>({x}); }
Node operator+(Operand a, Operand b) { return add(a, b); }
Node operator-(Operand a, Operand b) { return sub(a, b); }
Node operator*(Operand a, Operand b) { return mul(a, b); }
Node operator/(Operand a, Operand b) { return div(a, b); }
Node operator-(Operand a) { return neg(a); }

Node equal(Operand a, Operand b) { return compare<Equal>(a, b); }
Node not_equal(Operand a, Operand b) { return compare<NotEqual>(a, b); }
Node less(Operand a, Operand b) { return compare<Less>(a, b); }
Node less_equal(Operand a, Operand b) { return compare<LessEqual>(a, b); }
Node greater(Operand a, Operand b) { return compare<Greater>(a, b); }
Node greater_equal(Operand a, Operand b) { return compare<GreaterEqual>(a, b); }

Node where(Operand condition, Operand a, Operand b) { return make_node(std::make_shared<Where>(), {condition, a, b}); }
Node cast(Operand x, DType dtype) { return x.dtype() == dtype ? x.node() : make_node(std::make_shared<Cast>(dtype), {x}); }

void register_elementwise_primitives() {
  register_function<Add, 2>();
  register_function<Sub, 2>();
  register_function<Mul, 2>();
  register_function<Div, 2>();
  register_function<Neg, 1>();
  register_function<Sqrt, 1>();
  register_comparison<Equal>();
  register_comparison<NotEqual>();
  register_comparison<Less>();
  register_comparison<LessEqual>();
  register_comparison<Greater>();
  register_comparison<GreaterEqual>();
  register_op("where", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Where>(); });
  register_op("cast", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Cast>(a.get<DType>("dtype")); });
}

}  // namespace loglik
