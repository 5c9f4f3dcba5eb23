#include "ops/strided_copy.h"

#include <algorithm>
#include <cstdlib>

namespace loglik {

void StridedCopy::add_axis(std::int64_t size, std::int64_t from_stride, std::int64_t to_stride) {
  if (size == 0) empty_ = true;
  if (size <= 1) return;
  std::size_t place = rank_++;
  for (; place > 0 && std::abs(axes_[place - 1].to) < std::abs(to_stride); --place) axes_[place] = axes_[place - 1];
  axes_[place] = {size, from_stride, to_stride};
}

template <class T>
void StridedCopy::run_as(const KernelArgs& args, const T* from, T* to) const {
  // Neighbours that follow one another on both sides become one; then the last axis and the one read fastest make tiles.
  std::array<Axis, 8> axes{};
  std::size_t rank = 0;
  for (std::size_t i = 0; i < rank_; ++i) {
    const Axis& axis = axes_[i];
    if (rank > 0 && axes[rank - 1].from == axis.from * axis.size && axes[rank - 1].to == axis.to * axis.size)
      axes[rank - 1] = {axes[rank - 1].size * axis.size, axis.from, axis.to};
    else
      axes[rank++] = axis;
  }
  const Axis inner = rank > 0 ? axes[--rank] : Axis{1, 1, 1};
  Axis outer{1, 0, 0};
  if (rank > 0) {
    const auto fastest = [](const Axis& a, const Axis& b) { return std::abs(a.from) < std::abs(b.from); };
    const auto chosen = std::min_element(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(rank), fastest);
    outer = *chosen;
    std::move(chosen + 1, axes.begin() + static_cast<std::ptrdiff_t>(rank), chosen);
    --rank;
  }
  const bool contiguous = inner.from == 1 && inner.to == 1;
  constexpr std::int64_t tile_rows = 32;
  constexpr std::int64_t narrow_columns = 32;
  const std::int64_t tile_columns = contiguous ? 1024 : narrow_columns;
  const std::int64_t down = (outer.size + tile_rows - 1) / tile_rows;
  const std::int64_t across = (inner.size + tile_columns - 1) / tile_columns;
  std::int64_t tiles = down * across;
  for (std::size_t i = 0; i < rank; ++i) tiles *= axes[i].size;

  const std::int64_t tile_elements = std::min(outer.size, tile_rows) * std::min(inner.size, tile_columns);
  args.parallel_for(tiles, std::max<std::int64_t>(1, 32768 / tile_elements), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const std::int64_t column = tile % across * tile_columns;
      const std::int64_t row = tile / across % down * tile_rows;
      std::int64_t rest = tile / across / down;
      const T* source = from + row * outer.from + column * inner.from;
      T* target = to + row * outer.to + column * inner.to;
      for (std::size_t i = rank; i-- > 0;) {
        source += rest % axes[i].size * axes[i].from;
        target += rest % axes[i].size * axes[i].to;
        rest /= axes[i].size;
      }
      const std::int64_t rows = std::min(tile_rows, outer.size - row);
      const std::int64_t columns = std::min(tile_columns, inner.size - column);
      if (contiguous) {
        for (std::int64_t i = 0; i < rows; ++i) std::copy_n(source + i * outer.from, columns, target + i * outer.to);
        continue;
      }
      // By way of a buffer, so that each line of cache is read at once: lines a power of two apart would push one another out.
      std::array<T, tile_rows * narrow_columns> buffer;
      for (std::int64_t j = 0; j < columns; ++j)
        for (std::int64_t i = 0; i < rows; ++i)
          buffer[static_cast<std::size_t>(i * narrow_columns + j)] = source[i * outer.from + j * inner.from];
      for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
          target[i * outer.to + j * inner.to] = buffer[static_cast<std::size_t>(i * narrow_columns + j)];
    }
  });
}

void StridedCopy::run(const KernelArgs& args, std::size_t element_size, const void* from, void* to) const {
  if (empty_) return;
  if (element_size == 1)
    run_as(args, static_cast<const std::uint8_t*>(from), static_cast<std::uint8_t*>(to));
  else if (element_size == 4)
    run_as(args, static_cast<const std::uint32_t*>(from), static_cast<std::uint32_t*>(to));
  else
    run_as(args, static_cast<const std::uint64_t*>(from), static_cast<std::uint64_t*>(to));
}

}  // namespace loglik
