#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/interpret.h"
#include "ops/builtin.h"
#include "tests/conformance/differences.h"

namespace loglik::conformance {
namespace {

class Examination {
 public:
  Examination(const Builder& build, const OpOptions& options) : build_(build), options_(options) {}

  Report examine() {
    bool has_empty = false;
    for (const InputShapes& shapes : options_.shapes) {
      examine(*shapes);
      has_empty |= std::any_of((*shapes).begin(), (*shapes).end(), [](const Extents& extents) { return count(extents) == 0; });
    }
    if (options_.shapes.empty()) report_.failures.push_back({Property::builds, "check_op", "there are no shapes to test"});
    if (!has_empty) report_.skip(Property::builds, "no empty shape among the shapes");
    if (options_.large)
      examine_large(**options_.large);
    else if (!skips(Property::threads))
      report_.skip(Property::threads, "no large shape given");
    for (const Skipped& skipped : options_.skip) report_.skip(skipped.property, skipped.why);
    std::erase_if(report_.failures, [&](const Failure& failure) { return skips(failure.property); });
    std::erase_if(report_.tested, [&](Property property) { return skips(property); });
    return std::move(report_);
  }

 private:
  bool skips(Property property) const {
    return std::any_of(options_.skip.begin(), options_.skip.end(), [&](const Skipped& skipped) { return skipped.property == property; });
  }
  void fail(Property property, const std::string& where, std::string text) {
    report_.failures.push_back({property, where, std::move(text)});
  }

  // Calls f, which may throw; says so as a failure of `property`.
  template <class F>
  bool attempt(Property property, const std::string& where, F f) {
    try {
      f();
      return true;
    } catch (const std::exception& error) {
      fail(property, where, fmt::format("throws {}", error.what()));
      return false;
    }
  }

  static std::string place(const std::vector<Extents>& shapes, DType dtype) {
    std::string text(name(dtype));
    for (const Extents& extents : shapes) text += fmt::format(" {}", to_string(std::span(extents)));
    return text;
  }

  // With gradients, if there are any: that they can't be made is a failure of `property`.
  OpCase build(const std::vector<Extents>& shapes, const std::vector<Tensor>& values, DType dtype, Property property,
               bool batched = false) {
    OpCase c = build_case(build_, options_, shapes, values, dtype, batched);
    if (!is_differentiable(c)) return c;
    attempt(property, c.where, [&] {
      try {
        differentiate(c);
      } catch (const GradientError& error) {  // says the same at every shape
        if (!report_.failed(Property::gradient)) fail(Property::gradient, c.where, error.what());
      }
    });
    return c;
  }
  bool is_differentiable(const OpCase& c) const {
    return options_.not_differentiable.empty() && !c.differentiated.empty() && !c.wanted.empty();
  }

  void examine(const std::vector<Extents>& shapes) {
    const std::vector<Tensor> values = draw_inputs(options_, shapes);
    for (const DType dtype : {DType::float64, DType::float32}) {
      report_.test(Property::builds);
      std::optional<OpCase> built;
      if (!attempt(Property::builds, place(shapes, dtype), [&] { built = build(shapes, values, dtype, Property::gradient); })) return;
      OpCase& c = *built;
      if (!attempt(Property::builds, c.where, [&] { check_kernels(c, report_); })) return;
      attempt(Property::compiled, c.where, [&] { check_program(c, report_, !skips(Property::allocation)); });
      examine_batched(shapes, values, c, dtype);
      if (dtype == DType::float64)
        examine_derivatives(c);
      else
        examine_float32(shapes, values, c);
    }
    examine_dtypes(shapes, values);
  }

  void examine_batched(const std::vector<Extents>& shapes, const std::vector<Tensor>& values, const OpCase& c, DType dtype) {
    std::optional<OpCase> batched;
    try {
      batched = build(shapes, values, dtype, Property::inference, true);
    } catch (const ShapeError& error) {
      return report_.skip(Property::inference, fmt::format("with a symbolic batch: {}", error.what()));
    } catch (const std::exception& error) {
      return fail(Property::inference, c.where, fmt::format("with a symbolic batch it throws {}", error.what()));
    }
    if (batched->gradients.size() == c.gradients.size())
      attempt(Property::inference, batched->where, [&] { check_batched(c, *batched, report_); });
  }

