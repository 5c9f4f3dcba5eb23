#include "framework/registry.h"
#include "ops/distributions/numerical/steps.h"
#include "ops/distributions/numerical/strided_column_kernels.h"

namespace loglik::numerical {
namespace {

Node add_in_column(Operand g, Operand index, std::int64_t length, Shape columns);

class TakeInColumn final : public Op {  // ∂x = the sums of g by index
 public:
  std::string_view name() const override { return "take_in_column"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    column_length("x", inputs[0]);
    require_dtype("the index", inputs[1], DType::int32);
    require_columns("the index", inputs[1].shape, columns_of(inputs[0].shape));
    return {{inputs[0].dtype, inputs[1].shape}};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t width = column_count(args.inputs[0]), length = args.shape(0)[0];
    const auto index = args.input<std::int32_t>(1);
    for_float(args.dtype(0), [&]<class T>() {
      const T* x = args.input<T>(0).data();
      const auto y = args.output<T>(0);
      args.parallel_for(static_cast<std::int64_t>(index.size()), 1024, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t k = index[static_cast<std::size_t>(i)];
          check_index(k, length, i);
          y[static_cast<std::size_t>(i)] = x[k * width + i % width];
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Shape& x = args.input(0).shape();
    return {args.wants(0) ? add_in_column(args.output_gradient(0), args.input(1), x[0].constant(), columns_of(x)) : Node(), Node()};
  }
};

class AddInColumn final : public Op {  // ∂g = what comes in, taken by index
 public:
  AddInColumn(std::int64_t length, Shape columns) : length_(length), columns_(std::move(columns)) {}
  std::string_view name() const override { return "add_in_column"; }
  Attributes attributes() const override { return {{"length", length_}, {"columns", columns_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("g", inputs[0]);
    require_dtype("the index", inputs[1], DType::int32);
    if (inputs[0].shape != inputs[1].shape) throw ShapeError("g and index differ in shape");
    require_columns("g", inputs[0].shape, columns_);
    std::vector<Dim> dims{Dim(length_)};
    dims.insert(dims.end(), columns_.dims().begin(), columns_.dims().end());
    return {{inputs[0].dtype, Shape(std::move(dims))}};
  }

  // A piece is a column, its terms added in order: the same bits for any number of threads.
  void run(const KernelArgs& args) const override {
    const std::int64_t width = column_count(args.outputs[0]);
    const auto index = args.input<std::int32_t>(1);
    for_float(args.dtype(0), [&]<class T>() {
      const T* g = args.input<T>(0).data();
      T* sums = args.output<T>(0).data();
      args.parallel_for(width, [&](std::int64_t k) {
        for (std::int64_t i = 0; i < length_; ++i) sums[i * width + k] = 0;
        for (std::int64_t i = k; i < args.inputs[0].count; i += width) {
          check_index(index[static_cast<std::size_t>(i)], length_, i);
          sums[index[static_cast<std::size_t>(i)] * width + k] += g[i];
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    return {args.wants(0) ? take_in_column(args.output_gradient(0), args.input(1)) : Node(), Node()};
  }

 private:
  std::int64_t length_;
  Shape columns_;
};

Node add_in_column(Operand g, Operand index, std::int64_t length, Shape columns) {
  return make_node(std::make_shared<AddInColumn>(length, std::move(columns)), {g, index});
}

}  // namespace

Node take_in_column(Operand x, Operand index) { return make_node(std::make_shared<TakeInColumn>(), {x, index}); }

void register_take_in_column() {
  register_op("take_in_column", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<TakeInColumn>(); });
  register_op("add_in_column", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<AddInColumn>(a.get<std::int64_t>("length"), a.get<Shape>("columns"));
  });
}

}  // namespace loglik::numerical
