// Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), a block a lane of 64 bits: each of its two products
// a round is one instruction there, which reads the lower half of a lane only, so that nobody clears the upper one.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "framework/simd/philox.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <cstring>

#include "framework/simd/philox.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<uint64_t>;
using V = hn::Vec<D>;

HWY_INLINE V Product(V a, V b) {  // of the lanes' lower halves
#if HWY_TARGET == HWY_SCALAR      // has lanes of one size only
  return hn::Set(D(), (hn::GetLane(a) & 0xFFFFFFFF) * hn::GetLane(b));
#else
  const hn::Repartition<uint32_t, D> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::BitCast(halves, b));
#endif
}

// `sets` vectors of blocks side by side: a round waits for its products, other blocks' rounds fill the time.
template <int sets>
HWY_INLINE void Blocks(uint64_t key, uint64_t step, uint64_t first, uint32_t* words) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V multiplier0 = hn::Set(d, 0xD2511F53), multiplier1 = hn::Set(d, 0xCD9E8D57), low = hn::Set(d, 0xFFFFFFFF);
  V c0[sets], c1[sets], c2[sets], c3[sets];
  for (int s = 0; s < sets; ++s) {
    c0[s] = hn::Set(d, step);
    c1[s] = hn::Set(d, step >> 32);
    c2[s] = hn::Add(hn::Set(d, first + s * lanes), hn::Iota(d, 0));
    c3[s] = hn::ShiftRight<32>(c2[s]);
  }
  uint32_t key0 = static_cast<uint32_t>(key), key1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const V k0 = hn::Set(d, key0), k1 = hn::Set(d, key1);
    for (int s = 0; s < sets; ++s) {
      const V product0 = Product(c0[s], multiplier0), product1 = Product(c2[s], multiplier1);
      c0[s] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1[s]), k0);
      c2[s] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3[s]), k1);
      c1[s] = product1;
      c3[s] = product0;
    }
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  for (int s = 0; s < sets; ++s) {
    const V front = hn::Or(hn::And(c0[s], low), hn::ShiftLeft<32>(c1[s])), back = hn::Or(hn::And(c2[s], low), hn::ShiftLeft<32>(c3[s]));
    hn::StoreInterleaved2(front, back, d, reinterpret_cast<uint64_t*>(words) + 2 * s * lanes);
  }
}

void Philox(uint64_t key, uint64_t step, uint64_t first, size_t count, uint32_t* words) {
  constexpr int sets = 4;
  constexpr size_t most = hn::MaxLanes(D());
  const size_t lanes = hn::Lanes(D());
  size_t block = 0;
  for (; block + sets * lanes <= count; block += sets * lanes) Blocks<sets>(key, step, first + block, words + 4 * block);
  for (; block + lanes <= count; block += lanes) Blocks<1>(key, step, first + block, words + 4 * block);
  if (block == count) return;
  HWY_ALIGN uint32_t rest[4 * most];
  Blocks<1>(key, step, first + block, rest);
  std::memcpy(words + 4 * block, rest, 4 * (count - block) * sizeof(uint32_t));
}

}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::simd {

HWY_EXPORT(Philox);
void philox(std::uint64_t key, std::uint64_t step, std::uint64_t first, std::size_t count, std::uint32_t* words) {
  HWY_DYNAMIC_DISPATCH(Philox)(key, step, first, count, words);
}

}  // namespace loglik::simd
#endif
