// Ops that are wrong on purpose: each must fail in the one property that it lacks.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "framework/elementwise.h"
#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "tests/conformance/check_op.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {
using conformance::check_op;
using conformance::examine_op;
using conformance::OpOptions;
using conformance::Property;
using conformance::Report;

const OpOptions options{.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}};

void expect_fails(const Report& report, Property property) {
  EXPECT_TRUE(report.failed(property)) << to_string(report);
  for (const auto& failure : report.failures) EXPECT_EQ(failure.property, property) << to_string(failure);
}

// Shape-preserving ops of one input, y = x unless `each` says otherwise.
class Wrong : public Op {
 public:
  explicit Wrong(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    return {inputs[0]};
  }
  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      for (std::int64_t i = 0; i < args.inputs[0].count; ++i)
        args.output<T>(0)[static_cast<std::size_t>(i)] = args.input<T>(0)[static_cast<std::size_t>(i)];
    });
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {args.output_gradient(0)}; }

 private:
  std::string_view name_;
};

template <class O, class... Arguments>
auto one_input(Arguments... arguments) {
  return [=](Node x) { return make_node(std::make_shared<O>(arguments...), {x}); };
}

struct WrongSquare {  // by a ten-thousandth
  static constexpr std::string_view name = "wrong_square";
  template <class T>
  T operator()(T x) const {
    return x * x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {2.0002 * args.output_gradient(0) * args.input(0)}; }
};

TEST(WrongOps, GradientIsOffByATenThousandth) {
  const Report report = examine_op([](Node x) { return elementwise<WrongSquare>({x}); }, options);
  EXPECT_TRUE(report.failed(Property::gradient)) << to_string(report);
  for (const auto& failure : report.failures) EXPECT_EQ(failure.property, Property::gradient) << to_string(failure);
  EXPECT_NE(to_string(report.failures[0]).find("gradient: wrong_square of float64 {3, 5}: of input 0 at element"), std::string::npos)
      << to_string(report.failures[0]);
}

class Stretch final : public Wrong {  // {n} → {4, n}, whose gradient takes the mean of the rows, not their sum
 public:
  Stretch() : Wrong("stretch") {}
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    return {{inputs[0].dtype, {4, inputs[0].shape.back()}}};
  }
  void run(const KernelArgs& args) const override {
    const std::size_t bytes = static_cast<std::size_t>(args.inputs[0].count) * size_of(args.dtype(0));
    for (std::size_t row = 0; row < 4 && bytes > 0; ++row)
      std::memcpy(static_cast<std::byte*>(args.outputs[0].data) + row * bytes, args.inputs[0].data, bytes);
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {reduce_sum(args.output_gradient(0), {0}) / 4.0}; }
};

TEST(WrongOps, GradientLacksABroadcastSum) {
  expect_fails(examine_op(one_input<Stretch>(), {.shapes = {{5}, {1}, {0}}, .orders = 1}), Property::gradient);
}

struct CubeSlope {  // 3x², whose own gradient is wrong
  static constexpr std::string_view name = "cube_slope";
  template <class T>
  T operator()(T x) const {
    return 3 * x * x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {6.01 * args.output_gradient(0) * args.input(0)}; }
};
struct Cube {
  static constexpr std::string_view name = "cube";
  template <class T>
  T operator()(T x) const {
    return x * x * x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.output_gradient(0) * elementwise<CubeSlope>({args.input(0)})};
  }
};

TEST(WrongOps, SecondDerivativeIsOff) {
  const auto cube = [](Node x) { return elementwise<Cube>({x}); };
  expect_fails(examine_op(cube, options), Property::second_order);
  EXPECT_TRUE(examine_op(cube, {.shapes = {{3, 5}}, .skip = {{Property::second_order, "known to be wrong"}}}).passed());
}

struct Product {  // whose gradient depends on who else wants one
  static constexpr std::string_view name = "product";
  template <class T>
  T operator()(T a, T b) const {
    return a * b;
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0);
    return {g * args.input(1), args.wants(0) ? g * args.input(0) : g};
  }
};

TEST(WrongOps, GradientDependsOnWhatElseIsWanted) {
  const auto product = [](Node a, Node b) { return elementwise<Product>({a, b}); };
  expect_fails(examine_op(product, {.shapes = {{{3, 1}, {5}}}, .orders = 1}), Property::gradient);
}

class Epilogues final : public Wrong {  // that finishes its elements once and all, unless told otherwise
 public:
  enum class Fault { none, twice, not_all, too_early, looks_again };
  explicit Epilogues(Fault fault) : Wrong("epilogues"), fault_(fault) {}
  bool offers_epilogue() const override { return true; }
  void run(const KernelArgs& args) const override {
    const std::int64_t count = args.inputs[0].count, half = count / 2;
    if (fault_ == Fault::too_early) args.finished(0, count);
    Wrong::run(args);
    if (fault_ == Fault::too_early) return;
    args.finished(0, half);
    if (fault_ == Fault::twice) args.finished(0, 1);
    if (fault_ == Fault::looks_again && half > 0 && half < count)
      for_float(args.dtype(0), [&]<class T>() {
        args.output<T>(0).back() = args.output<T>(0)[0] - args.input<T>(0)[0] + args.input<T>(0).back();  // as it was, if the first is
      });
    args.finished(half, fault_ == Fault::not_all ? count - 1 : count);
  }

