#pragma once
#include <memory>

#include "framework/elementwise.h"
#include "framework/registry.h"

namespace loglik {

/// Registers Elementwise<F, arity> by its name. An F with attributes has a static `F read(const Attributes&)`.
template <class F, std::size_t arity>
void register_elementwise() {
  register_op(F::name, []([[maybe_unused]] const Attributes& attributes) -> std::shared_ptr<const Op> {
    if constexpr (requires { F::read(attributes); })
      return std::make_shared<Elementwise<F, arity>>(F::read(attributes));
    else
      return std::make_shared<Elementwise<F, arity>>();
  });
}

}  // namespace loglik
