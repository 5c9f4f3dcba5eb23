#include "ops/distributions/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "framework/text.h"
#include "ops/distributions/asymmetric_laplace.h"
#include "ops/distributions/bernoulli.h"
#include "ops/distributions/beta.h"
#include "ops/distributions/binomial.h"
#include "ops/distributions/categorical.h"
#include "ops/distributions/dirichlet.h"
#include "ops/distributions/exponential.h"
#include "ops/distributions/gamma.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/gumbel.h"
#include "ops/distributions/inverse_gaussian.h"
#include "ops/distributions/laplace.h"
#include "ops/distributions/links.h"
#include "ops/distributions/log_normal.h"
#include "ops/distributions/logistic.h"
#include "ops/distributions/mixture.h"
#include "ops/distributions/multivariate_gaussian.h"
#include "ops/distributions/natural_gradient.h"
#include "ops/distributions/negative_binomial.h"
#include "ops/distributions/ordinal.h"
#include "ops/distributions/poisson.h"
#include "ops/distributions/student_t.h"
#include "ops/distributions/von_mises.h"
#include "ops/distributions/weibull.h"
#include "ops/distributions/zero_families.h"
#include "ops/error_function.h"
#include "ops/shape.h"
#include "ops/slice.h"

namespace loglik {
namespace {

using Make = Distribution (*)(Node raw, const Targets& targets);

// A family of `parameters` raw outputs for each value of a target, parameter by parameter: {batch, parameters·values}.
Family elementwise_family(std::string name, std::string description, const Support& support, std::int64_t parameters, Make make) {
  return {.name = std::move(name),
          .description = std::move(description),
          .support = [support](const Targets&) { return support; },
          .raw_outputs = [parameters](const Targets& targets) { return parameters * targets.values; },
          .make = make};
}

Family no_likelihood(Family family) {
  family.is_likelihood = false;
  return family;
}

// A family with a location and a scale, both predicted.
template <class D> Family located_family(std::string name, std::string description, const Support& support = Support::real) {
  return elementwise_family(std::move(name), std::move(description), support, 2, [](Node raw, const Targets&) -> Distribution {
    const std::vector<Node> parts = split(raw, 2, -1);
    return D{.loc = parts[0], .log_scale = bounded_log_scale(parts[1])};
  });
}

// A quantile of targets: at LEVEL 0.5 the median.
Family asymmetric_laplace_family(double level) {
  Family family = elementwise_family("", fmt::format("Asymmetric Laplace on the real line, the quantile of level {:.6g} and a scale predicted", level), Support::real, 2, nullptr);
  family.make = [level](Node raw, const Targets&) -> Distribution {
    const std::vector<Node> parts = split(raw, 2, -1);
    return AsymmetricLaplace{.loc = parts[0], .level = level, .log_scale = bounded_log_scale(parts[1])};
  };
  return family;
}

// Of a known number of trials, the same for all samples.
Family binomial_family(std::int64_t trials) {
  Family family = elementwise_family("", fmt::format("Binomial on the counts 0, …, {}, by the logit of success", trials), Support::below(trials + 1), 1, nullptr);
  family.make = [trials](Node raw, const Targets&) -> Distribution { return Binomial{.logits = raw, .trials = trials}; };
  return family;
}

constexpr std::int64_t default_components = 5;

// From means, logs of the covariance factor's diagonal, and what is below it.
Distribution make_multivariate_gaussian(Node raw, const Targets& targets) {
  const std::int64_t n = targets.values;
  const std::vector<Node> parts = split(raw, {n, n, n * (n - 1) / 2}, -1);
  return MultivariateGaussian{.loc = parts[0], .log_diagonal = bounded_log_scale(parts[1]), .lower = parts[2]};
}

std::vector<Family> builtin_families() {
  return {
      elementwise_family("gaussian", "Gaussian on the real line, σ = 1", Support::real, 1,
                         [](Node raw, const Targets&) -> Distribution { return Gaussian{.loc = raw}; }),
      elementwise_family("gaussian_learned_scale", "Gaussian on the real line, one σ for all targets is trained", Support::real, 1,
                         [](Node raw, const Targets&) -> Distribution { return Gaussian::with_learned_scale(raw); }),
      located_family<Gaussian>("gaussian_predicted_scale", "Gaussian on the real line, σ predicted between 1e-4 and 1e4"),
      located_family<Laplace>("laplace", "Laplace on the real line, median and scale predicted"),
      located_family<Logistic>("logistic", "Logistic on the real line, mean and scale predicted"),
      located_family<Gumbel>("gumbel", "Gumbel of maxima on the real line, mode and scale predicted"),
      located_family<LogNormal>("log_normal", "Log-normal on the positive numbers, mean and deviation of the log predicted", Support::positive),
      elementwise_family("student_t", "Student t on the real line, location, scale and degrees of freedom above 1 predicted", Support::real, 3,
                         [](Node raw, const Targets&) -> Distribution {
                           const std::vector<Node> parts = split(raw, 3, -1);
                           return StudentT{.loc = parts[0], .log_scale = bounded_log_scale(parts[1]), .degrees = 1, .raw_degrees = parts[2]};
                         }),
      elementwise_family("weibull", "Weibull on the positive numbers, scale and shape predicted", Support::positive, 2,
                         [](Node raw, const Targets&) -> Distribution {
                           const std::vector<Node> parts = split(raw, 2, -1);
                           return Weibull{.log_scale = bounded_log_scale(parts[0]), .log_shape = bounded_log_scale(parts[1])};
                         }),
      elementwise_family("gamma", "Gamma on the positive numbers, the logs of mean and shape predicted", Support::positive, 2,
                         [](Node raw, const Targets&) -> Distribution {
                           const std::vector<Node> parts = split(raw, 2, -1);
                           return Gamma{.log_mean = parts[0], .log_shape = bounded_log_scale(parts[1])};
                         }),
      elementwise_family("inverse_gaussian", "Inverse Gaussian on the positive numbers, the logs of mean and concentration predicted",
                         Support::positive, 2,
                         [](Node raw, const Targets&) -> Distribution {
                           const std::vector<Node> parts = split(raw, 2, -1);
                           return InverseGaussian{.log_mean = parts[0], .log_concentration = bounded_log_scale(parts[1])};
                         }),
      elementwise_family("poisson", "Poisson on the counts 0, 1, …, by the log of its rate", Support::counts, 1,
                         [](Node raw, const Targets&) -> Distribution { return Poisson{.log_rate = raw}; }),
      elementwise_family("exponential", "Exponential on the nonnegative numbers, by the log of its mean", Support::nonnegative, 1,
                         [](Node raw, const Targets&) -> Distribution { return Exponential{.log_mean = raw}; }),
      elementwise_family("beta", "Beta on the open unit interval, mean and precision predicted", Support::open_unit, 2,
                         [](Node raw, const Targets&) -> Distribution {
                           const std::vector<Node> parts = split(raw, 2, -1);
                           return Beta{.logits = parts[0], .log_precision = bounded_log_scale(parts[1])};
                         }),
      elementwise_family("negative_binomial", "Negative binomial on counts, mean and size predicted", Support::counts, 2,
                         [](Node raw, const Targets&) -> Distribution {
                           const std::vector<Node> parts = split(raw, 2, -1);
                           return NegativeBinomial{.log_mean = parts[0], .log_size = bounded_log_scale(parts[1])};
                         }),
      elementwise_family("bernoulli", "Bernoulli on {0, 1}, by the logit", Support::binary, 1,
                         [](Node raw, const Targets&) -> Distribution { return Bernoulli{.logits = raw}; }),
      no_likelihood(elementwise_family("bernoulli_soft_targets", "Bernoulli's cross-entropy on [0, 1], by the logit", Support::unit, 1,
                                       [](Node raw, const Targets&) -> Distribution {
                                         return Bernoulli{.logits = raw, .soft_targets = true};
                                       })),
      gaussian_mixture_family(default_components),
      {.name = "categorical",
       .description = "Categorical on labels, by the logits",
       .needs_classes = true,
       .support = [](const Targets& targets) { return Support::below(targets.classes); },
       .raw_outputs = [](const Targets& targets) { return targets.classes; },
       .make = [](Node raw, const Targets&) -> Distribution { return Categorical{.logits = raw}; }},
      {.name = "ordinal",
       .description = "Ordinal on ordered labels, by one predicted location among cut points that are trained",
       .needs_classes = true,
       .support = [](const Targets& targets) { return Support::below(targets.classes); },
       .raw_outputs = [](const Targets&) { return std::int64_t{1}; },
       .make = [](Node raw, const Targets& targets) -> Distribution {
         return Ordinal::with_learned_cut_points(squeeze(raw, {-1}), targets.classes);
       }},
      {.name = "dirichlet",
       .description = "Dirichlet on shares that add up to 1, by the logs of the concentrations",
       .support = [](const Targets&) { return Support::simplex; },
       .raw_outputs = [](const Targets& targets) { return targets.values; },
       .make = [](Node raw, const Targets&) -> Distribution { return Dirichlet{.log_concentration = bounded_log_scale(raw)}; }},
      {.name = "von_mises",
       .description = "Von Mises on angles, by natural parameters",
       .support = [](const Targets&) { return VonMises::angles(); },
       .raw_outputs = [](const Targets& targets) { return 2 * targets.values; },
       .make = [](Node raw, const Targets&) -> Distribution {
         const std::vector<Node> parts = split(raw, 2, -1);
         return VonMises{.a = parts[0], .b = parts[1]};
       }},
      {.name = "multivariate_gaussian",
       .description = "Multivariate Gaussian on vectors, mean and covariance predicted",
       .support = [](const Targets&) { return Support::real; },
       .raw_outputs = [](const Targets& targets) { return targets.values * (targets.values + 3) / 2; },
       .make = make_multivariate_gaussian},
  };
}

std::vector<OptionFamily> builtin_option_families() {
  return {
      {.name = "asymmetric_laplace",
       .description = "Asymmetric Laplace on the real line: the quantile of a LEVEL in (0, 1), and a scale",
       .option = "LEVEL",
       .values = Support::open_unit,
       .make = asymmetric_laplace_family},
      {.name = "binomial",
       .description = "Binomial on the counts 0, …, TRIALS, by the logit of success",
       .option = "TRIALS",
       .values = Support{1, 0x1p24, false, false, true},  // to where float32 has every count
       .make = [](double trials) { return binomial_family(static_cast<std::int64_t>(trials)); }},
      {.name = "gaussian_mixture",
       .description = "Mixture of COMPONENTS Gaussians on the real line: weights, means and scales predicted",
       .option = "COMPONENTS",
       .values = Support{1, 1024, false, false, true},
       .make = [](double components) { return gaussian_mixture_family(static_cast<std::int64_t>(components)); }},
  };
}

struct Registry {
  std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;
  std::map<std::string, OptionFamily, std::less<>> with_option;

