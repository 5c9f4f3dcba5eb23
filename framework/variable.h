#pragma once
#include <memory>
#include <string>
#include <vector>

#include "framework/initializer.h"
#include "framework/node.h"

namespace loglik {

/// What is known of a Variable: shared by the graph that reads it and the State that holds its value.
struct VariableInfo {
  TensorType type;  ///< constant shape
  Initializer initializer;
  bool trainable = false;  ///< a parameter: trained by `compile`'s optimiser
  /// A slab: these Variables, flattened, one after the other in memory. The optimiser works on such a whole at once.
  std::vector<std::shared_ptr<const VariableInfo>> parts = {};
};

/// A tensor that lives in a State from step to step: parameters, optimiser moments, running statistics, the step counter.
class Variable {
 public:
  Variable() = default;
  Variable(std::shared_ptr<const VariableInfo> info, Node value) : info_(std::move(info)), value_(value) {}

  Node value() const { return value_; }  ///< its value at the beginning of the step
  operator Node() const { return value_; }
  std::string name() const { return value_.name(); }
  const VariableInfo& info() const { return *info_; }
  const std::shared_ptr<const VariableInfo>& shared_info() const { return info_; }

 private:
  std::shared_ptr<const VariableInfo> info_;
  Node value_;
};

}  // namespace loglik
