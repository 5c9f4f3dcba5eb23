#include "models/load_data.h"

#include <fmt/format.h>

#include <filesystem>

#include "framework/error.h"
#include "framework/text.h"
#include "models/image_folder.h"
#include "models/named_data.h"
#include "models/table_file.h"

namespace loglik {
namespace {

LoadedData load_clothes(const std::string& name, const std::string& folder) {
  LoadedData data = read_image_folder(folder);
  data.info.name = name;
  data.info.class_names = {"T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"};
  return data;
}

LoadedData load_penguins(const std::string& target, DType dtype) {
  const Table table = read_csv(penguins_file());
  const TableColumns columns = penguin_columns(target);
  DataInfo info{.name = "penguins_" + target,
                .source = penguins_file(),
                .sample = {static_cast<std::int64_t>(columns.features.size())},
                .dtype = dtype,
                .target = columns.kind,
                .classes = columns.classes,
                .target_name = target == "body_mass" ? "body_mass_kg" : target};
  if (target == "sex") info.class_names = {"female", "male"};
  if (target == "island") info.class_names = {"Biscoe", "Dream", "Torgersen"};
  return {info, part_of_table(table, columns, "train", dtype), part_of_table(table, columns, "test", dtype)};
}

bool is_path(std::string_view text) {
  return text.find('/') != std::string_view::npos || text.find(".csv") != std::string_view::npos || std::filesystem::exists(text);
}

}  // namespace

const std::vector<NamedData>& named_data() {
  static const std::vector<NamedData> all{
      {"fashion_mnist", "70,000 images of clothes, 28×28, ten classes (Debian's package dataset-fashion-mnist)"},
      {"fashion_mnist_2000", "2,000 of them, which come with Loglik"},
      {"penguins_body_mass", "body mass of 333 penguins from bill and flipper"},
      {"penguins_sex", "sex of 333 penguins from four measurements"},
      {"penguins_island", "island of 333 penguins, of three, from four measurements"},
  };
  return all;
}

LoadedData load_data(std::string_view name_or_path, DType dtype) {
  const std::string name(name_or_path);
  if (name == "fashion_mnist") return load_clothes(name, fashion_mnist_folder());
  if (name == "fashion_mnist_2000") return load_clothes(name, fashion_mnist_2000_folder());
  if (name == "penguins_body_mass") return load_penguins("body_mass", dtype);
  if (name == "penguins_sex") return load_penguins("sex", dtype);
  if (name == "penguins_island") return load_penguins("island", dtype);
  if (!is_path(name)) {
    std::vector<std::string> names;
    for (const NamedData& data : named_data()) names.push_back(data.name);
    throw NameError(fmt::format("data set \"{}\" is neither a folder, a .csv file nor a known name{}", name, suggestion(name, names)));
  }
  if (std::filesystem::is_directory(name)) return read_image_folder(name);
  return read_table_file(name, dtype);
}

}  // namespace loglik
