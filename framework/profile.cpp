#include "framework/profile.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/op.h"
#include "framework/program.h"

namespace loglik {
namespace {

double bytes_of(const TensorView& view) { return static_cast<double>(view.count) * static_cast<double>(size_of(view.dtype)); }

bool lies_in(const TensorView& part, const TensorView& whole) {
  const auto *begin = static_cast<const std::byte*>(whole.data), *at = static_cast<const std::byte*>(part.data);
  return at >= begin && at < begin + static_cast<std::size_t>(whole.count) * size_of(whole.dtype);
}

double bytes_packed(const KernelArgs& args) {  // those that are copied: read and written
  double bytes = 0;
  for (const TensorView& input : args.inputs)
    if (!lies_in(input, args.outputs[0])) bytes += 2 * bytes_of(input);
  return bytes;
}

double bytes_moved(const KernelArgs& args, bool has_arithmetic) {
  double bytes = 0;
  std::int64_t written = 0;
  for (const TensorView& output : args.outputs) {
    bytes += bytes_of(output);
    written += output.count;
  }
  for (auto input = args.inputs.begin(); input != args.inputs.end(); ++input) {
    const auto is_same = [&](const TensorView& other) { return other.data == input->data && other.count == input->count; };
    if (std::any_of(args.inputs.begin(), input, is_same)) continue;
    TensorView read = *input;
    if (!has_arithmetic) read.count = std::min(read.count, written);
    bytes += bytes_of(read);
  }
  return bytes;
}

std::string shapes_of(const KernelArgs& args) {
  std::vector<std::string> inputs, outputs;
  for (const TensorView& input : args.inputs) inputs.push_back(to_string(std::span(input.extents)));
  for (const TensorView& output : args.outputs) outputs.push_back(to_string(std::span(output.extents)));
  return fmt::format("{} → {}", fmt::join(inputs, " "), fmt::join(outputs, " "));
}

}  // namespace

Work work_of(const Op& op, const KernelArgs& args) {
  std::vector<TensorType> types;
  for (const TensorView& input : args.inputs) types.push_back({input.dtype, Shape(std::span<const std::int64_t>(input.extents))});
  const double flops = op.flops(types);
  return {flops, op.packs_inputs() ? bytes_packed(args) : bytes_moved(args, flops > 0)};
}

Profile::Profile(std::size_t traced_runs) : last_(std::max<std::size_t>(traced_runs, 1)) {}

void Profile::attach(const Program& program) {
  if (attached_ == &program) return;
  const std::string& name = program.options().name;
  if (attached_ != nullptr)
    throw ArgumentError(fmt::format("set_profile: this Profile is of the program \"{}\", \"{}\" needs one of its own", program_, name));
  attached_ = &program;
  program_ = name;
  const Graph& graph = program.graph();
  for (const std::uint32_t index : program.schedule().nodes) {
    const NodeRecord& record = graph.record(index);
    if (record.op->is_alias()) continue;
    const Attributes attributes = record.op->attributes();
    steps_.push_back({.node = index, .op = std::string(record.op->name()), .scope = graph.scope_path(record.scope),
                      .fused = attributes.has("ops") ? attributes.get<std::string>("ops") : ""});
  }
  for (Run& run : last_) run.steps.resize(steps_.size());
}

std::size_t Profile::add_sizes(const Sizes& sizes, const std::vector<std::pair<const Op*, const KernelArgs*>>& steps) {
  const auto known = std::find_if(sizes_.begin(), sizes_.end(), [&](const OfSizes& other) { return other.sizes == sizes; });
  if (known != sizes_.end()) return static_cast<std::size_t>(known - sizes_.begin());
  OfSizes added{.sizes = sizes};
  for (const auto& [op, args] : steps) {
    added.work.push_back(work_of(*op, *args));
    added.shapes.push_back(shapes_of(*args));
  }
  sizes_.push_back(std::move(added));
  return sizes_.size() - 1;
}

void Profile::begin_run(std::size_t sizes, std::int64_t begin) {
  current_ = &last_[static_cast<std::size_t>(runs_ + 1) % last_.size()];
  current_->number = 0;  // not to be shown if this run throws
  current_->sizes = sizes;
  current_->event.begin = begin;
}

void Profile::end_run() {
  current_->event.end = now();
  current_->number = ++runs_;
  seconds_ += 1e-9 * static_cast<double>(current_->event.end - current_->event.begin);
  const std::vector<Work>& work = sizes_[current_->sizes].work;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    ++steps_[i].runs;
    steps_[i].seconds += 1e-9 * static_cast<double>(current_->steps[i].end - current_->steps[i].begin);
    steps_[i].work.flops += work[i].flops;
    steps_[i].work.bytes += work[i].bytes;
  }
}

std::vector<const Profile::Run*> Profile::traced() const {
  std::vector<const Run*> result;
  for (const Run& run : last_)
    if (run.number > 0) result.push_back(&run);
  std::sort(result.begin(), result.end(), [](const Run* a, const Run* b) { return a->number < b->number; });
  return result;
}

}  // namespace loglik
