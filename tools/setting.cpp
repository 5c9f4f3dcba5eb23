#include "tools/setting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>

#include "framework/error.h"
#include "tools/commands.h"

namespace loglik::tools {

namespace {

// CLI11's own checks name their bounds, the largest double in 309 digits.
std::string positive(const std::string& text) {
  double value = 0;
  return CLI::detail::lexical_cast(text, value) && value > 0 && std::isfinite(value) ? "" : fmt::format("{} is no positive number", text);
}
std::string not_negative(const std::string& text) {
  double value = 0;
  return CLI::detail::lexical_cast(text, value) && value >= 0 && std::isfinite(value) ? "" : fmt::format("{} is no number of 0 or more", text);
}

}  // namespace

void add_options(CLI::App& command, Setting& setting) {
  command.add_option("MODEL", setting.model, "A model of the zoo: see `loglik zoo`")->required();
  command.add_option("--data", setting.data, "A data set by name, a folder of IDX files, or FILE.csv[#TARGET]");
  command.add_option("--head", setting.head, "The family of distributions at the end, such as gaussian, categorical, or one with a number: asymmetric_laplace:0.9");
  command.add_option("--optimizer", setting.optimizer, fmt::format("{}; sgd has a momentum of 0.9", fmt::join(optimizer_names(), ", ")));
  command.add_option("--learning-rate", setting.learning_rate, "The highest of the schedule; a positive number")->check(positive);
  command.add_option("--schedule", setting.schedule, fmt::format("How the rate goes over all steps: {}", fmt::join(schedule_names(), ", ")));
  command.add_option("--warmup", setting.warmup, "Steps in which the rate rises from 0 first")->check(CLI::Range(0, 1 << 30));
  command.add_option("--weight-decay", setting.weight_decay, "Takes so much times the rate off every weight in each step, apart from the gradient")->check(not_negative);
  command.add_option("--clip-norm", setting.clip_norm, "Scales gradients down to this norm, of all parameters together")->check(positive);
  command.add_option("--batch-size", setting.batch_size, "Samples a step")->check(CLI::Range(1, 1 << 30));
  command.add_option("--seed", setting.seed, "Of initial parameters, dropout and the order of the samples (0)");
  add_options(command, setting.likelihood);
}

Prepared prepare(const Setting& setting) {
  try {
    const ZooEntry& entry = find_model(setting.model);
    Recipe recipe = entry.recipe_for(setting.data.value_or(""), setting.head.value_or(""));
    if (setting.epochs) recipe.epochs = *setting.epochs;
    if (setting.batch_size) recipe.batch_size = *setting.batch_size;
    OptimizerChoice& optimization = recipe.optimizer;
    if (setting.learning_rate) optimization.learning_rate = *setting.learning_rate;
    if (setting.optimizer) optimization.name = *setting.optimizer;
    if (setting.schedule) optimization.schedule = *setting.schedule;
    if (setting.warmup) optimization.warmup = *setting.warmup;
    if (setting.weight_decay) optimization.weight_decay = setting.weight_decay;
    if (setting.clip_norm) optimization.clip_norm = setting.clip_norm;
    make_optimizer(optimization, 1);  // a wrong name is told before data are read
    const ModelHead head = setting.likelihood.head(recipe.head);
    if (entry.reconstructs && !setting.likelihood.class_weights.empty())
      throw UsageError(fmt::format("--class-weights: {} reconstructs its samples, whose classes it does not know", entry.name));
    LoadedData data = data_for(entry, setting.likelihood.weigh(load_data(recipe.data)));
    auto graph = std::make_unique<Graph>();
    entry.build(*graph, data.info, head);
    setting.likelihood.add_prior(*graph);
    const Optimizer optimizer = make_optimizer(optimization, training_steps(recipe, data.train.size()));
    Model model = compile(*graph, {.optimizer = optimizer, .seed = setting.seed, .fusion = setting.fusion, .patterns = setting.patterns});
    return {&entry, std::move(recipe), std::move(data), std::move(graph), std::move(model)};
  } catch (const NameError& error) {
    throw UsageError(error.what());
  } catch (const ArgumentError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace loglik::tools
