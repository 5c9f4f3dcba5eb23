#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "framework/tensor.h"

namespace loglik {

/// Writes scalars and histograms that TensorBoard shows: `tensorboard --logdir FOLDER`.
///
///     TensorBoardWriter events("runs/1");
///     events.scalar("train/nll", nll, step);
///     events.histogram("encoder/weight", weights, step);
///
/// Each writer begins a file of its own in the folder, which is made if it is missing; TensorBoard reads them together, so that a resumed
/// run goes on in the same charts. Every call has written its record whole when it returns: a killed run leaves all that was
/// logged. A record that can't be written is taken back, and DataError names the file and the system's reason.
/// Not safe to use from several threads at once.
/// Source: the records of TensorFlow's record_writer.h, the fields of event.proto, summary.proto and tensor.proto.
class TensorBoardWriter {
 public:
  explicit TensorBoardWriter(const std::string& folder);  ///< throws DataError if no file can be made there
  ~TensorBoardWriter();
  TensorBoardWriter(const TensorBoardWriter&) = delete;
  TensorBoardWriter& operator=(const TensorBoardWriter&) = delete;

  /// One point of a curve, kept as float32; NaN and infinities are shown as such. Throws ArgumentError for a tag of a histogram.
  void scalar(const std::string& tag, double value, std::int64_t step);

  /// How many of the values lie where, in `buckets` equal parts of their range. Throws ArgumentError for a tag of a scalar or fewer
  /// buckets than 1, NumericError for a value that is not finite.
  void histogram(const std::string& tag, const Tensor& values, std::int64_t step, int buckets = 30);

  void sync();  ///< has all records on the disk, so that they survive a crash of the machine

  const std::string& path() const { return path_; }

 private:
  enum class Kind { scalar, histogram };
  void summary(const std::string& tag, Kind kind, std::string_view tensor, std::int64_t step);
  void record(std::string_view event);

  std::string path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;  // of the whole records
  std::map<std::string, Kind> kinds_;
};

}  // namespace loglik
