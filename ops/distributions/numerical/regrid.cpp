#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/registry.h"
#include "ops/distributions/numerical/column_kernels.h"
#include "ops/distributions/numerical/steps.h"

namespace loglik::numerical {
namespace {

// How many panels a cell between two points is worth: what it is cut into so that 16 points integrate each panel to some 1e-13. Measured
// for the families that have a closed form: 5 nats a panel near the maximum, up to 20 where the density is e^−60 of it, less where log f
// bends. A share goes to the whole range evenly, where maxima may hide.
constexpr double nats = 5, nats_growth = 0.25, bend_depth = 10, deepest = 60, most_panels_a_cell = 20, even_share = 0.5;

struct Regrid {
  static constexpr std::string_view name = "regrid";
  std::int64_t count;
  double depth, margin;

  Attributes attributes() const { return {{"count", count}, {"depth", depth}, {"margin", margin}}; }
  std::vector<std::int64_t> lengths(std::span<const std::int64_t> in) const {
    if (count < 2 || count > most_in_column) throw ArgumentError(fmt::format("count is {}, must be in [2, {}]", count, most_in_column));
    if (!(depth > 0)) throw ArgumentError(fmt::format("depth is {}, must be above 0", depth));
    if (!(margin >= 0)) throw ArgumentError(fmt::format("margin is {}, must be 0 or more", margin));
    if (in[0] != in[1] || in[0] < 2) throw ShapeError("needs two points or more, and as many values");
    return {count};
  }

  void operator()(std::span<const ConstColumn> in, std::span<const Column> out) const {
    std::array<Point, most_in_column> memory;
    const std::size_t n = in[0].size();
    const std::span<Point> points(memory.data(), n);
    double top = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n; ++i) {
      points[i] = {in[0][i], in[1][i], 0};
      if (std::isnan(points[i].log_f)) points[i].log_f = -std::numeric_limits<double>::infinity();
      top = std::max(top, points[i].log_f);
    }
    std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.v < b.v; });
    weigh(points, top);
    std::size_t first = 0, last = n - 1;
    while (first + 1 < n - 1 && points[first].weight == 0) ++first;
    while (last > first + 1 && points[last - 1].weight == 0) --last;
    const double from = points[first].v - margin, to = points[last].v + margin;
    while (first > 0 && points[first].v > from) --first;
    while (last < n - 1 && points[last].v < to) ++last;
    share_out(points.subspan(first, last - first + 1), out[0]);
  }

 private:
  struct Point {
    double v, log_f;
    double weight;  // of the cell from here to the next
  };

  void weigh(std::span<Point> points, double top) const {
    const double floor = top - depth;
    const auto height = [&](std::size_t i) { return std::max(points[i].log_f, floor); };
    const auto slope = [&](std::size_t i) { return (height(i + 1) - height(i)) / (points[i + 1].v - points[i].v); };
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const double width = points[i + 1].v - points[i].v, higher = std::max(points[i].log_f, points[i + 1].log_f);
      if (!(higher > floor) || !(width > 0)) continue;
      const double below = std::min(top - higher, deepest);
      double bend = 0;
      const auto bent = [&](std::size_t a, std::size_t b) {  // by two neighbouring cells
        const double least = std::min(points[a + 1].v - points[a].v, points[b + 1].v - points[b].v);
        if (least > 0) bend = std::max(bend, std::sqrt(std::abs(slope(b) - slope(a)) * least));
      };
      if (i > 0) bent(i - 1, i);
      if (i + 2 < points.size()) bent(i, i + 1);
      points[i].weight = std::min(std::abs(height(i + 1) - height(i)) / (nats + nats_growth * below), most_panels_a_cell) +
                         std::min(bend / (1 + below / bend_depth), most_panels_a_cell);
      points[i].weight = std::max(points[i].weight, std::numeric_limits<double>::min());  // is within reach
    }
  }

  // out: at equal shares of the weights' sum.
  static void share_out(std::span<Point> points, Column out) {
    const double range = points.back().v - points.front().v;
    double sum = 0;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) sum += points[i].weight;
    if (!(sum > 0)) sum = 1;
    double before = 0;
    std::size_t cell = 0;
    const auto weight = [&](std::size_t i) {
      return points[i].weight + (range > 0 ? even_share * sum * (points[i + 1].v - points[i].v) / range : 1.0);
    };
    const double total = sum * (1 + even_share), steps = static_cast<double>(out.size() - 1);
    std::size_t nearest = 0;
    for (std::size_t k = 0; k < out.size(); ++k) {
      const double wanted = total * static_cast<double>(k) / steps;
      while (cell + 2 < points.size() && before + weight(cell) < wanted) before += weight(cell++);
      const double w = weight(cell), t = w > 0 ? std::clamp((wanted - before) / w, 0.0, 1.0) : 0.0;
      out[k] = points[cell].v + t * (points[cell + 1].v - points[cell].v);
      if (std::abs(out[k]) < std::abs(out[nearest])) nearest = k;
    }
    out.front() = points.front().v;
    out.back() = points.back().v;
    if (nearest > 0 && nearest + 1 < out.size()) out[nearest] = 0;
  }
};

}  // namespace

Node regrid(Operand v, Operand log_f, std::int64_t count, double depth, double margin) {
  return make_node(std::make_shared<ColumnOp<Regrid>>(Regrid{count, depth, margin}), {v, log_f});
}

void register_regrid() {
  register_op("regrid", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<ColumnOp<Regrid>>(Regrid{a.get<std::int64_t>("count"), a.get<double>("depth"), a.get<double>("margin")});
  });
}

}  // namespace loglik::numerical
