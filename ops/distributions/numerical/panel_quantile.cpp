#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/registry.h"
#include "ops/distributions/numerical/steps.h"
#include "ops/distributions/numerical/strided_column_kernels.h"

namespace loglik::numerical {
namespace {

// One panel, t in [0, 1] from the end with the smaller mass; log f by interpolation.
class Panel {
 public:
  Panel(const StridedColumn& log_f, std::int64_t panel, double width, bool reversed) : width_(width) {
    top_ = -std::numeric_limits<double>::infinity();
    for (int k = 0; k < points; ++k) {
      const double value = log_f[panel * points + (reversed ? points - 1 - k : k)];
      log_f_[k] = std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
      top_ = std::max(top_, log_f_[k]);
    }
    for (double& value : log_f_) value = std::max(value - top_, -100.0);
  }

  double density(double t) const { return std::exp(std::min(interpolated(2 * t - 1), 1.0) + top_) * width_; }  // by t
  double mass(double t) const {                                                                               // of [0, t]
    double sum = 0;
    for (int k = 0; k < points; ++k) sum += 0.5 * rule_.weight[k] * density(0.5 * t * (1 + rule_.x[k]));
    return sum * t;
  }

 private:
  static constexpr int points = GaussLegendre::points;
  double interpolated(double x) const {
    double above = 0, below = 0;
    for (int k = 0; k < points; ++k) {
      const double distance = x - rule_.x[k];
      if (distance == 0) return log_f_[k];
      above += rule_.barycentric[k] / distance * log_f_[k];
      below += rule_.barycentric[k] / distance;
    }
    return above / below;
  }

  const GaussLegendre& rule_ = gauss_legendre();
  double log_f_[points];
  double top_, width_;
};

class PanelQuantile final : public Op {
 public:
  std::string_view name() const override { return "panel_quantile"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    const std::int64_t edges = column_length("the edges", inputs[0]);
    require_same_dtype(inputs);
    const auto require = [&](std::size_t i, std::int64_t n, std::string_view what) {
      if (column_length(what, inputs[i]) != n || columns_of(inputs[i].shape) != columns_of(inputs[0].shape))
        throw ShapeError(fmt::format("{} is {}, does not fit {} edges", what, to_string(inputs[i].shape), to_string(inputs[0].shape)));
    };
    if (edges < 2) throw ShapeError("needs two edges or more");
    require(1, (edges - 1) * GaussLegendre::points, "log f");
    require(2, edges, "the mass below");
    require(3, edges, "the mass above");
    require_columns("p", inputs[4].shape, columns_of(inputs[0].shape));
    return {{inputs[0].dtype, inputs[4].shape}};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t width = column_count(args.inputs[0]), panels = args.shape(0)[0] - 1;
    for_float(args.dtype(0), [&]<class T>() {
      const auto p = args.input<T>(4);
      const auto v = args.output<T>(0);
      args.parallel_for(static_cast<std::int64_t>(p.size()), 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t k = i % width;
          v[static_cast<std::size_t>(i)] =
              static_cast<T>(quantile(strided_column(args, 0, k, width), strided_column(args, 1, k, width), strided_column(args, 2, k, width),
                                      strided_column(args, 3, k, width), panels, static_cast<double>(p[static_cast<std::size_t>(i)])));
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    not_differentiable(args, "it is where Newton's method begins, whose last steps are differentiated");
  }

 private:
  static double quantile(StridedColumn edges, StridedColumn log_f, StridedColumn below, StridedColumn above, std::int64_t panels, double p) {
    if (!(p >= 0 && p <= 1)) return std::numeric_limits<double>::quiet_NaN();
    const bool upper = p > 0.5;
    const double wanted = upper ? 1 - p : p;  // from the nearer end
    std::int64_t low = 0, high = panels;      // the panel at whose far edge the mass first exceeds it
    while (high - low > 1) {
      const std::int64_t middle = (low + high) / 2;
      if (upper) (above[middle] > wanted ? low : high) = middle;
      else (below[middle] > wanted ? high : low) = middle;
    }
    const double a = edges[low], b = edges[low + 1], base = upper ? above[low + 1] : below[low];
    if (wanted <= base) return upper ? b : a;
    const Panel panel(log_f, low, b - a, upper);
    // Newton's method on the logarithm of the mass, which is close to straight in a tail, held within a bracket.
    double least = 0, most = 1, t = 0.5;
    for (int round = 0; round < 60; ++round) {
      const double mass = base + panel.mass(t), off = std::log(mass / wanted);
      (off > 0 ? most : least) = t;
      const double step = off * mass / panel.density(t), next = t - step;
      const double before = t;
      t = next > least && next < most ? next : 0.5 * (least + most);
      if (std::abs(t - before) <= 1e-14) break;
    }
    return upper ? b - t * (b - a) : a + t * (b - a);
  }
};

}  // namespace

Node panel_quantile(Operand edges, Operand log_f, Operand below, Operand above, Operand p) {
  return make_node(std::make_shared<PanelQuantile>(), {edges, log_f, below, above, p});
}

void register_panel_quantile() {
  register_op("panel_quantile", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<PanelQuantile>(); });
}

}  // namespace loglik::numerical
