#pragma once
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "framework/distribution.h"
#include "framework/error.h"
#include "tests/ops/derivatives.h"

namespace loglik {

/// A family of two parameters, or of one, to which the second is no matter.
using MakeDistribution = Distribution (*)(Node first, Node second);

/// The rows of one function in references/FAMILY.csv, which make.py there wrote.
struct ReferenceRows {
  std::vector<double> first, second, argument, value, condition;
};

inline std::map<std::string, ReferenceRows> read_references(const std::string& family) {
  std::ifstream file(std::string(LOGLIK_REFERENCES) + "/" + family + ".csv");
  std::map<std::string, ReferenceRows> functions;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream stream(line);
    std::string function, cell;
    std::getline(stream, function, ',');
    double numbers[5] = {};
    for (double& number : numbers)
      if (std::getline(stream, cell, ',') && !cell.empty()) number = std::stod(cell);
    ReferenceRows& rows = functions[function];
    rows.first.push_back(numbers[0]);
    rows.second.push_back(numbers[1]);
    rows.argument.push_back(numbers[2]);
    rows.value.push_back(numbers[3]);
    rows.condition.push_back(numbers[4]);
  }
  return functions;
}

/// Throws ArgumentError if the distribution has no such answer, NameError for an unknown one.
inline Node answer(const std::string& function, const Distribution& d, Node at) {
  if (function == "log_prob") return d.log_prob(at);
  if (function == "log_cdf") return d.log_cdf(at);
  if (function == "log_survival") return d.log_survival(at);
  if (function == "quantile") return d.quantile(at);
  if (function == "crps") return d.crps(at);
  if (function == "mean") return d.mean();
  if (function == "variance") return d.variance();
  if (function == "entropy") return d.entropy();
  if (function == "median") return d.median();
  throw NameError(function + " is unknown");
}

/// Each of these functions: off by at most 1e-12·max(1, |value|) in float64 and 1e-5 in float32, or 8 times what one ulp of every input
/// changes.
inline void expect_rows(const std::map<std::string, ReferenceRows>& functions, MakeDistribution make) {
  for (const auto& [function, rows] : functions)
    for (const DType dtype : {DType::float64, DType::float32}) {
      SCOPED_TRACE(function + (dtype == DType::float64 ? " in float64" : " in float32"));
      const double epsilon = dtype == DType::float64 ? 0x1p-52 : 0x1p-23, tolerance = dtype == DType::float64 ? 1e-12 : 1e-5;
      Graph graph;
      const auto node = [&](const std::vector<double>& values) { return graph.constant(row(values).cast(dtype)); };
      const Tensor values = interpret(answer(function, make(node(rows.first), node(rows.second)), node(rows.argument)));
      for (std::size_t i = 0; i < rows.value.size(); ++i) {
        const double expected = rows.value[i], actual = values.at(static_cast<std::int64_t>(i));
        if (dtype == DType::float32 && std::abs(expected) > 3e38) continue;  // does not fit
        // 2⁻¹²⁶ is float32's smallest normal number: what is below is flushed to 0.
        EXPECT_NEAR(actual, expected,
                    std::max({tolerance * std::max(1.0, std::abs(expected)), 8 * epsilon * rows.condition[i],
                              dtype == DType::float32 ? 0x1p-126 : 0}))
            << "row " << i << ": " << rows.first[i] << ", " << rows.second[i] << " at " << rows.argument[i];
      }
    }
}

/// Those of the family, of which there are `count`, the first four at 200 points.
inline void expect_references(const std::string& family, MakeDistribution make, std::size_t count) {
  const auto functions = read_references(family);
  ASSERT_EQ(functions.size(), count);
  for (const char* function : {"log_prob", "log_cdf", "log_survival", "quantile"}) EXPECT_EQ(functions.at(function).value.size(), 200U) << function;
  expect_rows(functions, make);
}

}  // namespace loglik
