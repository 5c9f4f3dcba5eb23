#include "framework/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace loglik {
namespace {

using Block = std::array<std::uint32_t, 4>;

/// The finaliser of SplitMix64, variant 13 of Stafford's mixers; 0 stays 0.
std::uint64_t splitmix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint32_t low(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
std::uint32_t high(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

/// The blocks of a key.
class Blocks {
 public:
  explicit Blocks(RandomKey key) : step_(key.step) {
    const std::uint64_t k = splitmix(key.seed) ^ key.name;
    key_ = {low(k), high(k)};
  }
  Block operator[](std::uint64_t block) const { return philox({low(step_), high(step_), low(block), high(block)}, key_); }

 private:
  std::uint64_t step_;
  std::array<std::uint32_t, 2> key_;
};

/// 53 bits of half a block as an integer.
std::uint64_t bits53(const Block& block, int half) {
  return ((static_cast<std::uint64_t>(block[2 * half + 1]) << 32) | block[2 * half]) >> 11;
}

/// values[j] = elements(block (first + j) / N)[(first + j) mod N], each block computed once.
template <int N, class T, class Elements>
void fill(RandomKey key, std::uint64_t first, std::span<T> values, Elements elements) {
  const Blocks blocks(key);
  std::uint64_t index = first / N;
  std::size_t done = 0;
  if (const std::size_t skipped = first % N) {
    const std::array<T, N> block = elements(blocks[index++]);
    done = std::min<std::size_t>(N - skipped, values.size());
    std::copy_n(block.begin() + skipped, done, values.begin());
  }
  for (; values.size() - done >= N; done += N) {
    const std::array<T, N> block = elements(blocks[index++]);
    std::copy_n(block.begin(), N, values.begin() + done);
  }
  if (done < values.size()) {
    const std::array<T, N> block = elements(blocks[index]);
    std::copy_n(block.begin(), values.size() - done, values.begin() + done);
  }
}

std::array<double, 2> box_muller(const Block& block) {
  const double u = static_cast<double>(bits53(block, 0) + 1) * 0x1p-53;  // in (0, 1], exactly
  const double angle = 2 * std::numbers::pi * (static_cast<double>(bits53(block, 1)) * 0x1p-53);
  const double radius = std::sqrt(-2 * std::log(u));
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

/// The words of a key's blocks, one after another.
class Words {
 public:
  explicit Words(RandomKey key) : blocks_(key), block_(blocks_[0]) {}

  std::uint32_t next() {
    if (used_ == 4) {
      block_ = blocks_[++index_];
      used_ = 0;
    }
    return block_[used_++];
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
  Blocks blocks_;
  Block block_;
  std::uint64_t index_ = 0;
  int used_ = 0;
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
  fill<4>(key, first, values, [](const Block& block) { return block; });
}

template <>
void fill_uniform<float>(RandomKey key, std::uint64_t first, std::span<float> values) {
  fill<4>(key, first, values, [](const Block& block) {
    std::array<float, 4> uniform;
    for (int i = 0; i < 4; ++i) uniform[i] = static_cast<float>(block[i] >> 8) * 0x1p-24f;
    return uniform;
  });
}

template <>
void fill_uniform<double>(RandomKey key, std::uint64_t first, std::span<double> values) {
  fill<2>(key, first, values, [](const Block& block) {
    return std::array<double, 2>{static_cast<double>(bits53(block, 0)) * 0x1p-53, static_cast<double>(bits53(block, 1)) * 0x1p-53};
  });
}

template <>
void fill_normal<double>(RandomKey key, std::uint64_t first, std::span<double> values) {
  fill<2>(key, first, values, box_muller);
}

template <>
void fill_normal<float>(RandomKey key, std::uint64_t first, std::span<float> values) {
  fill<2>(key, first, values, [](const Block& block) {
    const auto [x, y] = box_muller(block);
    return std::array<float, 2>{static_cast<float>(x), static_cast<float>(y)};
  });
}

void shuffle(RandomKey key, std::span<std::int32_t> values) {
  Words words(key);
  for (std::size_t left = values.size(); left > 1; --left) {
    std::swap(values[left - 1], values[words.below(static_cast<std::uint32_t>(left))]);
  }
}

}  // namespace loglik
