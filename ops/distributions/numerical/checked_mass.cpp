#include <cmath>

#include "framework/registry.h"
#include "ops/distributions/numerical/column_kernels.h"
#include "ops/distributions/numerical/steps.h"

namespace loglik::numerical {
namespace {

class CheckedMass final : public Op {
 public:
  CheckedMass(std::string what, double tolerance) : what_(std::move(what)), tolerance_(tolerance) {}
  std::string_view name() const override { return "checked_mass"; }
  Attributes attributes() const override { return {{"what", what_}, {"tolerance", tolerance_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("the mass", inputs[0]);
    require_same_dtype(inputs);
    if (!(tolerance_ > 0)) throw ArgumentError(fmt::format("tolerance is {}, must be above 0", tolerance_));
    if (inputs[0].shape != inputs[1].shape)
      throw ShapeError(fmt::format("the mass is {}, the answer {}", to_string(inputs[0].shape), to_string(inputs[1].shape)));
    return {inputs[0]};
  }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      const auto mass = args.input<T>(0), answer = args.input<T>(1);
      for (std::size_t i = 0; i < mass.size(); ++i) {
        if (!(std::abs(static_cast<double>(mass[i]) - 1) <= tolerance_))
          throw IntegrationError(fmt::format("numerical {}{}: the mass that was found is {:.6g}, not 1: give the distribution an answer of its own, "
                                             "or a density that is one", what_, place(args, i), static_cast<double>(mass[i])));
        if (std::isnan(answer[i]))
          throw IntegrationError(fmt::format("numerical {}{}: the integral can't be found within the numbers of float64: give the distribution an "
                                             "answer of its own", what_, place(args, i)));
      }
      std::copy(mass.begin(), mass.end(), args.output<T>(0).begin());
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override { return {args.output_gradient(0), Node()}; }

 private:
  static std::string place(const KernelArgs& args, std::size_t i) {
    const Extents& shape = args.shape(0);
    if (shape.empty()) return "";
    const auto row = static_cast<std::size_t>(count(std::span(shape).subspan(1)));
    return fmt::format(" at row {}{}", i / row, row > 1 ? fmt::format(", value {}", i % row) : "");
  }

  std::string what_;
  double tolerance_;
};

}  // namespace

Node checked_mass(Operand mass, Operand answer, std::string what, double tolerance) {
  return make_node(std::make_shared<CheckedMass>(std::move(what), tolerance), {mass, answer});
}

void register_searches();
void register_regrid();
void register_split_panels();
void register_panel_index();
void register_take_in_column();
void register_panel_quantile();

void register_numerical_ops() {
  register_searches();
  register_regrid();
  register_split_panels();
  register_panel_index();
  register_take_in_column();
  register_panel_quantile();
  register_op("checked_mass", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<CheckedMass>(a.get<std::string>("what"), a.get<double>("tolerance"));
  });
}

}  // namespace loglik::numerical
