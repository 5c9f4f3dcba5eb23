#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "framework/session.h"

namespace loglik {

/// How much each sample counts, and whether: tensors with the samples as leading axis.
struct SampleOptions {
  std::optional<Tensor> weights = {};  ///< float32 or float64, ≥ 0; 1 if absent
  std::optional<Tensor> mask = {};     ///< bool: false where a sample contributes nothing, whatever its target; all true if absent
};

/// Columns of samples: tensors by name that share their first axis, one row a sample. Copies share the elements.
///
/// Columns are named like a model's inputs, or "x", "y", "weight", "mask" as in a Batch.
class Dataset {
 public:
  /// `Dataset({{"image", x}, {"label", y}})`. Throws ShapeError unless all have the same number of rows, NameError for a name that is empty
  /// or given twice, ArgumentError without columns.
  Dataset(Batch columns);

  /// Columns "x", "y" and, where given, "weight" and "mask". Throws as above.
  static Dataset from(const Tensor& x, const Tensor& y, const SampleOptions& options = {});
  /// Column "x" alone, for what is its own target.
  static Dataset from(const Tensor& x);

  std::int64_t size() const { return size_; }  ///< rows
  const Batch& columns() const { return columns_; }
  const Tensor& column(std::string_view name) const;  ///< throws NameError with the nearest name

  /// Rows [begin, end), sharing the elements. Throws IndexError.
  Dataset rows(std::int64_t begin, std::int64_t end) const;
  /// Copies of these rows, in this order; a row may come twice. Throws IndexError.
  Dataset take(std::span<const std::int32_t> indices) const;
  Batch batch(std::span<const std::int32_t> indices) const;
  /// The same into tensors that `batch` made for as many rows, without allocation. Throws IndexError; ShapeError for other tensors.
  void gather(std::span<const std::int32_t> indices, Batch& into) const;

  /// Two parts, of ⌊fraction·size + ½⌋ rows and the others, each in the order of one shuffle that depends on `seed` and size only.
  /// Throws ArgumentError unless 0 ≤ fraction ≤ 1.
  std::pair<Dataset, Dataset> split(double fraction, std::uint64_t seed) const;

 private:
  Batch columns_;
  std::int64_t size_ = 0;
};

}  // namespace loglik
