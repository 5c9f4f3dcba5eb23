#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "framework/random.h"
#include "framework/simd/math.h"

namespace loglik {

/// A function of framework/simd/math.h, the same in float64 by the C library, and the ulps that math.h promises.
struct SimdFunction {
  const char* name;
  void (*compute)(const float*, float*, std::size_t);
  double (*exact)(double);
  double most_ulps;
};

inline double exact_sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
inline double exact_softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
inline double exact_rsqrt(double x) { return 1 / std::sqrt(x); }

inline constexpr SimdFunction simd_functions[] = {
    {"exp", simd::exp, std::exp, 1.1},          {"expm1", simd::expm1, std::expm1, 1.6},
    {"log", simd::log, std::log, 1},            {"log1p", simd::log1p, std::log1p, 1},
    {"tanh", simd::tanh, std::tanh, 1.5},       {"sigmoid", simd::sigmoid, exact_sigmoid, 2.5},
    {"softplus", simd::softplus, exact_softplus, 2.5}, {"erf", simd::erf, std::erf, 1.5},
    {"sin", simd::sin, std::sin, 1},            {"cos", simd::cos, std::cos, 1},
    {"rsqrt", simd::rsqrt, exact_rsqrt, 1.5}};

/// How far a float32 is from the exact value, in ulps of it (2⁻¹⁴⁹ for denormal ones); infinite if one is special and the other not.
inline double ulps(float value, double exact) {
  const float rounded = static_cast<float>(exact);
  if (std::isnan(exact)) return std::isnan(value) ? 0 : std::numeric_limits<double>::infinity();
  if (std::isinf(value) && std::abs(exact) > 3.4028e38 && std::signbit(value) == std::signbit(exact)) return 0;  // half an ulp above the largest
  if (std::isinf(rounded) || std::isinf(value) || exact == 0)
    return std::bit_cast<std::uint32_t>(value) == std::bit_cast<std::uint32_t>(rounded) ? 0 : std::numeric_limits<double>::infinity();
  int exponent = 0;
  std::frexp(exact, &exponent);
  return std::abs(static_cast<double>(value) - exact) / std::ldexp(1.0, std::max(exponent - 24, -149));
}

struct WorstInput {
  double ulps = 0;
  float at = 0;
};

/// Over every `stride`-th of all 2³² float32.
inline WorstInput worst_input(const SimdFunction& function, std::uint64_t stride) {
  constexpr std::size_t block = 4099;  // odd, so that vectors end anywhere
  std::vector<float> x(block), y(block);
  WorstInput worst;
  for (std::uint64_t bits = 0; bits >> 32 == 0;) {
    std::size_t count = 0;
    for (; count < block && bits >> 32 == 0; bits += stride) x[count++] = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    function.compute(x.data(), y.data(), count);
    for (std::size_t i = 0; i < count; ++i)
      if (const double error = ulps(y[i], function.exact(x[i])); !(error <= worst.ulps)) worst = {error, x[i]};
  }
  return worst;
}


/// The same of pow, over keyed pairs: any bits for half of them, else an exponent that lets the result fit float32.
inline WorstInput worst_power(std::uint64_t pairs) {
  constexpr std::size_t block = 4099;
  std::vector<float> x(block), y(block), z(block);
  std::vector<std::uint32_t> bits(2 * block);
  WorstInput worst;
  for (std::uint64_t done = 0; done < pairs; done += block) {
    fill_bits({1, 0, hash_name("pow")}, 2 * done, bits);
    for (std::size_t i = 0; i < block; ++i) {
      x[i] = std::bit_cast<float>(i % 2 == 0 ? bits[2 * i] : bits[2 * i] & 0x7fffffff);
      const double log_x = std::log(std::abs(static_cast<double>(x[i])));
      y[i] = i % 2 == 0 || !(std::abs(log_x) > 0) ? std::bit_cast<float>(bits[2 * i + 1])
                                                  : static_cast<float>((bits[2 * i + 1] * 0x1p-31 - 1) * 104 / log_x);
    }
    simd::pow(x.data(), y.data(), z.data(), block);
    for (std::size_t i = 0; i < block; ++i)
      if (const double error = ulps(z[i], std::pow(static_cast<double>(x[i]), static_cast<double>(y[i]))); !(error <= worst.ulps)) worst = {error, x[i]};
  }
  return worst;
}

}  // namespace loglik
