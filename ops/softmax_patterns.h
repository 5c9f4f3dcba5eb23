#pragma once
#include <span>

#include "framework/pattern.h"

namespace loglik {

/// Softmax and its relatives, as they are written with exp, log and sums: see softmax_patterns.cpp. Brought by exp and by those it makes.
std::span<const Pattern> softmax_patterns();

}  // namespace loglik
