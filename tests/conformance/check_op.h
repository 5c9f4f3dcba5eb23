#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "framework/node.h"
#include "tests/conformance/report.h"
#include "tests/conformance/values.h"

namespace loglik::conformance {

/// What is tested, as a function of the inputs' nodes: an op's own function (`relu`, `pow`), or any callable that takes one Node, two,
/// three or a span of them, and returns a Node or several. It is called again for each shape and dtype.
class Builder {
 public:
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Builder>) Builder(F function)
      : build_([function = std::move(function)](std::span<const Node> x) { return as_nodes(call(function, x)); }) {}
  std::vector<Node> operator()(std::span<const Node> inputs) const { return build_(inputs); }

 private:
  static std::vector<Node> as_nodes(Node node) { return {node}; }
  static std::vector<Node> as_nodes(std::vector<Node> nodes) { return nodes; }
  template <class F>
  static auto call(const F& f, std::span<const Node> x) {
    if constexpr (std::invocable<const F&, std::span<const Node>>)
      return f(x);
    else if constexpr (std::invocable<const F&, const std::vector<Node>&>)
      return f(std::vector<Node>(x.begin(), x.end()));
    else if constexpr (std::invocable<const F&, Node>)
      return f(x[0]);
    else if constexpr (std::invocable<const F&, Node, Node>)
      return f(x[0], x[1]);
    else
      return f(x[0], x[1], x[2]);
  }
  std::function<std::vector<Node>(std::span<const Node>)> build_;
};

/// The shapes of all inputs of one case: {3, 5} is one input, {{3, 1}, {5}} are two, {} is one scalar.
class InputShapes {
 public:
  InputShapes() : shapes_(1) {}
  template <std::integral Integer>
  InputShapes(std::initializer_list<Integer> shape) : shapes_{Extents(shape.begin(), shape.end())} {}
  InputShapes(std::initializer_list<Extents> shapes) : shapes_(shapes) {}
  const std::vector<Extents>& operator*() const { return shapes_; }

 private:
  std::vector<Extents> shapes_;
};

/// What an input is, where it is not a float drawn from `OpOptions::domain`.
struct InputOptions {
  std::optional<DType> dtype =
      {};  ///< absent: float32 and float64 in turn, and differentiated. Integers are drawn from the domain, rounded down
  std::optional<Domain> domain = {};
};

struct OpOptions {
  std::vector<InputShapes> shapes;        ///< at least one; take size 1, odd sizes, broadcasting and empty ones
  Domain domain = {};                     ///< of all float inputs
  std::vector<InputOptions> inputs = {};  ///< of the first inputs
  std::optional<InputShapes> large = {};  ///< large enough for the kernel to cut into several pieces
  int orders = 2;                         ///< derivatives are checked up to this order
  std::string not_differentiable = {};    ///< why it has no gradient: then it must throw GradientError or return no floats
  double float32_ulps = 64;               ///< how far float32 may be from float64, in 2⁻²³ of the largest magnitude
  std::vector<Skipped> skip = {};         ///< properties that it does not have, and why
};

/// Puts an op, or any composition of ops, through the battery: see Property. Never throws for what the op does.
///
/// Inputs are drawn with Philox, the same ones each time. Tolerances: differences of 5 points in float64 are off by rounding, 64·2⁻⁵²/h of
/// the values that changed with h about 7e-4, and by truncation, allowed 1e-7 of the magnitudes that were added up; smaller steps are
/// tried before a gradient is called wrong.
Report examine_op(const Builder& build, const OpOptions& options);

/// The same in a GoogleTest: each failure is an ADD_FAILURE.
Report check_op(const Builder& build, const OpOptions& options);

/// Who counts allocations: a function that returns how many there have been in this process. Without one they are not checked.
void count_allocations(std::int64_t (*counter)());

}  // namespace loglik::conformance
