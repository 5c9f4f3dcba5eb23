// One pass over parameters, gradients and moments; see adam.h and adamw.h for the equations.
#include "framework/optimizers/adam.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "framework/optimizers/adamw.h"
#include "framework/optimizers/field_checks.h"
#include "framework/op.h"
#include "framework/registry.h"
#include "framework/side_by_side.h"
#include "framework/simd/full_width.h"

namespace loglik {
namespace {

constexpr std::int64_t piece = 16384;

class AdamUpdate final : public Op {  // (θ, g, m, v, η, t) → (θ, m, v)
 public:
  AdamUpdate(double beta1, double beta2, double epsilon, double weight_decay)
      : beta1_(beta1), beta2_(beta2), epsilon_(epsilon), weight_decay_(weight_decay) {}
  std::string_view name() const override { return "adam"; }
  Attributes attributes() const override { return {{"beta1", beta1_}, {"beta2", beta2_}, {"epsilon", epsilon_}, {"weight_decay", weight_decay_}}; }
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
      const T epsilon = static_cast<T>(epsilon_), kept = static_cast<T>(1 - rate * weight_decay_);
      const T *theta = args.input<T>(0).data(), *g = args.input<T>(1).data(), *m = args.input<T>(2).data(), *v = args.input<T>(3).data();
      T *theta_out = args.output<T>(0).data(), *m_out = args.output<T>(1).data(), *v_out = args.output<T>(2).data();
      args.parallel_for(args.inputs[0].count, piece, [&](std::int64_t begin, std::int64_t end) {
        const auto update = [=](std::size_t k) {
          const std::size_t i = static_cast<std::size_t>(begin) + k;
          const T m_new = b1 * m[i] + a1 * g[i];
          const T v_new = b2 * v[i] + a2 * (g[i] * g[i]);
          m_out[i] = m_new;
          v_out[i] = v_new;
          theta_out[i] = kept * theta[i] - step_size * m_new / (root * std::sqrt(v_new) + epsilon);
        };
        simd::at_full_width([=] { side_by_side(static_cast<std::size_t>(end - begin), update); });
      });
    });
  }

 private:
  double beta1_, beta2_, epsilon_, weight_decay_;
};

Node adam(const char* optimizer, double beta1, double beta2, double epsilon, double weight_decay, const OptimizerArgs& args) {
  require_share(optimizer, "beta1", beta1);
  require_share(optimizer, "beta2", beta2);
  require_positive(optimizer, "epsilon", epsilon);
  require_not_negative(optimizer, "weight_decay", weight_decay);
  const Variable m = args.slot("m"), v = args.slot("v");
  const Node updated = make_node(std::make_shared<AdamUpdate>(beta1, beta2, epsilon, args.weight_decay.value_or(weight_decay)),
                                 {args.parameter, args.gradient, m.value(), v.value(), args.learning_rate, args.step});
  args.graph.update(m, updated.output(1));
  args.graph.update(v, updated.output(2));
  return updated;
}

}  // namespace

Node Adam::update(const OptimizerArgs& args) const { return adam("Adam", beta1, beta2, epsilon, 0, args); }
Node AdamW::update(const OptimizerArgs& args) const { return adam("AdamW", beta1, beta2, epsilon, weight_decay, args); }

void register_adam() {
  register_op("adam", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<AdamUpdate>(a.get<double>("beta1"), a.get<double>("beta2"), a.get<double>("epsilon"), a.get<double>("weight_decay"));
  });
}

}  // namespace loglik
