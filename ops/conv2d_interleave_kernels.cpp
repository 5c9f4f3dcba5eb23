#include "ops/conv2d_interleave_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d_interleave_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace loglik::conv2d_simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
using D4 = hn::CappedTag<float, 4>;
using V4 = hn::Vec<D4>;

// Four vectors as the rows of a matrix become its columns.
HWY_INLINE void Transpose(V4& a, V4& b, V4& c, V4& e) {
  const D4 d;
  const V4 ac = hn::InterleaveLower(d, a, c), be = hn::InterleaveLower(d, b, e);
  const V4 ac_upper = hn::InterleaveUpper(d, a, c), be_upper = hn::InterleaveUpper(d, b, e);
  a = hn::InterleaveLower(d, ac, be);
  b = hn::InterleaveUpper(d, ac, be);
  c = hn::InterleaveLower(d, ac_upper, be_upper);
  e = hn::InterleaveUpper(d, ac_upper, be_upper);
}
#endif

void Interleave(const float* planes, int64_t distance, int64_t count, int64_t length, float* to) {
  int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const D4 d;
  for (; i + 4 <= length; i += 4) {
    int64_t k = 0;
    for (; k + 4 <= count; k += 4) {
      const float* const from = planes + k * distance + i;
      V4 a = hn::LoadU(d, from), b = hn::LoadU(d, from + distance), c = hn::LoadU(d, from + 2 * distance), e = hn::LoadU(d, from + 3 * distance);
      Transpose(a, b, c, e);
      float* const out = to + i * block + k;
      hn::Store(a, d, out);
      hn::Store(b, d, out + block);
      hn::Store(c, d, out + 2 * block);
      hn::Store(e, d, out + 3 * block);
    }
    for (; k < block; ++k)
      for (int64_t l = i; l < i + 4; ++l) to[l * block + k] = k < count ? planes[k * distance + l] : 0;
  }
#endif
  for (; i < length; ++i)
    for (int64_t k = 0; k < block; ++k) to[i * block + k] = k < count ? planes[k * distance + i] : 0;
}

void Deinterleave(const float* from, int64_t length, float* planes, int64_t distance, int64_t count) {
  int64_t k = 0;
#if HWY_TARGET != HWY_SCALAR
  const D4 d;
  for (; k + 4 <= count; k += 4) {
    int64_t i = 0;
    for (; i + 4 <= length; i += 4) {
      const float* const in = from + i * block + k;
      V4 a = hn::Load(d, in), b = hn::Load(d, in + block), c = hn::Load(d, in + 2 * block), e = hn::Load(d, in + 3 * block);
      Transpose(a, b, c, e);
      float* const to = planes + k * distance + i;
      hn::StoreU(a, d, to);
      hn::StoreU(b, d, to + distance);
      hn::StoreU(c, d, to + 2 * distance);
      hn::StoreU(e, d, to + 3 * distance);
    }
    for (; i < length; ++i)
      for (int64_t l = k; l < k + 4; ++l) planes[l * distance + i] = from[i * block + l];
  }
#endif
  for (; k < count; ++k)
    for (int64_t i = 0; i < length; ++i) planes[k * distance + i] = from[i * block + k];
}

}  // namespace loglik::conv2d_simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::conv2d_simd {

HWY_EXPORT(Interleave);
HWY_EXPORT(Deinterleave);
void interleave(const float* planes, std::int64_t distance, std::int64_t count, std::int64_t length, float* block) {
  HWY_DYNAMIC_DISPATCH(Interleave)(planes, distance, count, length, block);
}
void deinterleave(const float* block, std::int64_t length, float* planes, std::int64_t distance, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(Deinterleave)(block, length, planes, distance, count);
}

}  // namespace loglik::conv2d_simd
#endif
