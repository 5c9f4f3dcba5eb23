#include "framework/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include "framework/error.h"

namespace loglik {
namespace {
// Names of all symbols, by id − 1. A deque: names never move.
struct SymbolTable {
  std::mutex mutex;
  std::deque<std::string> names{"batch"};
};
SymbolTable& symbol_table() {
  static SymbolTable table;
  return table;
}
}  // namespace

Symbol::Symbol(std::string_view name) {
  if (name.empty()) throw NameError("a dimension's name is empty");
  SymbolTable& table = symbol_table();
  std::lock_guard lock(table.mutex);
  const auto found = std::find(table.names.begin(), table.names.end(), name);
  id_ = static_cast<int>(found - table.names.begin()) + 1;
  if (found == table.names.end()) table.names.emplace_back(name);
}

std::string_view Symbol::name() const {
  if (empty()) return "";
  SymbolTable& table = symbol_table();
  std::lock_guard lock(table.mutex);
  return table.names[static_cast<std::size_t>(id_ - 1)];
}

void Sizes::set(Symbol symbol, std::int64_t size) {
  const auto id = static_cast<std::size_t>(symbol.id());
  if (sizes_.size() <= id) sizes_.resize(id + 1, -1);
  sizes_[id] = size;
}

bool Sizes::has(Symbol symbol) const {
  const auto id = static_cast<std::size_t>(symbol.id());
  return id < sizes_.size() && sizes_[id] >= 0;
}

bool Sizes::covers(const Sizes& other) const {
  for (std::size_t i = 0; i < other.sizes_.size(); ++i)
    if (other.sizes_[i] >= 0 && (i >= sizes_.size() || sizes_[i] < other.sizes_[i])) return false;
  return true;
}

void Sizes::raise_to(const Sizes& other) {
  if (sizes_.size() < other.sizes_.size()) sizes_.resize(other.sizes_.size(), -1);
  for (std::size_t i = 0; i < other.sizes_.size(); ++i) sizes_[i] = std::max(sizes_[i], other.sizes_[i]);
}

std::int64_t Sizes::operator[](Symbol symbol) const {
  if (!has(symbol)) throw ShapeError(fmt::format("the dimension \"{}\" has no size: no input that was given has it", symbol.name()));
  return sizes_[static_cast<std::size_t>(symbol.id())];
}

std::int64_t Dim::size(const Sizes& sizes) const { return is_constant() ? factor_ : factor_ * sizes[symbol_]; }

std::int64_t Dim::constant() const {
  if (!is_constant()) throw ShapeError(fmt::format("the size {} is needed before data arrive: use a constant", to_string(*this)));
  return factor_;
}

Dim operator*(Dim a, Dim b) {
  if (!a.is_constant() && !b.is_constant())
    throw ShapeError(fmt::format("{} · {} is not a constant times one dimension: keep the two axes apart", to_string(a), to_string(b)));
  return Dim(a.factor_ * b.factor_, a.is_constant() ? b.symbol_ : a.symbol_);
}

Dim operator+(Dim a, Dim b) {
  if (a == Dim(0)) return b;
  if (b == Dim(0)) return a;
  if (a.symbol_ != b.symbol_)
    throw ShapeError(fmt::format("{} + {} is not a constant times one dimension", to_string(a), to_string(b)));
  return Dim(a.factor_ + b.factor_, a.symbol_);
}

std::string to_string(Dim dim) {
  if (dim.is_constant()) return std::to_string(dim.factor());
  return dim.factor() == 1 ? std::string(dim.symbol().name()) : fmt::format("{}·{}", dim.factor(), dim.symbol().name());
}

std::int64_t count(std::span<const std::int64_t> extents) {
  std::int64_t product = 1;
  for (std::int64_t size : extents) product *= size;
  return product;
}

std::string to_string(std::span<const std::int64_t> extents) { return fmt::format("{{{}}}", fmt::join(extents, ", ")); }

bool Shape::is_constant() const {
  return std::all_of(dims_.begin(), dims_.end(), [](Dim dim) { return dim.is_constant(); });
}

Dim Shape::count() const {
  Dim product = 1;
  for (Dim dim : dims_) product = product * dim;
  return product;
}

bool Shape::same_count(const Shape& other) const {
  const auto product = [](const Shape& shape) {
    std::pair<std::int64_t, std::vector<int>> result{1, {}};  // factor, symbols
    for (const Dim dim : shape.dims_) {
      result.first *= dim.factor();
      if (!dim.is_constant()) result.second.push_back(dim.symbol().id());
    }
    if (result.first == 0) result.second.clear();
    std::sort(result.second.begin(), result.second.end());
    return result;
  };
  return dims_ == other.dims_ || product(*this) == product(other);
}

Shape Shape::with_last(Dim dim) const {
  Shape result = *this;
  result.dims_.back() = dim;
  return result;
}

Shape Shape::slice(std::size_t begin, std::size_t end) const {
  return Shape(std::vector<Dim>(dims_.begin() + static_cast<std::ptrdiff_t>(begin), dims_.begin() + static_cast<std::ptrdiff_t>(end)));
}

Shape Shape::without(std::size_t axis) const {
  Shape result = *this;
  result.dims_.erase(result.dims_.begin() + static_cast<std::ptrdiff_t>(axis));
  return result;
}

Extents Shape::bind(const Sizes& sizes) const {
  Extents extents;
  extents.reserve(dims_.size());
  for (Dim dim : dims_) extents.push_back(dim.size(sizes));
  return extents;
}

Extents Shape::constant() const {
  Extents extents;
  extents.reserve(dims_.size());
  for (Dim dim : dims_) extents.push_back(dim.constant());
  return extents;
}

std::string to_string(const Shape& shape) {
  std::vector<std::string> parts;
  for (Dim dim : shape.dims()) parts.push_back(to_string(dim));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.rank(), b.rank());
  std::vector<Dim> dims(rank, Dim(1));
  for (std::size_t i = 0; i < rank; ++i) {  // axes from the last
    const Dim x = i < a.rank() ? a[a.rank() - 1 - i] : Dim(1);
    const Dim y = i < b.rank() ? b[b.rank() - 1 - i] : Dim(1);
    if (x != y && x != Dim(1) && y != Dim(1))
      throw ShapeError(fmt::format("{} and {} do not broadcast: {} against {}", to_string(a), to_string(b), to_string(x), to_string(y)));
    dims[rank - 1 - i] = x == Dim(1) ? y : x;
  }
  return Shape(std::move(dims));
}

