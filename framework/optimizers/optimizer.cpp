#include "framework/optimizers/optimizer.h"

#include <cmath>

#include "framework/primitives.h"
#include "framework/register_elementwise.h"

namespace loglik {
namespace {

// expm1 keeps what little β = 0.999999 has done in its first steps.
struct BiasCorrection {
  static constexpr std::string_view name = "bias_correction";
  double beta;

  template <class T>
  T operator()(T step) const {
    return beta == 0 ? T(1) : static_cast<T>(-std::expm1(static_cast<double>(step) * std::log(beta)));
  }
  Attributes attributes() const { return {{"beta", beta}}; }
};

}  // namespace

Node OptimizerArgs::scalar(Node value) const { return cast(value, parameter.dtype()); }

Node bias_correction(double beta, Node step) { return elementwise<BiasCorrection>({step}, BiasCorrection{beta}); }

void register_bias_correction() {
  register_op("bias_correction", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<Elementwise<BiasCorrection, 1>>(BiasCorrection{a.get<double>("beta")});
  });
}

}  // namespace loglik
