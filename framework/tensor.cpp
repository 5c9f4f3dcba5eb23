#include "framework/tensor.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "framework/error.h"

namespace loglik {
namespace {
constexpr std::align_val_t alignment{64};
constexpr std::int64_t edge_items = 3;     // printed at each end of a long axis
constexpr std::int64_t long_axis = 12;     // axes up to this size are printed whole

std::int64_t checked_count(DType dtype, const Extents& extents) {
  std::int64_t count = 1;
  bool empty = false;
  for (std::int64_t size : extents) {
    if (size < 0) throw ShapeError(fmt::format("a tensor of sizes {}: a size is negative", to_string(extents)));
    if (size == 0) empty = true;
    else if (count > std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(size_of(dtype)) / size)
      throw ShapeError(fmt::format("a tensor of sizes {} has more bytes than can be addressed", to_string(extents)));
    else count *= size;
  }
  return empty ? 0 : count;
}

void print(const Tensor& tensor, std::size_t axis, std::int64_t offset, std::string& out) {
  if (axis == tensor.rank()) {
    if (tensor.dtype() == DType::boolean) out += tensor.at(offset) != 0 ? "true" : "false";
    else if (is_float(tensor.dtype())) fmt::format_to(std::back_inserter(out), "{:.6g}", tensor.at(offset));
    else fmt::format_to(std::back_inserter(out), "{}", static_cast<std::int64_t>(tensor.at(offset)));
    return;
  }
  const std::int64_t size = tensor.extents()[axis];
  const std::int64_t stride = count(std::span(tensor.extents()).subspan(axis + 1));
  const bool last = axis + 1 == tensor.rank();
  out += '[';
  for (std::int64_t i = 0; i < size; ++i) {
    if (i > 0) out += last ? ", " : ",\n" + std::string(axis + 1, ' ');
    if (size > long_axis && i == edge_items) {
      out += last ? "…, " : "…,\n" + std::string(axis + 1, ' ');
      i = size - edge_items;
    }
    print(tensor, axis + 1, offset + i * stride, out);
  }
  out += ']';
}
}  // namespace

Tensor::Tensor(DType dtype, Extents extents) : dtype_(dtype), extents_(std::move(extents)), count_(checked_count(dtype, extents_)) {
  const std::size_t size = bytes();
  data_ = std::shared_ptr<std::byte>(static_cast<std::byte*>(::operator new(size + 1, alignment)), [](std::byte* p) { ::operator delete(p, alignment); });
  std::memset(data_.get(), 0, size);
}

Tensor Tensor::wrap(std::shared_ptr<std::byte> data, DType dtype, Extents extents) {
  Tensor tensor(dtype, {0});
  tensor.count_ = checked_count(dtype, extents);
  tensor.extents_ = std::move(extents);
  tensor.data_ = std::move(data);
  return tensor;
}

std::int64_t Tensor::size(std::int64_t axis) const { return extents_[normalize_axis(axis, rank())]; }

void Tensor::require(DType dtype) const {
  if (dtype != dtype_) throw DtypeError(fmt::format("a tensor of {} {} read as {}", name(dtype_), to_string(extents_), name(dtype)));
}

double Tensor::item() const {
  if (count_ != 1) throw ShapeError(fmt::format("item() of a tensor of sizes {}, which has {} elements, not one", to_string(extents_), count_));
  return at(0);
}

double Tensor::at(std::int64_t index) const {
  if (index < 0 || index >= count_) throw IndexError(fmt::format("element {} of a tensor with {} elements", index, count_));
  return for_dtype(dtype_, [&]<class T>() { return static_cast<double>(values<T>()[static_cast<std::size_t>(index)]); });
}

Tensor Tensor::clone() const {
  Tensor copy(dtype_, extents_);
  std::memcpy(copy.mutable_data(), data(), bytes());
  return copy;
}

Tensor Tensor::cast(DType dtype) const {
  Tensor result(dtype, extents_);
  for_dtype(dtype_, [&]<class From>() {
    for_dtype(dtype, [&]<class To>() {
      const auto from = values<From>();
      const auto to = result.mutable_values<To>();
      for (std::size_t i = 0; i < from.size(); ++i) {
        if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> && !std::is_same_v<To, bool>) {
          const double value = static_cast<double>(from[i]);
          if (!(value > static_cast<double>(std::numeric_limits<To>::min()) - 1 && value < static_cast<double>(std::numeric_limits<To>::max()) + 1))
            throw DtypeError(fmt::format("element {} is {}, which {} can't hold", i, value, name(dtype)));
        }
        to[i] = static_cast<To>(from[i]);
      }
    });
  });
  return result;
}

Tensor Tensor::reshape(Extents extents) const {
  if (checked_count(dtype_, extents) != count_)
    throw ShapeError(fmt::format("reshape of {} to {}: {} elements against {}", to_string(extents_), to_string(extents), count_, loglik::count(extents)));
  Tensor result = *this;
  result.extents_ = std::move(extents);
  return result;
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  if (rank() == 0) throw ShapeError("rows() of a scalar");
  if (begin < 0 || end < begin || end > extents_[0])
    throw IndexError(fmt::format("rows {} to {} of a tensor with {} rows", begin, end, extents_[0]));
  Tensor result = *this;
  result.extents_[0] = end - begin;
  result.count_ = loglik::count(result.extents_);
  const std::size_t row_bytes = static_cast<std::size_t>(loglik::count(std::span(extents_).subspan(1))) * size_of(dtype_);
  result.data_ = std::shared_ptr<std::byte>(data_, data_.get() + static_cast<std::size_t>(begin) * row_bytes);
  return result;
}

bool Tensor::same_bits(const Tensor& other) const {
  return dtype_ == other.dtype_ && extents_ == other.extents_ && std::memcmp(data(), other.data(), bytes()) == 0;
}

void throw_count_differs(std::size_t values, const Extents& extents) {
  throw ShapeError(fmt::format("{} values for a tensor of sizes {}, which has {} elements", values, to_string(extents), count(extents)));
}

std::string to_string(const Tensor& tensor) {
  std::string out = fmt::format("{} {}\n", name(tensor.dtype()), to_string(tensor.extents()));
  print(tensor, 0, 0, out);
  return out;
}

}  // namespace loglik
