#pragma once
#include <cstddef>
#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "framework/dtype.h"
#include "framework/shape.h"

namespace loglik {

/// An array on the host: dtype, sizes and contiguous row-major elements, aligned to 64 bytes.
///
/// Copies share the elements, as a std::shared_ptr does; `clone` makes elements of its own.
/// Safe to read from many threads at once.
class Tensor {
 public:
  Tensor() : Tensor(DType::float32, {0}) {}

  /// Zeros. Throws ShapeError for a negative size or more bytes than an address can count.
  Tensor(DType dtype, Extents extents);

  /// A copy of `values` in row-major order; with no `extents`, of rank 1. Throws ShapeError if the counts differ.
  template <class T> static Tensor from(std::span<const T> values, Extents extents);
  template <class T> static Tensor from(const std::vector<T>& values, Extents extents);
  template <class T> static Tensor from(const std::vector<T>& values) { return from(values, {static_cast<std::int64_t>(values.size())}); }
  /// A scalar.
  template <class T> static Tensor scalar(T value) { return from(std::span<const T>(&value, 1), Extents{}); }

  /// A tensor on memory that somebody else owns or shares: at least as many elements as `extents` say.
  static Tensor wrap(std::shared_ptr<std::byte> data, DType dtype, Extents extents);

  DType dtype() const { return dtype_; }
  const Extents& extents() const { return extents_; }
  std::size_t rank() const { return extents_.size(); }
  std::int64_t size(std::int64_t axis) const;  ///< of one axis, counted from the end if negative
  std::int64_t count() const { return count_; }
  std::size_t bytes() const { return static_cast<std::size_t>(count_) * size_of(dtype_); }

  /// The elements. Throws DtypeError if T is not the tensor's type.
  template <class T> std::span<const T> values() const;
  template <class T> std::span<T> mutable_values();
  const std::byte* data() const { return data_.get(); }
  std::byte* mutable_data() { return data_.get(); }
  const std::shared_ptr<std::byte>& shared_data() const { return data_; }

  /// The one element as a double. Throws ShapeError unless there is exactly one.
  double item() const;
  /// Element i in row-major order, as a double. Throws IndexError.
  double at(std::int64_t index) const;

  Tensor clone() const;
  Tensor cast(DType dtype) const;                            ///< converted element by element, as static_cast does; finite floats only to integers
  Tensor reshape(Extents extents) const;                     ///< shares the elements; throws ShapeError if the counts differ
  Tensor rows(std::int64_t begin, std::int64_t end) const;   ///< a view of [begin, end) along the first axis, sharing the elements; throws IndexError
  bool same_bits(const Tensor& other) const;                 ///< same dtype, sizes and bits

 private:
  void require(DType dtype) const;
  DType dtype_;
  Extents extents_;
  std::int64_t count_;
  std::shared_ptr<std::byte> data_;
};

/// NumPy-like, long axes shortened: "float32 {2, 3}\n[[1, 2, 3],\n [4, 5, 6]]".
std::string to_string(const Tensor& tensor);

template <class T> std::span<const T> Tensor::values() const {
  require(dtype_of<T>);
  return {reinterpret_cast<const T*>(data_.get()), static_cast<std::size_t>(count_)};
}

template <class T> std::span<T> Tensor::mutable_values() {
  require(dtype_of<T>);
  return {reinterpret_cast<T*>(data_.get()), static_cast<std::size_t>(count_)};
}

[[noreturn]] void throw_count_differs(std::size_t values, const Extents& extents);

template <class T> Tensor Tensor::from(std::span<const T> values, Extents extents) {
  Tensor tensor(dtype_of<std::remove_const_t<T>>, std::move(extents));
  if (values.size() != static_cast<std::size_t>(tensor.count())) throw_count_differs(values.size(), tensor.extents());
  std::copy(values.begin(), values.end(), tensor.mutable_values<std::remove_const_t<T>>().begin());
  return tensor;
}

template <class T> Tensor Tensor::from(const std::vector<T>& values, Extents extents) {
  Tensor tensor(dtype_of<T>, std::move(extents));  // std::vector<bool> has no span
  if (values.size() != static_cast<std::size_t>(tensor.count())) throw_count_differs(values.size(), tensor.extents());
  std::copy(values.begin(), values.end(), tensor.mutable_values<T>().begin());
  return tensor;
}

}  // namespace loglik
