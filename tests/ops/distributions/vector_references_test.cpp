// Families whose parameters are not two numbers against recorded values: references/vectors.py says where they come from.
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "framework/error.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

struct Row {
  double value, condition;  // the latter: what one ulp of every input changes, in ulps
  std::vector<double> inputs;
};

std::map<std::string, std::vector<Row>> read(const std::string& family) {
  std::ifstream file(std::string(LOGLIK_REFERENCES) + "/" + family + ".csv");
  std::map<std::string, std::vector<Row>> functions;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream stream(line);
    std::string function, cell;
    std::getline(stream, function, ',');
    std::vector<double> numbers;
    while (std::getline(stream, cell, ',')) numbers.push_back(std::stod(cell));
    functions[function].push_back({numbers.at(0), numbers.at(1), {numbers.begin() + 2, numbers.end()}});
  }
  return functions;
}

// Each function of one row's inputs.
using Take = std::function<Node(std::size_t begin, std::size_t end)>;  // inputs [begin, end) as a vector
using Answer = std::function<Node(Graph& graph, const Take& take, const std::vector<double>& inputs)>;
struct Case {
  const char* name;
  std::map<std::string, Answer> answers;
};

Node number(const Take& take, std::size_t i) { return reshape(take(i, i + 1), {}); }

Answer von_mises(Node (*ask)(const VonMises&, Node)) {
  return [=](Graph&, const Take& take, const std::vector<double>& inputs) {
    return ask({.a = number(take, 0), .b = number(take, 1)}, inputs.size() > 2 ? number(take, 2) : Node());
  };
}

Node label(Graph& graph, double value) { return graph.constant(Tensor::scalar(static_cast<std::int32_t>(value))); }

Answer ordinal(Node (Ordinal::*ask)(Node) const) {
  return [=](Graph& graph, const Take& take, const std::vector<double>& inputs) {
    const Ordinal d{.eta = number(take, 0), .cut_points = take(1, 4)};
    return (d.*ask)(label(graph, inputs[4]));
  };
}

Answer bernoulli(Node (Bernoulli::*ask)(Node) const) {
  return [=](Graph&, const Take& take, const std::vector<double>&) { return (Bernoulli{number(take, 0)}.*ask)(number(take, 1)); };
}

Answer multivariate_gaussian(bool precision) {
  return [=](Graph&, const Take& take, const std::vector<double>&) {
    return MultivariateGaussian{.loc = take(0, 2), .log_diagonal = take(2, 4), .lower = take(4, 5), .precision = precision}.log_prob(
        take(5, 7));
  };
}

const Case cases[] = {
    {"bernoulli",
     {{"log_prob", bernoulli(&Bernoulli::log_prob)},
      {"cdf", bernoulli(&Bernoulli::cdf)},
      {"survival", bernoulli(&Bernoulli::survival)},
      {"quantile", bernoulli(&Bernoulli::quantile)}}},
    {"categorical",
     {{"log_prob",
       [](Graph& graph, const Take& take, const std::vector<double>& inputs) {
         return Categorical{take(0, 4)}.log_prob(label(graph, inputs[4]));
       }},
      {"entropy", [](Graph&, const Take& take, const std::vector<double>&) { return Categorical{take(0, 4)}.entropy(); }}}},
    {"dirichlet",
     {{"log_prob", [](Graph&, const Take& take, const std::vector<double>&) { return Dirichlet{take(0, 3)}.log_prob(take(3, 6)); }},
      {"entropy", [](Graph&, const Take& take, const std::vector<double>&) { return Dirichlet{take(0, 3)}.entropy(); }}}},
    {"multivariate_gaussian", {{"log_prob", multivariate_gaussian(false)}, {"log_prob_by_precision", multivariate_gaussian(true)}}},
    {"ordinal",
     {{"log_prob", ordinal(&Ordinal::log_prob)},
      {"log_cdf", ordinal(&Ordinal::log_cdf)},
      {"log_survival", ordinal(&Ordinal::log_survival)},
      {"crps", ordinal(&Ordinal::crps)},
      {"quantile",
       [](Graph&, const Take& take, const std::vector<double>&) {
         return Ordinal{.eta = number(take, 0), .cut_points = take(1, 4)}.quantile(number(take, 4));
       }}}},
    {"von_mises",
     {{"log_prob", von_mises([](const VonMises& d, Node y) { return d.log_prob(y); })},
      {"cdf", von_mises([](const VonMises& d, Node y) { return d.cdf(y); })},
      {"quantile", von_mises([](const VonMises& d, Node p) { return d.quantile(p); })},
      {"entropy", von_mises([](const VonMises& d, Node) { return d.entropy(); })},
      {"circular_variance", von_mises([](const VonMises& d, Node) { return d.circular_variance(); })}}},
};

class VectorReferences : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Families, VectorReferences, testing::ValuesIn(cases),
                         [](const auto& test) { return std::string(test.param.name); });

// Off by at most 1e-12·max(1, |value|) in float64 and 1e-5 in float32, or 8 times what one ulp of every input changes.
TEST_P(VectorReferences, AreReached) {
  const auto functions = read(GetParam().name);
  ASSERT_EQ(functions.size(), GetParam().answers.size());
  for (const auto& [function, rows] : functions)
    for (const DType dtype : {DType::float64, DType::float32}) {
      ASSERT_EQ(rows.size(), 200U);
      const double epsilon = dtype == DType::float64 ? 0x1p-52 : 0x1p-23, tolerance = dtype == DType::float64 ? 1e-12 : 1e-5;
      for (const Row& r : rows) {
        Graph graph;
        const Take take = [&, dtype = dtype](std::size_t begin, std::size_t end) {
          const auto first = r.inputs.begin();
          return graph.constant(row({first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end)}).cast(dtype));
        };
        const double actual = interpret(GetParam().answers.at(function)(graph, take, r.inputs)).item();
        std::string inputs;
        for (const double x : r.inputs) inputs += std::to_string(x) + " ";
        EXPECT_NEAR(actual, r.value, std::max(tolerance * std::max(1.0, std::abs(r.value)), 8 * epsilon * r.condition))
            << function << (dtype == DType::float64 ? " of " : " in float32 of ") << inputs;
      }
    }
}

}  // namespace
}  // namespace loglik
