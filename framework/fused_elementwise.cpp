#include "framework/fused_elementwise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "framework/error.h"
#include "framework/tile_fold.h"

namespace loglik {
namespace {

constexpr std::int64_t piece = 16 * ElementwiseOp::tile_size;  // as an elementwise op alone: work worth waking a thread

std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

Shape element_shape(std::span<const TensorType> inputs) {
  Shape shape;
  for (const TensorType& input : inputs) shape = broadcast_shapes(shape, input.shape);
  return shape;
}

// The sizes that views broadcast to: of up to 8 axes.
class ElementExtents {
 public:
  explicit ElementExtents(std::span<const TensorView> views) {
    for (const TensorView& view : views) rank_ = std::max(rank_, view.extents.size());
    sizes_.fill(1);
    for (const TensorView& view : views)
      for (std::size_t i = 0; i < view.extents.size(); ++i)
        if (view.extents[i] != 1) sizes_[rank_ - view.extents.size() + i] = view.extents[i];
  }
  std::span<const std::int64_t> operator()() const { return std::span(sizes_).first(rank_); }

 private:
  std::array<std::int64_t, 8> sizes_;
  std::size_t rank_ = 0;
};

std::int64_t count_of(std::span<const std::int64_t> extents) {
  std::int64_t count = 1;
  for (const std::int64_t size : extents) count *= size;
  return count;
}

}  // namespace

FusedElementwise::FusedElementwise(TileProgram program, std::size_t kept, std::vector<Reduction> reductions)
    : program_(std::move(program)), kept_(reductions.empty() ? program_.output_count() : kept), reductions_(std::move(reductions)) {
  if (reductions_.size() > most_reductions)
    throw ArgumentError(fmt::format("FusedElementwise: {} reductions, at most {} go together", reductions_.size(), most_reductions));
}

Attributes FusedElementwise::attributes() const {
  std::string names = program_.names();
  for (const Reduction& reduction : reductions_) names += fmt::format(" {}", reduction.op->name());
  return {{"ops", names}};
}

std::vector<TensorType> FusedElementwise::infer(std::span<const TensorType>) const {
  std::vector<TensorType> outputs;
  for (std::uint32_t k = 0; k < kept_; ++k) outputs.push_back(program_.output_type(k));
  for (const Reduction& reduction : reductions_) {
    const TensorType value = program_.output_type(reduction.value);
    outputs.push_back(reduction.op->infer(std::span(&value, 1))[0]);
  }
  return outputs;
}

std::size_t FusedElementwise::workspace(std::span<const TensorType> inputs) const {
  if (reductions_.empty()) return 0;
  const Extents extents = element_shape(inputs).constant();
  std::size_t bytes = 0;
  for (const Reduction& reduction : reductions_) {
    FoldStorage storage;
    const ReductionLayout layout = reduction.op->layout(extents);
    const DType dtype = program_.output_type(reduction.value).dtype;
    bytes += aligned(TileFold(reduction.op->kernel(storage, dtype, {}, layout.reduced()), layout, dtype, nullptr).scratch_bytes());
  }
  return bytes;
}

bool FusedElementwise::may_overwrite(std::size_t input, std::size_t output) const { return output < kept_ && program_.may_overwrite(input, output); }

void FusedElementwise::run(const KernelArgs& args) const {
  if (!reductions_.empty()) return run_with_reductions(args);
  const TileRun run(program_, args.inputs, args.outputs, args.outputs[0].extents);
  args.parallel_for(args.outputs[0].count, piece, [&](std::int64_t begin, std::int64_t end) { run(begin, end); });
}

// Tile by tile: first the elements, then the folds of those that were computed.
void FusedElementwise::run_with_reductions(const KernelArgs& args) const {
  const ElementExtents extents(args.inputs);
  const TileRun run(program_, args.inputs, args.outputs.first(kept_), extents());
  std::array<FoldStorage, most_reductions> storage;
  std::array<std::optional<TileFold>, most_reductions> folds;
  std::byte* scratch = args.scratch;
  std::int64_t largest = 1;
  for (std::size_t i = 0; i < reductions_.size(); ++i) {
    const TileReduction& op = *reductions_[i].op;
    const ReductionLayout layout = op.layout(extents());
    const DType dtype = program_.output_type(reductions_[i].value).dtype;
    const FoldKernel& kernel = op.kernel(storage[i], dtype, args.outputs[kept_ + i], layout.reduced());
    folds[i].emplace(kernel, layout, dtype, scratch);
    scratch += aligned(folds[i]->scratch_bytes());
    largest = std::max(largest, folds[i]->quantum());
  }
  const auto used = std::span(folds).first(reductions_.size());
  const bool divides = std::all_of(used.begin(), used.end(), [&](const auto& fold) { return largest % std::max<std::int64_t>(1, fold->quantum()) == 0; });
  const std::int64_t total = count_of(extents());
  const std::int64_t grain = divides ? (std::max(piece, largest) + largest - 1) / largest * largest : std::max<std::int64_t>(1, total);

  args.parallel_for(total, grain, [&](std::int64_t begin, std::int64_t end) {
    TileWorker worker(run, std::min(end - begin, FoldCut::run_block));
    std::array<TileFold::Stretch, most_reductions> stretches;
    alignas(64) std::byte values[most_reductions][FoldCut::run_block * sizeof(double)];
    std::array<std::byte*, most_reductions> others;
    for (std::size_t i = 0; i < most_reductions; ++i) others[i] = values[i];
    for (std::int64_t first = begin; first < end;) {
      const std::int64_t last = std::min(end, first + used[0]->step(first));
      worker(first, last, others.data());
      for (std::size_t i = 0; i < used.size(); ++i) {
        const std::uint32_t value = reductions_[i].value;
        const std::byte* x = value < kept_ ? static_cast<const std::byte*>(args.outputs[value].data) +
                                                 static_cast<std::size_t>(first) * size_of(args.outputs[value].dtype)
                                           : others[value - kept_];
        used[i]->feed(stretches[i], first, x, last - first);
      }
      first = last;
    }
  });
  for (const auto& fold : used) fold->finish(args);
}

double FusedElementwise::flops(std::span<const TensorType> inputs) const {
  const Shape shape = element_shape(inputs);
  double sum = program_.flops(shape);
  for (const Reduction& reduction : reductions_) {
    const TensorType value{program_.output_type(reduction.value).dtype, shape};
    sum += reduction.op->flops(std::span(&value, 1));
  }
  return sum;
}

}  // namespace loglik
