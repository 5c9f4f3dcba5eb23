// One pass over parameters, gradients and velocity; see sgd.h for the equations.
#include "framework/optimizers/sgd.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/optimizers/field_checks.h"
#include "framework/op.h"
#include "framework/registry.h"
#include "framework/side_by_side.h"

namespace loglik {
namespace {

constexpr std::int64_t piece = 16384;

class SgdUpdate final : public Op {  // (θ, g, η) → (θ), or with momentum (θ, g, v, η) → (θ, v)
 public:
  SgdUpdate(double momentum, bool nesterov) : momentum_(momentum), nesterov_(nesterov) {}
  std::string_view name() const override { return "sgd"; }
  Attributes attributes() const override { return {{"momentum", momentum_}, {"nesterov", nesterov_}}; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("the parameters", inputs[0]);
    for (const TensorType& input : inputs.subspan(1, inputs.size() - 2))
      if (input != inputs[0]) throw ShapeError(fmt::format("parameters {} against {}", to_string(inputs[0]), to_string(input)));
    require_dtype("the learning rate", inputs.back(), DType::float64);
    return std::vector<TensorType>(inputs.size() - 2, inputs[0]);
  }
  bool may_overwrite(std::size_t input, std::size_t output) const override { return input == 2 * output; }
  double flops(std::span<const TensorType> inputs) const override { return (inputs.size() == 4 ? 4.0 : 2.0) * static_cast<double>(inputs[0].shape.count().constant()); }

  void run(const KernelArgs& args) const override {
    const bool has_velocity = args.inputs.size() == 4;
    for_float(args.dtype(0), [&]<class T>() {
      const T rate = static_cast<T>(args.input<double>(args.inputs.size() - 1)[0]);
      const T momentum = static_cast<T>(momentum_), ahead = nesterov_ ? momentum : 0;
      const T *theta = args.input<T>(0).data(), *g = args.input<T>(1).data();
      const T* v = has_velocity ? args.input<T>(2).data() : nullptr;
      T* theta_out = args.output<T>(0).data();
      T* v_out = has_velocity ? args.output<T>(1).data() : nullptr;
      args.parallel_for(args.inputs[0].count, piece, [&](std::int64_t begin, std::int64_t end) {
        if (has_velocity) {
          side_by_side(static_cast<std::size_t>(end - begin), [=](std::size_t k) {
            const std::size_t i = static_cast<std::size_t>(begin) + k;
            const T g_i = g[i], v_new = momentum * v[i] + g_i;
            v_out[i] = v_new;
            theta_out[i] = theta[i] - rate * (ahead != 0 ? g_i + ahead * v_new : v_new);
          });
        } else {
          side_by_side(static_cast<std::size_t>(end - begin), [=](std::size_t k) {
            const std::size_t i = static_cast<std::size_t>(begin) + k;
            theta_out[i] = theta[i] - rate * g[i];
          });
        }
      });
    });
  }

 private:
  double momentum_;
  bool nesterov_;
};

}  // namespace

Node Sgd::update(const OptimizerArgs& args) const {
  require_share("Sgd", "momentum", momentum);
  if (nesterov && momentum == 0) throw ArgumentError("Sgd: nesterov needs a momentum above 0");
  const auto op = std::make_shared<SgdUpdate>(momentum, nesterov);
  if (momentum == 0) return make_node(op, {args.parameter, args.gradient, args.learning_rate});
  const Variable velocity = args.slot("velocity");
  const Node updated = make_node(op, {args.parameter, args.gradient, velocity.value(), args.learning_rate});
  args.graph.update(velocity, updated.output(1));
  return updated;
}

void register_sgd() {
  register_op("sgd", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<SgdUpdate>(a.get<double>("momentum"), a.get<bool>("nesterov")); });
}

}  // namespace loglik
