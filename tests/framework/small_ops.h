#pragma once
#include <memory>
#include <string>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/op.h"
#include "framework/primitives.h"

// Ops that only tests have, written as a user writes them.
namespace loglik::test {

/// (a, b) → (a + b, a − b), each output over the memory of either input.
class SumAndDifference final : public Op {
 public:
  std::string_view name() const override { return "sum_and_difference"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_dtype("a", inputs[0], DType::float32);
    if (inputs[0] != inputs[1]) throw ShapeError(to_string(inputs[0]) + " and " + to_string(inputs[1]) + " differ");
    return {inputs[0], inputs[0]};
  }
  bool may_overwrite(std::size_t, std::size_t) const override { return true; }
  void run(const KernelArgs& args) const override {
    const float *a = args.input<float>(0).data(), *b = args.input<float>(1).data();
    float *sum = args.output<float>(0).data(), *difference = args.output<float>(1).data();
    for (std::int64_t i = 0; i < args.inputs[0].count; ++i) {
      const float x = a[i], y = b[i];
      sum[i] = x + y;
      difference[i] = x - y;
    }
  }
  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node s = args.output_gradient(0), d = args.output_gradient(1);
    if (!s) return {d, -d};
    if (!d) return {s, s};
    return {s + d, s - d};
  }
};

inline Node sum_and_difference(Operand a, Operand b) { return make_node(std::make_shared<SumAndDifference>(), {a, b}); }

/// x, which has no gradient.
class Opaque final : public Op {
 public:
  std::string_view name() const override { return "opaque"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  void run(const KernelArgs& args) const override {
    std::copy_n(args.input<float>(0).data(), args.inputs[0].count, args.output<float>(0).data());
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { not_differentiable(args); }
};

inline Node opaque(Operand x) { return make_node(std::make_shared<Opaque>(), {x}); }

/// Twice x when a model is trained, x when it is evaluated.
class Doubled final : public Op {
 public:
  std::string_view name() const override { return "doubled"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  void run(const KernelArgs& args) const override {
    for (std::int64_t i = 0; i < args.inputs[0].count; ++i)
      args.output<float>(0)[static_cast<std::size_t>(i)] = 2 * args.input<float>(0)[static_cast<std::size_t>(i)];
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {2.0 * args.output_gradient(0)}; }
  std::vector<Node> evaluation_form(std::span<const Node> inputs) const override { return {inputs[0]}; }
};

inline Node doubled(Operand x) { return make_node(std::make_shared<Doubled>(), {x}); }

/// x with uniform noise in [0, 1) added, keyed by the node's name.
class Noisy final : public Op {
 public:
  std::string_view name() const override { return "noisy"; }
  bool is_random() const override { return true; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  void run(const KernelArgs& args) const override {
    const auto out = args.output<float>(0);
    fill_uniform<float>(args.random_key(), 0, out);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += args.input<float>(0)[i];
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {args.output_gradient(0)}; }
};

inline Node noisy(Operand x) { return make_node(std::make_shared<Noisy>(), {x}); }

/// x, after looking whether each element is an index of `size` classes.
class Checked final : public Op {
 public:
  explicit Checked(std::int64_t size) : size_(size) {}
  std::string_view name() const override { return "checked"; }
  Attributes attributes() const override { return {{"size", size_}}; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_dtype("x", inputs[0], DType::int32);
    return {inputs[0]};
  }
  void run(const KernelArgs& args) const override {
    const auto x = args.input<std::int32_t>(0);
    args.parallel_for(args.inputs[0].count, 2, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        check_index(x[static_cast<std::size_t>(i)], size_, i);
        args.output<std::int32_t>(0)[static_cast<std::size_t>(i)] = x[static_cast<std::size_t>(i)];
      }
    });
  }

 private:
  std::int64_t size_;
};

inline Node checked(Operand x, std::int64_t size) { return make_node(std::make_shared<Checked>(size), {x}); }

}  // namespace loglik::test
