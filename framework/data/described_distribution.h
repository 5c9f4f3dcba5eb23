#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/distribution.h"

namespace loglik {

/// What an answer that needs no argument is called in a Head; "" for the others.
template <class Answer> inline constexpr std::string_view described_name = "";
template <> inline constexpr std::string_view described_name<Mean> = "mean";
template <> inline constexpr std::string_view described_name<Mode> = "mode";
template <> inline constexpr std::string_view described_name<Median> = "median";
template <> inline constexpr std::string_view described_name<Variance> = "variance";
template <> inline constexpr std::string_view described_name<Entropy> = "entropy";
template <> inline constexpr std::string_view described_name<Probabilities> = "probabilities";

/// What stays of a head's distribution in a model that was loaded: what it said of itself, and its answers that need no argument.
///
/// Its log_prob of the head's own target is in the graph already, as Head::nll; asked for that of another y it throws ArgumentError, as it does for
/// answers that it had not: those that need an argument went with the struct.
struct DescribedDistribution {
  /// Targets that a distribution is asked its advice for: those of a class are told the same.
  enum class Class { negative_integer, negative, zero, fraction, one, above_one, integer, count };

  std::string label;
  std::size_t rank = 0;
  std::optional<Support> values;
  std::optional<TensorType> type;
  std::string statement;
  std::array<std::string, static_cast<std::size_t>(Class::count)> advices;
  std::vector<std::pair<std::string, Node>> answers;

  Node log_prob(Node y) const;
  Node mean() const { return answer("mean"); }
  Node mode() const { return answer("mode"); }
  Node median() const { return answer("median"); }
  Node variance() const { return answer("variance"); }
  Node entropy() const { return answer("entropy"); }
  Node probabilities() const { return answer("probabilities"); }
  template <class Answer> bool has() const { return has_answer(described_name<Answer>); }

  std::string name() const { return label; }
  std::size_t event_rank() const { return rank; }
  std::optional<Support> support() const { return values; }
  std::optional<TensorType> target() const { return type; }
  std::string certificate() const { return statement; }
  std::string advice(double y) const;

  bool has_answer(std::string_view name) const;
  Node answer(std::string_view name) const;  ///< throws ArgumentError if there is none
};

/// What the distribution says to each class of targets; "" where it does not say the same to all of them.
std::array<std::string, static_cast<std::size_t>(DescribedDistribution::Class::count)> advices_of(const Distribution& distribution);

}  // namespace loglik
