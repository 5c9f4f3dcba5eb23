#include "framework/dtype.h"

#include <string>

#include "framework/error.h"

namespace loglik {

std::string_view name(DType dtype) {
  switch (dtype) {
    case DType::float32: return "float32";
    case DType::float64: return "float64";
    case DType::int32: return "int32";
    case DType::boolean: return "bool";
    default: return "uint8";
  }
}

std::size_t size_of(DType dtype) {
  return for_dtype(dtype, []<class T>() { return sizeof(T); });
}

void throw_not_float(DType dtype) { throw DtypeError("needs float32 or float64, got " + std::string(name(dtype))); }

}  // namespace loglik
