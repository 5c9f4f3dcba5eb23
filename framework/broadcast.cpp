#include "framework/broadcast.h"

#include <algorithm>
#include <cstdint>

namespace loglik {

BroadcastReader::BroadcastReader(std::span<const std::int64_t> from, std::span<const std::int64_t> to) {
  std::int64_t stride = 1;
  const std::size_t missing = to.size() - from.size();
  std::size_t used = 0;  // axes from the last, reversed below
  bool last_stretched = false;
  for (std::size_t i = to.size(); i-- > 0;) {
    if (to[i] == 1) continue;
    const std::int64_t size = i >= missing ? from[i - missing] : 1;
    const bool stretched = size != to[i];
    if (stretched) whole_ = false;
    if (used > 0 && stretched == last_stretched) {
      axes_[used - 1].size *= to[i];
    } else {
      axes_[used++] = {to[i], stretched ? 0 : stride};
      last_stretched = stretched;
    }
    stride *= size;
  }
  rank_ = used;
  std::reverse(axes_.begin(), axes_.begin() + static_cast<std::ptrdiff_t>(used));
  scalar_ = !whole_ && rank_ == 1;
}

template <class T> void BroadcastReader::read_as(const T* data, std::int64_t begin, std::int64_t count, T* out) const {
  if (rank_ == 0) {
    std::fill_n(out, count, *data);
    return;
  }
  std::array<std::int64_t, 8> index{};
  std::int64_t offset = 0;
  std::int64_t rest = begin;
  for (std::size_t i = rank_; i-- > 0;) {
    index[i] = rest % axes_[i].size;
    rest /= axes_[i].size;
    offset += index[i] * axes_[i].stride;
  }
  const Axis inner = axes_[rank_ - 1];
  while (count > 0) {
    const std::int64_t run = std::min(count, inner.size - index[rank_ - 1]);
    if (inner.stride == 0) std::fill_n(out, run, data[offset]);
    else std::copy_n(data + offset, run, out);
    out += run;
    count -= run;
    offset += run * inner.stride;
    index[rank_ - 1] += run;
    for (std::size_t i = rank_ - 1; index[i] == axes_[i].size && i > 0; --i) {  // carry
      offset += axes_[i - 1].stride - axes_[i].size * axes_[i].stride;
      index[i] = 0;
      ++index[i - 1];
    }
  }
}

void BroadcastReader::read(const void* data, std::size_t size, std::int64_t begin, std::int64_t count, void* out) const {
  if (size == 1) read_as(static_cast<const std::uint8_t*>(data), begin, count, static_cast<std::uint8_t*>(out));
  else if (size == 4) read_as(static_cast<const std::uint32_t*>(data), begin, count, static_cast<std::uint32_t*>(out));
  else read_as(static_cast<const std::uint64_t*>(data), begin, count, static_cast<std::uint64_t*>(out));
}

}  // namespace loglik
