#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/registry.h"
#include "ops/distributions/numerical/column_kernels.h"
#include "ops/distributions/numerical/steps.h"

namespace loglik::numerical {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t most_modes = 16;

double value(double log_f) { return std::isnan(log_f) ? -infinity : log_f; }

// Fills `out` from a to b, both included.
void spread(double a, double b, Column out) {
  const auto n = static_cast<double>(out.size() - 1);
  const bool geometric = (a > 0 && b > 4 * a) || (b < 0 && a < 4 * b);
  for (std::size_t k = 0; k < out.size(); ++k) {
    const double t = n > 0 ? static_cast<double>(k) / n : 0.5;
    out[k] = geometric ? a * std::exp(t * std::log(b / a)) : (1 - t) * a + t * b;
  }
  if (out.size() > 1) out.front() = a, out.back() = b;
}

struct ModeSearch {
  static constexpr std::string_view name = "mode_search";
  std::int64_t most;

  Attributes attributes() const { return {{"most", most}}; }
  std::vector<std::int64_t> lengths(std::span<const std::int64_t> in) const {
    if (most < 1 || most > std::int64_t{most_modes}) throw ArgumentError(fmt::format("most is {}, must be in [1, {}]", most, most_modes));
    if (in[0] != in[1] || in[0] < 8 * most) throw ShapeError(fmt::format("{} points and {} values: need as many, and {}", in[0], in[1], 8 * most));
    return {in[0], most};
  }

  void operator()(std::span<const ConstColumn> in, std::span<const Column> out) const {
    const ConstColumn x = in[0], log_f = in[1];
    std::array<std::size_t, most_modes> modes;
    std::size_t found = 0;
    const auto higher = [&](std::size_t a, std::size_t b) { return value(log_f[a]) > value(log_f[b]); };
    const auto keep = [&](std::size_t i) {
      const auto limit = static_cast<std::size_t>(most);
      if (found < limit) return void(modes[found++] = i);
      const auto lowest = std::min_element(modes.begin(), modes.begin() + found, [&](auto a, auto b) { return higher(b, a); });
      if (higher(i, *lowest)) *lowest = i;
    };
    std::size_t extreme = 0;
    bool rising = true;
    for (std::size_t i = 1; i < x.size(); ++i) {
      const double now = value(log_f[i]), then = value(log_f[extreme]);
      if (rising ? now > then : now < then) {
        extreme = i;
      } else if (rising ? now < then - 1 : now > then + 1) {
        if (rising) keep(extreme);
        rising = !rising;
        extreme = i;
      }
    }
    if (rising) keep(extreme);
    std::sort(modes.begin(), modes.begin() + found);
    next_points(x, log_f, std::span(modes).first(found), out[0]);
    std::sort(modes.begin(), modes.begin() + found, [&](std::size_t a, std::size_t b) { return higher(a, b) || (!higher(b, a) && a < b); });
    for (std::size_t i = 0; i < out[1].size(); ++i) out[1][i] = x[modes[i < found ? i : 0]];
  }

  static void next_points(ConstColumn x, ConstColumn log_f, std::span<const std::size_t> modes, Column out) {
    const std::size_t valleys = modes.size() - 1;
    std::size_t used = 0;
    for (std::size_t m = 0; m < modes.size(); ++m) {
      if (m > 0) {
        std::size_t lowest = modes[m - 1];
        for (std::size_t i = modes[m - 1]; i < modes[m]; ++i)
          if (value(log_f[i]) < value(log_f[lowest])) lowest = i;
        out[used++] = x[lowest];
      }
      const std::size_t end = (out.size() - valleys) * (m + 1) / modes.size() + m;
      const std::size_t i = modes[m], left = i > 0 ? i - 1 : 0, right = std::min(i + 1, x.size() - 1);
      const Column points = out.subspan(used, end - used);
      if (left == i || right == i) {
        spread(x[left], x[right], points);
      } else {
        spread(x[left], x[i], points.first(points.size() / 2 + 1));
        spread(x[i], x[right], points.subspan(points.size() / 2));
      }
      used = end;
    }
    // Two maxima may share the valley as a cell's end; what rounding has disordered, too.
    std::sort(out.begin(), out.end());
  }
};

struct FallSearch {
  static constexpr std::string_view name = "fall_search";
  double fall;

  Attributes attributes() const { return {{"fall", fall}}; }
  std::vector<std::int64_t> lengths(std::span<const std::int64_t> in) const {
    if (!(fall > 0)) throw ArgumentError(fmt::format("fall is {}, must be above 0", fall));
    if (in[0] != in[1] || in[0] < 2 || in[2] != 1) throw ShapeError("needs two distances or more, as many values, and one top");
    return {2};
  }

  void operator()(std::span<const ConstColumn> in, std::span<const Column> out) const {
    const ConstColumn d = in[0], log_f = in[1];
    const double floor = in[2][0] - fall;
    std::size_t i = 0;
    while (i + 1 < d.size() && value(log_f[i]) >= floor) ++i;
    out[0][0] = d[i > 0 ? i - 1 : 0];
    out[0][1] = d[i];
  }
};

}  // namespace

Node mode_search(Operand x, Operand log_f, std::int64_t most) {
  return make_node(std::make_shared<ColumnOp<ModeSearch>>(ModeSearch{most}), {x, log_f});
}

Node fall_search(Operand d, Operand log_f, Operand top, double fall) {
  return make_node(std::make_shared<ColumnOp<FallSearch>>(FallSearch{fall}), {d, log_f, top});
}

void register_searches() {
  register_op("mode_search", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<ColumnOp<ModeSearch>>(ModeSearch{a.get<std::int64_t>("most")});
  });
  register_op("fall_search", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<ColumnOp<FallSearch>>(FallSearch{a.get<double>("fall")});
  });
}

}  // namespace loglik::numerical
