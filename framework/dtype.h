#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace loglik {

/// The type of a tensor's elements. Images stay uint8 until a cast in the graph; labels and indices are int32.
enum class DType : std::uint8_t { float32, float64, int32, boolean, uint8 };

std::string_view name(DType dtype);  ///< "float32", "float64", "int32", "bool", "uint8"
std::size_t size_of(DType dtype);    ///< bytes of an element
constexpr bool is_float(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

template <class T> struct DTypeOf;
template <> struct DTypeOf<float> { static constexpr DType value = DType::float32; };
template <> struct DTypeOf<double> { static constexpr DType value = DType::float64; };
template <> struct DTypeOf<std::int32_t> { static constexpr DType value = DType::int32; };
template <> struct DTypeOf<bool> { static constexpr DType value = DType::boolean; };
template <> struct DTypeOf<std::uint8_t> { static constexpr DType value = DType::uint8; };

/// The DType of a C++ type: `dtype_of<float>` is DType::float32.
template <class T> inline constexpr DType dtype_of = DTypeOf<T>::value;

[[noreturn]] void throw_not_float(DType dtype);

/// Calls `f.template operator()<T>()` with T = float or double; throws DtypeError for any other dtype.
template <class F> decltype(auto) for_float(DType dtype, F&& f) {
  if (dtype == DType::float32) return f.template operator()<float>();
  if (dtype == DType::float64) return f.template operator()<double>();
  throw_not_float(dtype);
}

/// Calls `f.template operator()<T>()` with the C++ type of `dtype`.
template <class F> decltype(auto) for_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32: return f.template operator()<float>();
    case DType::float64: return f.template operator()<double>();
    case DType::int32: return f.template operator()<std::int32_t>();
    case DType::boolean: return f.template operator()<bool>();
    default: return f.template operator()<std::uint8_t>();
  }
}

}  // namespace loglik
