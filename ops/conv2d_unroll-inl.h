#pragma once
// For the inner loops of convolutions, in sources only.

/// Before a loop of constant length over sums: unrolled, they stay in registers.
#if defined(__clang__)
#define LOGLIK_UNROLL _Pragma("clang loop unroll(full)")
#else
#define LOGLIK_UNROLL _Pragma("GCC unroll 32")
#endif

/// Keeps GCC from unrolling the loop over `variable` so as to hold what the next turns load again, in registers that sums need.
#define LOGLIK_HIDE(variable) __asm__("" : "+r"(variable))
