#include "tests/conformance/differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/interpret.h"
#include "framework/leaves.h"

namespace loglik::conformance {
namespace {

constexpr double epsilon = 0x1p-52;
constexpr std::int64_t most_elements = 256;  // of an input; of a larger one, evenly chosen ones are looked at

struct Slope {
  double value = 0;      // Σ weight·∂output
  double magnitude = 0;  // Σ |weight·∂output|
  double rounding = 0;   // how far rounding of the outputs may have moved it
};

class Differences {
 public:
  Differences(std::span<const Node> outputs, std::span<const Tensor> weights, Feed& feed)
      : outputs_(outputs), weights_(weights), feed_(feed) {}

  /// f' ≈ (8·(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h, off by h⁴·f⁽⁵⁾/30.
  Slope slope(double& x, double h) const {
    const double middle = x;
    const auto at = [&](double moved) {
      x = middle + moved;
      std::vector<Tensor> values = interpret(outputs_, feed_);
      x = middle;
      return values;
    };
    const auto above = at(h), below = at(-h), far_above = at(2 * h), far_below = at(-2 * h);
    Slope slope;
    for (std::size_t i = 0; i < outputs_.size(); ++i)
      for (std::int64_t k = 0; k < above[i].count(); ++k) {
        const double up = above[i].at(k), down = below[i].at(k), up2 = far_above[i].at(k), down2 = far_below[i].at(k);
        if (up == down && up2 == down2) continue;
        const double w = weights_[i].at(k), part = w * (8 * (up - down) - (up2 - down2)) / (12 * h);
        slope.value += part;
        slope.magnitude += std::abs(part);
        // An output is off by some ulp, or by some 2⁻⁵² if it is a small difference of intermediate values of about 1.
        slope.rounding += 64 * epsilon * std::abs(w) * std::max(1.0, std::abs(up)) / h;
      }
    return slope;
  }

 private:
  std::span<const Node> outputs_;
  std::span<const Tensor> weights_;
  Feed& feed_;
};

}  // namespace

std::vector<std::string> compare_with_differences(std::span<const Node> outputs, std::span<const Tensor> weights,
                                                  std::span<const Node> inputs, std::span<const Node> derivatives, Feed feed,
                                                  std::vector<Tensor>* magnitudes) {
  std::vector<std::string> wrong;
  for (auto& [name, tensor] : feed) tensor = tensor.clone();  // moved below; the caller's shares its elements
  const Differences differences(outputs, weights, feed);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string& input_name = dynamic_cast<const InputOp&>(inputs[i].op()).input_name();
    Tensor& x = std::find_if(feed.begin(), feed.end(), [&](const auto& item) { return item.first == input_name; })->second;
    Tensor actual(DType::float64, x.extents());
    if (derivatives[i]) {
      actual = interpret(std::span(&derivatives[i], 1), feed)[0];
      if (derivatives[i].type() != inputs[i].type()) {
        wrong.push_back(fmt::format("input {} is {}, its derivative {}", i, to_string(inputs[i].type()), to_string(derivatives[i].type())));
        continue;
      }
    }
    Tensor magnitude(DType::float64, x.extents());
    int looked_at = 0, failed = 0;
    double worst = 0;
    std::string text;
    const std::int64_t stride = (x.count() + most_elements - 1) / most_elements;
    for (std::int64_t k = 0; k < x.count(); k += stride) {
      double& value = x.mutable_values<double>()[static_cast<std::size_t>(k)];
      const double got = actual.at(k);
      Slope slope;
      double tolerance = 0, off = 0;
      bool agrees = false;
      double h = std::pow(epsilon, 0.2) * std::max(1.0, std::abs(value));  // rounding ε/h and truncation h⁴ alike
      for (int attempt = 0; attempt < 3 && !agrees; ++attempt, h /= 8) {
        slope = differences.slope(value, h);
        tolerance = 1e-7 * slope.magnitude + slope.rounding;
        off = std::abs(got - slope.value);
        agrees = off <= tolerance;
      }
      magnitude.mutable_values<double>()[static_cast<std::size_t>(k)] = slope.magnitude;
      ++looked_at;
      if (agrees) continue;
      ++failed;
      const double badness = std::isfinite(off) ? off / std::max(std::abs(slope.value), 1e-300) : 1e300;
      if (badness <= worst) continue;
      worst = badness;
      text = fmt::format("of input {} at element {}, x = {:.6g}: {:.10g}, differences say {:.10g}, off by {:.2g} (tolerance {:.2g})", i, k,
                         value, got, slope.value, off, tolerance);
    }
    if (failed > 0) wrong.push_back(fmt::format("{}; wrong at {} of {} elements", text, failed, looked_at));
    if (magnitudes != nullptr) magnitudes->push_back(magnitude);
  }
  return wrong;
}

}  // namespace loglik::conformance
