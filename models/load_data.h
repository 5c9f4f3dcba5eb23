#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "framework/dataset.h"
#include "models/data_info.h"

namespace loglik {

/// A data set with what a model must know of it.
struct LoadedData {
  DataInfo info;
  Dataset train;
  Dataset test;
};

/// A data set that has a name.
struct NamedData {
  std::string name;
  std::string description;
};

/// "fashion_mnist", "fashion_mnist_2000", and the tables of named_tables.h: "penguins_body_mass", "penguins_sex", …, "party".
const std::vector<NamedData>& named_data();

/// Notes in `info` which values the real targets take: see DataInfo::target_values.
LoadedData with_target_values(LoadedData data);

/// The data set of that name, or the one at that path:
///
///   - a **folder** with images as IDX files, plain or gzipped, under the names that MNIST gave them: train-images-idx3-ubyte,
///     train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, with or without .gz. Images uint8 {n, height, width} or
///     {n, channels, height, width}; labels uint8 {n}: there are as many classes as the largest label says.
///   - a **.csv** file of numbers under a line of names. The last column is the target, or the one named after a '#':
///     "penguins.csv#sex". If all its values are 0 or 1 it is binary; if they are the integers 0, 1, …, k − 1 with k ≤ 100, each of them
///     taken at least twice, it is one of k classes; else real. All other columns are features. Each fifth row is kept to test on.
///     Features have mean 0 and standard deviation 1 over the other rows; one that never changes is 0.
///
/// Throws NameError for a name that is neither, suggesting one; DataError for files that are missing, damaged, empty or do not fit
/// together. `dtype`, of a table's features and real targets, is float32 or float64.
LoadedData load_data(std::string_view name_or_path, DType dtype = DType::float32);

}  // namespace loglik
