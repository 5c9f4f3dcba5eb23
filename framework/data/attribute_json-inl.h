#pragma once
// Types, tensors and attributes of ops as JSON and back: see graph_json-inl.h. Internal.
#include <map>
#include <string>

#include "framework/attributes.h"
#include "framework/data/json-inl.h"

namespace loglik {

using TensorsByName = std::map<std::string, Tensor>;

Json to_json(const Shape& shape);
Json to_json(const TensorType& type);
Json to_json(const Attributes& attributes, TensorsByName& tensors);  ///< adds the large ones to `tensors`

// Each throws DataError, with its place, for what these do not write.
Shape read_shape(const JsonValue& json);
DType read_dtype(const JsonValue& json);
TensorType read_type(const JsonValue& json);
Attributes read_attributes(const JsonValue& json, const TensorsByName& tensors);

}  // namespace loglik
