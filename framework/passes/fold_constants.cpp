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

}  // namespace

Graph fold_constants(const Graph& before) {
  Rewriter after(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) {
    const NodeRecord& record = before.record(i);
    const std::vector<Node> inputs = after(record.inputs);
    std::vector<Tensor> values;
    for (const Node input : inputs)
      if (const Tensor* value = constant_value(input)) values.push_back(*value);
    // A stretched constant stays: what reads it stretches it anyway.
    if (inputs.empty() || values.size() != inputs.size() || record.op->is_random() || record.op->name() == "broadcast_to" || !small_and_constant(record)) {
      after.copy(i);
      continue;
    }
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
