#include "ops/binary_cross_entropy.h"

#include <cmath>

#include "framework/register_elementwise.h"
#include "ops/activations.h"

namespace loglik {
namespace {

// One op, not a composition: the stable form has kinks at ℓ = 0 that cancel in its value but not in its derivatives.
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "binary_cross_entropy";
  template <class T>
  T operator()(T logit, T y) const {
    return (logit > 0 ? logit - y * logit : -y * logit) + std::log1p(std::exp(-std::abs(logit)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), logits = args.input(0), y = args.input(1);
    return {args.wants(0) ? g * (sigmoid(logits) - y) : Node(), args.wants(1) ? -g * logits : Node()};
  }
};

}  // namespace

Node binary_cross_entropy(Operand logits, Operand y) { return elementwise<BinaryCrossEntropy>({logits, y}); }

void register_binary_cross_entropy_ops() { register_elementwise<BinaryCrossEntropy, 2>(); }

}  // namespace loglik
