#include "framework/leaves.h"

#include <algorithm>

#include "framework/graph.h"

namespace loglik {

InputOp::InputOp(std::string input_name, TensorType type, std::optional<double> default_value)
    : input_name_(std::move(input_name)), type_(std::move(type)), default_value_(default_value) {}
std::vector<TensorType> InputOp::infer(std::span<const TensorType>) const { return {type_}; }
void InputOp::run(const KernelArgs&) const {}
Attributes InputOp::attributes() const {
  Attributes result{{"name", input_name_}, {"dtype", type_.dtype}, {"shape", type_.shape}};
  if (default_value_) result.set("default", *default_value_);
  return result;
}

std::vector<TensorType> ConstantOp::infer(std::span<const TensorType>) const { return {{value_.dtype(), Shape(std::span<const std::int64_t>(value_.extents()))}}; }
void ConstantOp::run(const KernelArgs&) const {}

std::vector<TensorType> VariableOp::infer(std::span<const TensorType>) const { return {variable_->type}; }
void VariableOp::run(const KernelArgs&) const {}
Attributes VariableOp::attributes() const {
  return {{"dtype", variable_->type.dtype}, {"shape", variable_->type.shape}, {"initializer", variable_->initializer.description}, {"trainable", variable_->trainable}};
}
bool VariableOp::same_as(const Op& other) const {
  const auto* variable = dynamic_cast<const VariableOp*>(&other);
  return variable != nullptr && variable->variable_ == variable_;
}

bool is_leaf(const Op& op) {
  return dynamic_cast<const InputOp*>(&op) != nullptr || dynamic_cast<const ConstantOp*>(&op) != nullptr || dynamic_cast<const VariableOp*>(&op) != nullptr;
}

const Tensor* constant_value(Node node) {
  const auto* constant = dynamic_cast<const ConstantOp*>(&node.op());
  return constant == nullptr ? nullptr : &constant->value();
}

Initializer constant_initializer(double value) {
  return {"constant(" + to_string(AttributeValue(value)) + ")", [value](Tensor& values, RandomKey) {
            for_float(values.dtype(), [&]<class T>() {
              const auto elements = values.mutable_values<T>();
              std::fill(elements.begin(), elements.end(), static_cast<T>(value));
            });
          }};
}

}  // namespace loglik
