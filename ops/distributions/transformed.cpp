#include "ops/distributions/transformed.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/distributions/atoms.h"
#include "ops/distributions/censoring.h"
#include "ops/distributions/within_support.h"
#include "ops/exponential.h"
#include "ops/logical.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool holds(const Support& all, const Support& part) {
  const bool from = part.lower() > all.lower() || (part.lower() == all.lower() && (part.lower_is_open() || !all.lower_is_open()));
  const bool to = part.upper() < all.upper() || (part.upper() == all.upper() && (part.upper_is_open() || !all.upper_is_open()));
  return from && to;
}

struct Preimage {
  Node x;
  Node at_atom;  // bool: is y the image of one? absent if the base has none
};

// Images of atoms are taken back to exactly the atom.
Preimage preimage(const Transformed& d, Node y) {
  d.check();
  Preimage result{d.bijection.inverse(y), {}};
  for (const Node atom : d.base.atoms()) {
    const Node same = equal(y, d.bijection.forward(atom));
    result.x = where(same, atom, result.x);
    result.at_atom = result.at_atom ? logical_or(result.at_atom, same) : same;
  }
  return result;
}

// The probability of x itself.
Node mass(const Distribution& d, Node x) {
  Node sum;
  for (const Node atom : d.atoms()) {
    const Node here = where(equal(x, atom), exp(d.log_prob(atom)), 0.0);
    sum = sum ? sum + here : here;
  }
  return sum;
}

// `ask` of x, for a y in the range of g and an x in the base's support; elsewhere `below` or `above`, as x would lie.
template <class AskBase>
Node of_preimage(const Transformed& d, Node y, AskBase ask, double below, double above) {
  const WithinSupport range(d.bijection.range, y);
  const Node x = preimage(d, range.y()).x;
  const WithinSupport within(d.base.support(), x);
  const Node value = within.otherwise(ask(within.y()), below, above);
  return d.bijection.increasing ? range.otherwise(value, below, above) : range.otherwise(value, above, below);
}

}  // namespace

void Transformed::check() const {
  if (base.event_rank() > 0)
    throw ArgumentError(fmt::format("{}: is for scalars, an observation of the base has {} {}: take independent({}(…))", name(),
                                    base.event_rank(), base.event_rank() == 1 ? "axis" : "axes", bijection.name));
  require_density_or_integers(base, name());
  refuse_what_holds_censored(base, name());
  const std::optional<Support> support = base.support();
  if (!support) return;
  if (support->is_integer()) throw ArgumentError(fmt::format("{}: the base is of integers, {}, needs a density", name(), support->text()));
  if (!holds(bijection.domain, *support))
    throw ArgumentError(fmt::format("{}: takes {}, the base's support is {}", name(), bijection.domain.text(), support->text()));
}

std::string Transformed::name() const { return fmt::format("{}({})", bijection.name, base.name()); }

Node Transformed::log_prob(Node y) const {
  const Preimage from = preimage(*this, y);
  Node change = bijection.log_abs_derivative(from.x, y);
  if (from.at_atom) change = where(from.at_atom, 0.0, change);  // a probability does not stretch
  return base.log_prob(from.x) - change;
}

Node Transformed::median() const {
  check();
  return bijection.forward(base.median());
}

Node Transformed::entropy() const {
  check();
  return base.entropy() + bijection.mean_log_derivative(base.mean());
}

Node Transformed::cdf(Node y) const {  // where g decreases, Y ≤ y is X ≥ x
  if (bijection.increasing)
    return of_preimage(
        *this, y, [&](Node x) { return base.cdf(x); }, 0, 1);
  return of_preimage(
      *this, y,
      [&](Node x) {
        const Node above = base.survival(x), here = mass(base, x);
        return here ? above + here : above;
      },
      1, 0);
}

Node Transformed::survival(Node y) const {
  if (bijection.increasing)
    return of_preimage(
        *this, y, [&](Node x) { return base.survival(x); }, 1, 0);
  return of_preimage(
      *this, y,
      [&](Node x) {
        const Node below = base.cdf(x), here = mass(base, x);
        return here ? below - here : below;
      },
      0, 1);
}

Node Transformed::log_cdf(Node y) const {
  if (bijection.increasing)
    return of_preimage(
        *this, y, [&](Node x) { return base.log_cdf(x); }, -infinity, 0);
  return of_preimage(
      *this, y, [&](Node x) { return base.log_survival(x); }, 0, -infinity);
}

Node Transformed::log_survival(Node y) const {
  if (bijection.increasing)
    return of_preimage(
        *this, y, [&](Node x) { return base.log_survival(x); }, 0, -infinity);
  return of_preimage(
      *this, y, [&](Node x) { return base.log_cdf(x); }, -infinity, 0);
}

Node Transformed::quantile(Node p) const {
  check();
  return bijection.forward(base.quantile(bijection.increasing ? p : 1.0 - p));
}

Node Transformed::sample(std::string_view key) const {
  check();
  return bijection.forward(base.sample(key));
}

Node Transformed::kl(const Transformed& other) const { return base.kl(other.base); }
bool Transformed::has_kl(const Transformed& other) const { return bijection.name == other.bijection.name && base.has_kl(other.base); }

std::optional<Support> Transformed::support() const {
  check();
  const std::optional<Support> from = base.support();
  if (!from || !bijection.end) return {};
  double low = bijection.end(from->lower()), high = bijection.end(from->upper());
  bool low_is_open = from->lower_is_open(), high_is_open = from->upper_is_open();
  if (!bijection.increasing) {
    std::swap(low, high);
    std::swap(low_is_open, high_is_open);
  }
  return Support(low + 0.0, high + 0.0, low_is_open, high_is_open, false);  // −0 reads badly
}

std::vector<Node> Transformed::atoms() const {
  std::vector<Node> images;
  for (const Node atom : base.atoms()) images.push_back(bijection.forward(atom));
  return images;
}

std::string Transformed::certificate() const {
  return fmt::format("NLL = that of {} at x, g(x) = y, plus log |g′(x)|, g = {}", base.name(), bijection.name);
}

}  // namespace loglik
