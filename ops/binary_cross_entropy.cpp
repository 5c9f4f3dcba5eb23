#include "ops/binary_cross_entropy.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "framework/register_elementwise.h"
#include "framework/simd/math.h"
#include "ops/activations.h"

namespace loglik {
namespace {

void binary_cross_entropies(const float* logits, const float* y, float* out, std::size_t count) {
  std::array<float, 256> tails;
  for (std::size_t done = 0; done < count; done += tails.size()) {
    const std::size_t block = std::min(tails.size(), count - done);
    const auto at_full_width = [&](auto body) { simd::at_full_width([&] { side_by_side(block, body); }); };
    at_full_width([&, l = logits + done](std::size_t k) { tails[k] = -std::abs(l[k]); });
    simd::softplus(tails.data(), tails.data(), block);
    at_full_width([&, l = logits + done, t = y + done, to = out + done](std::size_t k) {
      to[k] = (l[k] > 0 ? l[k] - t[k] * l[k] : -t[k] * l[k]) + tails[k];
    });
  }
}

// One op, not a composition: the stable form has kinks at ℓ = 0 that cancel in its value but not in its derivatives.
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "binary_cross_entropy";
  template <class T>
  T operator()(T logit, T y) const {
    return (logit > 0 ? logit - y * logit : -y * logit) + std::log1p(std::exp(-std::abs(logit)));
  }
  static constexpr auto vectorized = binary_cross_entropies;
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), logits = args.input(0), y = args.input(1);
    return {args.wants(0) ? g * (sigmoid(logits) - y) : Node(), args.wants(1) ? -g * logits : Node()};
  }
};

}  // namespace

Node binary_cross_entropy(Operand logits, Operand y) { return elementwise<BinaryCrossEntropy>({logits, y}); }

void register_binary_cross_entropy_ops() { register_elementwise<BinaryCrossEntropy, 2>(); }

}  // namespace loglik
