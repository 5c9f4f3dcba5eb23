#pragma once
#include <array>
#include <concepts>
#include <cstddef>

#include "framework/op.h"
#include "framework/side_by_side.h"
#include "framework/simd/full_width.h"

namespace loglik {

/// `count` elements of each operand, contiguous and of the same length: what an elementwise op works on at a time.
/// The output may be the very memory of an input, never a shifted part of it.
struct Tile {
  std::size_t count;
  const void* const* inputs;
  void* output;
  DType dtype;         ///< of input 0
  DType output_dtype;

  template <class T> const T* input(std::size_t i) const { return static_cast<const T*>(inputs[i]); }
  template <class T> T* out() const { return static_cast<T*>(output); }
};

/// An op whose output element k depends on element k of each input, inputs broadcast NumPy's way. Up to 8 inputs, one output.
///
/// A subclass gives `tile`, the computation on contiguous memory; broadcasting, threads and memory reuse come from here, and a compiler that
/// joins several elementwise ops into one pass over memory calls the same `tile`, so that bits agree.
class ElementwiseOp : public Op {
 public:
  static constexpr std::size_t tile_size = 1024;  ///< elements of the largest tile

  virtual void tile(const Tile& tile) const = 0;
  /// The output's dtype; the default wants float operands of one dtype and returns it. Throws DtypeError.
  virtual DType result_dtype(std::span<const TensorType> inputs) const;
  /// Does the output never decrease where one input increases and the others stay, and is it NaN only where one of them is, for all finite
  /// inputs? It may then be taken after a maximum instead of before.
  virtual bool is_nondecreasing() const { return false; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const final;
  void run(const KernelArgs& args) const final;
  bool may_overwrite(std::size_t, std::size_t) const final { return true; }  // asked only where sizes are equal
  double flops(std::span<const TensorType> inputs) const override;           ///< one for each element of the output
};

/// An elementwise op from a struct F that has
///
///     static constexpr std::string_view name = "softsign";
///     template <class T> T operator()(T x) const { return x / (1 + std::abs(x)); }      // T: float, double; any number of arguments
///     static std::vector<Node> gradient(const GradientArgs& args);                      // may have the broadcast shape: it is summed
///
/// and optionally `Attributes attributes() const`, `void check() const` that throws ArgumentError for attributes out of range,
/// `std::vector<Node> simplify(const SimplifyArgs&) const`, `static std::span<const Pattern> patterns()`, `static constexpr bool integers = true`
/// if T may be int32_t too, `static constexpr bool nondecreasing = true` if is_nondecreasing, and
/// `static constexpr auto vectorized = my_softsign;`, a function of arrays `void (const float* x, float* y, std::size_t count)` (as many x as
/// there are arguments) that computes float32 in its stead: for bodies that call the C library, which the compiler can't turn into vectors. It
/// may be a member function too, for one that depends on the attributes.
template <class F, std::size_t arity> class Elementwise final : public ElementwiseOp {
 public:
  explicit Elementwise(F function = {}) : function_(std::move(function)) {}
  std::string_view name() const override { return F::name; }

  DType result_dtype(std::span<const TensorType> inputs) const override {
    if constexpr (requires { function_.check(); }) function_.check();
    if constexpr (requires { F::integers; }) {
      if (inputs[0].dtype == DType::int32) {
        require_same_dtype(inputs);
        return DType::int32;
      }
    }
    return ElementwiseOp::result_dtype(inputs);
  }

  bool is_nondecreasing() const override {
    if constexpr (requires { F::nondecreasing; }) return F::nondecreasing;
    else return false;
  }

  void tile(const Tile& tile) const override {
    if constexpr (requires { F::integers; }) {
      if (tile.dtype == DType::int32) return run_tile<std::int32_t>(tile, std::make_index_sequence<arity>());
    }
    for_float(tile.dtype, [&]<class T>() { run_tile<T>(tile, std::make_index_sequence<arity>()); });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    if constexpr (requires { function_.gradient(args); }) return function_.gradient(args);
    else return ElementwiseOp::gradient(args);
  }

  std::vector<Node> simplify(const SimplifyArgs& args) const override {
    if constexpr (requires { function_.simplify(args); }) return function_.simplify(args);
    else return {};
  }

  std::span<const Pattern> patterns() const override {
    if constexpr (requires { F::patterns(); }) return F::patterns();
    else return {};
  }

  Attributes attributes() const override {
    if constexpr (requires { function_.attributes(); }) return function_.attributes();
    else return {};
  }

 private:
  template <class T, std::size_t... i> void run_tile(const Tile& tile, std::index_sequence<i...>) const {
    const std::array<const T*, arity> in{tile.input<T>(i)...};
    T* out = tile.out<T>();
    if constexpr (std::same_as<T, float> && requires { function_.vectorized(in[i]..., out, tile.count); }) {
      function_.vectorized(in[i]..., out, tile.count);
    } else {
      const F function = function_;
      simd::at_full_width([=, count = tile.count] { side_by_side(count, [=](std::size_t k) { out[k] = function(in[i][k]...); }); });
    }
  }
  F function_;
};

/// Applies F as an elementwise op to its operands: `return elementwise<Softsign>({x});`
template <class F, std::size_t arity> Node elementwise(const Operand (&operands)[arity], F function = {}) {
  return make_node(std::make_shared<Elementwise<F, arity>>(std::move(function)), std::span<const Operand>(operands, arity));
}

}  // namespace loglik
