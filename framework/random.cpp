#include "framework/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "framework/side_by_side.h"
#include "framework/simd/box_muller.h"
#include "framework/simd/full_width.h"
#include "framework/simd/philox.h"

namespace loglik {
namespace {

/// The finaliser of SplitMix64, variant 13 of Stafford's mixers; 0 stays 0.
std::uint64_t splitmix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint32_t low(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
std::uint32_t high(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

/// Philox's key.
std::uint64_t word_of(RandomKey key) { return splitmix(key.seed) ^ key.name; }

/// 53 bits of half a block as an integer.
std::uint64_t bits53(const std::uint32_t* half) { return ((static_cast<std::uint64_t>(half[1]) << 32) | half[0]) >> 11; }

/// values[j] = element (first + j) mod N of the N that block ⌊(first + j)/N⌋ gives. convert(words, values, count) makes `count` values,
/// whole blocks of them; each block is computed once, most of them several side by side.
template <int N, class T, class Convert>
void fill(RandomKey key, std::uint64_t first, std::span<T> values, Convert convert) {
  constexpr std::size_t blocks_a_time = 256;  // 4 KB: stays in the L1 cache
  std::array<std::uint32_t, 4 * blocks_a_time> words;
  const auto some = [&](std::uint64_t block, std::size_t blocks, T* to) {
    simd::philox(word_of(key), key.step, block, blocks, words.data());
    simd::at_full_width([=, from = words.data()] { convert(from, to, blocks * N); });
  };
  std::array<T, N> split;  // of the blocks that lie half outside
  std::uint64_t block = first / N;
  std::size_t done = 0;
  if (const std::size_t skipped = first % N; skipped != 0 && !values.empty()) {
    some(block++, 1, split.data());
    done = std::min<std::size_t>(N - skipped, values.size());
    std::copy_n(split.begin() + skipped, done, values.begin());
  }
  while (const std::size_t blocks = std::min(blocks_a_time, (values.size() - done) / N)) {
    some(block, blocks, values.data() + done);
    block += blocks;
    done += blocks * N;
  }
  if (done < values.size()) {
    some(block, 1, split.data());
    std::copy_n(split.begin(), values.size() - done, values.begin() + done);
  }
}

std::array<double, 2> box_muller(const std::uint32_t* block) {
  const double u = static_cast<double>(bits53(block) + 1) * 0x1p-53;  // in (0, 1], exactly
  const double angle = 2 * std::numbers::pi * (static_cast<double>(bits53(block + 2)) * 0x1p-53);
  const double radius = std::sqrt(-2 * std::log(u));
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

/// The words of a key's blocks, one after another.
class Words {
 public:
  explicit Words(RandomKey key) : key_(key) {}

  std::uint32_t next() {
    if (used_ == words_.size()) {
      fill_bits(key_, first_, words_);
      first_ += words_.size();
      used_ = 0;
    }
    return words_[used_++];
  }

  /// Uniform on {0, …, bound − 1}, bound > 0. Source: Lemire 2019, doi:10.1145/3230636, algorithm 5.
  std::uint32_t below(std::uint32_t bound) {
    std::uint64_t product = std::uint64_t{next()} * bound;
    if (low(product) < bound) {
      const std::uint32_t refused = -bound % bound;  // 2³² mod bound: so many words too many
      while (low(product) < refused) product = std::uint64_t{next()} * bound;
    }
    return high(product);
  }

 private:
  RandomKey key_;
  std::array<std::uint32_t, 256> words_;
  std::uint64_t first_ = 0;  // of those that come next
  std::size_t used_ = words_.size();
};

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  const philox4x32_ctr_t block = philox4x32_R(10, {{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {block.v[0], block.v[1], block.v[2], block.v[3]};
}

std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a's offset basis and prime
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return splitmix(hash);
}

void fill_bits(RandomKey key, std::uint64_t first, std::span<std::uint32_t> values) {
  fill<4>(key, first, values, [](const std::uint32_t* words, std::uint32_t* to, std::size_t count) { std::copy_n(words, count, to); });
}

template <>
void fill_uniform<float>(RandomKey key, std::uint64_t first, std::span<float> values) {
  fill<4>(key, first, values, [](const std::uint32_t* words, float* to, std::size_t count) {
    side_by_side(count, [=](std::size_t i) { to[i] = static_cast<float>(static_cast<std::int32_t>(words[i] >> 8)) * 0x1p-24f; });
  });
}

template <>
void fill_uniform<double>(RandomKey key, std::uint64_t first, std::span<double> values) {
  fill<2>(key, first, values, [](const std::uint32_t* words, double* to, std::size_t count) {
    side_by_side(count, [=](std::size_t i) { to[i] = static_cast<double>(static_cast<std::int64_t>(bits53(words + 2 * i))) * 0x1p-53; });
  });
}

template <>
void fill_normal<double>(RandomKey key, std::uint64_t first, std::span<double> values) {
  fill<2>(key, first, values, [](const std::uint32_t* words, double* to, std::size_t count) {
    for (std::size_t i = 0; i < count; i += 2, words += 4) std::copy_n(box_muller(words).begin(), 2, to + i);
  });
}

template <>
void fill_normal<float>(RandomKey key, std::uint64_t first, std::span<float> values) {
  fill<2>(key, first, values, [](const std::uint32_t* words, float* to, std::size_t count) {
    simd::box_muller(words, count / 2, to, [](const std::uint32_t* block, float* pair) {
      const auto [x, y] = box_muller(block);
      pair[0] = static_cast<float>(x);
      pair[1] = static_cast<float>(y);
    });
  });
}

void shuffle(RandomKey key, std::span<std::int32_t> values) {
  Words words(key);
  for (std::size_t left = values.size(); left > 1; --left) {
    std::swap(values[left - 1], values[words.below(static_cast<std::uint32_t>(left))]);
  }
}

}  // namespace loglik
