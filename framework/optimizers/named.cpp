#include "framework/optimizers/named.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/optimizers/adadelta.h"
#include "framework/optimizers/adagrad.h"
#include "framework/optimizers/adam.h"
#include "framework/optimizers/adamw.h"
#include "framework/optimizers/lamb.h"
#include "framework/optimizers/lion.h"
#include "framework/optimizers/rmsprop.h"
#include "framework/optimizers/sgd.h"
#include "framework/optimizers/transforms.h"
#include "framework/text.h"

namespace loglik {
namespace {

template <class Value>
struct Named {
  const char* name;
  Value value;
};

template <class O>
Optimizer with_rate(LearningRate rate, std::optional<double> decay) {
  O optimizer{.learning_rate = std::move(rate)};
  if constexpr (requires { optimizer.weight_decay; }) {
    if (decay) optimizer.weight_decay = *decay;
    return optimizer;
  } else {
    return decay ? decoupled_weight_decay(optimizer, *decay) : Optimizer(optimizer);
  }
}

Optimizer sgd(LearningRate rate, std::optional<double> decay) {
  const Sgd optimizer{.learning_rate = std::move(rate), .momentum = 0.9};
  return decay ? decoupled_weight_decay(optimizer, *decay) : Optimizer(optimizer);
}

constexpr Named<Optimizer (*)(LearningRate, std::optional<double>)> optimizers[] = {
    {"adam", with_rate<Adam>},       {"adamw", with_rate<AdamW>},       {"sgd", sgd},
    {"rmsprop", with_rate<RmsProp>}, {"adagrad", with_rate<Adagrad>},   {"adadelta", with_rate<Adadelta>},
    {"lion", with_rate<Lion>},       {"lamb", with_rate<Lamb>}};

constexpr Named<LearningRate (*)(double, std::int64_t)> schedules[] = {
    {"constant", [](double rate, std::int64_t) { return LearningRate(rate); }},
    {"cosine", [](double rate, std::int64_t steps) { return cosine_decay(rate, steps); }},
    {"linear", [](double rate, std::int64_t steps) { return polynomial_decay(rate, steps); }},
    {"one_cycle", [](double rate, std::int64_t steps) { return one_cycle(rate, steps); }},
    {"step", [](double rate, std::int64_t steps) { return step_decay(rate, std::max<std::int64_t>(1, (steps + 2) / 3)); }}};

template <class Value, std::size_t n>
std::vector<std::string> names(const Named<Value> (&list)[n]) {
  std::vector<std::string> result;
  for (const auto& [name, value] : list) result.emplace_back(name);
  return result;
}

template <class Value, std::size_t n>
Value find(const char* what, const Named<Value> (&list)[n], const std::string& name) {
  for (const auto& [known, value] : list)
    if (name == known) return value;
  throw NameError(fmt::format("{} \"{}\" is unknown{}", what, name, suggestion(name, names(list))));
}

}  // namespace

Optimizer make_optimizer(const OptimizerChoice& choice, std::int64_t steps) {
  const auto build = find("optimizer", optimizers, choice.name);
  const LearningRate rate = find("schedule", schedules, choice.schedule)(choice.learning_rate, std::max<std::int64_t>(1, steps));
  const Optimizer optimizer = build(rate.with_warmup(choice.warmup), choice.weight_decay);
  return choice.clip_norm ? clip_by_norm(optimizer, *choice.clip_norm) : optimizer;
}

std::vector<std::string> optimizer_names() { return names(optimizers); }
std::vector<std::string> schedule_names() { return names(schedules); }

}  // namespace loglik
