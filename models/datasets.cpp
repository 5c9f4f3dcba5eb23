#include "models/datasets.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "framework/error.h"
#include "framework/text.h"
#include "models/image_folder.h"
#include "models/named_data.h"
#include "models/shipped_data.h"
#include "models/table_file.h"

namespace loglik {
namespace {

Dataset read_part(std::string_view part, const std::string& folder) {
  if (part != "train" && part != "test") {
    throw ArgumentError(
        fmt::format("part \"{}\" of a data set of images is unknown{}", part, suggestion(part, std::vector<std::string>{"train", "test"})));
  }
  const LabelledImages data = read_labelled_images(folder, part == "train" ? "train" : "t10k");
  return Dataset::from(data.images, data.labels);
}

}  // namespace

std::string fashion_mnist_folder() {
  const std::string folder = "/usr/share/datasets/fashion-mnist";  // where Debian's package puts it
  if (!std::filesystem::exists(folder)) {
    throw DataError(
        fmt::format("{}: there is no such folder; \"apt-get install dataset-fashion-mnist\" puts Fashion-MNIST there, and 2,000 of its "
                    "images come with Loglik as \"fashion_mnist_2000\"",
                    folder));
  }
  return folder;
}

std::string fashion_mnist_2000_folder() { return shipped_data_folder() + "/fashion-mnist-2000"; }

std::string penguins_file() { return shipped_data_folder() + "/penguins.csv"; }

TableColumns penguin_columns(std::string_view target) {
  if (target == "body_mass") {
    // In kilograms, so that a standard deviation of 1 is of the targets' size.
    return {.features = {"bill_length_mm", "bill_depth_mm", "flipper_length_mm"}, .target = "body_mass_g", .target_scale = 1e-3};
  }
  const std::vector<std::string> measurements{"bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"};
  if (target == "sex") return {.features = measurements, .target = "sex", .kind = TargetKind::binary, .classes = 2};
  if (target == "island") return {.features = measurements, .target = "island", .kind = TargetKind::classes, .classes = 3};
  throw NameError(fmt::format("target \"{}\" of the penguins is unknown{}", target,
                              suggestion(target, std::vector<std::string>{"body_mass", "sex", "island"})));
}

Dataset fashion_mnist(std::string_view part, const std::string& folder) {
  return read_part(part, folder.empty() ? fashion_mnist_folder() : folder);
}

Dataset fashion_mnist_2000(std::string_view part) { return read_part(part, fashion_mnist_2000_folder()); }

Dataset penguins(std::string_view target, std::string_view part, DType dtype) {
  const TableColumns columns = penguin_columns(target);
  return part_of_table(read_csv(penguins_file()), columns, part, dtype);
}

}  // namespace loglik
