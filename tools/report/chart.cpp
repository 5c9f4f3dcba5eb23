#include "tools/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/report/html.h"

namespace loglik::tools {
namespace {

constexpr double width = 420, height = 260, left = 62, right = 12, top = 12, bottom = 44;

// From a range of values to a range of pixels, with round numbers to label.
struct Axis {
  double low, high, step, from, to;

  Axis(double least, double greatest, double first, double last, bool whole) : from(first), to(last) {
    if (!(greatest > least)) greatest = least + std::max(1e-9, std::abs(least) * 0.1);
    const double rough = (greatest - least) / 4, power = std::pow(10, std::floor(std::log10(rough)));
    step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
    if (whole) step = std::max(1.0, step);
    low = whole ? least : step * std::floor(least / step);
    high = whole ? greatest : step * std::ceil(greatest / step);
  }
  double at(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

std::string text(double x, double y, std::string_view anchor, std::string_view words, std::string_view more = {}) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, more, escape(words));
}

// Sums of steps miss 0 by a rounding.
std::string tick(const Axis& axis, double value) { return fmt::format("{:.6g}", std::abs(value) < 1e-9 * axis.step ? 0 : value); }

std::string frame(const Axis& x, const Axis& y, std::string_view x_label, std::string_view y_label) {
  std::string out;
  for (double v = y.step * std::ceil(y.low / y.step - 1e-9); v <= y.high + 1e-9 * y.step; v += y.step) {
    out += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", left, width - right, y.at(v), y.at(v));
    out += text(left - 6, y.at(v) + 4, "end", tick(y, v));
  }
  for (double v = x.step * std::ceil(x.low / x.step - 1e-9); v <= x.high + 1e-9 * x.step; v += x.step) out += text(x.at(v), height - bottom + 16, "middle", tick(x, v));
  out += text((left + width - right) / 2, height - 8, "middle", x_label);
  return out + text(14, (top + height - bottom) / 2, "middle", y_label, fmt::format(" transform=\"rotate(-90 14 {:.1f})\"", (top + height - bottom) / 2));
}

std::string figure(std::string_view caption, std::string_view legend, std::string_view drawing) {
  return fmt::format("<figure><figcaption>{0}</figcaption>{1}<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {2} {3}\" role=\"img\" aria-label=\"{0}\">\n{4}</svg></figure>\n",
                     escape(caption), legend, width, height, drawing);
}

}  // namespace

std::string line_chart(std::string_view caption, std::string_view x_label, std::string_view y_label, std::span<const Series> series) {
  double x_least = INFINITY, x_most = -INFINITY, y_least = INFINITY, y_most = -INFINITY;
  for (const Series& line : series)
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      if (!std::isfinite(line.y[i])) continue;
      x_least = std::min(x_least, line.x[i]), x_most = std::max(x_most, line.x[i]);
      y_least = std::min(y_least, line.y[i]), y_most = std::max(y_most, line.y[i]);
    }
  if (!(x_least <= x_most)) return "";
  const Axis x(x_least, x_most, left + 8, width - right - 8, true), y(y_least, y_most, height - bottom, top, false);
  std::string drawing = frame(x, y, x_label, y_label), legend = "<svg viewBox=\"0 0 420 20\" aria-hidden=\"true\">";
  for (std::size_t k = 0; k < series.size(); ++k) {
    const std::string_view style = k == 0 ? "one" : "two";
    std::string points;
    for (std::size_t i = 0; i < series[k].x.size(); ++i) {
      if (!std::isfinite(series[k].y[i])) continue;
      points += fmt::format("{:.1f},{:.1f} ", x.at(series[k].x[i]), y.at(series[k].y[i]));
      if (series[k].x.size() <= 40) drawing += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\"/>\n", style, x.at(series[k].x[i]), y.at(series[k].y[i]));
    }
    drawing += fmt::format("<polyline class=\"line {}\" points=\"{}\"/>\n", style, points);
    const double begin = left + 150 * static_cast<double>(k);
    legend += fmt::format("<line class=\"line {}\" x1=\"{}\" x2=\"{}\" y1=\"10\" y2=\"10\"/>", style, begin, begin + 26) + text(begin + 32, 14, "start", series[k].name);
  }
  return figure(caption, legend + "</svg>", drawing);
}

std::string share_chart(std::string_view caption, std::string_view x_label, std::string_view y_label, std::span<const double> shares) {
  const double even = 1 / static_cast<double>(shares.size());
  const Axis x(0, 1, left, width - right, false), y(0, std::max(1.2 * even, *std::max_element(shares.begin(), shares.end())), height - bottom, top, false);
  std::string drawing = frame(x, y, x_label, y_label);
  for (std::size_t i = 0; i < shares.size(); ++i)
    drawing += fmt::format("<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n", x.at(static_cast<double>(i) * even) + 1, y.at(shares[i]),
                           (width - left - right) * even - 2, y.at(0) - y.at(shares[i]));
  drawing += fmt::format("<line class=\"mark\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", left, width - right, y.at(even), y.at(even));
  return figure(caption, "", drawing);
}

}  // namespace loglik::tools