  Registry() {
    const auto add = [this](const Family& family) { families.emplace(family.name, family); };
    for (const Family& family : builtin_families()) add(family);
    for (const char* base : {"poisson", "negative_binomial"}) add(zero_inflated_family(families.at(base)));
    for (const char* base : {"poisson", "gamma", "log_normal"}) add(hurdle_family(families.at(base)));
    for (OptionFamily& family : builtin_option_families()) with_option.emplace(std::string(family.name), std::move(family));
  }

  [[noreturn]] void throw_unknown(std::string_view name) const {
    std::vector<std::string> names;
    for (const auto& [known, unused] : families) names.push_back(known);
    for (const auto& [known, unused] : with_option)
      if (!families.contains(known)) names.push_back(known);
    std::sort(names.begin(), names.end());
    const std::string near = nearest(name, names);
    throw NameError(near.empty() ? fmt::format("head \"{}\" is unknown: known are {}", name, fmt::join(names, ", "))
                                 : fmt::format("head \"{}\" is unknown: did you mean \"{}\"?", name, near));
  }
};

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

Family gaussian_mixture_family(std::int64_t components) {
  if (components < 1) throw ArgumentError(fmt::format("gaussian_mixture_family: {} components, needs one at least", components));
  const auto make = [components](Node raw, const Targets& targets) -> Distribution {
    std::vector<Node> parts = split(raw, 3, -1);  // logits, means, log scales
    for (Node& part : parts) part = reshape(part, {raw.shape()[0], targets.values, components});
    const std::vector<Node> means = split(parts[1], components, -1), log_scales = split(bounded_log_scale(parts[2]), components, -1);
    Mixture mixture{.logits = parts[0], .components = {}};
    for (std::size_t k = 0; k < means.size(); ++k) {
      const Node start = ndtri(raw.graph().constant((static_cast<double>(k) + 0.5) / static_cast<double>(components), raw.dtype()));
      mixture.components.emplace_back(Gaussian{.loc = squeeze(means[k], {-1}) + start, .log_scale = squeeze(log_scales[k], {-1})});
    }
    return mixture;
  };
  return {.name = components == default_components ? "gaussian_mixture" : fmt::format("gaussian_mixture:{}", components),
          .description = fmt::format("Mixture of {} Gaussians on the real line: weights, means and scales predicted", components),
          .support = [](const Targets&) { return Support::real; },
          .raw_outputs = [components](const Targets& targets) { return 3 * components * targets.values; },
          .make = make};
}

Family family(std::string_view name) {
  std::unique_lock lock(registry().mutex);
  const auto& [mutex, families, with_option] = registry();
  const std::string_view base = name.substr(0, name.find(':'));
  const auto plain = families.find(base);
  const auto option = with_option.find(base);
  if (plain == families.end() && option == with_option.end()) registry().throw_unknown(base);
  if (base == name && plain != families.end()) return plain->second;
  if (option == with_option.end()) throw ArgumentError(fmt::format("head \"{}\": {} takes no option", name, base));
  const OptionFamily of = option->second;
  lock.unlock();  // `make` may ask for another family
  double value = 0;
  const std::string_view text = base == name ? "" : name.substr(base.size() + 1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !of.values.contains(value))
    throw ArgumentError(fmt::format("head \"{}\" needs a {} in {}, such as \"{}:{}\"", name, of.option, of.values.text(), base, of.values.inside()));
  Family made = of.make(value);
  made.name = name;
  return made;
}

std::vector<Family> families() {
  std::lock_guard lock(registry().mutex);
  std::vector<Family> all;
  for (const auto& [name, family] : registry().families) all.push_back(family);
  return all;
}

std::vector<OptionFamily> option_families() {
  std::lock_guard lock(registry().mutex);
  std::vector<OptionFamily> all;
  for (const auto& [name, family] : registry().with_option) all.push_back(family);
  return all;
}

namespace {

void require_plain(const std::string& name) {
  if (name.empty() || name.find(':') != std::string::npos) throw ArgumentError(fmt::format("head \"{}\": a name that is not empty and holds no ':' is needed", name));
}

}  // namespace

void register_family(Family family) {
  require_plain(family.name);
  if (!family.support || !family.raw_outputs || !family.make)
    throw ArgumentError(fmt::format("head \"{}\" lacks a function: support, raw_outputs and make are all needed", family.name));
  std::lock_guard lock(registry().mutex);
  if (!registry().families.try_emplace(family.name, family).second)
    throw NameError(fmt::format("there is a head \"{}\" already: {}", family.name, registry().families.at(family.name).description));
}

void register_option_family(OptionFamily family) {
  require_plain(family.name);
  if (!family.make) throw ArgumentError(fmt::format("head \"{}\" lacks a function: make is needed", family.name));
  std::lock_guard lock(registry().mutex);
  if (!registry().with_option.try_emplace(family.name, family).second)
    throw NameError(fmt::format("there is a head \"{}\" with an option already: {}", family.name, registry().with_option.at(family.name).description));
}

Distribution make_head(std::string_view name, Node raw, const Targets& targets, const MakeHeadOptions& options) {
  const Family chosen = family(name);
  if (chosen.needs_classes && targets.classes < 1)
    throw ArgumentError(fmt::format("head \"{}\" is for labels 0, 1, …, the targets are not: they have no number of classes", name));
  if (chosen.needs_classes && targets.values != 1)
    throw ArgumentError(fmt::format("head \"{}\" is for one label a sample, the targets have {}", name, targets.values));
  const std::int64_t outputs = chosen.raw_outputs(targets);
  if (raw.shape().rank() != 2 || raw.shape().back() != Dim(outputs))
    throw ShapeError(fmt::format("head \"{}\": the raw outputs have shape {}, needs {}", name, to_string(raw.shape()),
                                 to_string(Shape{batch, outputs})));
  if (options.natural_gradient) raw = with_natural_gradient(raw, [&](Node held) { return chosen.make(held, targets); }, {.damping = options.damping});
  return chosen.make(raw, targets);
}

}  // namespace loglik
