#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace loglik {

/// Random numbers as a pure function of (seed, step, name, element): no state, so any part can be drawn again, in any order, by any thread.
///
/// Blocks of 128 bits come from Philox 4x32-10 with
///
///     key     = splitmix(seed) ⊕ name             (64 bits)
///     counter = step + 2⁶⁴·block                 (128 bits; words from the lowest)
///
/// where splitmix is the finaliser of SplitMix64, a bijection. So for one seed no two (step, block) of a name share bits, nor do names
/// whose hashes differ at the same (step, block). The functions below read the same blocks: draw only once with a key. Sources: Salmon et
/// al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; Steele, Lea & Flood 2014 for SplitMix64.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint64_t name = 0;  ///< hash_name of the scoped name of what draws
};

/// A hash of a name for RandomKey, the same on every machine: 64-bit FNV-1a, then the finaliser of SplitMix64.
std::uint64_t hash_name(std::string_view name);

/// One block of Philox 4x32-10.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Elements first, first + 1, … of the key's sequence: however a range is cut into calls, its bits are the same.
/// Element i of each is
///   - bits: word i mod 4 of block ⌊i/4⌋;
///   - uniform on [0, 1): the top 24 bits of those 32 for float; for double 53 bits of half a block, i mod 2 of block ⌊i/2⌋;
///   - standard normal: by Box & Muller 1958 in double from block ⌊i/2⌋: √(−2 log u)·cos 2πv for even i, sin for odd i, with
///     u in (0, 1] and v in [0, 1) of 53 bits; |x| ≤ 8.58. For float, the double rounded.
void fill_bits(RandomKey key, std::uint64_t first, std::span<std::uint32_t> values);
template <class T>
void fill_uniform(RandomKey key, std::uint64_t first, std::span<T> values);  // float, double
template <class T>
void fill_normal(RandomKey key, std::uint64_t first, std::span<T> values);  // float, double

/// Puts the values into a random order, each order equally likely: Fisher & Yates, with unbiased draws (Lemire 2019).
void shuffle(RandomKey key, std::span<std::int32_t> values);

}  // namespace loglik
