#include "tests/conformance/values.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "framework/random.h"

namespace loglik::conformance {

double spread(const Domain& domain, std::int64_t rank, std::int64_t count, double u) {
  const double distance = (domain.high - domain.low) / 64;
  std::vector<double> avoid = domain.avoid;
  std::sort(avoid.begin(), avoid.end());
  std::vector<std::pair<double, double>> parts;  // what is left of the domain
  double from = domain.low, length = 0;
  for (std::size_t i = 0; i <= avoid.size(); ++i) {
    const double to = i < avoid.size() ? std::min(avoid[i] - distance, domain.high) : domain.high;
    if (to > from) {
      parts.emplace_back(from, to);
      length += to - from;
    }
    if (i < avoid.size()) from = std::max(from, avoid[i] + distance);
  }
  double t = (static_cast<double>(rank) + 0.25 + 0.5 * u) / static_cast<double>(count) * length;
  for (const auto& [begin, end] : parts) {
    if (t < end - begin) return begin + t;
    t -= end - begin;
  }
  return domain.low;
}

Tensor weights(const Extents& extents, std::uint64_t seed) {
  Tensor result(DType::float64, extents);
  const auto values = result.mutable_values<double>();
  fill_uniform<double>({seed, 0, hash_name("weights")}, 0, values);
  for (double& w : values) w = static_cast<float>(w < 0.5 ? -0.5 - 2 * w : 2 * w - 0.5);
  return result;
}

bool same_bits(const Tensor& a, const Tensor& b, std::int64_t& element) {
  element = -1;
  if (a.dtype() != b.dtype() || a.extents() != b.extents()) return false;
  const std::size_t size = size_of(a.dtype());
  for (std::int64_t i = 0; i < a.count(); ++i) {
    const std::size_t at = static_cast<std::size_t>(i) * size;
    if (std::memcmp(a.data() + at, b.data() + at, size) == 0) continue;
    if (is_float(a.dtype()) && std::isnan(a.at(i)) && std::isnan(b.at(i))) continue;
    element = i;
    return false;
  }
  return true;
}

}  // namespace loglik::conformance
