#include "models/datasets.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "framework/error.h"
#include "framework/text.h"
#include "models/image_folder.h"
#include "models/named_data.h"
#include "models/named_tables.h"
#include "models/shipped_data.h"

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

Dataset fashion_mnist(std::string_view part, const std::string& folder) {
  return read_part(part, folder.empty() ? fashion_mnist_folder() : folder);
}

Dataset fashion_mnist_2000(std::string_view part) { return read_part(part, fashion_mnist_2000_folder()); }

Dataset penguins(std::string_view target, std::string_view part, DType dtype) {
  const std::string prefix = "penguins_";
  const NamedTable* table = find_named_table(prefix + std::string(target));
  if (table == nullptr) {
    std::vector<std::string> known;
    for (const NamedTable& other : named_tables()) {
      if (other.name.starts_with(prefix)) known.push_back(other.name.substr(prefix.size()));
    }
    throw NameError(fmt::format("target \"{}\" of the penguins is unknown{}", target, suggestion(target, known)));
  }
  return part_of_table(read_csv(path_of(*table)), table->columns, part, dtype);
}

}  // namespace loglik
