// Compiled once for each instruction set. Highway's own functions of float64 are off by 4 ulp at most: with the square root and the product
// less than 2⁻⁵⁰ of the radius, as is what the C library gives.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "framework/simd/box_muller.cpp"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cstring>
#include <numbers>

#include "framework/simd/box_muller.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using DU = hn::RebindToUnsigned<D>;
using DF = hn::Rebind<float, D>;
using Exact = void (*)(const uint32_t*, float*);

// A vector of blocks.
HWY_INLINE void Transform(const uint32_t* blocks, float* values, Exact exact) {
  const D d;
  const DU du;
  const DF df;
  const hn::RebindToSigned<D> di;
  auto first = hn::Undefined(du), second = first;
  hn::LoadInterleaved2(du, reinterpret_cast<const uint64_t*>(blocks), first, second);
  const auto whole = [&](auto half) HWY_ATTR { return hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<11>(half))); };
  const auto scale = hn::Set(d, 0x1p-53);
  const auto u = hn::Mul(hn::Add(whole(first), hn::Set(d, 1.0)), scale);
  const auto angle = hn::Mul(hn::Set(d, 2 * std::numbers::pi), hn::Mul(whole(second), scale));
  const auto radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0), hn::Log(d, u)));
  const auto x = hn::Mul(radius, hn::Cos(d, angle)), y = hn::Mul(radius, hn::Sin(d, angle));
  const auto error = hn::Mul(radius, hn::Set(d, 0x1p-47));
  const auto is_open = [&](auto v) HWY_ATTR { return hn::Ne(hn::DemoteTo(df, hn::Sub(v, error)), hn::DemoteTo(df, hn::Add(v, error))); };
  hn::StoreInterleaved2(hn::DemoteTo(df, x), hn::DemoteTo(df, y), df, values);
  if (HWY_LIKELY(hn::AllFalse(df, hn::Or(is_open(x), is_open(y))))) return;
  for (size_t i = 0; i < hn::Lanes(d); ++i) exact(blocks + 4 * i, values + 2 * i);
}

void BoxMuller(const uint32_t* blocks, size_t count, float* values, Exact exact) {
  constexpr size_t most = hn::MaxLanes(D());
  const size_t lanes = hn::Lanes(D());
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) Transform(blocks + 4 * i, values + 2 * i, exact);
  if (i == count) return;
  HWY_ALIGN uint32_t rest[4 * most] = {};
  HWY_ALIGN float rest_values[2 * most];
  std::memcpy(rest, blocks + 4 * i, 4 * (count - i) * sizeof(uint32_t));
  Transform(rest, rest_values, exact);
  std::memcpy(values + 2 * i, rest_values, 2 * (count - i) * sizeof(float));
}

}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::simd {

HWY_EXPORT(BoxMuller);
void box_muller(const std::uint32_t* blocks, std::size_t count, float* values, void (*exact)(const std::uint32_t*, float*)) {
  HWY_DYNAMIC_DISPATCH(BoxMuller)(blocks, count, values, exact);
}

}  // namespace loglik::simd
#endif
