#pragma once
#include <functional>
#include <string>

#include "framework/random.h"
#include "framework/tensor.h"

namespace loglik {

/// How a Variable begins: fills a tensor of zeros. Keyed by seed and the Variable's name, so that the values do not depend on the order of
/// creation. The ready-made ones are in ops/initializers.h.
struct Initializer {
  std::string description = "zeros";
  std::function<void(Tensor& values, RandomKey key)> fill;  ///< empty: leave the zeros
};

Initializer constant_initializer(double value);  ///< every element `value`

}  // namespace loglik
