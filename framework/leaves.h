#pragma once
#include <optional>

#include "framework/op.h"
#include "framework/variable.h"

namespace loglik {

// The ops without inputs, which no kernel computes: the memory plan knows where they are. Passes find them with `dynamic_cast`.

/// Data given to each run, by name.
class InputOp final : public Op {
 public:
  InputOp(std::string input_name, TensorType type, std::optional<double> default_value = {});
  std::string_view name() const override { return "input"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override;
  void run(const KernelArgs& args) const override;
  Attributes attributes() const override;

  const std::string& input_name() const { return input_name_; }
  const TensorType& type() const { return type_; }
  std::optional<double> default_value() const { return default_value_; }  ///< every element, if a run is not given this input

 private:
  std::string input_name_;
  TensorType type_;
  std::optional<double> default_value_;
};

/// A tensor that is part of the program.
class ConstantOp final : public Op {
 public:
  explicit ConstantOp(Tensor value) : value_(std::move(value)) {}
  std::string_view name() const override { return "constant"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override;
  void run(const KernelArgs& args) const override;
  Attributes attributes() const override { return {{"value", value_}}; }

  const Tensor& value() const { return value_; }

 private:
  Tensor value_;
};

/// The value of a Variable at the beginning of the step.
class VariableOp final : public Op {
 public:
  explicit VariableOp(std::shared_ptr<const VariableInfo> variable) : variable_(std::move(variable)) {}
  std::string_view name() const override { return "variable"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override;
  void run(const KernelArgs& args) const override;
  Attributes attributes() const override;
  bool same_as(const Op& other) const override;

  const std::shared_ptr<const VariableInfo>& variable() const { return variable_; }

 private:
  std::shared_ptr<const VariableInfo> variable_;
};

bool is_leaf(const Op& op);  ///< one of the three above

/// The node's constant, or null.
const Tensor* constant_value(Node node);

}  // namespace loglik
