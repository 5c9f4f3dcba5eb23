#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/interpret.h"
#include "framework/leaves.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {
namespace {

constexpr std::int64_t largest = 65536;  // elements: a larger constant costs more memory than it saves time

bool small_and_constant(const NodeRecord& record) {
  return std::all_of(record.outputs.begin(), record.outputs.end(),
                     [](const TensorType& type) { return type.shape.is_constant() && count(type.shape.constant()) <= largest; });
}

// A stretched constant stays: what reads it stretches it anyway.
bool may_fold(const NodeRecord& record) {
  return !record.inputs.empty() && !record.op->is_random() && record.op->name() != "broadcast_to" && small_and_constant(record);
}

bool all_constant(std::span<const Node> inputs) {
  return std::all_of(inputs.begin(), inputs.end(), [](Node input) { return constant_value(input) != nullptr; });
}

}  // namespace

Graph fold_constants(const Graph& before) {
  bool any = false;
  for (std::size_t i = 0; i < before.node_count() && !any; ++i) any = all_constant(before.record(i).inputs) && may_fold(before.record(i));
  if (!any) return Graph(before.data());
  Rewriter after(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) {
    const NodeRecord& record = before.record(i);
    std::vector<Node> inputs = after(record.inputs);
    if (!all_constant(inputs) || !may_fold(record)) {
      after.copy(i, std::move(inputs));
      continue;
    }
    std::vector<Tensor> values;
    for (const Node input : inputs) values.push_back(*constant_value(input));
    const auto where = [&] { return fmt::format("{} at {}: ", record.op->name(), to_string(record.site)); };
    std::vector<Tensor> results;
    try {
      results = run_op(*record.op, values);
    } catch (const IndexError& error) {
      throw IndexError(where() + error.what());
    } catch (const MatrixError& error) {
      throw MatrixError(where() + error.what());
    }
    std::vector<Node> folded;
    for (Tensor& value : results) folded.push_back(after.graph().constant(std::move(value), record.site));
    after.replace(i, folded);
  }
  return after.finish();
}

}  // namespace loglik
