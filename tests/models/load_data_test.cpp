#include "models/load_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "../data/files.h"
#include "framework/error.h"
#include "models/datasets.h"

namespace loglik {
namespace {

template <class E, class F>
std::string error_of(F action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error of the expected kind";
  return "";
}

// An IDX file of bytes: 0, 0, type 8, rank, sizes, values.
std::string idx(const std::vector<unsigned>& sizes, const std::string& values) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const unsigned size : sizes) bytes += {'\0', '\0', static_cast<char>(size >> 8), static_cast<char>(size)};
  return bytes + values;
}

TEST(LoadData, KnowsEachNameItLists) {
  for (const NamedData& data : named_data()) {
    if (data.name == "fashion_mnist") continue;  // only there with Debian's package
    const LoadedData loaded = load_data(data.name);
    EXPECT_EQ(loaded.info.name, data.name);
    EXPECT_EQ(loaded.info.class_names.size(), static_cast<std::size_t>(loaded.info.classes));
    Extents rows = loaded.info.sample;
    rows.insert(rows.begin(), loaded.train.size());
    EXPECT_EQ(loaded.train.column("x").extents(), rows);
    EXPECT_EQ(loaded.train.column("x").dtype(), loaded.info.dtype);
    EXPECT_GT(loaded.test.size(), 0);
  }
}

TEST(LoadData, HasTheShippedImages) {
  const LoadedData data = load_data("fashion_mnist_2000");
  EXPECT_EQ(data.train.size(), 1600);
  EXPECT_EQ(data.test.size(), 400);
  EXPECT_EQ(data.info.sample, (Extents{1, 28, 28}));
  EXPECT_EQ(data.info.dtype, DType::uint8);
  EXPECT_EQ(data.info.classes, 10);
  EXPECT_EQ(fashion_mnist_2000("test").column("y").extents(), Extents{400});
  // NumPy: x.mean()/255 and x.std()/255 of the 1,600 images.
  EXPECT_NEAR(data.info.pixel_mean, 0.28586933523409364, 1e-12);
  EXPECT_NEAR(data.info.pixel_stddev, 0.3541437663750917, 1e-12);
}

TEST(LoadData, StandardisesByTheRowsToTrainOn) {
  const Tensor x = penguins("sex", "train", DType::float64).column("x");
  ASSERT_EQ(x.extents(), (Extents{267, 4}));
  for (std::int64_t j = 0; j < 4; ++j) {
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < 267; ++i) {
      sum += x.at(4 * i + j);
      squares += x.at(4 * i + j) * x.at(4 * i + j);
    }
    EXPECT_NEAR(sum / 267, 0, 1e-12);
    EXPECT_NEAR(squares / 267, 1, 1e-12);
  }
  EXPECT_EQ(penguins("sex", "test").size(), 66);
  // NumPy, on rows 0–3, 5–8, …: the first feature of row 4, by the mean and deviation of the others.
  EXPECT_NEAR(penguins("sex", "test", DType::float64).column("x").at(0), -0.8536382739198161, 1e-12);
}

TEST(LoadData, GivesTargetsTheTypeOfTheirKind) {
  EXPECT_EQ(penguins("body_mass", "all").column("y").dtype(), DType::float32);
  EXPECT_EQ(penguins("sex", "all").column("y").dtype(), DType::int32);
  EXPECT_DOUBLE_EQ(penguins("body_mass", "all", DType::float64).column("y").at(0), 3.75);
}

TEST(LoadData, TellsTheKindOfATableByItsTarget) {
  const test::Folder folder;
  const auto info = [&](const std::string& values, const std::string& target = "") {
    std::string text = "a,b,y\n";
    for (std::size_t i = 0; i < values.size(); ++i) text += std::to_string(i) + "," + std::to_string(i % 3) + "," + values[i] + "\n";
    return load_data(folder.write("t.csv", text) + target).info;
  };
  EXPECT_EQ(info("010101010101").target, TargetKind::binary);
  EXPECT_EQ(info("012012012012").target, TargetKind::classes);
  EXPECT_EQ(info("012012012012").classes, 3);
  EXPECT_EQ(info("013013013013").target, TargetKind::real) << "no 2";
  EXPECT_EQ(info("010101010102").target, TargetKind::real) << "one 2";
  EXPECT_EQ(info("555555555555").target, TargetKind::real);
  EXPECT_EQ(info("010101010101", "#a").target, TargetKind::real);
  EXPECT_EQ(info("010101010101", "#b").target_name, "b");
  EXPECT_EQ(info("010101010101", "#b").sample, Extents{2});
}

