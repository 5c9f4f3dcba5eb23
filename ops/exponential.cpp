#include "ops/exponential.h"

#include <cmath>

#include "framework/register_elementwise.h"

namespace loglik {
namespace {

struct Exp {  // y = eˣ;    ∂x = g·y
  static constexpr std::string_view name = "exp";
  template <class T>
  T operator()(T x) const {
    return std::exp(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * args.output(0)}; }
};

struct Expm1 {  // eˣ − 1;    ∂x = g·eˣ, which y + 1 would lose for x far below 0
  static constexpr std::string_view name = "expm1";
  template <class T>
  T operator()(T x) const {
    return std::expm1(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * exp(args.input(0))}; }
};

struct Log {  // log x;    ∂x = g/x
  static constexpr std::string_view name = "log";
  template <class T>
  T operator()(T x) const {
    return std::log(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) / args.input(0)}; }
};

struct Log1p {  // log(1 + x);    ∂x = g/(1 + x)
  static constexpr std::string_view name = "log1p";
  template <class T>
  T operator()(T x) const {
    return std::log1p(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) / (1.0 + args.input(0))}; }
};

}  // namespace

Node exp(Operand x) { return elementwise<Exp>({x}); }
Node expm1(Operand x) { return elementwise<Expm1>({x}); }
Node log(Operand x) { return elementwise<Log>({x}); }
Node log1p(Operand x) { return elementwise<Log1p>({x}); }

void register_exponential_ops() {
  register_elementwise<Exp, 1>();
  register_elementwise<Expm1, 1>();
  register_elementwise<Log, 1>();
  register_elementwise<Log1p, 1>();
}

}  // namespace loglik
