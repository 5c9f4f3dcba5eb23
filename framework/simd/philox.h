#pragma once
#include <cstddef>
#include <cstdint>

namespace loglik::simd {

/// Blocks first, first + 1, … of Philox 4x32-10, several at once: 4·count words, block after block. The counter of block b is
/// step + 2⁶⁴·b, words from the lowest, as random.h documents. Integers: the same bits on every processor.
void philox(std::uint64_t key, std::uint64_t step, std::uint64_t first, std::size_t count, std::uint32_t* words);

}  // namespace loglik::simd
