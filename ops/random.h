#pragma once
#include "framework/graph.h"
#include "framework/op.h"

namespace loglik {

// Random numbers, new ones each step: a function of the seed, the step, the node's scoped name and the element, whatever the number of
// threads. Each call is a scope of its own ("random_normal_1"), so two calls are independent. There is nothing to differentiate by.

struct RandomUniformOptions {
  double low = 0;   ///< finite
  double high = 1;  ///< finite, above low
  DType dtype = DType::float32;
};

/// Uniform on [low, high). The shape may have dimensions that data bind. Throws ArgumentError for bounds out of order, DtypeError for
/// integers.
Node random_uniform(Graph& graph, Shape shape, RandomUniformOptions options = {}, Site site = {__builtin_FILE(), __builtin_LINE()});
/// In the shape of x, whose elements are not read; `dtype` is that of the options.
Node random_uniform_like(Operand x, RandomUniformOptions options = {});

struct RandomNormalOptions {
  double mean = 0;    ///< finite
  double stddev = 1;  ///< finite, ≥ 0
  DType dtype = DType::float32;
};

/// Normal with a mean and a standard deviation. Throws as random_uniform does.
Node random_normal(Graph& graph, Shape shape, RandomNormalOptions options = {}, Site site = {__builtin_FILE(), __builtin_LINE()});
Node random_normal_like(Operand x, RandomNormalOptions options = {});

void register_random_ops();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
