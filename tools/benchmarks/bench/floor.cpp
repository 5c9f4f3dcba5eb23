#include "tools/benchmarks/bench/floor.h"

#include <chrono>

#include "framework/blas.h"
#include "framework/floating_point_guard.h"
#include "framework/op.h"
#include "ops/product_kernels.h"

namespace loglik::bench {
namespace {

std::int64_t product_of(std::span<const std::int64_t> sizes) {
  std::int64_t result = 1;
  for (const std::int64_t size : sizes) result *= size;
  return result;
}

// c = a·b, or the sum of such products over the leading axes.
Product matrix_product(const NodeRecord& record, const Extents& a, const Extents& b, const Extents& c) {
  const bool transpose_a = record.op->attributes().get<bool>("transpose_a"), transpose_b = record.op->attributes().get<bool>("transpose_b");
  const bool sums = record.op->name() == "matmul_sum";
  const std::int64_t m = c[c.size() - 2], n = c.back(), k = a[a.size() - (transpose_a ? 2 : 1)];
  const std::int64_t count = sums ? product_of(std::span(a).first(a.size() - 2)) : product_of(std::span(c).first(c.size() - 2));
  const bool one_b = b.size() == 2 && !transpose_a && !sums;  // the rows of all a against one b: one product
  return one_b ? Product{transpose_a, transpose_b, m * count, n, k} : Product{transpose_a, transpose_b, m, n, k, count, sums};
}

// One image's product: y {filters, positions} = filters · patches, and its two adjoints. Groups are products of their own.
Product convolution_product(const NodeRecord& record, const Extents& a, const Extents& b, const Extents& c) {
  const std::int64_t groups = record.op->attributes().get<std::int64_t>("groups");
  const auto sized = [&](const Extents& y, const Extents& filters) {
    const std::int64_t positions = y[2] * y[3], patch = filters[1] * filters[2] * filters[3], count = y[0] * groups;
    if (record.op->name() == "conv2d") return Product{false, false, filters[0] / groups, positions, patch, count};
    if (record.op->name() == "conv2d_input_gradient") return Product{true, false, patch, positions, filters[0] / groups, count};
    return Product{false, true, filters[0] / groups, patch, positions, count, true};
  };
  if (record.op->name() == "conv2d") return sized(c, b);
  if (record.op->name() == "conv2d_input_gradient") return sized(a, b);
  return sized(b, c);
}

}  // namespace

std::vector<Product> products(const Program& program, const Sizes& sizes) {
  std::vector<Product> result;
  for (const std::uint32_t index : program.schedule().nodes) {
    const NodeRecord& record = program.graph().record(index);
    const std::string_view name = record.op->name();
    const bool is_matrix_product = name == "matmul" || name == "matmul_sum";
    if (!is_matrix_product && !name.starts_with("conv2d")) continue;
    const Extents a = record.inputs[0].shape().bind(sizes), b = record.inputs[1].shape().bind(sizes), c = record.outputs[0].shape.bind(sizes);
    result.push_back(is_matrix_product ? matrix_product(record, a, b, c) : convolution_product(record, a, b, c));
  }
  return result;
}

void blas_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float beta,
               float* c) {
  gemm<float>(transpose_a, transpose_b, m, n, k, 1, a, transpose_a ? m : k, b, transpose_b ? k : n, beta, c, n);
}

void small_gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float beta,
                float* c) {
  multiply_small({transpose_a, transpose_b, m, n, k, a, transpose_a ? m : k, b, transpose_b ? k : n, beta != 0, c, n});
}

Floor::Floor(std::vector<Product> products, std::vector<Gemm*> gemms) : products_(std::move(products)) {
  const auto filled = [](std::int64_t rows, std::int64_t columns, float value) {
    Tensor tensor(DType::float32, {rows, columns});
    for (float& element : tensor.mutable_values<float>()) element = value;
    return tensor;
  };
  for (const Product& p : products_) {
    a_.push_back(filled(p.m, p.k, 0.01f));
    b_.push_back(filled(p.k, p.n, 0.02f));
    c_.push_back(filled(p.m, p.n, 0.0f));
  }
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i < products_.size(); ++i) {
    Gemm* best = gemms[0];
    auto least = Clock::duration::max();
    for (int turn = 0; turn < 20 && gemms.size() > 1; ++turn)
      for (Gemm* gemm : gemms) {
        const auto begin = Clock::now();
        multiply(i, gemm, 1);
        if (const auto time = Clock::now() - begin; time < least) least = time, best = gemm;
      }
    gemms_.push_back(best);
  }
}

double Floor::flops() const {
  double sum = 0;
  for (const Product& product : products_) sum += product.flops();
  return sum;
}

void Floor::multiply(std::size_t i, Gemm* gemm, std::int64_t count) const {
  const Product& p = products_[i];
  const float *a = a_[i].values<float>().data(), *b = b_[i].values<float>().data();
  float* c = const_cast<float*>(c_[i].values<float>().data());
  for (std::int64_t repeat = 0; repeat < count; ++repeat)
    gemm(p.transpose_a, p.transpose_b, p.m, p.n, p.k, a, b, p.sums && repeat > 0 ? 1.0f : 0.0f, c);
}

void Floor::run() const {
  const FloatingPointGuard guard;
  for (std::size_t i = 0; i < products_.size(); ++i) multiply(i, gemms_[i], products_[i].count);
}

}  // namespace loglik::bench
