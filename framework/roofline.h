#pragma once

namespace loglik {

/// The most that this machine does with the threads that `parallel_for` has: no op can take less time than max(flops / flops_per_second,
/// bytes / bytes_per_second), unless its data come from caches.
/// Source: Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785.
struct Roofline {
  double flops_per_second = 0;  ///< of float32 matrix products, 512³, one in each thread
  double bytes_per_second = 0;  ///< read and written, of a copy of 64 MB shared by the threads
  int threads = 1;

  double seconds(double flops, double bytes) const;  ///< the least that so much work takes
};

/// Measures it: the best of several tries. Takes half a second and, while it lasts, 130 MB; not to be called while a step runs.
Roofline measure_roofline();

}  // namespace loglik
