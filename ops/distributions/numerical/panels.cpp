#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/registry.h"
#include "ops/distributions/numerical/column_kernels.h"
#include "ops/distributions/numerical/steps.h"

namespace loglik::numerical {
namespace {

constexpr std::int64_t numbers_a_piece = 256;

// x[0], x[stride], …: one column of n.
struct Strided {
  const double* wide;
  const float* narrow;
  std::int64_t stride;
  double operator[](std::int64_t i) const { return wide != nullptr ? wide[i * stride] : static_cast<double>(narrow[i * stride]); }
};
Strided column(const KernelArgs& args, std::size_t input, std::int64_t k, std::int64_t columns) {
  if (args.dtype(input) == DType::float64) return {args.input<double>(input).data() + k, nullptr, columns};
  return {nullptr, args.input<float>(input).data() + k, columns};
}

std::int64_t columns(const TensorView& x) { return count(std::span(x.extents).subspan(1)); }

// The largest i in [0, panels) with edges[i] ≤ v, else 0.
std::int64_t find(const Strided& edges, std::int64_t panels, double v) {
  std::int64_t low = 0, high = panels;
  while (high - low > 1) {
    const std::int64_t middle = (low + high) / 2;
    (edges[middle] <= v ? low : high) = middle;
  }
  return low;
}

class PanelIndex final : public Op {
 public:
  std::string_view name() const override { return "panel_index"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    if (column_length("the edges", inputs[0]) < 2) throw ShapeError("needs two edges or more");
    require_same_dtype(inputs);
    require_columns("v", inputs[1].shape, columns_of(inputs[0].shape));
    return {{DType::int32, inputs[1].shape}};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t width = columns(args.inputs[0]), panels = args.shape(0)[0] - 1;
    const auto index = args.output<std::int32_t>(0);
    args.parallel_for(static_cast<std::int64_t>(index.size()), numbers_a_piece, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        index[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(find(column(args, 0, i % width, width), panels, column(args, 1, i, 0)[0]));
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override { not_differentiable(args, "its result is an index"); }
};

Node add_in_column(Operand g, Operand index, std::int64_t length, Shape columns);

class TakeInColumn final : public Op {  // ∂x = the sums of g by index
 public:
  std::string_view name() const override { return "take_in_column"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    column_length("x", inputs[0]);
    require_dtype("the index", inputs[1], DType::int32);
    require_columns("the index", inputs[1].shape, columns_of(inputs[0].shape));
    return {{inputs[0].dtype, inputs[1].shape}};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t width = columns(args.inputs[0]), length = args.shape(0)[0];
    const auto index = args.input<std::int32_t>(1);
    for_float(args.dtype(0), [&]<class T>() {
      const T* x = args.input<T>(0).data();
      const auto y = args.output<T>(0);
      args.parallel_for(static_cast<std::int64_t>(index.size()), 4 * numbers_a_piece, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t k = index[static_cast<std::size_t>(i)];
          check_index(k, length, i);
          y[static_cast<std::size_t>(i)] = x[k * width + i % width];
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Shape& x = args.input(0).shape();
    return {args.wants(0) ? add_in_column(args.output_gradient(0), args.input(1), x[0].constant(), columns_of(x)) : Node(), Node()};
  }
};

class AddInColumn final : public Op {  // ∂g = what comes in, taken by index
 public:
  AddInColumn(std::int64_t length, Shape columns) : length_(length), columns_(std::move(columns)) {}
  std::string_view name() const override { return "add_in_column"; }
  Attributes attributes() const override { return {{"length", length_}, {"columns", columns_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("g", inputs[0]);
    require_dtype("the index", inputs[1], DType::int32);
    if (inputs[0].shape != inputs[1].shape) throw ShapeError("g and index differ in shape");
    require_columns("g", inputs[0].shape, columns_);
    std::vector<Dim> dims{Dim(length_)};
    dims.insert(dims.end(), columns_.dims().begin(), columns_.dims().end());
    return {{inputs[0].dtype, Shape(std::move(dims))}};
  }

  // A piece is a column, its terms added in order: the same bits for any number of threads.
  void run(const KernelArgs& args) const override {
    const std::int64_t width = columns(args.outputs[0]);
    const auto index = args.input<std::int32_t>(1);
    for_float(args.dtype(0), [&]<class T>() {
      const T* g = args.input<T>(0).data();
      T* sums = args.output<T>(0).data();
      args.parallel_for(width, [&](std::int64_t k) {
        for (std::int64_t i = 0; i < length_; ++i) sums[i * width + k] = 0;
        for (std::int64_t i = k; i < args.inputs[0].count; i += width) {
          check_index(index[static_cast<std::size_t>(i)], length_, i);
          sums[index[static_cast<std::size_t>(i)] * width + k] += g[i];
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {args.wants(0) ? take_in_column(args.output_gradient(0), args.input(1)) : Node(), Node()};
  }

 private:
  std::int64_t length_;
  Shape columns_;
};

Node add_in_column(Operand g, Operand index, std::int64_t length, Shape columns) {
  return make_node(std::make_shared<AddInColumn>(length, std::move(columns)), {g, index});
}

// One panel, t in [0, 1] from the end with the smaller mass; log f by interpolation.
class Panel {
 public:
  Panel(const Strided& log_f, std::int64_t panel, double width, bool reversed) : width_(width) {
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
    const std::int64_t width = columns(args.inputs[0]), panels = args.shape(0)[0] - 1;
    for_float(args.dtype(0), [&]<class T>() {
      const auto p = args.input<T>(4);
      const auto v = args.output<T>(0);
      args.parallel_for(static_cast<std::int64_t>(p.size()), 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t k = i % width;
          v[static_cast<std::size_t>(i)] =
              static_cast<T>(quantile(column(args, 0, k, width), column(args, 1, k, width), column(args, 2, k, width),
                                      column(args, 3, k, width), panels, static_cast<double>(p[static_cast<std::size_t>(i)])));
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    not_differentiable(args, "it is where Newton's method begins, whose last steps are differentiated");
  }

 private:
  static double quantile(Strided edges, Strided log_f, Strided below, Strided above, std::int64_t panels, double p) {
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

Node panel_index(Operand edges, Operand v) { return make_node(std::make_shared<PanelIndex>(), {edges, v}); }
Node take_in_column(Operand x, Operand index) { return make_node(std::make_shared<TakeInColumn>(), {x, index}); }
Node panel_quantile(Operand edges, Operand log_f, Operand below, Operand above, Operand p) {
  return make_node(std::make_shared<PanelQuantile>(), {edges, log_f, below, above, p});
}

void register_panels() {
  register_op("panel_index", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<PanelIndex>(); });
  register_op("take_in_column", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<TakeInColumn>(); });
  register_op("add_in_column", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<AddInColumn>(a.get<std::int64_t>("length"), a.get<Shape>("columns"));
  });
  register_op("panel_quantile", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<PanelQuantile>(); });
}

}  // namespace loglik::numerical