  void examine_large(const std::vector<Extents>& shapes) {
    const std::vector<Tensor> values = draw_inputs(options_, shapes);
    for (const DType dtype : {DType::float64, DType::float32})
      attempt(Property::threads, place(shapes, dtype), [&] { check_threads(build(shapes, values, dtype, Property::threads), report_); });
  }

  void examine_derivatives(OpCase& c) {
    if (!options_.not_differentiable.empty()) return examine_refusal(c);
    if (!is_differentiable(c)) {
      const std::string why = c.wanted.empty() ? "no float inputs" : "no float outputs";
      report_.skip(Property::gradient, why);
      return report_.skip(Property::second_order, why);
    }
    if (c.gradients.empty()) return;  // could not be built
    compare(Property::gradient, c.where, c.differentiated, c.output_weights, c, c.gradients);
    if (c.differentiated.size() > 1) examine_outputs_alone(c);
    if (c.wanted.size() > 1) examine_inputs_alone(c);
    examine_higher_orders(c);
  }

  void compare(Property property, const std::string& where, const std::vector<Node>& outputs, const std::vector<Tensor>& weights,
               const OpCase& c, const std::vector<Node>& derivatives) {
    report_.test(property);
    attempt(property, where, [&] {
      for (const std::string& wrong : compare_with_differences(outputs, weights, c.wanted, derivatives, c.feed))
        fail(property, where, wrong);
    });
  }

  // A loss may depend on one output only: the other's gradient is absent then.
  void examine_outputs_alone(OpCase& c) {
    for (std::size_t i = 0; i < c.differentiated.size(); ++i)
      attempt(Property::gradient, c.where, [&] {
        const Node seed = c.graph.constant(c.output_weights[i]);
        const auto alone = vector_jacobian_product(std::span(&c.differentiated[i], 1), std::span(&seed, 1), c.wanted);
        compare(Property::gradient, fmt::format("{}, output {} alone", c.where, i), {c.differentiated[i]}, {c.output_weights[i]}, c, alone);
      });
  }

  // What `wants` says must not change what is computed.
  void examine_inputs_alone(OpCase& c) {
    std::vector<Node> seeds;
    for (const Tensor& w : c.output_weights) seeds.push_back(c.graph.constant(w));
    for (std::size_t i = 0; i < c.wanted.size(); ++i)
      attempt(Property::gradient, c.where, [&] {
        const Node alone = vector_jacobian_product(c.differentiated, seeds, std::span(&c.wanted[i], 1))[0];
        bool same = static_cast<bool>(alone) == static_cast<bool>(c.gradients[i]);
        if (same && alone) {
          std::int64_t element = 0;
          const std::vector<Tensor> values = interpret(std::vector<Node>{alone, c.gradients[i]}, c.feed);
          same = same_bits(values[0], values[1], element);
        }
        if (!same) fail(Property::gradient, c.where, fmt::format("of input {} is another one when no other input wants one", i));
      });
  }

  void examine_higher_orders(OpCase& c) {
    if (options_.orders < 2) return report_.skip(Property::second_order, "orders = 1");
    std::vector<Node> derivatives = c.gradients;
    for (int order = 2; order <= options_.orders && !skips(Property::second_order); ++order) {
      std::vector<Node> outputs, seeds;
      std::vector<Tensor> output_weights;
      for (const Node derivative : derivatives)
        if (derivative) {
          outputs.push_back(derivative);
          output_weights.push_back(weights(derivative.shape().constant(), static_cast<std::uint64_t>(100 * order) + outputs.size()));
          seeds.push_back(c.graph.constant(output_weights.back()));
        }
      if (outputs.empty()) return report_.skip(Property::second_order, "the gradient is zero everywhere");
      const std::string where = fmt::format("{}, order {}", c.where, order);
      if (!attempt(Property::second_order, where, [&] { derivatives = vector_jacobian_product(outputs, seeds, c.wanted); })) return;
      compare(Property::second_order, where, outputs, output_weights, c, derivatives);
    }
  }

