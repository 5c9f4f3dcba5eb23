#pragma once
#include <fmt/format.h>

#include <array>
#include <span>
#include <vector>

#include "framework/error.h"
#include "framework/op.h"

namespace loglik::numerical {

inline constexpr std::int64_t most_in_column = 4096;
using Column = std::span<double>;
using ConstColumn = std::span<const double>;

/// S of {n, S…}.
inline Shape columns_of(const Shape& shape) { return shape.slice(1, shape.rank()); }

inline std::int64_t column_length(std::string_view what, const TensorType& type) {
  require_float(what, type);
  if (type.shape.rank() == 0) throw ShapeError(fmt::format("{} is a scalar, needs an axis of points", what));
  const Dim n = type.shape[0];
  if (!n.is_constant() || n.factor() < 1 || n.factor() > most_in_column)
    throw ShapeError(fmt::format("{} is {}, needs a first axis of 1 to {}", what, to_string(type.shape), most_in_column));
  return n.factor();
}

/// Throws ShapeError unless `shape` ends in S: for {…, S…}.
inline void require_columns(std::string_view what, const Shape& shape, const Shape& columns) {
  if (shape.rank() < columns.rank() || shape.slice(shape.rank() - columns.rank(), shape.rank()) != columns)
    throw ShapeError(fmt::format("{} is {}, must end in {}", what, to_string(shape), to_string(columns)));
}

/// An op from columns to columns: a struct F that has `name`, `attributes()`, `std::vector<std::int64_t> lengths(in)`, of its outputs from
/// those of its inputs, throwing what `infer` is to throw, and `void operator()(std::span<const ConstColumn>, std::span<const Column>) const`.
template <class F>
class ColumnOp final : public Op {
 public:
  explicit ColumnOp(F function) : function_(std::move(function)) {}
  std::string_view name() const override { return F::name; }
  Attributes attributes() const override { return function_.attributes(); }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    std::vector<std::int64_t> lengths;
    for (const TensorType& input : inputs) lengths.push_back(column_length("an input", input));
    require_same_dtype(inputs);
    const Shape columns = columns_of(inputs[0].shape);
    for (const TensorType& input : inputs)
      if (columns_of(input.shape) != columns)
        throw ShapeError(fmt::format("{} and {} differ after the first axis", to_string(inputs[0].shape), to_string(input.shape)));
    std::vector<TensorType> result;
    for (const std::int64_t length : function_.lengths(lengths)) {
      std::vector<Dim> dims{Dim(length)};
      dims.insert(dims.end(), columns.dims().begin(), columns.dims().end());
      result.push_back({inputs[0].dtype, Shape(std::move(dims))});
    }
    return result;
  }

  // A piece holds the columns that it works on in scratch memory of its own.
  std::size_t workspace(std::span<const TensorType> inputs) const override {
    const std::int64_t columns = count(columns_of(inputs[0].shape).constant());
    std::vector<std::int64_t> lengths;
    for (const TensorType& input : inputs) lengths.push_back(input.shape[0].constant());
    std::int64_t numbers = 0;
    for (const std::int64_t length : lengths) numbers += length;
    for (const std::int64_t length : function_.lengths(lengths)) numbers += length;
    return static_cast<std::size_t>(pieces(columns) * numbers) * sizeof(double);
  }

  void run(const KernelArgs& args) const override {
    const auto n = [](const TensorView& view) { return view.extents[0]; };
    const std::int64_t columns = args.outputs[0].count / n(args.outputs[0]);
    std::int64_t numbers = 0;
    for (const TensorView& view : args.inputs) numbers += n(view);
    for (const TensorView& view : args.outputs) numbers += n(view);
    for_float(args.dtype(0), [&]<class T>() {
      args.parallel_for(pieces(columns), [&](std::int64_t piece) {
        double* memory = args.workspace<double>() + piece * numbers;
        std::array<ConstColumn, 4> in;
        std::array<Column, 2> out;
        for (std::int64_t column = piece; column < columns; column += pieces(columns)) {
          double* free = memory;
          for (std::size_t i = 0; i < args.inputs.size(); ++i) {
            const T* x = args.input<T>(i).data() + column;
            const std::int64_t length = n(args.inputs[i]);
            for (std::int64_t k = 0; k < length; ++k) free[k] = static_cast<double>(x[k * columns]);
            in[i] = {free, static_cast<std::size_t>(length)};
            free += length;
          }
          for (std::size_t i = 0; i < args.outputs.size(); ++i) {
            out[i] = {free, static_cast<std::size_t>(n(args.outputs[i]))};
            free += n(args.outputs[i]);
          }
          function_(std::span<const ConstColumn>(in).first(args.inputs.size()), std::span<const Column>(out).first(args.outputs.size()));
          for (std::size_t i = 0; i < args.outputs.size(); ++i) {
            T* y = args.output<T>(i).data() + column;
            for (std::size_t k = 0; k < out[i].size(); ++k) y[static_cast<std::int64_t>(k) * columns] = static_cast<T>(out[i][k]);
          }
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    not_differentiable(args, "it says where to evaluate a function; an integral does not depend on that");
  }

 private:
  static std::int64_t pieces(std::int64_t columns) { return columns < 64 ? columns : 64; }
  F function_;
};

}  // namespace loglik::numerical
