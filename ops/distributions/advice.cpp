#include "ops/distributions/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "ops/distributions/family.h"
#include "ops/distributions/von_mises.h"

namespace loglik {
namespace {

constexpr std::size_t at_most = 3;

struct Candidate {
  Support support;
  std::int64_t raw_outputs;
  std::string name;

  // Tighter supports are less: by infinite ends, then integers before reals, then open ends before closed ones.
  auto order() const {
    const int infinite = std::isinf(support.lower()) + std::isinf(support.upper());
    const int closed = support.contains(support.lower()) + support.contains(support.upper());
    return std::tuple(infinite, !support.is_integer(), closed, raw_outputs, name);
  }
};

std::vector<Candidate> takers(const Support& support, double y, bool likelihoods) {
  const Targets one_value;
  std::vector<Candidate> candidates;
  if (is_of_angles(support)) return candidates;  // an angle is no kind of number that others are
  for (const Family& family : families()) {
    if (family.needs_classes || family.is_likelihood != likelihoods) continue;
    const Support wider = family.support(one_value);
    if (!is_of_angles(wider) && wider.contains(y) && wider.includes(support)) candidates.push_back({wider, family.raw_outputs(one_value), family.name});
  }
  return candidates;
}

}  // namespace

std::vector<std::string> heads_for(const Support& support, double y) {
  std::vector<Candidate> candidates = takers(support, y, true);
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) { return a.order() < b.order(); });
  const auto same_support = [](const Candidate& a, const Candidate& b) { return a.support.includes(b.support) && b.support.includes(a.support); };
  candidates.erase(std::unique(candidates.begin(), candidates.end(), same_support), candidates.end());

  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(at_most, candidates.size()); ++i) names.push_back(candidates[i].name);
  return names;
}

std::string advice_for(const Support& support, double y) {
  const std::vector<std::string> names = heads_for(support, y);
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "use " : i + 1 < names.size() ? ", " : " or ") + names[i];
  for (const Candidate& other : takers(support, y, false)) text += fmt::format("{}{} takes it too, but is not a likelihood", text.empty() ? "" : "; ", other.name);
  return text;
}

std::string advice_for(const std::optional<Support>& support, double y) { return support ? advice_for(*support, y) : ""; }

std::string advice_for_label(std::int64_t classes, double y) {
  if (!(y >= static_cast<double>(classes)) || y != std::floor(y)) return "";
  return fmt::format("use {:.0f} classes or more, or number the labels from 0", y + 1);
}

}  // namespace loglik
