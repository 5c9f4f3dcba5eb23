#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "framework/dtype.h"
#include "framework/random.h"
#include "framework/shape.h"
#include "framework/thread_pool.h"

namespace loglik {

/// One tensor as a kernel sees it: resolved memory, concrete sizes.
struct TensorView {
  DType dtype = DType::float32;
  Extents extents;
  std::int64_t count = 0;
  void* data = nullptr;
};

/// What one run of an op works on. Outputs are uninitialised. Copying is not needed: it is passed by reference.
class KernelArgs {
 public:
  std::vector<TensorView> inputs;
  std::vector<TensorView> outputs;
  std::byte* scratch = nullptr;        ///< what `Op::workspace` asked for, aligned to 64 bytes
  const RandomKey* random = nullptr;   ///< seed and step of the run; see random_key()
  std::uint64_t random_name = 0;       ///< hash of the node's scoped name

  DType dtype(std::size_t input) const { return inputs[input].dtype; }
  DType output_dtype(std::size_t output) const { return outputs[output].dtype; }
  const Extents& shape(std::size_t input) const { return inputs[input].extents; }
  const Extents& output_shape(std::size_t output) const { return outputs[output].extents; }

  /// The elements, row-major. T must be the C++ type of the tensor's dtype.
  template <class T> std::span<const T> input(std::size_t i) const {
    return {static_cast<const T*>(inputs[i].data), static_cast<std::size_t>(inputs[i].count)};
  }
  template <class T> std::span<T> output(std::size_t i) const {
    return {static_cast<T*>(outputs[i].data), static_cast<std::size_t>(outputs[i].count)};
  }
  template <class T> T* workspace() const { return reinterpret_cast<T*>(scratch); }

  /// The key of this node's random bits in this step: element i draws from counter i, whatever thread computes it.
  RandomKey random_key() const { return {random->seed, random->step, random_name}; }

  /// Calls body(piece) for each piece in [0, count), on any of the pool's threads. The only way for an op to use threads. Which pieces there
  /// are must depend on shapes only; what a piece writes must not depend on other pieces.
  template <class Body> void parallel_for(std::int64_t count, Body&& body) const { loglik::parallel_for(count, body); }

  /// Cuts [0, count) into pieces of `grain` (the last one shorter) and calls body(begin, end) for each.
  template <class Body> void parallel_for(std::int64_t count, std::int64_t grain, Body&& body) const {
    loglik::parallel_for((count + grain - 1) / grain,
                         [&](std::int64_t piece) { body(piece * grain, piece * grain + grain < count ? piece * grain + grain : count); });
  }
};

/// Throws IndexError if index is not in [0, size): "index 10 at element 3 is not in [0, 10)".
inline void check_index(std::int64_t index, std::int64_t size, std::int64_t element) {
  [[noreturn]] void throw_bad_index(std::int64_t, std::int64_t, std::int64_t);
  if (index < 0 || index >= size) throw_bad_index(index, size, element);
}

}  // namespace loglik
