#include "framework/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/batches.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/session_inputs.h"
#include "framework/tally.h"

namespace loglik {
namespace {

// How many rows are looked at together: many, unless the graph was written for batches of one size.
std::int64_t rows_at_once(const Program& program, std::int64_t batch_size) {
  constexpr std::int64_t many = 1024;
  for (const ProgramInput& input : program.inputs())
    if (input.type.shape.rank() > 0 && input.type.shape[0].is_constant()) return batch_size;
  return (many + batch_size - 1) / batch_size * batch_size;
}

// Σ w of each head's samples in a batch, as the program will see them.
void add_weights(const Program& program, const std::vector<std::shared_ptr<Head>>& heads, const Batch& batch, std::int64_t first_row,
                 std::vector<double>& totals) {
  std::vector<const Tensor*> given(program.inputs().size()), masks(program.inputs().size());
  match_inputs(program, batch, given, masks);
  Sizes sizes;
  bind_sizes(program, given, sizes);
  for (std::size_t i = 0; i < given.size(); ++i) {
    const ProgramInput& input = program.inputs()[i];
    const auto head = std::find_if(heads.begin(), heads.end(), [&](const auto& h) { return h->name + ".weight" == input.name; });
    if (head == heads.end()) continue;
    Tensor weights(DType::float64, input.type.shape.bind(sizes));
    copy_input(input, given[i], masks[i], {DType::float64, weights.extents(), weights.count(), weights.mutable_data()});
    const std::int64_t rows = weights.rank() == 0 ? 1 : weights.size(0);
    double& total = totals[static_cast<std::size_t>(head - heads.begin())];
    const auto values = weights.values<double>();
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (!(values[k] >= 0) || std::isinf(values[k]))
        throw ArgumentError(fmt::format("head \"{}\": the weight at row {} is {}, needs to be finite and not negative", (*head)->name,
                                        first_row + static_cast<std::int64_t>(k) * rows / weights.count(), values[k]));
      total += values[k];
    }
  }
}

}  // namespace

double check_dataset(const Model& model, const Dataset& data, std::int64_t batch_size, std::string_view what) {
  if (batch_size < 1) throw ArgumentError(fmt::format("batch_size = {}, needs to be at least 1", batch_size));
  if (data.size() == 0) throw ArgumentError(fmt::format("the {} are empty: {} has no rows", what, data.columns()[0].first));
  const Program& program = model.evaluate_program();
  const auto& heads = model.graph().heads();
  std::vector<double> totals(heads.size());
  const std::int64_t at_once = rows_at_once(program, batch_size);
  for (std::int64_t begin = 0; begin < data.size(); begin += at_once) {
    const Dataset part = data.rows(begin, std::min(begin + at_once, data.size()));
    add_weights(program, heads, part.columns(), begin, totals);
    try {
      model.check_targets(part.columns(), begin);
    } catch (const SupportError& error) {
      throw SupportError(fmt::format("in the {}: {}", what, error.what()));
    }
  }
  if (!heads.empty() && std::all_of(totals.begin(), totals.end(), [](double total) { return total == 0; }))
    throw ArgumentError(fmt::format("the {} have no weight: all {} rows have weight 0 or are masked", what, data.size()));
  return heads.empty() ? static_cast<double>(data.size()) : totals[0];
}

Evaluation evaluate(const Model& model, const Dataset& data, std::int64_t batch_size, std::optional<double> marginal_nll) {
  check_dataset(model, data, batch_size, "data");
  Session session = model.evaluation_session();
  session.set_target_check(nullptr);
  Batches batches(data, batch_size);
  Tally tally(model);
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    session.step(batches[i]);
    tally.add(session, batches.rows(i));
  }
  Evaluation result = tally.result();
  if (marginal_nll) result.skill = *marginal_nll - result.nll;
  return result;
}

}  // namespace loglik
