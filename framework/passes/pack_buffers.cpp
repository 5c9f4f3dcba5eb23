#include "framework/passes/pack_buffers.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace loglik {
namespace {

constexpr std::size_t most_tried = 4096;  // lifetimes: some 10 ms an order
constexpr std::size_t most_repairs = 64;  // of an order, and of the time they may take all
constexpr std::size_t most_comparisons = 4'000'000;

// One after the other, in the order given.
Packing pack_in_order(std::span<const Lifetime> lifetimes, std::span<const std::size_t> order) {
  struct Placed {
    std::size_t begin, end, first, last;
  };
  Packing packing{std::vector<std::size_t>(lifetimes.size()), 0};
  std::vector<Placed> placed;  // by begin
  placed.reserve(lifetimes.size());
  for (const std::size_t i : order) {
    const Lifetime& now = lifetimes[i];
    std::size_t best = 0, smallest = SIZE_MAX, end = 0;
    for (const Placed& other : placed) {
      if (other.last < now.first || now.last < other.first) continue;
      if (other.begin > end && other.begin - end >= now.bytes && other.begin - end < smallest) {
        best = end;
        smallest = other.begin - end;
      }
      end = std::max(end, other.end);
    }
    if (smallest == SIZE_MAX) best = end;
    packing.offsets[i] = best;
    packing.bytes = std::max(packing.bytes, best + now.bytes);
    const auto behind = std::upper_bound(placed.begin(), placed.end(), best, [](std::size_t begin, const Placed& other) { return begin < other.begin; });
    placed.insert(behind, {best, best + now.bytes, now.first, now.last});
  }
  return packing;
}

// The gaps below `end_`, by place and by size.
class Gaps {
 public:
  std::size_t take(std::size_t bytes) {
    if (const auto fitting = by_size_.lower_bound({bytes, 0}); fitting != by_size_.end()) {
      const auto [size, offset] = *fitting;
      remove(offset, size);
      if (size > bytes) add(offset + bytes, size - bytes);
      return offset;
    }
    std::size_t offset = end_;
    if (!by_place_.empty() && std::prev(by_place_.end())->first + std::prev(by_place_.end())->second == end_) {  // the last gap reaches to the end
      offset = std::prev(by_place_.end())->first;
      remove(offset, end_ - offset);
    }
    end_ = offset + bytes;
    return offset;
  }
  void give(std::size_t offset, std::size_t bytes) {
    auto next = by_place_.lower_bound(offset);
    if (next != by_place_.end() && next->first == offset + bytes) {
      const auto [place, size] = *next;
      remove(place, size);
      bytes += size;
      next = by_place_.lower_bound(offset);
    }
    if (next != by_place_.begin() && std::prev(next)->first + std::prev(next)->second == offset) {
      const auto [place, size] = *std::prev(next);
      remove(place, size);
      offset = place;
      bytes += size;
    }
    add(offset, bytes);
  }
  std::size_t end() const { return end_; }

 private:
  void add(std::size_t offset, std::size_t bytes) {
    by_place_.emplace(offset, bytes);
    by_size_.emplace(bytes, offset);
  }
  void remove(std::size_t offset, std::size_t bytes) {
    by_place_.erase(offset);
    by_size_.erase({bytes, offset});
  }
  std::map<std::size_t, std::size_t> by_place_;
  std::set<std::pair<std::size_t, std::size_t>> by_size_;
  std::size_t end_ = 0;  // the highest that was ever taken
};

// As an allocator would at run time: at each position what ended before goes, then what begins comes, large ones first.
Packing pack_in_time(std::span<const Lifetime> lifetimes) {
  Packing packing{std::vector<std::size_t>(lifetimes.size()), 0};
  std::vector<std::size_t> begins(lifetimes.size());
  std::iota(begins.begin(), begins.end(), std::size_t{0});
  std::vector<std::size_t> ends = begins;
  std::stable_sort(begins.begin(), begins.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(lifetimes[a].first, lifetimes[b].bytes) < std::pair(lifetimes[b].first, lifetimes[a].bytes);
  });
  std::stable_sort(ends.begin(), ends.end(), [&](std::size_t a, std::size_t b) { return lifetimes[a].last < lifetimes[b].last; });
  Gaps gaps;
  auto ended = ends.begin();
  for (const std::size_t i : begins) {
    if (lifetimes[i].bytes == 0) continue;
    for (; lifetimes[*ended].last < lifetimes[i].first; ++ended)
      if (lifetimes[*ended].bytes > 0) gaps.give(packing.offsets[*ended], lifetimes[*ended].bytes);
    packing.offsets[i] = gaps.take(lifetimes[i].bytes);
  }
  packing.bytes = gaps.end();
  return packing;
}

}  // namespace

std::size_t most_live(std::span<const Lifetime> lifetimes) {
  std::size_t positions = 0;
  for (const Lifetime& lifetime : lifetimes) positions = std::max(positions, lifetime.last + 2);
  std::vector<std::size_t> begins(positions, 0), ends(positions, 0);  // bytes that come and go, by position
  for (const Lifetime& lifetime : lifetimes) {
    begins[lifetime.first] += lifetime.bytes;
    ends[lifetime.last + 1] += lifetime.bytes;
  }
  std::size_t most = 0;
  for (std::size_t position = 0, live = 0; position < positions; ++position) {
    live = live + begins[position] - ends[position];
    most = std::max(most, live);
  }
  return most;
}

Packing pack_buffers(std::span<const Lifetime> lifetimes) {
  Packing best = pack_in_time(lifetimes);
  if (lifetimes.size() > most_tried) return best;
  const std::size_t least = most_live(lifetimes);
  std::vector<std::size_t> order(lifetimes.size());
  const std::size_t repairs = std::min<std::size_t>(most_repairs, most_comparisons / (lifetimes.size() * lifetimes.size() + 1));
  const auto attempt = [&](const auto& weight) {
    if (best.bytes == least) return;
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weight(lifetimes[a]) > weight(lifetimes[b]); });
    for (std::size_t repair = 0; repair <= repairs && best.bytes > least; ++repair) {
      Packing packing = pack_in_order(lifetimes, order);
      const auto too_high = [&](std::size_t i) { return packing.offsets[i] + lifetimes[i].bytes > least; };
      std::stable_partition(order.begin(), order.end(), too_high);
      if (packing.bytes < best.bytes) best = std::move(packing);
    }
  };
  const auto length = [](const Lifetime& lifetime) { return lifetime.last - lifetime.first + 1; };
  attempt([&](const Lifetime& lifetime) { return lifetime.bytes; });
  attempt([&](const Lifetime& lifetime) { return std::pair(length(lifetime), lifetime.bytes); });
  attempt([&](const Lifetime& lifetime) { return static_cast<double>(lifetime.bytes) * static_cast<double>(length(lifetime)); });
  attempt([&](const Lifetime& lifetime) { return std::pair(SIZE_MAX - lifetime.first, lifetime.bytes); });
  return best;
}

}  // namespace loglik
