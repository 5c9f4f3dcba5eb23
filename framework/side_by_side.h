#pragma once
#include <cstddef>

namespace loglik {

/// Calls body(k) for each k in [0, count), several at once where the processor can: body(k) must neither read nor write what another body
/// writes. It may write over what it has read itself, which a compiler that sees two pointers cannot know: so loops over elements are written
/// with this. Load what the body needs before choosing: `const T a = x[k], b = y[k]; out[k] = c ? a : b;`.
template <class Body>
inline void side_by_side(std::size_t count, Body body) {
#if defined(__clang__)
#pragma clang loop vectorize(assume_safety)
#elif defined(__GNUC__)
#pragma GCC ivdep
#endif
  for (std::size_t k = 0; k < count; ++k) body(k);
}

}  // namespace loglik
