// How many errors planted in a distribution the kit finds.
#include <fmt/format.h>


#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/temporary.h"
#include "ops/builtin.h"
#include "tests/conformance/mutants.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

// What can find an error in an answer, the quickest first, beside the mass of log_prob and the gradients.
std::vector<void (*)(Study&)> checks_for(Answer answer) {
  switch (answer) {
    case Answer::log_prob:
      return {check_moments, check_score, check_identities, check_coherence, check_propriety, check_sampler};
    case Answer::cdf:
    case Answer::survival:
    case Answer::log_cdf:
    case Answer::log_survival:
    case Answer::quantile:
      return {check_coherence};
    case Answer::crps:
      return {check_propriety};
    case Answer::kl:
    case Answer::deviance:
      return {check_identities};
    case Answer::sample:
      return {check_sampler};
    default:
      return {check_moments};
  }
}

class Planting {
 public:
  Planting(Study& study, KillRate& result) : study_(study), subject_(*study.subject), result_(result), options_(study.options) {
    options_.identities.clear();  // they are of distributions without errors
  }

  void plant_in(Answer answer) {
    const Node right = subject_.node(answer);
    for (const Mutant& mutant : mutants_of(right, subject_.links, answer == Answer::sample ? 0.25 : 1e-3)) {
      const std::size_t count = subject_.graph.node_count();
      const Temporary temporary(subject_.graph);
      const Node wrong = plant(right, mutant);
      if (!wrong) continue;
      const double change = difference(right, wrong);
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
  // The largest at the points of the first rule at which there is one.
  double difference(Node right, Node wrong) const {
    for (std::size_t k = 0; k < study_.rules.size(); ++k) {
      if (!study_.rules[k]) continue;
      const Rule& rule = *study_.rules[k];
      Points points{0, rule.theta};
      const std::size_t stride = rule.points() / 4000 + 1, elements = static_cast<std::size_t>(rule.elements);
      for (std::size_t i = 0; i < rule.points(); i += stride) {
        points.y.insert(points.y.end(), &rule.y[i * elements], &rule.y[i * elements] + elements);
        points.p.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(rule.points()));
        ++points.rows;
      }
      points.other = study_.thetas[(k + 1) % study_.thetas.size()];
      const std::vector<double> a = subject_.values(right, points), b = subject_.values(wrong, points);
      double worst = 0;
      for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = a[i], y = b[i];
        if (x == y || (std::isnan(x) && std::isnan(y))) continue;
        worst =
            std::max(worst, std::isfinite(x) && std::isfinite(y) ? std::abs(x - y) / std::max({1e-3, std::abs(x), std::abs(y)}) : 1e300);
      }
      if (worst > 1e-12) return worst;
    }
    return 0;
  }

  // One rule after another, so that the first at which a property fails is the last that is looked at.
  bool is_found(Answer answer) {
    std::vector<std::shared_ptr<const Rule>> rules = study_.rules;
    for (std::size_t k = 0; k < rules.size() && answer == Answer::log_prob; ++k)
      if (rules[k] && !(rules[k] = rule_of_mutant(k))) return true;
    const std::vector<void (*)(Study&)> checks = checks_for(answer);
    for (std::size_t k = 0; k < rules.size(); ++k)
      if (rules[k] && std::any_of(checks.begin(), checks.end(), [&](const auto check) { return fails(check, {rules[k]}, k); })) return true;
    return fails(check_gradients, rules, 0);
  }

  // Absent if there is none or its mass is not 1. At the points of the right density's, unless it takes others to be as precise.
  std::shared_ptr<const Rule> rule_of_mutant(std::size_t k) {
    auto rule = std::make_shared<Rule>(make_rule_at(subject_, *study_.rules[k]));
    const double off = study_.options.tolerance + rule->error_of([](std::size_t) { return 1.0; });
    if (!rule->trouble.empty() || !(std::abs(rule->mass - 1) <= off)) return nullptr;
    if (rule->discrete && rule->mass > 1 + study_.options.tolerance) return nullptr;  // whatever there is beside these
    if (rule->error <= 1e-9 + 2 * study_.rules[k]->error) return rule;
    Study mutant = study_of({}, k);
    mutant.thetas.resize(1);
    if (fails(make_rules, mutant) || !mutant.rules[0] || fails(check_mass, mutant)) return nullptr;
    return mutant.rules[0];
  }

  Study study_of(std::vector<std::shared_ptr<const Rule>> rules, std::size_t first) const {
    Study mutant{study_.build, options_, study_.subject, study_.thetas, std::move(rules), {}};
    std::rotate(mutant.thetas.begin(), mutant.thetas.begin() + static_cast<std::ptrdiff_t>(first), mutant.thetas.end());
    return mutant;
  }

  bool fails(void (*check)(Study&), std::vector<std::shared_ptr<const Rule>> rules, std::size_t first) const {
    Study mutant = study_of(std::move(rules), first);
    return fails(check, mutant);
  }

  static bool fails(void (*check)(Study&), Study& mutant) {
    try {
      check(mutant);
    } catch (const std::exception&) {
      return true;
    }
    return !mutant.report.failures.empty();
  }

  Study& study_;
  Subject& subject_;
  KillRate& result_;
  DistributionOptions options_;
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
  study.subject->remember_values_before(std::numeric_limits<std::size_t>::max());
  for (const auto check : {check_mass, check_moments, check_score, check_identities, check_coherence, check_propriety, check_sampler,
                           check_gradients})
    check(study);  // leaves all derivatives behind, too
  study.subject->remember_values_before(study.subject->graph.node_count());
  result.before = study.report.failures;
  if (!result.before.empty()) return result;
  Planting planting(study, result);
  for (std::size_t a = 0; a < answer_count; ++a) {
    const auto answer = static_cast<Answer>(a);
    if (study.subject->has(answer)) planting.plant_in(answer);
  }
  return result;
}

}  // namespace loglik::conformance
