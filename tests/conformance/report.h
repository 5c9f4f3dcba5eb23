#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace loglik::conformance {

/// What the kit looks at, in the order in which it does.
enum class Property {
  builds,        ///< the builder takes the shapes and dtypes that it was promised to take
  state,         ///< a second run gives the bits of the first
  written,       ///< every element of the outputs is written, whatever their memory and the workspace held before
  bounds,        ///< nothing else is written: neither inputs nor what lies behind outputs and workspace
  in_place,      ///< where `may_overwrite` allows it, writing the output over the input changes no bit
  epilogue,      ///< if it offers one: each element is finished once, then final, and not looked at again
  attributes,    ///< `make_op(name, attributes)` gives the same op and the same bits
  inference,     ///< inferred types are those of a run, also with a batch that only data bind
  compiled,      ///< the compiled program gives the bits of `interpret`
  allocation,    ///< a second step allocates nothing
  threads,       ///< 1, 2, 3 and 8 threads give the same bits
  dtypes,        ///< a dtype is either refused with DtypeError or works
  gradient,      ///< float64 gradients are what central differences say
  second_order,  ///< so are derivatives of gradients: Hessian-vector products, and higher orders if asked for
  float32,       ///< float32 values and gradients agree with those of float64
  // Of distributions: see check_distribution.
  contract,     ///< shapes; rows do not know of each other; y broadcasts; a sample of weight 0 contributes exactly nothing
  mass,         ///< the density adds up to 1
  score,        ///< the gradient's expectation is 0, that of its square the Fisher information
  coherence,    ///< cdf, survival, their logs and quantile belong to the density and to each other
  sampler,      ///< draws are distributed as the density says; the gradient of a draw is that of the quantile
  moments,      ///< mean, variance, median, mode, entropy, probabilities are what integrals say
  propriety,    ///< scores are best on average for the distribution itself; crps is the integral that it is defined as
  extremes,     ///< no NaN, nor an infinity where there is a number, however large raw outputs and targets are
  validation,   ///< targets outside the support are refused in words
  recovery,     ///< maximum likelihood finds the parameters that draws were made with
  calibration,  ///< distribution functions of draws are uniform, intervals cover what they promise
  identities,   ///< KL divergence, special cases, moving and stretching
  mutation,     ///< errors planted in it are found
};
std::string_view name(Property property);

/// A property that does not hold: of which op, at which shapes, by how much and where.
struct Failure {
  Property property;
  std::string where;  ///< "softmax of float64 {3, 5}"
  std::string text;   ///< "gradient of input 0 at element 3: 0.25, differences say 0.5 (tolerance 2e-08)"
};

struct Skipped {
  Property property;
  std::string why;
};

/// What was tested, and what was not, and why.
struct Report {
  std::vector<Property> tested;
  std::vector<Skipped> skipped;
  std::vector<Failure> failures;

  bool passed() const { return failures.empty(); }
  bool failed(Property property) const;
  bool was_tested(Property property) const;
  void test(Property property);  ///< notes that it was tested, once
  void skip(Property property, std::string why);
};

std::string to_string(const Failure& failure);
std::string to_string(const Report& report);

}  // namespace loglik::conformance
