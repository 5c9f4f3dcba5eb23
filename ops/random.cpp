#include "ops/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"
#include "framework/registry.h"

namespace loglik {
namespace {

constexpr std::int64_t elements_a_piece = 8192;  // some 50 µs

class Random : public Op {
 public:
  Random(Shape shape, DType dtype) : shape_(std::move(shape)), dtype_(dtype) {}
  bool is_random() const override { return true; }
  std::vector<Node> gradient(const GradientArgs&) const override { return {}; }
  double flops(std::span<const TensorType>) const override { return 0; }

  std::vector<TensorType> infer(std::span<const TensorType>) const final {
    require_float("what is drawn", {dtype_, shape_});
    check();
    return {{dtype_, shape_}};
  }

 protected:
  virtual void check() const = 0;  // throws ArgumentError

  // Draws pieces by `fill` and maps each element by `map`, both for T.
  template <class T, class Fill, class Map>
  static void draw(const KernelArgs& args, Fill fill, Map map) {
    const auto y = args.output<T>(0);
    const RandomKey key = args.random_key();
    args.parallel_for(args.outputs[0].count, elements_a_piece, [&](std::int64_t begin, std::int64_t end) {
      const auto piece = y.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
      fill(key, static_cast<std::uint64_t>(begin), piece);
      for (T& value : piece) value = map(value);
    });
  }

  Shape shape_;
  DType dtype_;
};

class RandomUniform final : public Random {
 public:
  RandomUniform(Shape shape, RandomUniformOptions options)
      : Random(std::move(shape), options.dtype), low_(options.low), high_(options.high) {}
  std::string_view name() const override { return "random_uniform"; }
  Attributes attributes() const override { return {{"shape", shape_}, {"low", low_}, {"high", high_}, {"dtype", dtype_}}; }
  void run(const KernelArgs& args) const override {
    for_float(dtype_, [&]<class T>() {
      const auto low = static_cast<T>(low_);
      const auto width = static_cast<T>(high_ - low_);
      const T highest = std::max(low, std::nextafter(static_cast<T>(high_), low));  // rounding could reach high
      draw<T>(args, fill_uniform<T>, [=](T u) { return std::min(low + width * u, highest); });
    });
  }

 private:
  void check() const override {
    if (!(low_ < high_) || !std::isfinite(high_ - low_))
      throw ArgumentError(fmt::format("low is {}, high is {}: needs finite low < high", low_, high_));
  }
  double low_, high_;
};

class RandomNormal final : public Random {
 public:
  RandomNormal(Shape shape, RandomNormalOptions options)
      : Random(std::move(shape), options.dtype), mean_(options.mean), stddev_(options.stddev) {}
  std::string_view name() const override { return "random_normal"; }
  Attributes attributes() const override { return {{"shape", shape_}, {"mean", mean_}, {"stddev", stddev_}, {"dtype", dtype_}}; }
  void run(const KernelArgs& args) const override {
    for_float(dtype_, [&]<class T>() {
      const auto mean = static_cast<T>(mean_);
      const auto stddev = static_cast<T>(stddev_);
      draw<T>(args, fill_normal<T>, [=](T z) { return mean + stddev * z; });
    });
  }

 private:
  void check() const override {
    if (!std::isfinite(mean_) || !(stddev_ >= 0) || !std::isfinite(stddev_))
      throw ArgumentError(fmt::format("mean is {}, stddev is {}: needs a finite mean and a finite stddev of 0 or more", mean_, stddev_));
  }
  double mean_, stddev_;
};

template <class Draw>
Node draw(Graph& graph, std::string_view kind, Shape shape, const auto& options, Site site) {
  const Scope scope = graph.numbered_scope(kind);  // its number makes the name, and so the bits
  return graph.add(std::make_shared<Draw>(std::move(shape), options), {}, site);
}

}  // namespace

Node random_uniform(Graph& graph, Shape shape, RandomUniformOptions options, Site site) {
  return draw<RandomUniform>(graph, "random_uniform", std::move(shape), options, site);
}
Node random_uniform_like(Operand x, RandomUniformOptions options) { return random_uniform(x.graph(), x.shape(), options, x.site()); }

Node random_normal(Graph& graph, Shape shape, RandomNormalOptions options, Site site) {
  return draw<RandomNormal>(graph, "random_normal", std::move(shape), options, site);
}
Node random_normal_like(Operand x, RandomNormalOptions options) { return random_normal(x.graph(), x.shape(), options, x.site()); }

void register_random_ops() {
  register_op("random_uniform", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<RandomUniform>(a.get<Shape>("shape"),
                                           RandomUniformOptions{a.get<double>("low"), a.get<double>("high"), a.get<DType>("dtype")});
  });
  register_op("random_normal", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<RandomNormal>(a.get<Shape>("shape"),
                                          RandomNormalOptions{a.get<double>("mean"), a.get<double>("stddev"), a.get<DType>("dtype")});
  });
}

}  // namespace loglik
