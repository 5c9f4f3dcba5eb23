#pragma once
#include <cstdint>
#include <vector>

#include "framework/tensor.h"

namespace loglik::conformance {

/// Where inputs are drawn from: [low, high), away from some points.
struct Domain {
  double low = -2;
  double high = 2;
  std::vector<double> avoid = {};  ///< kinks, poles: nothing is drawn nearer to them than (high − low)/64
};

/// Element `rank` of `count` elements that are spread over the domain: u, uniform on [0, 1), places it within the middle half of its
/// count-th part, so that no two are nearer than half such a part. Maxima and sorts need that: near a tie differences are no derivative.
double spread(const Domain& domain, std::int64_t rank, std::int64_t count, double u);

/// Random weights of either sign, 0.5 to 1.5 in size: a plain sum would hide gradients whose elements are exchanged or cancel. float64, or
/// rounded to float32.
Tensor weights(const Extents& extents, std::uint64_t seed);

/// Do two tensors have the same type and bits, a NaN being as good as another? If not: the first element that differs, or −1 for the type.
bool same_bits(const Tensor& a, const Tensor& b, std::int64_t& element);

}  // namespace loglik::conformance
