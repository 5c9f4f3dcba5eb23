#include "models/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "framework/data/idx.h"
#include "framework/error.h"

namespace loglik {
namespace {

std::string find_file(const std::string& folder, const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  for (const std::string& candidate : {path.string(), path.string() + ".gz"}) {
    if (std::filesystem::exists(candidate)) return candidate;
  }
  throw DataError(fmt::format("{}: there is neither {} nor {}.gz", folder, name, name));
}

Tensor read_bytes(const std::string& path, std::string_view what) {
  Tensor tensor = read_idx(path);
  if (tensor.dtype() != DType::uint8) throw DataError(fmt::format("{}: {} are {}, expected uint8", path, what, name(tensor.dtype())));
  return tensor;
}

// Mean and standard deviation over all pixels, on a scale from 0 to 1. Sums of integers, so exact.
void measure_pixels(const Tensor& images, DataInfo& info) {
  std::uint64_t sum = 0, squares = 0;
  for (const std::uint64_t pixel : images.values<std::uint8_t>()) {
    sum += pixel;
    squares += pixel * pixel;
  }
  const double n = static_cast<double>(images.count());
  const double mean = static_cast<double>(sum) / n;
  const double variance = static_cast<double>(squares) / n - mean * mean;
  info.pixel_mean = mean / 255;
  info.pixel_stddev = variance > 0 ? std::sqrt(variance) / 255 : 1;
}

int largest(const Tensor& labels) {
  const auto values = labels.values<std::uint8_t>();
  return *std::max_element(values.begin(), values.end());
}

}  // namespace

LabelledImages read_labelled_images(const std::string& folder, const std::string& prefix) {
  const std::string image_path = find_file(folder, prefix + "-images-idx3-ubyte");
  const std::string label_path = find_file(folder, prefix + "-labels-idx1-ubyte");
  Tensor images = read_bytes(image_path, "images");
  Tensor labels = read_bytes(label_path, "labels");
  if (images.rank() == 3) images = images.reshape({images.size(0), 1, images.size(1), images.size(2)});
  if (images.rank() != 4) {
    throw DataError(fmt::format("{}: images of sizes {}, expected {{n, height, width}} or {{n, channels, height, width}}", image_path,
                                to_string(std::span<const std::int64_t>(images.extents()))));
  }
  if (labels.rank() != 1) {
    throw DataError(
        fmt::format("{}: labels of sizes {}, expected {{n}}", label_path, to_string(std::span<const std::int64_t>(labels.extents()))));
  }
  if (images.size(0) != labels.size(0)) {
    throw DataError(fmt::format("{}: {} labels for the {} images of {}", label_path, labels.size(0), images.size(0), image_path));
  }
  if (images.count() == 0) throw DataError(fmt::format("{}: holds no images", image_path));
  return {images, labels};
}

LoadedData read_image_folder(const std::string& folder) {
  const LabelledImages train = read_labelled_images(folder, "train");
  const LabelledImages test = read_labelled_images(folder, "t10k");
  DataInfo info{.name = folder, .source = folder, .dtype = DType::uint8, .target = TargetKind::classes, .target_name = "label"};
  info.sample = {train.images.extents().begin() + 1, train.images.extents().end()};
  if (!std::equal(info.sample.begin(), info.sample.end(), test.images.extents().begin() + 1)) {
    throw DataError(fmt::format("{}: images to train on have sizes {}, those to test on {}", folder,
                                to_string(std::span<const std::int64_t>(train.images.extents())),
                                to_string(std::span<const std::int64_t>(test.images.extents()))));
  }
  info.classes = largest(train.labels) + 1;
  if (largest(test.labels) >= info.classes) {
    throw DataError(fmt::format("{}: the label {} among the images to test on is none of the {} classes to train on", folder,
                                largest(test.labels), info.classes));
  }
  measure_pixels(train.images, info);
  return {info, Dataset::from(train.images, train.labels), Dataset::from(test.images, test.labels)};
}

}  // namespace loglik
