#include "ops/distributions/natural_gradient.h"

#include <fmt/format.h>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/shape.h"
#include "ops/slice.h"
#include "ops/straight_through.h"

namespace loglik {
namespace {

constexpr double largest = 1e30, smallest = 1e-30;  // within float32

using Matrix = std::vector<std::vector<Node>>;  // of nodes {…, c}: one matrix for each value; absent is 0

void add_to(Node& sum, Node term) { sum = sum ? sum + term : term; }

// ∂θᵢ/∂raw, output by output.
Matrix link_derivatives(const std::vector<Node>& parameters, Node raw, const Shape& answers, std::int64_t outputs) {
  Matrix rows;
  for (const Node parameter : parameters) {
    const Node ones = broadcast_to(raw.graph().constant(1.0, parameter.dtype()), parameter.shape());
    const Node row = vector_jacobian_product(std::span(&parameter, 1), std::span(&ones, 1), std::span(&raw, 1))[0];
    if (row && parameter.shape() != answers)
      throw ShapeError(fmt::format("with_natural_gradient: a parameter {} is shared by answers {}", to_string(parameter.shape()), to_string(answers)));
    rows.push_back(row ? split_sparse(row, outputs, -1) : std::vector<Node>(static_cast<std::size_t>(outputs)));
  }
  return rows;
}

// JᵀIJ + λ
Matrix information_in_raw(const FisherInformation& theta, const Matrix& links, std::size_t outputs, double damping) {
  const std::size_t k = theta.parameters.size();
  Matrix result(outputs, std::vector<Node>(outputs));
  for (std::size_t a = 0; a < outputs; ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      for (std::size_t i = 0; i < k; ++i)
        for (std::size_t j = 0; j < k; ++j)
          if (theta.entries[i * k + j] && links[i][a] && links[j][b]) add_to(result[a][b], links[i][a] * theta.entries[i * k + j] * links[j][b]);
      if (!result[a][b]) continue;
      result[a][b] = clamp(result[a][b], -largest, largest);
      if (a == b) result[a][b] = result[a][b] + damping;
    }
  return result;
}

// l·x, where an l of 0 keeps an infinite gradient out: orthogonal parameters do not touch each other.
Node coupled(Node l, Node x) { return where(not_equal(l, 0.0), l * x, 0.0); }

// A⁻¹x by LDLᵀ, value by value; what is divided by is at least `floor`. Where A is diagonal nothing but the division is left.
std::vector<Node> solve(const Matrix& a, std::vector<Node> x, double floor) {
  const std::size_t n = x.size();
  Matrix l(n, std::vector<Node>(n));
  std::vector<Node> d(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      Node rest = a[i][j];
      for (std::size_t m = 0; m < j; ++m)
        if (l[i][m] && l[j][m]) rest = rest ? rest - l[i][m] * l[j][m] * d[m] : -(l[i][m] * l[j][m] * d[m]);
      if (i == j) d[i] = rest ? maximum(rest, floor) : Node();
      else if (rest) l[i][j] = rest / d[j];
    }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t m = 0; m < i; ++m)
      if (l[i][m]) x[i] = x[i] - coupled(l[i][m], x[m]);
  for (std::size_t i = 0; i < n; ++i)
    if (d[i]) x[i] = x[i] / d[i];  // an output that tells nothing keeps its gradient
  for (std::size_t i = n; i-- > 0;)
    for (std::size_t m = i + 1; m < n; ++m)
      if (l[m][i]) x[i] = x[i] - coupled(l[m][i], x[m]);
  return x;
}

}  // namespace

Node with_natural_gradient(Node raw, const std::function<Distribution(Node)>& make, const NaturalGradientOptions& options) {
  if (!(options.damping >= 0)) throw ArgumentError(fmt::format("with_natural_gradient: damping = {}, must be 0 or more", options.damping));
  const SiteScope site(raw.site());
  const std::size_t variables = raw.graph().data()->variables.size();
  const Node held = stop_gradient(raw);
  const Distribution distribution = make(held);
  if (raw.graph().data()->variables.size() != variables)
    throw ArgumentError(fmt::format("with_natural_gradient: {} trains parameters of its own, not only raw outputs", distribution.name()));
  if (!distribution.has_fisher_information())
    throw ArgumentError(fmt::format("with_natural_gradient: {} has no Fisher information in closed form", distribution.name()));
  const FisherInformation information = distribution.fisher_information();
  Shape answers;
  for (const Node entry : information.entries)
    if (entry) answers = broadcast_shapes(answers, entry.shape());
  for (const Node parameter : information.parameters) answers = broadcast_shapes(answers, parameter.shape());
  const Shape& shape = raw.shape();
  const auto constant = [](const Shape& s) { return s.rank() > 0 && s.back().is_constant() ? s.back().constant() : 0; };
  const std::int64_t width = constant(answers), outputs = width > 0 ? constant(shape) / width : 0;
  if (outputs < 1 || outputs * width != constant(shape) || answers.rank() != shape.rank())
    throw ShapeError(fmt::format("with_natural_gradient: raw outputs {} are not a number of outputs for each of the answers {}", to_string(shape), to_string(answers)));

  const auto r = static_cast<std::size_t>(outputs);
  const Matrix links = link_derivatives(information.parameters, held, answers, outputs);
  const Matrix matrix = information_in_raw(information, links, r, options.damping);
  // A linear map of the raw outputs by A⁻¹, held constant: its gradient is A⁻¹g, A being symmetric.
  const std::vector<Node> solved = solve(matrix, split(raw, outputs, -1), std::max(options.damping, smallest));
  return straight_through(raw, r == 1 ? solved[0] : concat(solved, -1));
}

}  // namespace loglik
