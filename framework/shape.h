#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/dtype.h"

namespace loglik {

/// A size that is known only when data arrive, such as the number of samples. Two symbols are equal if their names are.
class Symbol {
 public:
  constexpr Symbol() = default;            ///< no symbol: a constant
  explicit Symbol(std::string_view name);  ///< the symbol of that name
  static constexpr Symbol batch() { return Symbol(1); }

  constexpr bool empty() const { return id_ == 0; }
  constexpr int id() const { return id_; }  ///< small, dense, from 1
  std::string_view name() const;
  friend constexpr bool operator==(Symbol, Symbol) = default;

 private:
  explicit constexpr Symbol(int id) : id_(id) {}
  int id_ = 0;
};

/// The value of each symbol in one run.
class Sizes {
 public:
  void set(Symbol symbol, std::int64_t size);  ///< −1 unbinds it
  bool has(Symbol symbol) const;
  std::int64_t operator[](Symbol symbol) const;  ///< throws ShapeError if unbound
  bool covers(const Sizes& other) const;  ///< is no size of `other` larger?
  void raise_to(const Sizes& other);      ///< each size to at least that of `other`
  friend bool operator==(const Sizes&, const Sizes&) = default;

 private:
  std::vector<std::int64_t> sizes_;
};

/// One dimension: a constant, or a constant times a symbol. Equal only if identical.
class Dim {
 public:
  template <std::integral Integer> constexpr Dim(Integer size) : factor_(static_cast<std::int64_t>(size)) {}
  constexpr Dim(std::int64_t factor, Symbol symbol) : factor_(factor), symbol_(factor == 0 ? Symbol() : symbol) {}

  constexpr bool is_constant() const { return symbol_.empty(); }
  constexpr std::int64_t factor() const { return factor_; }  ///< the size itself, if constant
  constexpr Symbol symbol() const { return symbol_; }
  std::int64_t size(const Sizes& sizes) const;  ///< factor · size of the symbol
  std::int64_t constant() const;                ///< the size; throws ShapeError for a symbol

  friend constexpr bool operator==(Dim, Dim) = default;
  friend Dim operator*(Dim a, Dim b);  ///< throws ShapeError for symbol · symbol
  friend Dim operator+(Dim a, Dim b);  ///< throws ShapeError unless both have the same symbol or one is 0

 private:
  std::int64_t factor_;
  Symbol symbol_;
};

/// The number of samples: the symbol every data set binds.
inline constexpr Dim batch{1, Symbol::batch()};

std::string to_string(Dim dim);  ///< "64", "batch", "4·time"

/// The sizes of a concrete tensor, slowest axis first.
using Extents = std::vector<std::int64_t>;
std::int64_t count(std::span<const std::int64_t> extents);    ///< elements: the product; 1 for a scalar
std::string to_string(std::span<const std::int64_t> extents);  ///< "{3, 4}"

/// A list of dimensions, slowest axis first; contiguous row-major is the only layout. A scalar has rank 0.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<Dim> dims) : dims_(dims) {}
  explicit Shape(std::vector<Dim> dims) : dims_(std::move(dims)) {}
  explicit Shape(std::span<const std::int64_t> extents) : dims_(extents.begin(), extents.end()) {}

  std::size_t rank() const { return dims_.size(); }
  Dim operator[](std::size_t axis) const { return dims_[axis]; }
  Dim& operator[](std::size_t axis) { return dims_[axis]; }
  Dim back() const { return dims_.back(); }
  std::span<const Dim> dims() const { return dims_; }
  bool is_constant() const;
  Dim count() const;  ///< product of the dimensions; throws ShapeError for symbol · symbol
  bool same_count(const Shape& other) const;  ///< as many elements, whatever the symbols' sizes; {batch, time} has as many as {time, batch}

  Shape with_last(Dim dim) const;                               ///< the same with another last dimension
  Shape slice(std::size_t begin, std::size_t end) const;        ///< the dimensions [begin, end)
  Shape without(std::size_t axis) const;                        ///< the same without one axis
  Extents bind(const Sizes& sizes) const;                       ///< the concrete sizes
  Extents constant() const;                                     ///< the concrete sizes; throws ShapeError for a symbol

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<Dim> dims_;
};

std::string to_string(const Shape& shape);  ///< "{batch, 784}"

/// NumPy broadcasting: aligned at the last axis, a 1 stretches. Throws ShapeError naming both shapes.
Shape broadcast_shapes(const Shape& a, const Shape& b);

/// An axis counted from the end if negative. Throws ShapeError if there is no such axis.
std::size_t normalize_axis(std::int64_t axis, std::size_t rank);

/// Axes normalised, sorted, unique; all axes for an empty list. Throws ShapeError for a repeated or missing axis.
std::vector<std::size_t> normalize_axes(std::span<const std::int64_t> axes, std::size_t rank);

/// What is known of a tensor before it exists.
struct TensorType {
  DType dtype = DType::float32;
  Shape shape;
  friend bool operator==(const TensorType&, const TensorType&) = default;
};

std::string to_string(const TensorType& type);  ///< "float32 {batch, 784}"

}  // namespace loglik
