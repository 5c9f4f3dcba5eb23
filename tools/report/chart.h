#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loglik::tools {

/// A line through points; those that are not finite are left out.
struct Series {
  std::string name;
  std::vector<double> x, y;
};

// Figures of an HTML page (html.h has their style): a caption and an inline SVG with labelled axes.

/// One or two lines; the second is dashed.
std::string line_chart(std::string_view caption, std::string_view x_label, std::string_view y_label, std::span<const Series> series);

/// Shares in bins of equal width over [0, 1], with a line where they would all be equal.
std::string share_chart(std::string_view caption, std::string_view x_label, std::string_view y_label, std::span<const double> shares);

}  // namespace loglik::tools
