#include "framework/tile_fold.h"

#include <algorithm>
#include <cstring>

namespace loglik {

TileFold::TileFold(const FoldKernel& kernel, const ReductionLayout& layout, DType dtype, std::byte* scratch)
    : kernel_(kernel),
      cut_(layout),
      by_rows_(!layout.inner_is_reduced()),
      before_(layout.runs()),
      kept_(layout.outputs()),
      run_(by_rows_ ? 1 : layout.inner()),
      reduced_(layout.reduced()),
      in_one_go_(!by_rows_ && before_ == 1 && cut_.segments == 1),
      size_(static_cast<std::int64_t>(size_of(dtype))),
      bytes_(static_cast<std::int64_t>(kernel.accumulator_bytes())),
      partial_bytes_(by_rows_ ? static_cast<std::int64_t>(kernel.partial_bytes()) : 0),
      scratch_(scratch) {}

std::size_t TileFold::scratch_bytes() const {
  return in_one_go_ ? 0 : static_cast<std::size_t>(cut_.segments * kept_ * (bytes_ + partial_bytes_));
}

std::int64_t TileFold::quantum() const {
  if (in_one_go_) return run_;
  if (cut_.segments <= 1) return std::max<std::int64_t>(1, kept_ * reduced_);
  return before_ == 1 && kept_ > 1 ? run_ : cut_.segment * kept_;
}

std::int64_t TileFold::step(std::int64_t begin) const {
  const std::int64_t row = std::max<std::int64_t>(1, by_rows_ ? kept_ : run_);
  if (row <= FoldCut::run_block) return FoldCut::run_block / row * row;
  return by_rows_ ? FoldCut::run_block : std::min(FoldCut::run_block, row - begin % row);
}

void TileFold::feed(Stretch& stretch, std::int64_t begin, const void* x, std::int64_t count) const {
  if (by_rows_) feed_rows(begin, static_cast<const std::byte*>(x), count);
  else feed_runs(stretch, begin, static_cast<const std::byte*>(x), count);
}

void TileFold::feed_rows(std::int64_t begin, const std::byte* x, std::int64_t count) const {
  while (count > 0) {
    const std::int64_t row = begin / kept_, column = begin % kept_;
    const std::int64_t segment = row / cut_.segment, first = segment * cut_.segment, last = std::min(first + cut_.segment, reduced_);
    std::byte *a = accumulators(segment), *p = partials(segment);
    const std::int64_t in_block = (row - first) % FoldCut::row_block;
    if (column == 0 && row == first) kernel_.start(a, 0, kept_);
    if (column == 0 && in_block == 0) kernel_.start_rows(p, 0, kept_);
    const std::int64_t rows = column > 0 ? 1 : std::clamp<std::int64_t>(count / kept_, 1, std::min(FoldCut::row_block - in_block, last - row));
    const std::int64_t columns = std::min(kept_ - column, count);
    kernel_.rows(p + column * partial_bytes_, x, kept_, rows, columns, row);
    if (column + columns == kept_ && (in_block + rows == FoldCut::row_block || row + rows == last)) kernel_.take(a, p, kept_);
    begin += rows * columns;
    x += rows * columns * size_;
    count -= rows * columns;
  }
}

void TileFold::feed_runs(Stretch& stretch, std::int64_t begin, const std::byte* x, std::int64_t count) const {
  while (count > 0) {
    const std::int64_t number = begin / run_, offset = begin % run_;
    if (in_one_go_ && run_ <= FoldCut::run_block && offset == 0 && count >= run_) {
      const std::int64_t outputs = count / run_;
      kernel_.whole(number, outputs, x, run_);
      begin += outputs * run_;
      x += outputs * run_ * size_;
      count -= outputs * run_;
      continue;
    }
    const std::int64_t block = offset / FoldCut::run_block * FoldCut::run_block, length = std::min(FoldCut::run_block, run_ - block);
    const std::int64_t now = std::min(count, block + length - offset);
    const std::byte* source = x;
    if (now < length) {
      std::memcpy(stretch.block.data() + stretch.block_count * size_, x, static_cast<std::size_t>(now * size_));
      stretch.block_count += now;
      source = stretch.block.data();
    }
    begin += now;
    x += now * size_;
    count -= now;
    if (offset + now < block + length) return;  // all are in the block, which is not whole yet
    stretch.block_count = 0;
    const std::int64_t output = number % kept_, index = number / kept_ * run_ + block, segment = index / cut_.segment;
    std::byte* a = in_one_go_ ? stretch.accumulator.data() : accumulators(segment) + output * bytes_;
    if (index == segment * cut_.segment) kernel_.start(a, output, 1);
    kernel_.run(a, output, source, length, index);
    if (in_one_go_ && block + length == run_) kernel_.finish(output, a);
  }
}

void TileFold::finish(const KernelArgs& args) const {
  if (in_one_go_) return;
  args.parallel_for(kept_, FoldCut::widest, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      alignas(64) std::array<std::byte, 64> nothing;
      std::byte* a = cut_.segments == 0 ? nothing.data() : accumulators(0) + i * bytes_;
      if (cut_.segments == 0) kernel_.start(a, i, 1);
      for (std::int64_t segment = 1; segment < cut_.segments; ++segment) kernel_.merge(a, accumulators(segment) + i * bytes_);
      kernel_.finish(i, a);
    }
  });
}

}  // namespace loglik