TEST(LoadData, KeepsAColumnThatNeverChangesAtZero) {
  const test::Folder folder;
  std::string text = "a,b,y\n";
  for (int i = 0; i < 10; ++i) text += "7," + std::to_string(i) + "," + std::to_string(i * i) + "\n";
  const Tensor x = load_data(folder.write("t.csv", text)).train.column("x");
  for (std::int64_t i = 0; i < x.size(0); ++i) EXPECT_EQ(x.at(2 * i), 0);
}

TEST(LoadData, ReadsAFolderOfImages) {
  const test::Folder folder;
  folder.write("train-images-idx3-ubyte", idx({2, 1, 2}, std::string("\x00\xff\x00\xff", 4)));
  folder.write("train-labels-idx1-ubyte", idx({2}, std::string("\x00\x02", 2)));
  folder.write("t10k-images-idx3-ubyte", idx({1, 1, 2}, std::string("\x01\x02", 2)));
  folder.write("t10k-labels-idx1-ubyte.gz", test::gzipped(idx({1}, "\x01")));
  const LoadedData data = load_data(folder.path());
  EXPECT_EQ(data.info.classes, 3);
  EXPECT_EQ(data.info.sample, (Extents{1, 1, 2}));
  EXPECT_DOUBLE_EQ(data.info.pixel_mean, 0.5);
  EXPECT_DOUBLE_EQ(data.info.pixel_stddev, 0.5);
  EXPECT_EQ(data.test.column("y").at(0), 1);
}

TEST(LoadData, RefusesImagesThatDoNotFitTogether) {
  const test::Folder folder;
  const auto load = [&] { load_data(folder.path()); };
  EXPECT_EQ(folder.error(load), ": there is neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz");
  folder.write("train-images-idx3-ubyte", idx({2, 1, 2}, std::string(4, 'a')));
  folder.write("train-labels-idx1-ubyte", idx({1}, "\x01"));
  EXPECT_EQ(folder.error(load), "train-labels-idx1-ubyte: 1 labels for the 2 images of train-images-idx3-ubyte");
  folder.write("train-labels-idx1-ubyte", idx({2}, "\x01\x01"));
  folder.write("t10k-images-idx3-ubyte", idx({1, 2, 2}, std::string(4, 'a')));
  folder.write("t10k-labels-idx1-ubyte", idx({1}, "\x01"));
  EXPECT_EQ(folder.error(load), ": images to train on have sizes {2, 1, 1, 2}, those to test on {1, 1, 2, 2}");
  folder.write("t10k-images-idx3-ubyte", idx({1, 1, 2}, "aa"));
  folder.write("t10k-labels-idx1-ubyte", idx({1}, "\x02"));
  EXPECT_EQ(folder.error(load), ": the label 2 among the images to test on is none of the 2 classes to train on");
  folder.write("train-images-idx3-ubyte", idx({2, 1, 2}, std::string(3, 'a')));
  EXPECT_NE(folder.error(load), "");
}

TEST(LoadData, RefusesTablesWithoutFeaturesOrRows) {
  const test::Folder folder;
  EXPECT_EQ(folder.error([&] { load_data(folder.write("t.csv", "y\n1\n")); }),
            "t.csv: one column; a target and at least one feature are needed");
  EXPECT_EQ(folder.error([&] { load_data(folder.write("t.csv", "a,y\n1,2\n")); }),
            "t.csv: 1 rows; at least 10 are needed to train and test on");
  EXPECT_THROW(load_data(folder.write("t.csv", "a,y\n1,2\n") + "#z"), Error);
  EXPECT_THROW(load_data(folder.path("missing.csv")), DataError);
}

TEST(LoadData, SuggestsNames) {
  EXPECT_EQ(error_of<NameError>([] { load_data("fashion_mnist_200"); }),
            "data set \"fashion_mnist_200\" is neither a folder, a .csv file nor a known name; did you mean \"fashion_mnist_2000\"?");
  EXPECT_EQ(error_of<NameError>([] { penguins("sec", "train"); }), "target \"sec\" of the penguins is unknown; did you mean \"sex\"?");
  EXPECT_EQ(error_of<ArgumentError>([] { penguins("sex", "tests"); }), "part \"tests\" of a table is unknown; did you mean \"test\"?");
  EXPECT_EQ(error_of<ArgumentError>([] { fashion_mnist_2000("all"); }),
            "part \"all\" of a data set of images is unknown; known are: train, test");
}

}  // namespace
}  // namespace loglik
