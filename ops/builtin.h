#pragma once

namespace loglik {

/// Registers every op of the library by name, so that `make_op` finds it. Called once by what loads models; calling it again does nothing.
void register_builtin_ops();

}  // namespace loglik
