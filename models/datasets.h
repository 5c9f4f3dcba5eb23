#pragma once
#include <string>
#include <string_view>

#include "framework/dataset.h"
#include "framework/dtype.h"

namespace loglik {

// The data sets that the zoo trains on. `part` is "train" or "test"; anything else is an ArgumentError. models/data/README.md says where
// the data come from and under which licence; models/load_data.h finds them by name.

/// Fashion-MNIST: images uint8 {n, 1, 28, 28}, 0 = background, labels uint8 {n} of ten classes; 60,000 to train, 10,000 to test.
///
/// `folder` holds the four IDX files under upstream's names, gzipped or not; without it, where Debian's package dataset-fashion-mnist puts
/// them. Throws DataError if they are not there (naming the package) or damaged. Source: Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747.
Dataset fashion_mnist(std::string_view part, const std::string& folder = "");

/// 1,600 images of Fashion-MNIST to train, 400 to test, balanced over the classes; they come with the library.
Dataset fashion_mnist_2000(std::string_view part);

/// 333 penguins, each fifth of them to test: "train" has 267 rows, "test" 66, and "all" is both, in the file's order.
///
/// `target` is
///   - "body_mass": kilograms, real, from the length and depth of the bill and the length of the flipper;
///   - "sex": 0 female, 1 male, from these and the body mass;
///   - "island": 0 Biscoe, 1 Dream, 2 Torgersen, from the same four;
///   - "bill_depth": millimetres, real, from the body mass and the length of the flipper.
/// x {n, features} has mean 0 and standard deviation 1 over the rows to train on (over all, for "all"). Real targets are of x's dtype,
/// the others int32, {n}. Throws NameError for another target. Source: Horst, Hill & Gorman 2020.
Dataset penguins(std::string_view target, std::string_view part, DType dtype = DType::float32);

}  // namespace loglik
