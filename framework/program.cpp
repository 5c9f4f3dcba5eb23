#include "framework/program.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/op.h"
#include "framework/session.h"
#include "framework/text.h"

namespace loglik {

struct Program::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<Session>> idle;
};

Program::Program(const Graph& graph, std::shared_ptr<State> state, ProgramOptions options)
    : graph_(protect_updates(graph)), state_(std::move(state)), options_(std::move(options)), pool_(std::make_shared<Pool>()) {
  schedule_ = loglik::schedule(graph_);
  plan_ = plan_memory(graph_, schedule_);
  const std::vector<char>& live = [&] {
    std::vector<char> used(graph_.node_count(), 0);
    for (std::uint32_t index : schedule_.nodes)
      for (const Node input : graph_.record(index).inputs) used[input.index()] = 1;
    for (const auto& [name, node] : graph_.outputs()) used[node.index()] = 1;
    for (const Update& update : graph_.updates()) used[update.value.index()] = 1;
    return used;
  }();
  for (std::size_t i = 0; i < graph_.node_count(); ++i)
    if (const auto* input = dynamic_cast<const InputOp*>(graph_.record(i).op.get()); input != nullptr && live[i])
      inputs_.push_back({input->input_name(), input->type(), input->default_value(), graph_.node(i)});
}

Node Program::find_output(std::string_view name) const {
  for (const auto& [key, node] : graph_.outputs())
    if (key == name) return node;
  return {};
}

Node Program::output(std::string_view name) const {
  if (const Node node = find_output(name)) return node;
  std::vector<std::string> names;
  for (const auto& [key, node] : graph_.outputs()) names.push_back(key);
  throw NameError(fmt::format("the program \"{}\" has no output \"{}\"{}", options_.name, name, suggestion(name, names)));
}

std::shared_ptr<Session> Program::borrow() const {
  std::unique_ptr<Session> session;
  {
    std::lock_guard lock(pool_->mutex);
    if (!pool_->idle.empty()) {
      session = std::move(pool_->idle.back());
      pool_->idle.pop_back();
    }
  }
  if (session == nullptr) session = std::make_unique<Session>(*this);
  return {session.release(), [pool = pool_](Session* used) {
            constexpr std::size_t most_idle = 64;  // as many as can be inside of BLAS at once
            std::unique_ptr<Session> owned(used);
            std::lock_guard lock(pool->mutex);
            if (pool->idle.size() < most_idle) pool->idle.push_back(std::move(owned));
          }};
}

namespace {
// "%12", or what a leaf is called: the name of an input or Variable, the value of a scalar constant. Through aliases, which no step computes.
std::string operand(Node node) {
  while (node.op().is_alias()) node = node.inputs()[0];
  if (const auto* input = dynamic_cast<const InputOp*>(&node.op())) return input->input_name();
  if (dynamic_cast<const VariableOp*>(&node.op()) != nullptr) return node.name();
  if (const Tensor* value = constant_value(node)) return value->count() == 1 ? fmt::format("{:.6g}", value->at(0)) : "constant";
  return node.output_index() == 0 ? fmt::format("%{}", node.index()) : fmt::format("%{}.{}", node.index(), node.output_index());
}
}  // namespace

std::string Program::describe(const Sizes& sizes, bool with_steps) const {
  const ArenaLayout layout = lay_out_arena(graph_, schedule_, plan_, sizes);
  std::string out = fmt::format("program \"{}\": {} steps\n", options_.name,
                                std::count_if(schedule_.nodes.begin(), schedule_.nodes.end(), [&](auto i) { return !graph_.record(i).op->is_alias(); }));
  for (std::size_t position = 0; with_steps && position < schedule_.nodes.size(); ++position) {
    const std::uint32_t index = schedule_.nodes[position];
    const NodeRecord& record = graph_.record(index);
    if (position == schedule_.commit) out += "  -- from here on the State changes --\n";
    if (record.op->is_alias()) continue;
    std::vector<std::string> inputs, outputs;
    for (const Node input : record.inputs) inputs.push_back(operand(input));
    for (std::size_t k = 0; k < record.outputs.size(); ++k) {
      const Location& at = plan_.values[index][k];
      const std::string place = at.kind == Location::Kind::buffer ? fmt::format("@{}", layout.offsets[at.index] + static_cast<std::size_t>(at.offset) * size_of(record.outputs[k].dtype))
                                                                  : "in place";
      outputs.push_back(fmt::format("{} {}", to_string(record.outputs[k]), place));
    }
    const std::string attributes = to_string(record.op->attributes());
    out += fmt::format("  %{:<4} {:<18} {:<24} {}{}{}\n", index, record.op->name(), fmt::format("{}", fmt::join(inputs, " ")), fmt::join(outputs, ", "),
                       attributes.empty() ? "" : "  [" + attributes + "]", record.scope != 0 ? "  " + graph_.scope_path(record.scope) : "");
  }
  const double saved = layout.bytes_without_reuse == 0 ? 0 : 100.0 * (1 - static_cast<double>(layout.bytes) / static_cast<double>(layout.bytes_without_reuse));
  out += fmt::format("memory: {} bytes in one arena ({} of scratch); {} bytes without reuse, {:.0f} % saved; at most {} bytes live at once; {} bytes of state\n",
                     layout.bytes, layout.scratch_bytes, layout.bytes_without_reuse, saved, layout.live_bytes, state_->bytes());
  return out;
}

}  // namespace loglik
