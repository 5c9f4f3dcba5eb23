#include "ops/builtin.h"

#include "framework/primitives.h"

namespace loglik {

// One explicit list: a linker drops objects of a static library that nothing refers to, with whatever they would register themselves.
void register_builtin_ops() {
  static const bool once = [] {
    register_primitives();
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace loglik
