#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/dtype.h"
#include "framework/shape.h"

namespace loglik {

/// What the targets of a data set are.
enum class TargetKind {
  real,     ///< finite numbers
  binary,   ///< 0 or 1
  classes,  ///< 0, 1, …, classes − 1
};

/// What a model must know of a data set to be built for it.
struct DataInfo {
  std::string name;              ///< "fashion_mnist", or the path it was read from
  std::string source;            ///< the file or folder it was read from
  Extents sample;                ///< the shape of one sample: {channels, height, width} for images, {features} for a table
  DType dtype = DType::float32;  ///< of the samples: uint8 for images
  TargetKind target = TargetKind::real;
  std::int64_t classes = 0;                   ///< how many, for TargetKind::binary (2) and classes; else 0
  std::string target_name;                    ///< "body_mass_kg", "label"
  std::vector<std::string> class_names = {};  ///< where they are known
  /// Of real targets the least, the greatest and, where there is one, a value that is no whole number: what a head must take. May be empty.
  std::vector<double> target_values = {};

  /// Mean and standard deviation over all pixels of the training images, on a scale from 0 to 1. 0 and 1 for tables, whose features
  /// are standardised as they are read.
  double pixel_mean = 0;
  double pixel_stddev = 1;

  bool is_image() const { return sample.size() == 3; }
};

std::string_view name(TargetKind kind);  ///< "real", "binary", "classes"

}  // namespace loglik
