#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/registry.h"
#include "ops/distributions/numerical/column_kernels.h"
#include "ops/distributions/numerical/steps.h"

namespace loglik::numerical {
namespace {

struct SplitPanels {
  static constexpr std::string_view name = "split_panels";
  static constexpr std::size_t points = GaussLegendre::points;
  static constexpr std::int64_t most_panels = most_in_column / GaussLegendre::points;
  std::int64_t count;

  Attributes attributes() const { return {{"count", count}}; }
  std::vector<std::int64_t> lengths(std::span<const std::int64_t> in) const {
    const std::int64_t panels = in[0] - 1;
    if (in[1] != panels * GaussLegendre::points) throw ShapeError(fmt::format("{} panels have {} points each, got {}", panels, points, in[1]));
    if (count < panels || count > most_panels) throw ArgumentError(fmt::format("count is {}, must be in [{}, {}]", count, panels, most_panels));
    return {count + 1};
  }

  void operator()(std::span<const ConstColumn> in, std::span<const Column> out) const {
    const ConstColumn edges = in[0], log_f = in[1];
    const std::size_t panels = edges.size() - 1;
    const GaussLegendre& rule = gauss_legendre();
    std::array<double, most_panels> mass{}, roughness{}, below{}, above{}, pieces{};
    double top = -std::numeric_limits<double>::infinity();
    for (const double value : log_f)
      if (value > top) top = value;
    for (std::size_t i = 0; i < panels; ++i) {
      double last[2] = {0, 0};
      for (std::size_t k = 0; k < points; ++k) {
        const double value = log_f[i * points + k], f = value > top - 700 ? std::exp(value - top) : 0;
        mass[i] += rule.weight[k] * f;
        last[0] += rule.last[0][k] * f;
        last[1] += rule.last[1][k] * f;
      }
      const double half = 0.5 * (edges[i + 1] - edges[i]);
      mass[i] *= half;
      roughness[i] = half * (std::abs(last[0]) + std::abs(last[1]));
      pieces[i] = 1;
    }
    for (std::size_t i = 0; i < panels; ++i) below[i] = mass[i] + (i > 0 ? below[i - 1] : 0);
    for (std::size_t i = panels; i-- > 0;) above[i] = mass[i] + (i + 1 < panels ? above[i + 1] : 0);
    // One more piece to the panel that is roughest yet, against the smaller mass, the bulk somewhat before the tails: a jump in the second
    // derivative leaves an error of the third power of the width.
    for (std::int64_t n = static_cast<std::int64_t>(panels); n < count; ++n) {
      std::size_t roughest = 0;
      double most = -1;
      for (std::size_t i = 0; i < panels; ++i) {
        const double smaller = std::min(below[i], above[i]);
        const double left = smaller > 0 ? roughness[i] / std::pow(smaller, 0.8) / (pieces[i] * pieces[i] * pieces[i]) : 0;
        if (left > most) most = left, roughest = i;
      }
      pieces[roughest] += 1;
    }
    std::size_t k = 0;
    for (std::size_t i = 0; i < panels; ++i)
      for (double piece = 0; piece < pieces[i]; ++piece) out[0][k++] = edges[i] + (edges[i + 1] - edges[i]) * (piece / pieces[i]);
    out[0][k] = edges[panels];
  }
};

}  // namespace

Node split_panels(Operand edges, Operand log_f, std::int64_t count) {
  return make_node(std::make_shared<ColumnOp<SplitPanels>>(SplitPanels{count}), {edges, log_f});
}

void register_split_panels() {
  register_op("split_panels", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<ColumnOp<SplitPanels>>(SplitPanels{a.get<std::int64_t>("count")});
  });
}

}  // namespace loglik::numerical
