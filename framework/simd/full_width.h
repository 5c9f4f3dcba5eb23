#pragma once

namespace loglik::simd {

#if defined(__x86_64__) && defined(__GNUC__)
enum class Width { portable, avx2, avx512 };

/// The widest vectors that the processor and the system have; found out once.
inline Width width() {
  static const Width found = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                                     __builtin_cpu_supports("avx512vl")
                                 ? Width::avx512
                             : __builtin_cpu_supports("avx2") ? Width::avx2
                                                              : Width::portable;
  return found;
}

namespace full_width {
template <class Body>
#ifdef __clang__
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl"), gnu::flatten]] void avx512(Body body) {
#else
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"), gnu::flatten]] void avx512(Body body) {
#endif
  body();
}
template <class Body>
[[gnu::target("avx2"), gnu::flatten]] void avx2(Body body) {
  body();
}
}  // namespace full_width

/// Calls body(), compiled three times: for plain x86-64, AVX2 and AVX-512, of which the processor's best runs. For loops that the compiler
/// turns into vectors (side_by_side). All three give the same bits: the same operations, without fused multiply-add.
template <class Body>
inline void at_full_width(Body body) {
  switch (width()) {
    case Width::avx512: return full_width::avx512(body);
    case Width::avx2: return full_width::avx2(body);
    case Width::portable: return body();
  }
}
#else
template <class Body>
inline void at_full_width(Body body) {
  body();
}
#endif

}  // namespace loglik::simd
