#include "tools/likelihood.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>
#include <vector>

#include "framework/graph.h"
#include "framework/text.h"
#include "ops/distributions/class_weights.h"
#include "ops/distributions/prior.h"
#include "ops/distributions/scores.h"
#include "tools/commands.h"

namespace loglik::tools {
namespace {

double number(const std::string& option, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    throw UsageError(fmt::format("{}: \"{}\" is no number", option, text));
  return value;
}

// "gaussian:0.5": a name of `known`, and the text after the colon.
std::pair<std::string, std::optional<std::string>> named(const std::string& option, const std::string& text,
                                                         const std::vector<std::string>& known) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  if (std::ranges::find(known, name) == known.end()) throw UsageError(fmt::format("{}: \"{}\" is unknown{}", option, name, suggestion(name, known)));
  return {name, colon == std::string::npos ? std::nullopt : std::optional(text.substr(colon + 1))};
}

Dataset with_weights(const Dataset& part, std::span<const double> weights) {
  const Tensor& labels = part.column("y");
  return Dataset::from(part.column("x"), labels, {.weights = weights_of(labels, weights)});
}

}  // namespace

ModelHead Likelihood::head(const std::string& family) const {
  ModelHead head = family;
  head.natural_gradient = natural_gradient;
  const auto [name, value] = named("--score", score, {"nll", "crps", "beta_nll"});
  if (value && name != "beta_nll") throw UsageError(fmt::format("--score: {} takes no number", name));
  if (label_smoothing && name != "nll")
    throw UsageError(fmt::format("--label-smoothing and --score {} both say what is minimised: take one of them", score));
  if (name == "crps") head.score = crps_score();
  if (name == "beta_nll") head.score = value ? beta_nll(number("--score beta_nll", *value)) : beta_nll();
  if (label_smoothing) head.score = loglik::label_smoothing(*label_smoothing);
  return head;
}

void Likelihood::add_prior(Graph& graph) const {
  if (prior.empty()) return;
  const auto [name, value] = named("--prior", prior, {"gaussian", "laplace"});
  if (!value) throw UsageError(fmt::format("--prior: {} needs a scale, such as {}:1", name, name));
  const double scale = number("--prior " + name, *value);
  const auto add = name == "gaussian" ? add_gaussian_prior : add_laplace_prior;
  add(graph, "prior", parameters_named(graph, "weight"), scale);
}

LoadedData Likelihood::weigh(LoadedData data) const {
  if (class_weights.empty()) return data;
  const DataInfo& info = data.info;
  if (info.classes == 0) throw UsageError(fmt::format("--class-weights: \"{}\" of {} has no classes", info.target_name, info.name));
  std::vector<double> weights;
  if (class_weights == "balanced") {
    weights = balanced_class_weights(data.train.column("y"), info.classes);
  } else {
    for (std::size_t begin = 0; begin <= class_weights.size();) {
      const std::size_t end = std::min(class_weights.find(',', begin), class_weights.size());
      weights.push_back(number("--class-weights", std::string_view(class_weights).substr(begin, end - begin)));
      begin = end + 1;
    }
  }
  if (std::ssize(weights) != info.classes)
    throw UsageError(fmt::format("--class-weights: {} weight{}, but \"{}\" of {} has {} classes", weights.size(), weights.size() == 1 ? "" : "s",
                                 info.target_name, info.name, info.classes));
  return {info, with_weights(data.train, weights), with_weights(data.test, weights)};
}

void add_options(CLI::App& command, Likelihood& likelihood) {
  const std::vector<CLI::Option*> options{
      command.add_option("--score", likelihood.score,
                         "What training minimises: nll, crps (the continuous ranked probability score) or beta_nll[:BETA]; nats are reported in "
                         "any case (nll)"),
      command.add_option("--label-smoothing", likelihood.label_smoothing,
                         "Minimise the cross-entropy to labels of which a share, in [0, 1), is spread over all classes"),
      command.add_flag("--natural-gradient", likelihood.natural_gradient, "Multiply the gradient by the inverse Fisher information of the head"),
      command.add_option("--prior", likelihood.prior,
                         "A prior on all weights, biases left out: gaussian:SCALE (L2 with 1/(2·SCALE²)) or laplace:SCALE (L1 with 1/SCALE)"),
      command.add_option("--class-weights", likelihood.class_weights,
                         "What a sample of each class counts, in training and in what is reported: W0,W1,… or balanced"),
  };
  for (CLI::Option* option : options) option->group("Likelihood");
}

}  // namespace loglik::tools
