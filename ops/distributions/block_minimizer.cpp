#include "ops/distributions/block_minimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Evaluation {
  std::vector<double> values, gradient;
};

Evaluation evaluate(const BlockFunction& f, std::span<const double> x) {
  Evaluation result{std::vector<double>(f.blocks), std::vector<double>(f.blocks * f.size)};
  f.evaluate(x, result.values, result.gradient);
  for (double& value : result.values)
    if (!(value < infinity)) value = infinity;
  return result;
}

// Solves (H + λD)·step = −g by Cholesky, D the sizes of H's diagonal; false if the matrix is not positive definite.
bool damped_step(std::vector<double> h, const std::vector<double>& g, double lambda, std::vector<double>& step) {
  const std::size_t n = g.size();
  for (std::size_t i = 0; i < n; ++i) h[i * n + i] += lambda * (std::abs(h[i * n + i]) + 1e-8);
  step = g;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = h[i * n + j];
      for (std::size_t k = 0; k < j; ++k) rest -= h[i * n + k] * h[j * n + k];
      if (i != j) h[i * n + j] = rest / h[j * n + j];
      else if (rest > 0 && rest < infinity) h[i * n + i] = std::sqrt(rest);
      else return false;
    }
    for (std::size_t k = 0; k < i; ++k) step[i] -= h[i * n + k] * step[k];
    step[i] /= h[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) step[i] -= h[k * n + i] * step[k];
    step[i] /= h[i * n + i];
  }
  for (double& s : step) s = -s;
  return std::all_of(step.begin(), step.end(), [](double s) { return std::isfinite(s); });
}

// Symmetric second derivatives of each block, row-major, one block after the other.
std::vector<double> hessians(const BlockFunction& f, const std::vector<double>& x) {
  const std::size_t n = f.size, blocks = f.blocks;
  std::vector<double> h(blocks * n * n), at = x;
  for (std::size_t j = 0; j < n; ++j) {
    const auto shifted = [&](double sign) {
      for (std::size_t b = 0; b < blocks; ++b) at[j * blocks + b] = x[j * blocks + b] + sign * 1e-4 * (1 + std::abs(x[j * blocks + b]));
      return evaluate(f, at).gradient;
    };
    const std::vector<double> above = shifted(1), below = shifted(-1);
    for (std::size_t b = 0; b < blocks; ++b) {
      const double apart = 2e-4 * (1 + std::abs(x[j * blocks + b]));
      for (std::size_t i = 0; i < n; ++i) h[(b * n + i) * n + j] = (above[i * blocks + b] - below[i * blocks + b]) / apart;
      at[j * blocks + b] = x[j * blocks + b];
    }
  }
  for (std::size_t b = 0; b < blocks; ++b)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < i; ++j) {
        double& lower = h[(b * n + i) * n + j];
        double& upper = h[(b * n + j) * n + i];
        lower = upper = 0.5 * (lower + upper);
      }
  return h;
}

}  // namespace

