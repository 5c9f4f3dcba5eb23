#include "framework/session_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "framework/error.h"
#include "framework/text.h"

namespace loglik {
namespace {

constexpr std::string_view weight_suffix = ".weight";
constexpr std::string_view mask_suffix = ".mask";

// `name` with what it stands for in place of an alias.
std::string_view resolve(const ProgramOptions& options, std::string_view name) {
  for (const auto& [alias, input] : options.aliases)
    if (alias == name) return input;
  return name;
}

bool is_mask_of(std::string_view mask, std::string_view weight) {
  return mask.ends_with(mask_suffix) && weight.ends_with(weight_suffix) &&
         mask.substr(0, mask.size() - mask_suffix.size()) == weight.substr(0, weight.size() - weight_suffix.size());
}

// Of a head: by its name, and because it counts as 1 where it is not given.
bool is_weight(const ProgramInput& input) {
  return input.type.dtype == DType::float64 && input.default_value && *input.default_value == 1 && std::string_view(input.name).ends_with(weight_suffix);
}

bool widens(DType from, DType to) {
  return from == to || (from == DType::uint8 && to == DType::int32) || (from == DType::float32 && to == DType::float64);
}

[[noreturn]] void refuse_unknown(const Program& program, std::string_view name) {
  std::vector<std::string> names = program.options().known_inputs;
  for (const ProgramInput& input : program.inputs()) names.push_back(input.name);
  for (const auto& [alias, input] : program.options().aliases) names.push_back(alias);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  throw NameError(fmt::format("there is no input \"{}\"{}", name, suggestion(name, names)));
}

[[noreturn]] void refuse_shape(const ProgramInput& input, const Tensor& given, std::string_view why) {
  throw ShapeError(fmt::format("input \"{}\" is {}, got {} {}{}", input.name, to_string(input.type), name(given.dtype()), to_string(std::span(given.extents())), why));
}

}  // namespace

void match_inputs(const Program& program, const Batch& batch, std::vector<const Tensor*>& given, std::vector<const Tensor*>& masks) {
  const ProgramOptions& options = program.options();
  const auto& inputs = program.inputs();
  std::fill(given.begin(), given.end(), nullptr);
  std::fill(masks.begin(), masks.end(), nullptr);
  for (const auto& [key, tensor] : batch) {
    const std::string_view name = resolve(options, key);
    bool known = std::find(options.known_inputs.begin(), options.known_inputs.end(), name) != options.known_inputs.end();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const bool mask = is_weight(inputs[i]) && is_mask_of(name, inputs[i].name);
      if (inputs[i].name != name && !mask) continue;
      (mask ? masks : given)[i] = &tensor;
      known = true;
    }
    if (!known) refuse_unknown(program, key);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (given[i] == nullptr && !inputs[i].default_value) throw NameError(fmt::format("the program \"{}\" needs the input \"{}\": {}", options.name, inputs[i].name, to_string(inputs[i].type)));
}

void bind_sizes(const Program& program, const std::vector<const Tensor*>& given, Sizes& sizes) {
  for (const ProgramInput& input : program.inputs())
    for (const Dim dim : input.type.shape.dims())
      if (!dim.is_constant()) sizes.set(dim.symbol(), -1);
  for (std::size_t i = 0; i < given.size(); ++i) {
    const ProgramInput& input = program.inputs()[i];
    if (given[i] == nullptr) continue;
    const Tensor& tensor = *given[i];
    if (!widens(tensor.dtype(), input.type.dtype))
      throw DtypeError(fmt::format("input \"{}\" is {}, got {} {}", input.name, to_string(input.type), name(tensor.dtype()), to_string(std::span(tensor.extents()))));
    const Shape& shape = input.type.shape;
    const bool same_rank = tensor.rank() == shape.rank();
    const bool column = tensor.rank() + 1 == shape.rank() && shape.back() == Dim(1);  // {n} for {n, 1}
    if (!same_rank && !column) refuse_shape(input, tensor, "");
    for (std::size_t axis = 0; axis < tensor.rank(); ++axis) {
      const Dim dim = shape[axis];
      const std::int64_t size = tensor.extents()[axis];
      if (dim.is_constant()) {
        if (size != dim.factor()) refuse_shape(input, tensor, "");
      } else if (!sizes.has(dim.symbol())) {
        if (size % dim.factor() != 0) refuse_shape(input, tensor, fmt::format(": {} is no multiple of {}", size, dim.factor()));
        sizes.set(dim.symbol(), size / dim.factor());
      } else if (dim.size(sizes) != size) {
        refuse_shape(input, tensor, fmt::format(", where {} is {}, as other inputs have it", to_string(dim), dim.size(sizes)));
      }
    }
  }
}

void copy_input(const ProgramInput& input, const Tensor* given, const Tensor* mask, const TensorView& to) {
  if (given == nullptr) {
    for_dtype(to.dtype, [&]<class T>() { std::fill_n(static_cast<T*>(to.data), to.count, static_cast<T>(*input.default_value)); });
  } else if (given->dtype() == to.dtype) {
    std::memcpy(to.data, given->data(), given->bytes());
  } else if (to.dtype == DType::int32) {
    const auto values = given->values<std::uint8_t>();
    std::copy(values.begin(), values.end(), static_cast<std::int32_t*>(to.data));
  } else {
    const auto values = given->values<float>();
    std::copy(values.begin(), values.end(), static_cast<double*>(to.data));
  }
  if (mask == nullptr) return;
  if (mask->dtype() != DType::boolean || mask->count() != to.count)
    throw ShapeError(fmt::format("the mask beside \"{}\" is {} {}, needs bool {}", input.name, name(mask->dtype()), to_string(std::span(mask->extents())), to_string(std::span(to.extents))));
  double* weights = static_cast<double*>(to.data);
  const auto counts = mask->values<bool>();
  for (std::int64_t i = 0; i < to.count; ++i)
    if (!counts[static_cast<std::size_t>(i)]) weights[i] = 0;
}

void check_weights(const ProgramInput& input, const TensorView& view) {
  if (!is_weight(input)) return;
  const double* weights = static_cast<const double*>(view.data);
  for (std::int64_t i = 0; i < view.count; ++i)
    if (!(weights[i] >= 0 && std::isfinite(weights[i])))
      throw ArgumentError(fmt::format("head \"{}\": the weight at row {} is {}, needs to be finite and not negative",
                                      input.name.substr(0, input.name.size() - weight_suffix.size()), i, weights[i]));
}

}  // namespace loglik