 private:
  Fault fault_;
};

TEST(WrongOps, EpilogueIsNotGivenItsDue) {
  using enum Epilogues::Fault;
  const OpOptions one{.shapes = {{3, 5}}};
  EXPECT_TRUE(examine_op(one_input<Epilogues>(none), one).passed()) << to_string(examine_op(one_input<Epilogues>(none), one));
  for (const auto fault : {twice, not_all, too_early, looks_again})
    EXPECT_TRUE(examine_op(one_input<Epilogues>(fault), one).failed(Property::epilogue)) << static_cast<int>(fault);
}

class NoGradient final : public Wrong {
 public:
  NoGradient() : Wrong("no_gradient") {}
  std::vector<Node> gradient(const GradientArgs& args) const override { not_differentiable(args); }
};

TEST(WrongOps, GradientIsMissingOrDenied) {
  expect_fails(examine_op(one_input<NoGradient>(), {.shapes = {{3}}}), Property::gradient);
  EXPECT_TRUE(examine_op(one_input<NoGradient>(), {.shapes = {{3}}, .not_differentiable = "on purpose"}).passed());
  expect_fails(examine_op(one_input<Wrong>("identity"), {.shapes = {{3}}, .not_differentiable = "wrongly"}), Property::gradient);
}

class LeavesTheLast final : public Wrong {
 public:
  LeavesTheLast() : Wrong("leaves_the_last") {}
  void run(const KernelArgs& args) const override {
    const std::size_t size = size_of(args.dtype(0));
    if (args.inputs[0].count > 0)
      std::memcpy(args.outputs[0].data, args.inputs[0].data, static_cast<std::size_t>(args.inputs[0].count - 1) * size);
  }
};

TEST(WrongOps, AnElementIsNotWritten) {
  const Report report = examine_op(one_input<LeavesTheLast>(), {.shapes = {{3, 5}, {0}}});
  EXPECT_TRUE(report.failed(Property::written)) << to_string(report);  // what follows from it, such as wrong gradients, is told too
  EXPECT_FALSE(report.failed(Property::state)) << to_string(report);
}

class Overflows final : public Wrong {
 public:
  Overflows() : Wrong("overflows") {}
  void run(const KernelArgs& args) const override {
    Wrong::run(args);
    static_cast<std::byte*>(args.outputs[0].data)[static_cast<std::size_t>(args.outputs[0].count) * size_of(args.dtype(0)) + 3] =
        std::byte(0);
  }
};

TEST(WrongOps, ABytePastTheEndIsWritten) {
  if (!test::allocations_are_counted()) GTEST_SKIP() << "a sanitizer would end the process";
  // 33 elements do not fill their last 64 bytes: outside of the kit's fences the byte falls into the padding of an allocation.
  EXPECT_TRUE(examine_op(one_input<Overflows>(), {.shapes = {{33}}}).failed(Property::bounds));
}

class WritesItsInput final : public Wrong {
 public:
  WritesItsInput() : Wrong("writes_its_input") {}
  void run(const KernelArgs& args) const override {
    Wrong::run(args);
    if (args.inputs[0].count > 0) static_cast<std::byte*>(args.inputs[0].data)[0] ^= std::byte(1);
  }
};

TEST(WrongOps, AnInputIsWritten) { EXPECT_TRUE(examine_op(one_input<WritesItsInput>(), {.shapes = {{3, 5}}}).failed(Property::bounds)); }

class Counts final : public Wrong {
 public:
  Counts() : Wrong("counts") {}
  void run(const KernelArgs& args) const override {
    const double count = count_++;
    for_float(args.dtype(0), [&]<class T>() {
      for (T& y : args.output<T>(0)) y = static_cast<T>(count);
    });
  }

 private:
  mutable std::atomic<int> count_ = 0;
};

TEST(WrongOps, AHiddenStateIsKept) {
  const Report report = examine_op(one_input<Counts>(), {.shapes = {{3, 5}, {0}}});
  EXPECT_TRUE(report.failed(Property::state)) << to_string(report);
  EXPECT_FALSE(report.failed(Property::written)) << to_string(report);
}

class Reverse final : public Wrong {  // promises what it can't keep
 public:
  Reverse() : Wrong("reverse") {}
  bool may_overwrite(std::size_t, std::size_t) const override { return true; }
  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      const auto x = args.input<T>(0);
      for (std::size_t i = 0; i < x.size(); ++i) args.output<T>(0)[i] = x[x.size() - 1 - i];
    });
  }
  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {make_node(std::make_shared<Reverse>(), {args.output_gradient(0)})};
  }
};

