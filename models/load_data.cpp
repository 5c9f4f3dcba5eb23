#include "models/load_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>

#include "framework/error.h"
#include "framework/text.h"
#include "models/image_folder.h"
#include "models/named_data.h"
#include "models/named_tables.h"

namespace loglik {
namespace {

LoadedData load_clothes(const std::string& name, const std::string& folder) {
  LoadedData data = read_image_folder(folder);
  data.info.name = name;
  data.info.class_names = {"T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"};
  return data;
}

LoadedData load_named_table(const NamedTable& named, DType dtype) {
  const Table table = read_csv(path_of(named));
  const TableColumns& columns = named.columns;
  const DataInfo info{.name = named.name,
                      .source = path_of(named),
                      .sample = {static_cast<std::int64_t>(columns.features.size())},
                      .dtype = dtype,
                      .target = columns.kind,
                      .classes = columns.classes,
                      .target_name = named.target_name,
                      .class_names = named.class_names};
  return with_target_values({info, part_of_table(table, columns, "train", dtype), part_of_table(table, columns, "test", dtype)});
}

bool is_path(std::string_view text) {
  return text.find('/') != std::string_view::npos || text.find(".csv") != std::string_view::npos || std::filesystem::exists(text);
}

}  // namespace

const std::vector<NamedData>& named_data() {
  static const std::vector<NamedData> all = [] {
    std::vector<NamedData> data{
        {"fashion_mnist", "70,000 images of clothes, 28×28, ten classes (Debian's package dataset-fashion-mnist)"},
        {"fashion_mnist_2000", "2,000 of them, which come with Loglik"},
    };
    for (const NamedTable& table : named_tables()) data.push_back({table.name, table.description});
    return data;
  }();
  return all;
}

LoadedData with_target_values(LoadedData data) {
  if (data.info.target != TargetKind::real) return data;
  double least = std::numeric_limits<double>::infinity(), greatest = -least;
  std::optional<double> fraction;
  for (const Dataset* part : {&data.train, &data.test}) {
    const Tensor y = part->column("y");
    for (std::int64_t i = 0; i < y.count(); ++i) {
      const double value = y.at(i);
      least = std::min(least, value);
      greatest = std::max(greatest, value);
      if (!fraction && value != std::floor(value)) fraction = value;
    }
  }
  data.info.target_values = {least, greatest};
  if (fraction) data.info.target_values.push_back(*fraction);
  return data;
}

LoadedData load_data(std::string_view name_or_path, DType dtype) {
  const std::string name(name_or_path);
  if (name == "fashion_mnist") return load_clothes(name, fashion_mnist_folder());
  if (name == "fashion_mnist_2000") return load_clothes(name, fashion_mnist_2000_folder());
  if (const NamedTable* table = find_named_table(name)) return load_named_table(*table, dtype);
  if (!is_path(name)) {
    std::vector<std::string> names;
    for (const NamedData& data : named_data()) names.push_back(data.name);
    throw NameError(fmt::format("data set \"{}\" is neither a folder, a .csv file nor a known name{}", name, suggestion(name, names)));
  }
  if (std::filesystem::is_directory(name)) return read_image_folder(name);
  return read_table_file(name, dtype);
}

}  // namespace loglik
