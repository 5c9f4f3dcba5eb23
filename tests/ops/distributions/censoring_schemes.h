#pragma once
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "framework/primitives.h"
#include "ops/ops.h"

namespace loglik {

// RightCensored and IntervalCensored have no density of y alone: what else is known of a sample is in other inputs. Under a fixed scheme of
// censoring those follow from y, and what is recorded has a law of its own, with all that the conformance kit asks for.

/// Followed up to `end`: Y = min(X, end), and whether the event came, which it did if Y < end. At the end Y has the probability P(X > end).
struct FollowedUntil {
  Distribution base;
  Node end;  ///< a constant, the support's upper bound
  double bound;

  Node came(Node y) const { return less(y, end); }
  RightCensored scheme(Node y) const { return {.base = base, .event = came(y)}; }
  Node log_prob(Node y) const { return scheme(y).log_prob(y); }
  Node cdf(Node y) const { return where(came(y), scheme(y).cdf(y), 1.0); }
  Node survival(Node y) const { return where(came(y), scheme(y).survival(y), 0.0); }
  Node quantile(Node p) const { return minimum(scheme(end).quantile(p), end); }
  Node sample(std::string_view key) const { return minimum(scheme(end).sample(key), end); }
  Support support() const { return {base.support()->lower(), bound, base.support()->lower_is_open(), false, false}; }
  std::vector<Node> atoms() const { return {end}; }
  std::string name() const { return scheme(end).name() + " followed for a time"; }
};

/// In which of the intervals between edges a value lies: 0, 1, …, as many as there are edges.
struct Brackets {
  Distribution base;
  std::vector<double> edges;

  IntervalCensored scheme() const { return {.base = base, .edges = edges}; }
  /// A value in interval k: its upper edge, of the last one a value beyond.
  Node value(Node k) const {
    Node y = k.graph().constant(edges.back() + 1, k.dtype());
    for (std::size_t i = edges.size(); i-- > 0;) y = where(less_equal(k, i), edges[i], y);
    return y;
  }
  Node is_last(Node k) const { return greater_equal(k, edges.size()); }
  Node log_prob(Node k) const { return scheme().log_prob(value(k)); }
  Node cdf(Node k) const { return where(less(k, 0.0), 0.0, where(is_last(k), 1.0, scheme().cdf(value(floor(k))))); }
  Node survival(Node k) const { return where(less(k, 0.0), 1.0, where(is_last(k), 0.0, scheme().survival(value(floor(k))))); }
  Node sample(std::string_view key) const {
    const Node x = scheme().sample(key);
    Node k = 0.0 * x;
    for (const double edge : edges) k = k + cast(greater(x, edge), x.dtype());
    return k;
  }
  Support support() const { return {0, static_cast<double>(edges.size()), false, false, true}; }
  std::string name() const { return scheme().name() + " in brackets"; }
};

/// Known from a limit of detection on, below it only to be below: Y = max(X, limit). Of limits that are a sample's own, (−∞, limit] where Y
/// is the limit, else (Y, Y], a value that is known.
struct Detected {
  Distribution base;
  Node limit;  ///< a constant, the support's lower bound
  double bound;

  IntervalCensored scheme(Node y) const {
    return {.base = base, .lower = where(less_equal(y, limit), -std::numeric_limits<double>::infinity(), y), .upper = y};
  }
  Node log_prob(Node y) const { return scheme(y).log_prob(y); }
  Node cdf(Node y) const { return where(less(y, limit), 0.0, scheme(y).cdf(y)); }
  Node log_survival(Node y) const { return where(less(y, limit), 0.0, scheme(y).log_survival(y)); }
  Node quantile(Node p) const { return maximum(scheme(limit).quantile(p), limit); }
  Node sample(std::string_view key) const { return maximum(scheme(limit).sample(key), limit); }
  Support support() const { return {bound, base.support()->upper(), false, base.support()->upper_is_open(), false}; }
  std::vector<Node> atoms() const { return {limit}; }
  std::string name() const { return scheme(limit).name() + " above a limit of detection"; }
};

}  // namespace loglik
