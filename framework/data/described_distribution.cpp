#include "framework/data/described_distribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"

namespace loglik {
namespace {

using Class = DescribedDistribution::Class;

// Two of each class; of a class of one value it twice.
constexpr std::array<std::pair<double, double>, static_cast<std::size_t>(Class::count)> representatives{
    {{-1, -3}, {-0.5, -2.5}, {0, 0}, {0.25, 0.75}, {1, 1}, {1.5, 7.5}, {2, 9}}};

Class class_of(double y) {
  const bool whole = y == std::floor(y);
  if (y < 0) return whole ? Class::negative_integer : Class::negative;
  if (y <= 1) return y == 0 ? Class::zero : y == 1 ? Class::one : Class::fraction;
  return whole ? Class::integer : Class::above_one;
}

}  // namespace

std::array<std::string, static_cast<std::size_t>(Class::count)> advices_of(const Distribution& distribution) {
  std::array<std::string, static_cast<std::size_t>(Class::count)> result;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto [a, b] = representatives[i];
    result[i] = distribution.advice(a);
    if (a != b && distribution.advice(b) != result[i]) result[i].clear();
  }
  return result;
}

Node DescribedDistribution::log_prob(Node) const {
  throw ArgumentError(fmt::format("the {} of a loaded model has no log_prob but that of its head's target, which is the head's nll", label));
}

bool DescribedDistribution::has_answer(std::string_view name) const {
  return !name.empty() && std::any_of(answers.begin(), answers.end(), [&](const auto& answer) { return answer.first == name; });
}

Node DescribedDistribution::answer(std::string_view name) const {
  for (const auto& [known, node] : answers)
    if (known == name) return node;
  throw ArgumentError(fmt::format("{} has no {}", label, name));
}

std::string DescribedDistribution::advice(double y) const { return std::isfinite(y) ? advices[static_cast<std::size_t>(class_of(y))] : ""; }

}  // namespace loglik