std::size_t normalize_axis(std::int64_t axis, std::size_t rank) {
  const std::int64_t from_front = axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis;
  if (from_front < 0 || from_front >= static_cast<std::int64_t>(rank)) {
    if (rank == 0) throw ShapeError(fmt::format("axis {} of a scalar, which has no axes", axis));
    throw ShapeError(fmt::format("axis {} is out of range: rank {} has the axes {} to {}", axis, rank, -static_cast<std::int64_t>(rank), rank - 1));
  }
  return static_cast<std::size_t>(from_front);
}

std::vector<std::size_t> normalize_axes(std::span<const std::int64_t> axes, std::size_t rank) {
  std::vector<std::size_t> result;
  if (axes.empty()) {
    for (std::size_t axis = 0; axis < rank; ++axis) result.push_back(axis);
    return result;
  }
  for (std::int64_t axis : axes) result.push_back(normalize_axis(axis, rank));
  std::sort(result.begin(), result.end());
  if (const auto twice = std::adjacent_find(result.begin(), result.end()); twice != result.end())
    throw ShapeError(fmt::format("axis {} is named twice", *twice));
  return result;
}

std::string to_string(const TensorType& type) { return fmt::format("{} {}", name(type.dtype), to_string(type.shape)); }

}  // namespace loglik
