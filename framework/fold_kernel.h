#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "framework/fold.h"

namespace loglik {

/// A Fold (see `fold`) of whatever type of elements, for FoldTiles, which hands it elements right after they were computed. `a` and `p` point
/// to accumulators and partials of neighbouring outputs. Lives in a FoldStorage, holds no memory.
class FoldKernel {
 public:
  virtual std::size_t accumulator_bytes() const = 0;
  virtual std::size_t partial_bytes() const = 0;  ///< of a block of rows
  virtual void start(std::byte* a, std::int64_t output, std::int64_t columns) const = 0;
  virtual void run(std::byte* a, std::int64_t output, const void* x, std::int64_t count, std::int64_t index) const = 0;
  virtual void merge(std::byte* a, const std::byte* next) const = 0;
  virtual void finish(std::int64_t output, const std::byte* a) const = 0;
  virtual void start_rows(std::byte* p, std::int64_t output, std::int64_t columns) const = 0;
  /// Of `count` rows, one behind the other, `distance` elements apart.
  virtual void rows(std::byte* p, const void* x, std::int64_t distance, std::int64_t count, std::int64_t columns, std::int64_t index) const = 0;
  virtual void take(std::byte* a, const std::byte* p, std::int64_t columns) const = 0;
  /// From start to finish for outputs of one block each: `outputs` of them, from number `output` on, of `count` neighbours.
  virtual void whole(std::int64_t output, std::int64_t outputs, const void* x, std::int64_t count) const = 0;

 protected:
  ~FoldKernel() = default;
};

struct FoldStorage {
  alignas(16) std::array<std::byte, 64> bytes;
};

template <class T, class Fold>
class TypedFold final : public FoldKernel {
 public:
  explicit TypedFold(Fold fold) : fold_(std::move(fold)) {}
  using Accumulator = typename Fold::Accumulator;
  using Partial = decltype(std::declval<const Fold&>().start_rows(0));

  std::size_t accumulator_bytes() const override { return sizeof(Accumulator); }
  std::size_t partial_bytes() const override { return sizeof(Partial); }
  void start(std::byte* a, std::int64_t output, std::int64_t columns) const override {
    for (std::int64_t j = 0; j < columns; ++j) new (&at<Accumulator>(a)[j]) Accumulator(fold_.start(output + j));
  }
  void run(std::byte* a, std::int64_t output, const void* x, std::int64_t count, std::int64_t index) const override {
    fold_.run(*at<Accumulator>(a), output, static_cast<const T*>(x), count, index);
  }
  void merge(std::byte* a, const std::byte* next) const override { fold_.merge(*at<Accumulator>(a), *at<const Accumulator>(next)); }
  void finish(std::int64_t output, const std::byte* a) const override { fold_.finish(output, *at<const Accumulator>(a)); }
  void start_rows(std::byte* p, std::int64_t output, std::int64_t columns) const override {
    for (std::int64_t j = 0; j < columns; ++j) new (&at<Partial>(p)[j]) Partial(fold_.start_rows(output + j));
  }
  void rows(std::byte* p, const void* x, std::int64_t distance, std::int64_t count, std::int64_t columns, std::int64_t index) const override {
    fold_.rows(at<Partial>(p), static_cast<const T*>(x), Rows{0, distance}, count, columns, index);
  }
  void take(std::byte* a, const std::byte* p, std::int64_t columns) const override {
    for (std::int64_t j = 0; j < columns; ++j) fold_.take(at<Accumulator>(a)[j], at<const Partial>(p)[j]);
  }
  void whole(std::int64_t output, std::int64_t outputs, const void* x, std::int64_t count) const override {
    for (std::int64_t i = 0; i < outputs; ++i) {
      Accumulator a = fold_.start(output + i);
      fold_.run(a, output + i, static_cast<const T*>(x) + i * count, count, 0);
      fold_.finish(output + i, a);
    }
  }

 private:
  struct Rows {
    std::int64_t offset, distance;
    std::int64_t operator*() const { return offset; }
    void operator++() { offset += distance; }
  };
  template <class A, class Byte>
  static A* at(Byte* bytes) {
    return reinterpret_cast<A*>(bytes);
  }
  Fold fold_;
};

/// Puts a Fold for elements T into `storage`.
template <class T, class Fold>
const FoldKernel& keep_fold(FoldStorage& storage, Fold fold) {
  using Kernel = TypedFold<T, Fold>;
  static_assert(sizeof(Kernel) <= sizeof(storage.bytes) && alignof(Kernel) <= alignof(FoldStorage) && std::is_trivially_destructible_v<Fold>);
  return *new (storage.bytes.data()) Kernel(std::move(fold));
}

}  // namespace loglik
