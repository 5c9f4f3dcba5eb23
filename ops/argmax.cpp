#include "ops/argmax.h"

#include <fmt/format.h>

#include <limits>

#include "framework/error.h"
#include "framework/fold.h"
#include "framework/reduction_op.h"

namespace loglik {
namespace {

template <class T, bool largest>
struct ArgFold : FoldElements<ArgFold<T, largest>> {
  std::int32_t* y;
  explicit ArgFold(std::int32_t* output) : y(output) {}

  struct Accumulator {
    T value;
    std::int32_t index;  // −1: nothing yet
  };
  static bool better(T v, T than) { return (largest ? v > than : v < than) || (v != v && than == than); }
  Accumulator start(std::int64_t) const { return {0, -1}; }
  void add(Accumulator& a, T v, std::int64_t index) const {
    if (a.index < 0 || better(v, a.value)) a = {v, static_cast<std::int32_t>(index)};
  }
  void merge(Accumulator& a, const Accumulator& next) const {  // lanes are interleaved: the first index wins a tie
    if (next.index < 0) return;
    if (a.index < 0 || better(next.value, a.value) || (next.index < a.index && !better(a.value, next.value))) a = next;
  }
  void finish(std::int64_t i, const Accumulator& a) const { y[i] = a.index; }
};

template <bool largest>
class Arg final : public FoldOp<Arg<largest>> {
 public:
  Arg(std::int64_t axis, bool keep_dims) : FoldOp<Arg>({axis}, keep_dims) {}
  std::string_view name() const override { return largest ? "argmax" : "argmin"; }
  Attributes attributes() const override { return {{"axis", this->axes_[0]}, {"keep_dims", this->keep_dims_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    const Shape& shape = inputs[0].shape;
    std::vector<TensorType> result = ReductionOp::infer(inputs);
    result[0].dtype = DType::int32;
    const Dim size = shape[this->axes(shape.rank())[0]];
    if (size == Dim(0)) throw ShapeError(fmt::format("axis {} of {} is empty: nothing to choose from", this->axes_[0], to_string(shape)));
    if (size.is_constant() && size.factor() > std::numeric_limits<std::int32_t>::max())
      throw ShapeError(fmt::format("axis {} of {} is longer than an int32 index can count", this->axes_[0], to_string(shape)));
    return result;
  }

  template <class T>
  auto make_fold(const TensorView& output, std::int64_t) const {
    return ArgFold<T, largest>(static_cast<std::int32_t*>(output.data));
  }

  std::vector<Node> gradient(const GradientArgs& args) const override { not_differentiable(args, "its result is an index"); }
};

template <bool largest>
Node arg(Operand x, std::int64_t axis, bool keep_dims) {
  return make_node(std::make_shared<Arg<largest>>(axis, keep_dims), {x});
}
template <bool largest>
void register_arg(std::string_view name) {
  register_op(name, [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<Arg<largest>>(a.get<std::int64_t>("axis"), a.get<bool>("keep_dims"));
  });
}

}  // namespace

Node argmax(Operand x, std::int64_t axis, bool keep_dims) { return arg<true>(x, axis, keep_dims); }
Node argmin(Operand x, std::int64_t axis, bool keep_dims) { return arg<false>(x, axis, keep_dims); }

void register_argmax_ops() {
  register_arg<true>("argmax");
  register_arg<false>("argmin");
}

}  // namespace loglik
