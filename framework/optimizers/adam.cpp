// One pass over parameters, gradients and moments; see adam.h for the equations.
#include "framework/optimizers/adam.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "framework/op.h"
#include "framework/registry.h"
#include "framework/side_by_side.h"
#include "framework/simd/full_width.h"

namespace loglik {
namespace {

constexpr std::int64_t piece = 16384;

class AdamUpdate final : public Op {  // (θ, g, m, v, η, t) → (θ, m, v)
 public:
  AdamUpdate(double beta1, double beta2, double epsilon) : beta1_(beta1), beta2_(beta2), epsilon_(epsilon) {}
  std::string_view name() const override { return "adam"; }
  Attributes attributes() const override { return {{"beta1", beta1_}, {"beta2", beta2_}, {"epsilon", epsilon_}}; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("the parameters", inputs[0]);
    for (std::size_t i : {1, 2, 3})
      if (inputs[i] != inputs[0]) throw ShapeError(fmt::format("parameters {} against {}", to_string(inputs[0]), to_string(inputs[i])));
    for (std::size_t i : {4, 5}) require_dtype("learning rate or step", inputs[i], DType::float64);
    return {inputs[0], inputs[0], inputs[0]};
  }
  bool may_overwrite(std::size_t input, std::size_t output) const override { return (output == 0 && input == 0) || (output > 0 && input == output + 1); }
  double flops(std::span<const TensorType> inputs) const override { return 12.0 * static_cast<double>(inputs[0].shape.count().constant()); }

  void run(const KernelArgs& args) const override {
    const double rate = args.input<double>(4)[0];
    const double t = args.input<double>(5)[0];
    for_float(args.dtype(0), [&]<class T>() {
      const T b1 = static_cast<T>(beta1_), a1 = static_cast<T>(1 - beta1_), b2 = static_cast<T>(beta2_), a2 = static_cast<T>(1 - beta2_);
      const T step_size = static_cast<T>(rate / (1 - std::pow(beta1_, t)));  // η·m̂ = step_size·m
      const T root = static_cast<T>(1 / std::sqrt(1 - std::pow(beta2_, t)));  // √v̂ = root·√v
      const T epsilon = static_cast<T>(epsilon_);
      const T *theta = args.input<T>(0).data(), *g = args.input<T>(1).data(), *m = args.input<T>(2).data(), *v = args.input<T>(3).data();
      T *theta_out = args.output<T>(0).data(), *m_out = args.output<T>(1).data(), *v_out = args.output<T>(2).data();
      args.parallel_for(args.inputs[0].count, piece, [&](std::int64_t begin, std::int64_t end) {
        const auto update = [=](std::size_t k) {
          const std::size_t i = static_cast<std::size_t>(begin) + k;
          const T m_new = b1 * m[i] + a1 * g[i];
          const T v_new = b2 * v[i] + a2 * (g[i] * g[i]);
          m_out[i] = m_new;
          v_out[i] = v_new;
          theta_out[i] = theta[i] - step_size * m_new / (root * std::sqrt(v_new) + epsilon);
        };
        simd::at_full_width([=] { side_by_side(static_cast<std::size_t>(end - begin), update); });
      });
    });
  }

 private:
  double beta1_, beta2_, epsilon_;
};

}  // namespace

Node Adam::update(const OptimizerArgs& args) const {
  if (!(beta1 >= 0 && beta1 < 1)) throw ArgumentError(fmt::format("Adam: beta1 = {}, needs to be in [0, 1)", beta1));
  if (!(beta2 >= 0 && beta2 < 1)) throw ArgumentError(fmt::format("Adam: beta2 = {}, needs to be in [0, 1)", beta2));
  if (!(epsilon > 0)) throw ArgumentError(fmt::format("Adam: epsilon = {}, needs to be positive", epsilon));
  const Variable m = args.slot("m"), v = args.slot("v");
  const Node updated = make_node(std::make_shared<AdamUpdate>(beta1, beta2, epsilon),
                                 {args.parameter, args.gradient, m.value(), v.value(), args.learning_rate, args.step});
  args.graph.update(m, updated.output(1));
  args.graph.update(v, updated.output(2));
  return updated;
}

void register_adam() {
  register_op("adam", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<AdamUpdate>(a.get<double>("beta1"), a.get<double>("beta2"), a.get<double>("epsilon"));
  });
}

}  // namespace loglik
