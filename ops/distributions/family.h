#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/distribution.h"

namespace loglik {

/// What a data set's targets are, as far as a family must know.
struct Targets {
  std::int64_t values = 1;   ///< numbers a sample
  std::int64_t classes = 0;  ///< labels are 0 … classes − 1; 0 if the targets are not labels
};

/// How raw network outputs, any numbers, become a distribution: how many there are, and by which links. So a head can be chosen by name:
///
///     const Family gaussian = family("gaussian_predicted_scale");
///     Node raw = dense(h, {.units = gaussian.raw_outputs({.values = 3})});        // {batch, 6}
///     graph.head("position", gaussian.make(raw, {.values = 3}));                  // targets {batch, 3}
struct Family {
  std::string name;            ///< "gaussian_predicted_scale"
  std::string description;     ///< a line for lists: the distribution and its links
  bool needs_classes = false;  ///< is it for labels only, so that it needs to know how many classes there are?
  bool is_likelihood = true;   ///< false of a cross-entropy to soft targets: its nats can't be compared with those of other heads
  /// The values that its targets can take.
  std::function<Support(const Targets&)> support;
  /// How many raw outputs a sample needs.
  std::function<std::int64_t(const Targets&)> raw_outputs;
  /// The distribution of targets {batch, values}, or {batch} for classes, from raw outputs {batch, raw_outputs(targets)}.
  std::function<Distribution(Node raw, const Targets&)> make;
};

/// A family for each value of a number, which comes after its name: "asymmetric_laplace:0.9" is for the quantile of level 0.9.
struct OptionFamily {
  std::string name;                           ///< "asymmetric_laplace"
  std::string description;                    ///< a line for lists
  std::string option;                         ///< what the number is: "LEVEL"
  Support values = Support::real;             ///< that it can take
  std::function<Family(double value)> make;   ///< the name is filled in
};

/// The family of that name, with its number where it takes one. Throws NameError: head "guassian" is unknown: did you mean "gaussian"?
/// ArgumentError for a number that is missing, is none or cannot be, or where none is taken.
Family family(std::string_view name);

/// All that go without a number, and all that take one, by name.
std::vector<Family> families();
std::vector<OptionFamily> option_families();

/// Adds one of your own. Throws NameError if the name is taken, ArgumentError if a function is missing or a name holds a ':'. Thread-safe,
/// as are the others.
void register_family(Family family);
void register_option_family(OptionFamily family);

/// Mixtures of K Gaussians, one for each value of a target: the head of a mixture density network. 3·K raw outputs a value: {values, K}
/// logits, as many means, as many log scales, held within log 1e-4 and log 1e4. Targets should be standardised: so that the components
/// are not all the same at first, and then for ever, component k's mean is its raw output plus the normal quantile of (k + ½)/K.
/// "gaussian_mixture" has 5, "gaussian_mixture:8" has 8. Throws ArgumentError for less than one component.
Family gaussian_mixture_family(std::int64_t components);

struct MakeHeadOptions {
  bool natural_gradient = false;  ///< see natural_gradient.h
  double damping = 1e-6;          ///< of the natural gradient
};

/// The distribution of that family, once it has been seen to fit. Throws NameError for the name; ArgumentError for a family of labels if
/// the targets are none, or have more than one value a sample, and for one that has no natural gradient if that is asked for; ShapeError
/// unless raw is {…, raw_outputs(targets)} with two axes.
Distribution make_head(std::string_view name, Node raw, const Targets& targets, const MakeHeadOptions& options = {});

}  // namespace loglik
