// The data sets under models/data are what their README says.
#include <gtest/gtest.h>

#include <fstream>

#include "framework/data/csv.h"
#include "framework/data/idx.h"
#include "framework/data/sha256.h"

namespace loglik {
namespace {
const std::string folder = LOGLIK_SHIPPED_DATA "/";

std::vector<int> counts(const Tensor& labels, std::size_t classes) {
  std::vector<int> counts(classes);
  for (std::int64_t i = 0; i < labels.count(); ++i) ++counts.at(static_cast<std::size_t>(labels.at(i)));
  return counts;
}

TEST(ShippedData, HasTheReadmesChecksums) {
  std::ifstream readme(folder + "README.md");
  int files = 0;
  for (std::string line; std::getline(readme, line);) {
    if (line.size() < 67 || line.find_first_not_of("0123456789abcdef") != 64) continue;
    EXPECT_EQ(sha256_of_file(folder + line.substr(66)), line.substr(0, 64)) << line.substr(66);
    ++files;
  }
  EXPECT_EQ(files, 8);
}

TEST(ShippedData, HoldsPenguins) {
  const Table penguins = read_csv(folder + "penguins.csv");
  EXPECT_EQ(penguins.columns, (std::vector<std::string>{"bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "year",
                                                        "species", "island", "sex"}));
  EXPECT_EQ(penguins.rows(), 333);
  EXPECT_EQ(counts(penguins.column("species"), 3), (std::vector{146, 68, 119}));
  EXPECT_EQ(counts(penguins.column("island"), 3), (std::vector{163, 123, 47}));
  EXPECT_EQ(counts(penguins.column("sex"), 2), (std::vector{165, 168}));
}

TEST(ShippedData, HoldsEconometricTables) {
  EXPECT_EQ(read_csv(folder + "engel.csv").rows(), 235);
  const Tensor visits = read_csv(folder + "doctor_visits.csv").column("visits");
  EXPECT_EQ(visits.count(), 2'019);
  double sum = 0, squares = 0;
  for (const double y : visits.values<double>()) sum += y, squares += y * y;
  EXPECT_NEAR(sum / 2019, 2.92224, 5e-6);
  EXPECT_NEAR(squares / 2019 - sum / 2019 * sum / 2019, 21, 0.5);
  EXPECT_EQ(counts(read_csv(folder + "party.csv").column("party"), 7), (std::vector{200, 180, 108, 37, 94, 150, 175}));
}

TEST(ShippedData, HoldsFashionMnist) {
  for (const auto& [part, count] : {std::pair("train", 1'600), std::pair("t10k", 400)}) {
    const std::string prefix = folder + "fashion-mnist-2000/" + part;
    const Tensor images = read_idx(prefix + "-images-idx3-ubyte.gz"), labels = read_idx(prefix + "-labels-idx1-ubyte.gz");
    EXPECT_EQ(images.dtype(), DType::uint8);
    EXPECT_EQ(images.extents(), (Extents{count, 28, 28}));
    EXPECT_EQ(labels.extents(), (Extents{count}));
    EXPECT_EQ(counts(labels, 10), std::vector(10, count / 10));
    EXPECT_EQ(labels.at(0), 9);  // both parts of Fashion-MNIST begin with an ankle boot
  }
}
}  // namespace
}  // namespace loglik
