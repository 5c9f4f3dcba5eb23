// Where a density is to be looked for before it is integrated.
#include "tests/conformance/integrator.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loglik::conformance {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}  // namespace

std::vector<double> Integrator::log_density_of_t(const std::vector<double>& ts) {
  Points points{static_cast<std::int64_t>(ts.size()), rule_.theta};
  for (const double t : ts) points.y.push_back(x_.y(t));
  std::vector<double> values = subject_.values(subject_.node(Answer::log_prob), points);
  for (std::size_t i = 0; i < ts.size(); ++i)
    values[i] = std::isnan(values[i]) || values[i] == infinity ? -infinity : values[i] + x_.log_slope(ts[i]);
  return values;
}

// Where the density in t is largest, and how wide it is there.
void Integrator::find_peak() {
  std::vector<double> ts{0};
  if (std::isinf(x_.lower) && std::isinf(x_.upper)) {
    for (double k = -160; k <= 400; ++k)
      for (const double sign : {-1.0, 1.0}) ts.push_back(sign * std::exp(k / 8));
  } else {
    for (double k = -400; k <= 400; ++k) ts.push_back(std::copysign(k * k / 800 + std::abs(k) / 10, k));
  }
  std::erase_if(ts, [&](double t) { return t < x_.low || t > x_.high; });
  std::sort(ts.begin(), ts.end());
  double left = 0, right = 0, best = -infinity, peak = 0;
  for (int zoom = 0; zoom < 16; ++zoom) {  // a kink is to be found exactly: it is the edge of two panels
    const std::vector<double> values = log_density_of_t(ts);
    const auto found = static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
    if (zoom == 0 && !std::isfinite(values[found])) {
      rule_.trouble = "log_prob is finite at none of " + std::to_string(ts.size()) + " targets in its support";
      return;
    }
    if (values[found] >= best) {
      best = values[found];
      peak = ts[found];
    }
    left = ts[found > 0 ? found - 1 : 0];
    right = ts[std::min(found + 1, ts.size() - 1)];
    if (!(right - left > 1e-16 * std::max(1e-10, std::abs(peak)))) break;
    ts.clear();
    for (int i = 0; i <= 32; ++i) ts.push_back(left + (right - left) * i / 32);
    ts.push_back(peak);
    std::sort(ts.begin(), ts.end());
    ts.erase(std::unique(ts.begin(), ts.end()), ts.end());  // its neighbours are others
  }
  x_.middle = peak;
  std::vector<double> around;
  constexpr int steps = 220;
  for (int k = 0; k <= steps; ++k)
    for (const double sign : {-1.0, 1.0}) around.push_back(std::clamp(peak + sign * std::exp(0.25 * (k - 120)), x_.low, x_.high));
  const std::vector<double> values = log_density_of_t(around);
  x_.width = 1;
  for (int k = 0; k <= steps; ++k) {
    x_.width = std::exp(0.25 * (k - 120));
    if (std::min(values[2 * static_cast<std::size_t>(k)], values[2 * static_cast<std::size_t>(k) + 1]) < best - 0.5) break;
  }
}

}  // namespace loglik::conformance
