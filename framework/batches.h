#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "framework/dataset.h"

namespace loglik {

/// A data set in batches, for a training loop of one's own. `fit` is such a loop, and gives the same bits:
///
///     Session session = model.session();
///     Batches batches(train, 64);
///     for (int epoch = 1; epoch <= 5; ++epoch) {
///       batches.shuffle(seed, epoch);
///       for (std::int64_t i = 0; i < batches.count(); ++i) session.step(batches[i]);
///     }
class Batches {
 public:
  /// In the data set's order until `shuffle`. Throws ArgumentError unless batch_size ≥ 1.
  Batches(Dataset data, std::int64_t batch_size);

  std::int64_t count() const;                   ///< batches of an epoch; the last may be smaller
  std::int64_t rows(std::int64_t index) const;  ///< of one batch
  const Batch& operator[](std::int64_t index);  ///< valid until the next is asked for; no allocation. Throws IndexError

  /// Puts the rows into a random order that depends on seed, epoch and size only.
  void shuffle(std::uint64_t seed, std::int64_t epoch);
  std::span<const std::int32_t> order() const { return order_; }

 private:
  Dataset data_;
  std::int64_t batch_size_;
  std::vector<std::int32_t> order_;
  Batch whole_, last_;  // whole batches, and the smaller last one
};

}  // namespace loglik
