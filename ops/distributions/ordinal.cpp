#include "ops/distributions/ordinal.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/argmax.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/distributions/classes.h"
#include "ops/distributions/links.h"
#include "ops/exponential.h"
#include "ops/gather.h"
#include "ops/initializers.h"
#include "ops/random.h"
#include "ops/shape.h"
#include "ops/slice.h"

namespace loglik {
namespace {

// θ − η {…, K − 1}: the log odds of Y ≤ 0, …, K − 2.
Node log_odds(const Ordinal& d) {
  d.classes();
  return d.cut_points - expand_dims(d.eta, -1);
}

// A column of x's leading axes.
Node column(Node x, double value) { return broadcast_to(x.graph().constant(value, x.dtype()), x.shape().with_last(1)); }

// Of y = …, −1 | 0, 1, …, K − 2 | K − 1, …: below, x {…, K − 1}, above.
Node at_label(Node x, double below, double above, Node y) {
  const double last = static_cast<double>(x.shape().back().constant());
  const Node place = cast(clamp(floor(is_float(y.dtype()) ? y : cast(y, DType::float32)) + 1.0, 0, last + 1), DType::int32);
  return take_along_last(concat({column(x, below), x, column(x, above)}, -1), place);
}

}  // namespace

Ordinal Ordinal::with_learned_cut_points(Node eta, std::int64_t classes) {
  if (classes < 2) throw ArgumentError(fmt::format("Ordinal: classes is {}, needs 2 or more", classes));
  Graph& graph = eta.graph();
  std::vector<double> raw;
  double before = 0;
  for (std::int64_t k = 1; k < classes; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(classes), cut = std::log(share) - std::log1p(-share);
    raw.push_back(k == 1 ? cut : std::log(cut - before));
    before = cut;
  }
  const Initializer initializer{"equally likely classes", [raw](Tensor& values, RandomKey) {
                                  for_float(values.dtype(), [&]<class T>() {
                                    for (std::size_t i = 0; i < raw.size(); ++i) values.mutable_values<T>()[i] = static_cast<T>(raw[i]);
                                  });
                                }};
  const Scope scope = graph.numbered_scope(name);
  return {.eta = eta, .cut_points = ordered(graph.parameter("cut_points", {classes - 1}, initializer, eta.dtype(), eta.site()))};
}

Node Ordinal::log_prob(Node y) const { return take_along_last(log_probabilities(), y.dtype() == DType::uint8 ? cast(y, DType::int32) : y); }

Node Ordinal::log_probabilities() const {
  const Node t = log_odds(*this), below = -softplus(-t), above = -softplus(t);  // log S(u), log S(−v)
  const std::int64_t cuts = classes() - 1;
  const Node first = narrow(below, -1, 0, 1), last = narrow(above, -1, cuts - 1, 1);
  if (cuts == 1) return concat({first, last}, -1);
  const Node gaps = narrow(cut_points, -1, 1, cuts - 1) - narrow(cut_points, -1, 0, cuts - 1);
  const Node none = equal(gaps, 0.0);  // equal cut points: no label between, and no slope that is 0·∞
  const Node between = where(none, -std::numeric_limits<double>::infinity(), log1mexp(where(none, 1.0, gaps)));
  return concat({first, narrow(below, -1, 1, cuts - 1) + narrow(above, -1, 0, cuts - 1) + between, last}, -1);
}

Node Ordinal::mode() const { return argmax(log_probabilities(), -1); }
Node Ordinal::probabilities() const { return exp(log_probabilities()); }

Node Ordinal::entropy() const { return entropy_of_classes(log_probabilities()); }

Node Ordinal::cdf(Node y) const { return at_label(sigmoid(log_odds(*this)), 0, 1, y); }
Node Ordinal::survival(Node y) const { return at_label(sigmoid(-log_odds(*this)), 1, 0, y); }
Node Ordinal::log_cdf(Node y) const { return at_label(-softplus(-log_odds(*this)), -std::numeric_limits<double>::infinity(), 0, y); }
Node Ordinal::log_survival(Node y) const { return at_label(-softplus(log_odds(*this)), 0, -std::numeric_limits<double>::infinity(), y); }

Node Ordinal::quantile(Node p) const {  // how many cut points have P(Y ≤ k) < p
  return reduce_sum(cast(less(sigmoid(log_odds(*this)), expand_dims(p, -1)), DType::int32), {-1});
}

// How many cut points η + log u − log(1 − u) is above. In float64, whatever η: in float32 the noise would end at ±16.6.
Node Ordinal::sample(std::string_view key) const {
  const Node t = log_odds(*this);
  const Node u = random_uniform(eta.graph(), t.shape().slice(0, t.shape().rank() - 1), {.dtype = DType::float64}).named(key);
  return reduce_sum(cast(less(cast(t, DType::float64), expand_dims(log(u) - log1p(-u), -1)), DType::int32), {-1});
}

Node Ordinal::kl(const Ordinal& other) const { return kl_of_classes(log_probabilities(), other.log_probabilities()); }

Node Ordinal::crps(Node y) const {
  const Node t = log_odds(*this);
  std::vector<double> labels;
  for (std::int64_t k = 0; k + 1 < classes(); ++k) labels.push_back(static_cast<double>(k));
  const Node each = eta.graph().constant(Tensor::from(labels).cast(eta.dtype()));
  const Node reached = less_equal(expand_dims(y.dtype() == eta.dtype() ? y : cast(y, eta.dtype()), -1), each);
  return reduce_sum(where(reached, square(sigmoid(-t)), square(sigmoid(t))), {-1});
}

FisherInformation Ordinal::fisher_information() const {
  const Node t = log_odds(*this), none = column(t, 0);
  const Node score = concat({sigmoid(-t), none}, -1) - concat({none, sigmoid(t)}, -1);
  return {.parameters = {eta}, .entries = {reduce_sum(probabilities() * square(score), {-1})}};
}

Support Ordinal::support() const { return Support::below(classes()); }

std::string Ordinal::advice(double y) const {
  return y >= static_cast<double>(classes()) && y == std::floor(y)
             ? fmt::format("use {} cut points or more, or number the labels from 0", y)
             : "";
}

TensorType Ordinal::target() const {
  const Shape shape = log_odds(*this).shape();
  return {DType::int32, shape.slice(0, shape.rank() - 1)};
}

std::int64_t Ordinal::classes() const {
  const Shape& shape = cut_points.shape();
  if (shape.rank() == 0 || !shape.back().is_constant() || shape.back().constant() < 1)
    throw ShapeError(
        fmt::format("Ordinal: cut_points have shape {}, need a last axis of constant size, one less than classes", to_string(shape)));
  return shape.back().constant() + 1;
}

}  // namespace loglik
