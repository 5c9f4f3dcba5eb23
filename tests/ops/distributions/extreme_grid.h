#pragma once
#include <string>
#include <vector>

#include "tests/ops/derivatives.h"

namespace loglik {

/// Two parameters of all pairs of extreme sizes, each with all targets: three nodes {targets, n, n}.
struct ExtremeGrid {
  static inline const std::vector<double> raws{0,    -0.0, 1e-30, -1e-30, 1e-8, -1e-8, 1,    -1,   20,     -20,    88,
                                               -88,  104,  -104,  710,    -710, 1e4,   -1e4, 1e10, -1e10,  1.6e38, -1.6e38};
  Graph graph;
  DType dtype;
  std::vector<double> ys;
  Node a, b, y;

  ExtremeGrid(DType type, const std::vector<double>& targets) : dtype(type), ys(targets) {
    const auto n = std::ssize(raws), m = std::ssize(ys);
    const auto grid = [&](const std::vector<double>& values, Extents extents) {
      return broadcast_to(graph.constant(row(values).cast(dtype).reshape(std::move(extents))), {m, n, n});
    };
    a = grid(raws, {1, n, 1});
    b = grid(raws, {1, 1, n});
    y = grid(ys, {m, 1, 1});
  }

  /// Neither the answer is NaN anywhere, nor any gradient of `sum` by a, b, y and `others`.
  void expect_no_nan(const std::string& what, Node answer, Node sum, const std::vector<Node>& others = {}) {
    std::vector<Node> by{a, b, y};
    by.insert(by.end(), others.begin(), others.end());
    std::vector<Node> results = gradients(sum, by);
    results.push_back(answer);
    const std::int64_t n = std::ssize(raws), all = n * n * std::ssize(ys);
    for (std::size_t r = 0; r < results.size(); ++r) {
      const Tensor values = interpret(results[r]);
      const std::int64_t width = values.count() / all;
      for (std::int64_t i = 0; i < values.count(); ++i) {
        const auto at = [&](std::int64_t k) { return static_cast<std::size_t>(k); };
        ASSERT_FALSE(std::isnan(values.at(i)))
            << what << (r == by.size() ? ": the value" : ": gradient " + std::to_string(r)) << " in " << to_string(dtype)
            << ", y = " << ys[at(i / width / (n * n))] << ", parameters " << raws[at(i / width / n % n)] << ", " << raws[at(i / width % n)];
      }
    }
  }
};

}  // namespace loglik
