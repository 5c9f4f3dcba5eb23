#include "framework/optimizers/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "framework/error.h"
#include "framework/registry.h"
#include "framework/sum_fold.h"

namespace loglik {
namespace {

using Sizes64 = std::vector<std::int64_t>;

class SegmentOp : public Op {
 public:
  explicit SegmentOp(Sizes64 sizes) : sizes_(std::move(sizes)), total_(std::reduce(sizes_.begin(), sizes_.end(), std::int64_t{0})) {}
  Attributes attributes() const override { return {{"sizes", sizes_}}; }

 protected:
  std::int64_t segments() const { return static_cast<std::int64_t>(sizes_.size()); }
  std::vector<TensorType> infer_from(const TensorType& input, std::int64_t from, std::int64_t to) const {
    require_float("x", input);
    if (input.shape != Shape{from}) throw ShapeError(fmt::format("x is {}, needs to be {{{}}}", to_string(input), from));
    return {{input.dtype, Shape{to}}};
  }

  Sizes64 sizes_;
  std::int64_t total_;
};

class SegmentNorms final : public SegmentOp {
 public:
  using SegmentOp::SegmentOp;
  std::string_view name() const override { return "segment_norms"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return infer_from(inputs[0], total_, segments()); }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      args.parallel_for(segments(), [&](std::int64_t segment) {
        const std::int64_t begin = std::reduce(sizes_.begin(), sizes_.begin() + segment, std::int64_t{0});
        double sum = 0;
        simd::at_full_width([&] {
          sum = sum_run(args.input<T>(0).data() + begin, sizes_[static_cast<std::size_t>(segment)], [](T v) { return static_cast<double>(v) * static_cast<double>(v); });
        });
        args.output<T>(0)[static_cast<std::size_t>(segment)] = static_cast<T>(std::sqrt(sum));
      });
    });
  }
};

class SpreadSegments final : public SegmentOp {
 public:
  using SegmentOp::SegmentOp;
  std::string_view name() const override { return "spread_segments"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return infer_from(inputs[0], segments(), total_); }
  double flops(std::span<const TensorType>) const override { return 0; }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      T* to = args.output<T>(0).data();
      for (std::size_t i = 0; i < sizes_.size(); ++i) to = std::fill_n(to, sizes_[i], args.input<T>(0)[i]);
    });
  }
};

template <class Class>
void register_segment_op(std::string_view name) {
  register_op(name, [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Class>(a.get<Sizes64>("sizes")); });
}

}  // namespace

Node segment_norms(Node x, std::span<const std::int64_t> sizes) {
  return make_node(std::make_shared<SegmentNorms>(Sizes64(sizes.begin(), sizes.end())), {x});
}
Node spread_segments(Node values, std::span<const std::int64_t> sizes) {
  return make_node(std::make_shared<SpreadSegments>(Sizes64(sizes.begin(), sizes.end())), {values});
}

void register_segments() {
  register_segment_op<SegmentNorms>("segment_norms");
  register_segment_op<SpreadSegments>("spread_segments");
}

}  // namespace loglik