  void examine_refusal(OpCase& c) {
    report_.skip(Property::gradient, options_.not_differentiable);
    report_.skip(Property::second_order, options_.not_differentiable);
    if (c.differentiated.empty() || c.wanted.empty()) return;
    try {
      differentiate(c);
      fail(Property::gradient, c.where, fmt::format("is said to have no gradient ({}), but has one", options_.not_differentiable));
    } catch (const GradientError&) {
    } catch (const std::exception& error) {
      fail(Property::gradient, c.where, fmt::format("throws no GradientError but {}", error.what()));
    }
  }

  // float32 values and gradients against those of float64 at the same inputs, which float32 holds exactly.
  void examine_float32(const std::vector<Extents>& shapes, const std::vector<Tensor>& values, const OpCase& single) {
    const OpCase exact = build(shapes, values, DType::float64, Property::float32);
    const auto compare_all = [&](const std::vector<Node>& a, const std::vector<Node>& b, std::string_view what) {
      for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] && is_float(a[i].dtype()) && i < b.size() && b[i])
          attempt(Property::float32, single.where, [&] {
            compare_float32(interpret(std::span(&a[i], 1), exact.feed)[0], interpret(std::span(&b[i], 1), single.feed)[0],
                            fmt::format("{} {}", what, i), single.where);
          });
    };
    compare_all(exact.outputs, single.outputs, "output");
    compare_all(exact.gradients, single.gradients, "gradient of input");
  }

  void compare_float32(const Tensor& expected, const Tensor& got, const std::string& what, const std::string& where) {
    report_.test(Property::float32);
    double largest = 1;
    for (std::int64_t k = 0; k < expected.count(); ++k)
      if (std::isfinite(expected.at(k))) largest = std::max(largest, std::abs(expected.at(k)));
    const double tolerance = options_.float32_ulps * 0x1p-23 * largest;
    for (std::int64_t k = 0; k < expected.count(); ++k) {
      const double off = std::abs(expected.at(k) - got.at(k));
      if (off <= tolerance || expected.at(k) == got.at(k) || (std::isnan(expected.at(k)) && std::isnan(got.at(k)))) continue;
      return fail(Property::float32, where,
                  fmt::format("{} at element {}: {:.9g}, float64 says {:.9g}, off by {:.2g} (tolerance {:.2g})", what, k, got.at(k),
                              expected.at(k), off, tolerance));
    }
  }

  // Other dtypes in place of the floats: all of them, then the first alone. What is built must run.
  void examine_dtypes(const std::vector<Extents>& shapes, const std::vector<Tensor>& values) {
    report_.test(Property::dtypes);
    std::vector<Tensor> small = values;  // that every dtype holds
    for (Tensor& tensor : small) {
      tensor = tensor.clone();
      for (double& value : tensor.mutable_values<double>()) value = std::floor(std::abs(value));
    }
    for (const DType dtype : {DType::int32, DType::uint8, DType::boolean}) {
      examine_dtype(shapes, small, dtype, options_);
      if (shapes.size() < 2 || (!options_.inputs.empty() && options_.inputs[0].dtype)) continue;
      OpOptions first = options_;
      if (first.inputs.empty()) first.inputs.emplace_back();
      first.inputs[0].dtype = dtype;
      examine_dtype(shapes, small, DType::float32, first);
    }
  }

  void examine_dtype(const std::vector<Extents>& shapes, const std::vector<Tensor>& values, DType dtype, const OpOptions& options) {
    const std::string where = place(shapes, dtype);
    try {
      const OpCase c = build_case(build_, options, shapes, values, dtype);
      attempt(Property::dtypes, where, [&] { interpret(c.outputs, c.feed); });
    } catch (const DtypeError&) {
    } catch (const std::exception& error) {
      fail(Property::dtypes, where, fmt::format("throws no DtypeError but {}", error.what()));
    }
  }

  const Builder& build_;
  const OpOptions& options_;
  Report report_;
};

}  // namespace

Report examine_op(const Builder& build, const OpOptions& options) {
  register_builtin_ops();
  return Examination(build, options).examine();
}

}  // namespace loglik::conformance