bool minimize_by_newton(const BlockFunction& f, std::vector<double>& x) {
  constexpr int most_iterations = 200, patience = 15;
  constexpr double most_damping = 1e12;
  const std::size_t n = f.size, blocks = f.blocks;
  enum class Block { moving, done, given_up };
  std::vector<Block> state(blocks, Block::moving);
  std::vector<double> damping(blocks, 1e-8);
  Evaluation now = evaluate(f, x);
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    if (std::find(state.begin(), state.end(), Block::moving) == state.end()) break;
    const std::vector<double> h = hessians(f, x);
    // Steps are damped until each block goes down, or is given up.
    std::vector<char> moved(blocks, 0);
    for (bool trying = true; trying;) {
      trying = false;
      std::vector<double> next = x;
      for (std::size_t b = 0; b < blocks; ++b) {
        if (state[b] != Block::moving || moved[b]) continue;
        const std::vector<double> own(h.begin() + static_cast<std::ptrdiff_t>(b * n * n), h.begin() + static_cast<std::ptrdiff_t>((b + 1) * n * n));
        std::vector<double> g(n), step;
        for (std::size_t i = 0; i < n; ++i) g[i] = now.gradient[i * blocks + b];
        while (!damped_step(own, g, damping[b], step) && damping[b] < most_damping) damping[b] *= 10;
        if (damping[b] >= most_damping) {
          state[b] = Block::given_up;
          continue;
        }
        double promised = 0;
        for (std::size_t i = 0; i < n; ++i) promised -= 0.5 * g[i] * step[i];
        const double enough = iteration < patience ? 1e-15 : 1e-10;
        if (damping[b] < 1 && promised <= enough * std::max(1.0, std::abs(now.values[b]))) {
          state[b] = Block::done;
          continue;
        }
        for (std::size_t i = 0; i < n; ++i) next[i * blocks + b] += step[i];
        trying = true;
      }
      if (!trying) break;
      const Evaluation then = evaluate(f, next);
      trying = false;
      for (std::size_t b = 0; b < blocks; ++b) {
        if (state[b] != Block::moving || moved[b]) continue;
        if (then.values[b] <= now.values[b]) {
          moved[b] = 1;
          damping[b] = std::max(damping[b] / 10, 1e-12);
          now.values[b] = then.values[b];
          for (std::size_t i = 0; i < n; ++i) {
            x[i * blocks + b] = next[i * blocks + b];
            now.gradient[i * blocks + b] = then.gradient[i * blocks + b];
          }
        } else {
          damping[b] *= 10;
          if (damping[b] >= most_damping) state[b] = Block::given_up;
          else trying = true;
        }
      }
    }
  }
  for (std::size_t b = 0; b < blocks; ++b)
    for (std::size_t i = 0; i < n; ++i)
      if (state[b] != Block::done && !(std::abs(now.gradient[i * blocks + b]) < 1e-7)) return true;
  return false;
}

void minimize_by_golden_section(const BlockFunction& f, std::span<const double> width, std::vector<double>& x) {
  constexpr int most_rounds = 50, sections = 50;  // 0.618⁵⁰ = 3.6e-11 of the width
  const double golden = (std::sqrt(5.0) - 1) / 2;
  const std::size_t blocks = f.blocks;
  std::vector<double> best = evaluate(f, x).values;
  for (int round = 0; round < most_rounds; ++round) {
    const std::vector<double> before = best;
    for (std::size_t j = 0; j < f.size; ++j) {
      const std::size_t first = j * blocks;
      std::vector<double> low(blocks), high(blocks), at = x;
      const auto values_at = [&](double share) {  // of the way from low to high
        for (std::size_t b = 0; b < blocks; ++b) at[first + b] = low[b] + share * (high[b] - low[b]);
        return evaluate(f, at).values;
      };
      for (std::size_t b = 0; b < blocks; ++b) {
        low[b] = x[first + b] - width[first + b];
        high[b] = x[first + b] + width[first + b];
      }
      std::vector<double> left = values_at(1 - golden), right = values_at(golden);
      for (int section = 0; section < sections; ++section) {
        // The half with the smaller inner value remains; one new inner point each, on its own side.
        std::vector<char> go_left(blocks);
        for (std::size_t b = 0; b < blocks; ++b) {
          go_left[b] = left[b] <= right[b];
          (go_left[b] ? high[b] : low[b]) = low[b] + (go_left[b] ? golden : 1 - golden) * (high[b] - low[b]);
          at[first + b] = low[b] + (go_left[b] ? 1 - golden : golden) * (high[b] - low[b]);
        }
        const std::vector<double> values = evaluate(f, at).values;
        for (std::size_t b = 0; b < blocks; ++b) {
          if (go_left[b]) right[b] = left[b], left[b] = values[b];
          else left[b] = right[b], right[b] = values[b];
        }
      }
      const std::vector<double> middle = values_at(0.5);
      for (std::size_t b = 0; b < blocks; ++b) {
        if (!(middle[b] < best[b])) continue;
        best[b] = middle[b];
        x[first + b] = at[first + b];
      }
    }
    bool better = false;
    for (std::size_t b = 0; b < blocks; ++b) better |= before[b] - best[b] > 1e-13 * std::max(1.0, std::abs(best[b]));
    if (!better) break;
  }
}

}  // namespace loglik
