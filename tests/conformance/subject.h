#pragma once
// The kit's own: a distribution as the nodes of a graph, and their values at many raw outputs and targets at once.
#include <array>
#include <map>
#include <string>
#include <vector>

#include "framework/graph.h"
#include "tests/conformance/check_distribution.h"

namespace loglik::conformance {

enum class Answer {
  log_prob,
  mean,
  mode,
  median,
  variance,
  entropy,
  probabilities,
  cdf,
  survival,
  log_cdf,
  log_survival,
  quantile,
  crps,
  deviance,
  kl,
  sample
};
inline constexpr std::size_t answer_count = 16;
std::string_view name(Answer answer);

/// Rows to evaluate at.
struct Points {
  std::int64_t rows = 0;
  std::vector<double> raw;         ///< rows·raw_outputs, or one row for all
  std::vector<double> y = {};      ///< rows·elements
  std::vector<double> p = {};      ///< of quantiles
  std::vector<double> other = {};  ///< raw outputs of a second distribution, for kl: as raw
  std::uint64_t seed = 0;          ///< of draws

  bool operator==(const Points&) const = default;
};

/// A distribution of one dtype in a graph of its own: raw {batch, n}, y {batch, …}, and its answers as nodes of these.
class Subject {
 public:
  /// Throws what the builder and the distribution throw; an answer that throws is absent and noted in `broken`.
  Subject(const DistributionBuilder& build, const DistributionOptions& options, DType dtype);

  DType dtype;
  std::string name;
  std::int64_t raw_outputs = 1;
  std::int64_t elements = 1;  ///< of an event
  std::size_t event_rank = 0;
  bool integer_target = false;
  std::optional<Support> own_support;                       ///< what it says itself
  std::optional<Support> support;                           ///< what the options say, else its own
  std::vector<std::pair<std::string, std::string>> broken;  ///< answers that threw, and what

  Graph graph;
  Node raw, y, p, other;
  Node other_log_prob;
  std::size_t links = 0;  ///< nodes before this are not the distribution's, but how raw outputs become its parameters
  std::array<Node, answer_count> answers;
  std::vector<Node> atoms, fisher_parameters, fisher_entries;  ///< fisher_entries k·k, absent for zero

  bool has(Answer answer) const { return static_cast<bool>(node(answer)); }
  Node node(Answer answer) const { return answers[static_cast<std::size_t>(answer)]; }
  Node& node(Answer answer) { return answers[static_cast<std::size_t>(answer)]; }
  bool is_discrete() const { return support && support->is_integer(); }

  /// The values of a node in each row, row after row; of one without rows, repeated.
  std::vector<double> values(Node node, const Points& points) const;
  std::vector<std::vector<double>> values(const std::vector<Node>& nodes, const Points& points) const;

  /// ∂(Σ rows of node)/∂by, so for each row alone; absent where there is none. Throws GradientError.
  Node derivative(Node node, Node by);

  /// From now on remembers the values of nodes before `count`, for those who ask for the same again and again.
  void remember_values_before(std::size_t count) { remembered_ = count; }

  /// Forgets derivatives of nodes, or made of nodes, from `count` on, which are about to go away.
  void forget_derivatives(std::size_t count);

  std::string place(std::span<const double> raw, std::span<const double> y = {}) const;  ///< "gamma at raw = {0, 1}, y = 3"

  /// Is what one tensor has in one row `width` numbers?
  static std::int64_t width(std::size_t values, std::int64_t rows) { return rows == 0 ? 0 : static_cast<std::int64_t>(values) / rows; }

 private:
  void ask(Answer answer, const Distribution& d);
  std::vector<std::vector<double>> compute(const std::vector<Node>& nodes, const Points& points) const;

  std::map<std::pair<std::uint64_t, std::uint64_t>, Node> derivatives_;
  std::size_t remembered_ = 0;
  mutable std::map<std::uint64_t, std::vector<std::pair<Points, std::vector<double>>>> values_;  // of nodes
};

/// How many raw outputs there are.
std::int64_t raw_outputs(const DistributionBuilder& build, const DistributionOptions& options);

/// `rows` rows of raw outputs within their domains, the same ones each time: the first in the middle.
std::vector<std::vector<double>> draw_parameters(const DistributionOptions& options, std::int64_t outputs, int rows, std::uint64_t seed);

}  // namespace loglik::conformance