TEST(WrongOps, CanNotBeDoneInPlace) {
  const Report report = examine_op(one_input<Reverse>(), {.shapes = {{3, 5}, {1}, {0}}});
  EXPECT_TRUE(report.failed(Property::in_place)) << to_string(report);
}

class Scale final : public Wrong {  // does not tell its factor
 public:
  explicit Scale(double factor) : Wrong("scale"), factor_(factor) {}
  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      for (std::size_t i = 0; i < args.input<T>(0).size(); ++i) args.output<T>(0)[i] = static_cast<T>(factor_) * args.input<T>(0)[i];
    });
  }
  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {make_node(std::make_shared<Scale>(factor_), {args.output_gradient(0)})};
  }

 private:
  double factor_;
};

TEST(WrongOps, AnAttributeIsForgotten) {
  register_op("scale", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Scale>(1); });
  expect_fails(examine_op(one_input<Scale>(3.0), options), Property::attributes);
  register_op("scale", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Scale>(a.get<double>("factor")); });
  expect_fails(examine_op(one_input<Scale>(3.0), options), Property::attributes);
}

class SumByThreads final : public Wrong {  // as many partial sums as threads
 public:
  SumByThreads() : Wrong("sum_by_threads") {}
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    return {{inputs[0].dtype, {}}};
  }
  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      const auto x = args.input<T>(0);
      const std::size_t piece = x.size() / static_cast<std::size_t>(thread_count()) + 1;
      T total = 0;
      for (std::size_t begin = 0; begin < x.size(); begin += piece) {
        T part = 0;
        for (std::size_t i = begin; i < std::min(x.size(), begin + piece); ++i) part += x[i];
        total += part;
      }
      args.output<T>(0)[0] = total;
    });
  }
  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {broadcast_to(args.output_gradient(0), args.input(0).shape())};
  }
};

TEST(WrongOps, BitsDependOnThreads) {
  expect_fails(examine_op(one_input<SumByThreads>(), {.shapes = {{3}, {0}}, .large = {{10007}}}), Property::threads);
}

class Allocates final : public Wrong {
 public:
  Allocates() : Wrong("allocates") {}
  void run(const KernelArgs& args) const override {
    std::vector<double> values(static_cast<std::size_t>(args.inputs[0].count));
    for_float(args.dtype(0), [&]<class T>() {
      std::copy(args.input<T>(0).begin(), args.input<T>(0).end(), values.begin());
      std::copy(values.begin(), values.end(), args.output<T>(0).begin());
    });
  }
};

TEST(WrongOps, AStepAllocates) {
  if (!test::allocations_are_counted()) GTEST_SKIP() << "a sanitizer's allocator is not counted";
  conformance::count_allocations(test::allocations);
  expect_fails(examine_op(one_input<Allocates>(), {.shapes = {{64}}}), Property::allocation);
  EXPECT_TRUE(examine_op(one_input<Wrong>("identity"), {.shapes = {{64}}}).was_tested(Property::allocation));
}

class TakesIntegers final : public Wrong {  // until it runs
 public:
  TakesIntegers() : Wrong("takes_integers") {}
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
};

TEST(WrongOps, ADtypeIsNotRefused) { expect_fails(examine_op(one_input<TakesIntegers>(), {.shapes = {{3}}}), Property::dtypes); }

class Coarse final : public Wrong {  // in float32 by a table of too few digits, as it were
 public:
  Coarse() : Wrong("coarse") {}
  void run(const KernelArgs& args) const override {
    Wrong::run(args);
    if (args.dtype(0) == DType::float32)
      for (float& y : args.output<float>(0)) y += 1e-4f;
  }
};

TEST(WrongOps, Float32IsCoarse) { expect_fails(examine_op(one_input<Coarse>(), {.shapes = {{3}}}), Property::float32); }

class FixedBatch final : public Wrong {  // takes the batch for a number it saw first
 public:
  FixedBatch() : Wrong("fixed_batch") {}
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    TensorType out = inputs[0];
    if (!out.shape[0].is_constant()) out.shape[0] = 2;
    return {out};
  }
};

TEST(WrongOps, TheBatchIsInferredWrongly) { expect_fails(examine_op(one_input<FixedBatch>(), {.shapes = {{3, 5}}}), Property::inference); }

class Vanishes final : public Wrong {  // a rewrite that changes the value
 public:
  Vanishes() : Wrong("vanishes") {}
  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      for (std::size_t i = 0; i < args.input<T>(0).size(); ++i) args.output<T>(0)[i] = args.input<T>(0)[i] + T(1);
    });
  }
  std::vector<Node> simplify(const SimplifyArgs& args) const override { return {args.input(0)}; }
};

TEST(WrongOps, ARewriteChangesValues) {
  const Report report = examine_op(one_input<Vanishes>(), {.shapes = {{3}}});
  EXPECT_TRUE(report.failed(Property::compiled)) << to_string(report);
}

}  // namespace
}  // namespace loglik
