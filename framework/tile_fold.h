#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "framework/fold_kernel.h"

namespace loglik {

/// A reduction fed with the elements in the order of memory, a few at a time, as they were computed: bit for bit what `fold` gives, as it keeps
/// to the order of FoldCut. What is kept must be one group of neighbouring axes, or nothing: elements {a, kept, b}, of which any may be 1.
class TileFold {
 public:
  /// `scratch`: scratch_bytes() of it; may be null to ask for that.
  TileFold(const FoldKernel& kernel, const ReductionLayout& layout, DType dtype, std::byte* scratch);
  std::size_t scratch_bytes() const;

  /// Threads may share the elements in stretches of as many as this.
  std::int64_t quantum() const;
  /// Elements that had better be fed in one go from `begin` on; no more than FoldCut::run_block.
  std::int64_t step(std::int64_t begin) const;

  /// What one thread keeps while it feeds a stretch, from beginning to end.
  struct Stretch {
    alignas(64) std::array<std::byte, 64> accumulator;
    alignas(64) std::array<std::byte, FoldCut::run_block * sizeof(double)> block;  // of a run, until it is whole
    std::int64_t block_count = 0;
  };
  void feed(Stretch& stretch, std::int64_t begin, const void* x, std::int64_t count) const;

  /// Once all has been fed.
  void finish(const KernelArgs& args) const;

 private:
  void feed_rows(std::int64_t begin, const std::byte* x, std::int64_t count) const;
  void feed_runs(Stretch& stretch, std::int64_t begin, const std::byte* x, std::int64_t count) const;
  std::byte* accumulators(std::int64_t segment) const { return scratch_ + segment * kept_ * bytes_; }
  std::byte* partials(std::int64_t segment) const { return accumulators(cut_.segments) + segment * kept_ * partial_bytes_; }

  const FoldKernel& kernel_;
  FoldCut cut_;
  bool by_rows_;
  std::int64_t before_, kept_, run_;  // a, kept, b
  std::int64_t reduced_;
  bool in_one_go_;  // each output is a run that one thread folds: its accumulator needs no scratch memory
  std::int64_t size_, bytes_, partial_bytes_;  // of an element, an accumulator, a partial
  std::byte* scratch_;
};

}  // namespace loglik
