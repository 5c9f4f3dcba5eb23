#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "framework/framework.h"

namespace loglik::bench {

/// A small model with random data of its own: the same layers, head, batch and optimiser (Adam) as the function of that name in
/// tools/benchmarks/torch_steps.py.
struct Workload {
  std::string_view name;
  std::int64_t batch;
  void (*build)(Graph& graph);  ///< the network, and the head that ends it
  Batch (*data)(std::int64_t batch);
};

std::span<const Workload> workloads();

/// Throws NameError with the nearest name.
const Workload& workload(std::string_view name);

/// The model, compiled with Adam; parameters by seed 0. At rate 0 the weights stay put, so that no gradient ever becomes denormal.
Model compile_workload(const Workload& workload, double learning_rate = 0, bool fusion = true);

}  // namespace loglik::bench
