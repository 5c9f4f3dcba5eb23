#include "ops/distributions/raw_information.h"

#include <fmt/format.h>

#include <vector>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/concat.h"
#include "ops/shape.h"
#include "ops/slice.h"

namespace loglik {
namespace {

Node broadcast(Node x, const Shape& shape) { return x.shape() == shape ? x : broadcast_to(x, shape); }

}  // namespace

Node raw_fisher_information(const Distribution& d, Node raw) {
  if (!d.has_fisher_information()) throw ArgumentError(fmt::format("raw_fisher_information: the distribution \"{}\" has no Fisher information", d.name()));
  if (raw.shape().rank() != 2 || !raw.shape()[1].is_constant())
    throw ShapeError(fmt::format("raw_fisher_information: raw is {}, needs {{batch, n}}", to_string(raw.shape())));
  const FisherInformation own = d.fisher_information();
  Shape answers;
  for (const Node entry : own.entries)
    if (entry) answers = broadcast_shapes(answers, entry.shape());
  for (const Node parameter : own.parameters) answers = broadcast_shapes(answers, parameter.shape());
  if (answers.rank() == 0 || answers[0] != raw.shape()[0] || !answers.slice(1, answers.rank()).is_constant())
    throw ShapeError(fmt::format("raw_fisher_information: the answers are {}, raw is {}: they do not share the batch", to_string(answers), to_string(raw.shape())));
  const std::int64_t values = count(answers.slice(1, answers.rank()).constant()), n = raw.shape()[1].constant();
  const Shape flat{answers[0], Dim(values)};
  Graph& graph = raw.graph();

  // Value by value: row a of J is what the parameter of that value is differentiated to; samples do not mix.
  Node sum;
  for (std::int64_t value = 0; value < values; ++value) {
    std::vector<double> one(static_cast<std::size_t>(values), 0.0);
    one[static_cast<std::size_t>(value)] = 1;
    std::vector<Node> jacobian;
    for (const Node parameter : own.parameters) {
      const std::vector<Node> ys{reshape(broadcast(parameter, answers), flat)};
      const std::vector<Node> seeds{broadcast_to(graph.constant(Tensor::from(one).cast(parameter.dtype())), flat)};
      jacobian.push_back(vector_jacobian_product(ys, seeds, std::vector<Node>{raw})[0]);
    }
    const std::size_t k = own.parameters.size();
    for (std::size_t a = 0; a < k; ++a)
      for (std::size_t b = 0; b < k; ++b) {
        const Node entry = own.entries[a * k + b];
        if (!entry || !jacobian[a] || !jacobian[b]) continue;
        const Node weight = slice(reshape(broadcast(entry, answers), flat), 1, {.begin = value, .end = value + 1});
        const Node term = expand_dims(weight * jacobian[a], 2) * expand_dims(jacobian[b], 1);
        sum = sum ? sum + term : term;
      }
  }
  if (sum) return sum;
  return broadcast_to(graph.constant(0.0, raw.dtype()), {raw.shape()[0], Dim(n), Dim(n)});
}

}  // namespace loglik
