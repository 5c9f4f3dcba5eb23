#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace loglik {

/// Memory that is needed from one position of a schedule to another, both included.
struct Lifetime {
  std::size_t bytes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

struct Packing {
  std::vector<std::size_t> offsets;  ///< in the order of the lifetimes; of bytes that are multiples of 64 so are these
  std::size_t bytes = 0;             ///< the end of the highest
};

/// The most that is needed at one position: no packing is smaller.
std::size_t most_live(std::span<const Lifetime> lifetimes);

/// Places that overlap only where lifetimes don't. Each goes to the smallest gap that holds it, in several orders (large ones first, long-lived
/// ones first, as time goes); the smallest packing is taken. An order is repaired some times: what came to lie higher than it should goes first.
/// More than 4,096 are only packed as time goes: n·log n instead of n².
Packing pack_buffers(std::span<const Lifetime> lifetimes);

}  // namespace loglik
