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

/// What is done with elements [begin, end) of an output as soon as they are final. Referred to, not owned: made of any callable, valid as
/// long as that is.
class Epilogue {
 public:
  template <class F>
  requires requires(const F& f, std::int64_t element) { f(element, element); }
  Epilogue(const F& f)
      : object_(&f), call_([](const void* object, std::int64_t begin, std::int64_t end) { (*static_cast<const F*>(object))(begin, end); }) {}

  void operator()(std::int64_t begin, std::int64_t end) const { call_(object_, begin, end); }

 private:
  const void* object_;
  void (*call_)(const void*, std::int64_t, std::int64_t);
};

/// What one run of an op works on. Outputs are uninitialised. Copying is not needed: it is passed by reference.
class KernelArgs {
 public:
  std::span<const TensorView> inputs;
  std::span<const TensorView> outputs;
  std::byte* scratch = nullptr;        ///< what `Op::workspace` asked for, aligned to 64 bytes
  const RandomKey* random = nullptr;   ///< seed and step of the run; see random_key()
  std::uint64_t random_name = 0;       ///< hash of the node's scoped name
  const Epilogue* epilogue = nullptr;  ///< of output 0, for an op that offers one; see finished()

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

  /// An op that offers an epilogue (Op::offers_epilogue) calls this for elements [begin, end) of its output once they are final and while
  /// they are in the cache, from the thread that computed them; for each element once. It must not look at them again.
  void finished(std::int64_t begin, std::int64_t end) const {
    if (epilogue != nullptr && begin < end) (*epilogue)(begin, end);
  }
  /// The same for `count` stretches of `length` elements, `distance` apart.
  void finished(std::int64_t begin, std::int64_t length, std::int64_t count, std::int64_t distance) const {
    if (epilogue == nullptr) return;
    if (length == distance) return finished(begin, begin + count * length);
    for (std::int64_t i = 0; i < count; ++i) finished(begin + i * distance, begin + i * distance + length);
  }

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
