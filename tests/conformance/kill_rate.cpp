// How many errors planted in a distribution the kit finds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/temporary.h"
#include "ops/builtin.h"
#include "tests/conformance/mutants.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

struct Check {
  Property property;
  void (*run)(Study&);
};

// What can find an error in an answer: those that look at nodes, the quickest first.
std::vector<Check> checks_for(Answer answer) {
  switch (answer) {
    case Answer::log_prob:
      return {{Property::mass, check_mass},       {Property::score, check_score},           {Property::coherence, check_coherence},
              {Property::moments, check_moments}, {Property::identities, check_identities}, {Property::propriety, check_propriety},
              {Property::sampler, check_sampler}, {Property::gradient, check_gradients}};
    case Answer::cdf:
    case Answer::survival:
    case Answer::log_cdf:
    case Answer::log_survival:
    case Answer::quantile:
      return {{Property::coherence, check_coherence}, {Property::gradient, check_gradients}};
    case Answer::crps:
      return {{Property::propriety, check_propriety}, {Property::gradient, check_gradients}};
    case Answer::kl:
    case Answer::deviance:
      return {{Property::identities, check_identities}};
    default:
      return {{Property::moments, check_moments}};
  }
}

class Planting {
 public:
  Planting(Study& study, KillRate& result) : study_(study), subject_(*study.subject), result_(result) {}

  void plant_in(Answer answer) {
    const Node right = subject_.node(answer);
    const std::vector<std::vector<double>> expected = values(right);
    for (const Mutant& mutant : mutants_of(right, subject_.links)) {
      const std::size_t count = subject_.graph.node_count();
      const Temporary temporary(subject_.graph);
      const Node wrong = plant(right, mutant);
      if (!wrong) continue;
      const double change = difference(expected, values(wrong));
      if (change <= 1e-12) {
        ++result_.equivalent;
        continue;
      }
      ++result_.planted;
      subject_.node(answer) = wrong;
      if (is_found(answer))
        ++result_.killed;
      else
        result_.survivors.push_back(fmt::format("{}: {}: changes values by {:.2g}", name(answer), mutant.text, change));
      subject_.node(answer) = right;
      subject_.forget_derivatives(count);
    }
  }

 private:
  // At all points of the rules.
  std::vector<std::vector<double>> values(Node node) const {
    std::vector<std::vector<double>> result;
    for (std::size_t k = 0; k < study_.rules.size(); ++k) {
      if (!study_.rules[k]) continue;
      Points points = study_.rules[k]->points_at();
      for (std::size_t i = 0; i < study_.rules[k]->points(); ++i)
        points.p.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(study_.rules[k]->points()));
      points.other = study_.thetas[(k + 1) % study_.thetas.size()];
      result.push_back(subject_.values(node, points));
    }
    return result;
  }

  double difference(const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b) const {
    double worst = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
      for (std::size_t i = 0; i < a[k].size(); ++i) {
        const double x = a[k][i], y = b[k][i];
        if (x == y || (std::isnan(x) && std::isnan(y))) continue;
        worst =
            std::max(worst, std::isfinite(x) && std::isfinite(y) ? std::abs(x - y) / std::max({1e-3, std::abs(x), std::abs(y)}) : 1e300);
      }
    return worst;
  }

  bool is_found(Answer answer) {
    Study mutant{study_.build, study_.options, study_.subject, study_.thetas, study_.rules, {}};
    const auto fails = [&](const Check& check) {
      try {
        check.run(mutant);
      } catch (const std::exception&) {
        return true;
      }
      return !mutant.report.failures.empty();
    };
    if (answer == Answer::log_prob) {
      mutant.rules.clear();
      if (fails({Property::mass, make_rules})) return true;
    }
    const std::vector<Check> checks = checks_for(answer);
    return std::any_of(checks.begin(), checks.end(), fails);
  }

  Study& study_;
  Subject& subject_;
  KillRate& result_;
};

}  // namespace

std::string to_string(const KillRate& rate) {
  std::string text = fmt::format("{} of {} planted errors found, {:.1f}%; {} more changed nothing", rate.killed, rate.planted,
                                 100 * rate.rate(), rate.equivalent);
  for (const std::string& survivor : rate.survivors) text += fmt::format("\n  {}", survivor);
  for (const Failure& failure : rate.before) text += fmt::format("\n  before any: {}", to_string(failure));
  return text;
}

KillRate kill_rate(const DistributionBuilder& build, const DistributionOptions& options) {
  register_builtin_ops();
  KillRate result;
  Study study{build, options, std::make_shared<Subject>(build, options, DType::float64), {}, {}, {}};
  study.thetas = draw_parameters(options, study.subject->raw_outputs, std::min(options.parameters, 3), 0);
  make_rules(study);
  for (const Answer answer : {Answer::log_prob, Answer::cdf, Answer::crps, Answer::kl, Answer::mean})  // also leaves all derivatives behind
    for (const Check& check : checks_for(answer)) check.run(study);
  result.before = study.report.failures;
  if (!result.before.empty()) return result;
  Planting planting(study, result);
  for (std::size_t a = 0; a < answer_count; ++a) {
    const auto answer = static_cast<Answer>(a);
    if (study.subject->has(answer) && answer != Answer::sample) planting.plant_in(answer);
  }
  return result;
}

}  // namespace loglik::conformance
