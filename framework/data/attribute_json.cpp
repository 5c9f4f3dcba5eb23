#include <fmt/format.h>

#include <cmath>

#include "framework/data/attribute_json-inl.h"

namespace loglik {
namespace {

constexpr std::int64_t most_inline = 64;   // elements
constexpr std::int64_t largest_dimension = std::int64_t{1} << 40;
constexpr std::size_t largest_rank = 8;    // as Graph::add has it
constexpr DType dtypes[] = {DType::float32, DType::float64, DType::int32, DType::boolean, DType::uint8};

bool holds_nan(const Tensor& tensor) {
  if (!is_float(tensor.dtype())) return false;
  for (std::int64_t i = 0; i < tensor.count(); ++i)
    if (std::isnan(tensor.at(i))) return true;
  return false;
}

Json to_json(const Tensor& tensor, TensorsByName& tensors) {
  if (tensor.count() > most_inline || holds_nan(tensor)) {
    std::string name;
    for (std::size_t number = 1; name.empty() || tensors.contains(name); ++number) name = fmt::format("constants/{}", number);
    tensors.emplace(name, tensor);
    return {{"stored", name}};
  }
  Json values = Json::array();
  for (std::int64_t i = 0; i < tensor.count(); ++i)
    values.push_back(is_float(tensor.dtype()) ? exact(tensor.at(i)) : Json(static_cast<std::int64_t>(tensor.at(i))));
  return {{"dtype", name(tensor.dtype())}, {"shape", tensor.extents()}, {"values", std::move(values)}};
}

Json to_json(const AttributeValue& value, TensorsByName& tensors) {
  return std::visit(
      [&]<class T>(const T& v) -> Json {
        if constexpr (std::is_same_v<T, std::int64_t>) return {{"int", v}};
        else if constexpr (std::is_same_v<T, double>) return {{"float", exact(v)}};
        else if constexpr (std::is_same_v<T, bool>) return {{"bool", v}};
        else if constexpr (std::is_same_v<T, std::string>) return {{"text", v}};
        else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) return {{"ints", v}};
        else if constexpr (std::is_same_v<T, DType>) return {{"dtype", name(v)}};
        else if constexpr (std::is_same_v<T, Shape>) return {{"shape", loglik::to_json(v)}};
        else return {{"tensor", to_json(v, tensors)}};
      },
      value);
}

std::vector<std::int64_t> read_integers(const JsonValue& json) {
  std::vector<std::int64_t> result;
  for (const JsonValue& element : json.elements()) result.push_back(element.integer());
  return result;
}

Tensor read_tensor(const JsonValue& json, const TensorsByName& tensors) {
  if (const auto stored = json.find("stored")) {
    const auto found = tensors.find(stored->text());
    if (found == tensors.end()) stored->fail(fmt::format("is \"{}\", which the parameter file does not hold", stored->text()));
    return found->second;
  }
  const DType dtype = read_dtype(json["dtype"]);
  const std::vector<JsonValue> values = json["values"].elements();
  Extents extents;
  std::int64_t elements = 1;
  for (const JsonValue& extent : json["shape"].elements()) {
    extents.push_back(extent.integer(0, most_inline));
    elements = std::min(elements * extents.back(), most_inline + 1);
  }
  if (extents.size() > largest_rank || elements != std::ssize(values)) json.fail(fmt::format("has {} values for the shape {}", values.size(), to_string(std::span<const std::int64_t>(extents))));
  Tensor tensor(dtype, extents);
  for_dtype(dtype, [&]<class T>() {
    const auto to = tensor.mutable_values<T>();
    for (std::size_t i = 0; i < to.size(); ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        const double value = values[i].number();
        to[i] = static_cast<T>(value);
        if (static_cast<double>(to[i]) != value) values[i].fail(fmt::format("is {}, which is no {}", value, name(dtype)));
      } else {
        to[i] = static_cast<T>(values[i].integer(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
      }
    }
  });
  return tensor;
}

AttributeValue read_attribute(const JsonValue& json, const TensorsByName& tensors) {
  const auto members = json.members();
  if (members.size() != 1) json.fail("needs to be one value under the name of its type");
  const auto& [type, value] = members[0];
  if (type == "int") return value.integer();
  if (type == "float") return value.number();
  if (type == "bool") return value.boolean();
  if (type == "text") return value.text();
  if (type == "ints") return read_integers(value);
  if (type == "dtype") return read_dtype(value);
  if (type == "shape") return read_shape(value);
  if (type == "tensor") return read_tensor(value, tensors);
  json.fail(fmt::format("is of the type \"{}\", which this version does not know", type));
}

}  // namespace

Json to_json(const Shape& shape) {
  Json dims = Json::array();
  for (const Dim dim : shape.dims()) {
    if (dim.is_constant()) dims.push_back(dim.factor());
    else if (dim.factor() == 1) dims.push_back(dim.symbol().name());
    else dims.push_back(Json::array({Json(dim.factor()), Json(dim.symbol().name())}));
  }
  return dims;
}

Json to_json(const TensorType& type) { return {{"dtype", name(type.dtype)}, {"shape", to_json(type.shape)}}; }

Json to_json(const Attributes& attributes, TensorsByName& tensors) {
  Json result = Json::object();
  for (const auto& [name, value] : attributes) result[name] = to_json(value, tensors);
  return result;
}

Shape read_shape(const JsonValue& json) {
  std::vector<Dim> dims;
  const auto symbol = [](const JsonValue& name) {
    if (name.text().empty()) name.fail("is an empty name of a symbol");
    return Symbol(name.text());
  };
  for (const JsonValue& dim : json.elements()) {
    if (dim.json().is_string()) {
      dims.push_back(Dim(1, symbol(dim)));
    } else if (dim.json().is_array()) {
      const std::vector<JsonValue> parts = dim.elements();
      if (parts.size() != 2) dim.fail("needs to be [factor, symbol]");
      dims.push_back(Dim(parts[0].integer(0, largest_dimension), symbol(parts[1])));
    } else {
      dims.push_back(Dim(dim.integer(-1, largest_dimension)));  // −1: of an op that is asked to infer it
    }
  }
  if (dims.size() > largest_rank) json.fail(fmt::format("has rank {}, the largest is {}", dims.size(), largest_rank));
  return Shape(std::move(dims));
}

DType read_dtype(const JsonValue& json) {
  for (const DType dtype : dtypes)
    if (name(dtype) == json.text()) return dtype;
  json.fail(fmt::format("is \"{}\", which is no dtype", json.text()));
}

TensorType read_type(const JsonValue& json) { return {read_dtype(json["dtype"]), read_shape(json["shape"])}; }

Attributes read_attributes(const JsonValue& json, const TensorsByName& tensors) {
  Attributes result;
  for (const auto& [name, value] : json.members()) result.set(name, read_attribute(value, tensors));
  return result;
}

}  // namespace loglik
