// Compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/beta_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include "ops/beta_simd_kernels.h"
#include "ops/stirling-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {
namespace {

constexpr double half_log_2pi = 0.91893853320467274;

HWY_INLINE DoubleMask IsModerate(Double x) { return hn::Le(hn::Abs(x), Constant(150)); }

// Shapes α = φ·m, β = φ·(1 − m) of mean m = S(x) and φ = e^c, with what y is away from the mean.
struct BetaParts {
  Double y, y_rest, mean, rest, phi, alpha, beta, above;  // above = φ·(y − m)
  DoubleMask known;

  HWY_INLINE BetaParts(Double at, Double x, Double c) : y(at) {
    const Double one = Constant(1), e = Exp(hn::Neg(hn::Abs(x))), large = hn::Div(one, hn::Add(one, e)), small = hn::Mul(e, large);
    const auto positive = hn::Ge(x, hn::Zero(Doubles()));
    y_rest = hn::Sub(one, y);
    mean = hn::IfThenElse(positive, large, small);
    rest = hn::IfThenElse(positive, small, large);
    phi = Exp(c);
    alpha = hn::Mul(phi, mean);
    beta = hn::Mul(phi, rest);
    above = hn::NegMulAdd(alpha, y_rest, hn::Mul(beta, y));
    known = hn::And(hn::And(hn::Gt(y, hn::Zero(Doubles())), hn::Lt(y, one)), hn::And(IsModerate(x), IsModerate(c)));
  }
  // −α·h(y/m) − β·h((1 − y)/(1 − m)), h(u) = u − 1 − log u
  HWY_INLINE Double MinusDeviance() const {
    const Double by_alpha = hn::Div(Constant(1), alpha), by_beta = hn::Div(Constant(1), beta);
    const Double of_mean = Log1pmx(hn::Mul(hn::Mul(y, phi), by_alpha), hn::Mul(above, by_alpha));
    const Double of_rest = Log1pmx(hn::Mul(hn::Mul(y_rest, phi), by_beta), hn::Neg(hn::Mul(above, by_beta)));
    return hn::MulAdd(alpha, of_mean, hn::Mul(beta, of_rest));
  }
};

struct BetaLogDensity {  // ½·log(φ·m·(1 − m)/(y·(1 − y))²) − ½·log 2π + δ(φ) − δ(α) − δ(β) − deviance
  HWY_INLINE Checked operator()(Double y, Double x, Double c) const {
    const BetaParts parts(y, x, c);
    const Double product = hn::Mul(parts.y, parts.y_rest);
    const Double scale = Log(hn::Div(hn::Mul(parts.alpha, parts.rest), hn::Mul(product, product)));
    const Double remainders = hn::Sub(hn::Sub(Stirling(parts.phi), Stirling(parts.alpha)), Stirling(parts.beta));
    return {hn::Add(hn::MulSub(Constant(0.5), scale, Constant(half_log_2pi)), hn::Add(remainders, parts.MinusDeviance())), parts.known};
  }
};
struct BetaByX {  // αβ/φ·log(u/v) + ½·(1 − 2m) − (1 − m)·α·δ′(α) + m·β·δ′(β), u = y/m, v = (1 − y)/(1 − m)
  HWY_INLINE Checked operator()(Double y, Double x, Double c) const {
    const BetaParts parts(y, x, c);
    const Double inverse = hn::Div(Constant(1), hn::Mul(parts.alpha, parts.y_rest));
    const Double moved = Log(hn::Mul(hn::Mul(parts.beta, y), inverse), hn::Mul(parts.above, inverse));
    const Double slopes = hn::Mul(hn::Mul(parts.phi, parts.mean), parts.rest);
    const Double difference = hn::Add(hn::Sub(moved, StirlingSlope(parts.alpha)), StirlingSlope(parts.beta));
    return {hn::MulAdd(slopes, difference, hn::Mul(Constant(0.5), hn::Sub(parts.rest, parts.mean))), parts.known};
  }
};
struct BetaByC {  // ½ + φ·δ′(φ) − α·δ′(α) − β·δ′(β) − deviance
  HWY_INLINE Checked operator()(Double y, Double x, Double c) const {
    const BetaParts parts(y, x, c);
    Double sum = hn::MulAdd(parts.phi, StirlingSlope(parts.phi), Constant(0.5));
    sum = hn::NegMulAdd(parts.alpha, StirlingSlope(parts.alpha), sum);
    sum = hn::NegMulAdd(parts.beta, StirlingSlope(parts.beta), sum);
    return {hn::Add(sum, parts.MinusDeviance()), parts.known};
  }
};

// Size r, mean μ, a count y: with e = (y − μ)/(r + μ), (r + y)/(r + μ) = 1 + e.
struct CountParts {
  Double y, mu, size, both, inverse, apart, apart_from;  // r + μ; its inverse; e; 1 + e
  DoubleMask known;

  HWY_INLINE CountParts(Double at, Double m, Double c) : y(at), mu(Exp(m)), size(Exp(c)) {
    both = hn::Add(size, mu);
    inverse = hn::Div(Constant(1), both);
    apart = hn::Mul(hn::Sub(y, mu), inverse);
    apart_from = hn::Mul(hn::Add(size, y), inverse);
    known = hn::And(hn::And(hn::Ge(y, hn::Zero(Doubles())), hn::Le(y, Constant(1e30))), hn::And(IsModerate(m), IsModerate(c)));
  }
  // −r·h(1 + e)
  HWY_INLINE Double MinusDeviance() const { return hn::Mul(size, Log1pmx(apart_from, apart)); }
};

// ½·log(r/(2π·(r + y)·y)) + δ(r + y) − δ(r) − δ(y) − r·h(1 + e) − y·h((1 + e)·μ/y), where (1 + e)·μ/y − 1 = −e·r/y; −r·log(1 + μ/r) at 0.
struct NegativeBinomial {
  HWY_INLINE Checked operator()(Double y, Double m, Double c) const {
    const CountParts parts(y, m, c);
    const Double of_size = parts.MinusDeviance(), at_zero = hn::MulAdd(parts.size, parts.apart, of_size);
    const auto is_zero = hn::Eq(y, hn::Zero(Doubles()));
    const Double count = hn::IfThenElse(is_zero, Constant(1), y), sum = hn::Add(parts.size, count), inverse = hn::Div(Constant(1), count);
    const Double scale = Log(hn::Mul(hn::Div(parts.size, sum), inverse));
    const Double of_count = hn::Mul(count, Log1pmx(hn::Mul(hn::Mul(parts.apart_from, parts.mu), inverse),
                                                   hn::Neg(hn::Mul(hn::Mul(parts.apart, parts.size), inverse))));
    const Double remainders = hn::Sub(hn::Sub(Stirling(sum), Stirling(parts.size)), Stirling(count));
    const Double value = hn::Add(hn::MulSub(Constant(0.5), scale, Constant(half_log_2pi)), hn::Add(remainders, hn::Add(of_size, of_count)));
    return {hn::IfThenElse(is_zero, at_zero, value), parts.known};
  }
};
struct NegativeBinomialBySize {  // −r·h(1 + e) + ½·y/(r + y) + r·(δ′(r + y) − δ′(r))
  HWY_INLINE Checked operator()(Double y, Double m, Double c) const {
    const CountParts parts(y, m, c);
    const Double sum = hn::Add(parts.size, y), difference = hn::Sub(StirlingSlope(sum), StirlingSlope(parts.size));
    const Double share = hn::Div(hn::Mul(Constant(0.5), y), sum);
    return {hn::Add(parts.MinusDeviance(), hn::MulAdd(parts.size, difference, share)), parts.known};
  }
};

// With above = n·(π − y/n), of the mean π: ½·log(n/(2π·y·(n − y))) + δ(n) − δ(y) − δ(n − y) − y·h(nπ/y) − (n − y)·h(n(1 − π)/(n − y));
// n·log(1 − π) at 0, n·log π at n.
class Binomial {
 public:
  HWY_INLINE explicit Binomial(double trials) : n_(Constant(trials)), remainder_(Stirling(n_)) {}
  HWY_INLINE Checked operator()(Double y, Double logit) const {
    const Double one = Constant(1), zero = hn::Zero(Doubles());
    const Double e = Exp(hn::Neg(hn::Abs(logit))), large = hn::Div(one, hn::Add(one, e)), small = hn::Mul(e, large);
    const auto positive = hn::Ge(logit, zero), none = hn::Eq(y, zero), all = hn::Eq(y, n_), is_end = hn::Or(none, all);
    const Double mean = hn::IfThenElse(positive, large, small), rest = hn::IfThenElse(positive, small, large);
    const Double at_end = hn::Mul(n_, Log(hn::IfThenElse(none, rest, mean), hn::Neg(hn::IfThenElse(none, mean, rest))));
    const Double a = hn::IfThenElse(none, one, y), b = hn::IfThenElse(is_end, one, hn::Sub(n_, y));
    const Double above = hn::NegMulAdd(a, rest, hn::Mul(b, mean)), by_a = hn::Div(one, a), by_b = hn::Div(one, b);
    const Double of_a = Log1pmx(hn::Mul(hn::Mul(n_, mean), by_a), hn::Mul(above, by_a));
    const Double of_b = Log1pmx(hn::Mul(hn::Mul(n_, rest), by_b), hn::Neg(hn::Mul(above, by_b)));
    const Double scale = hn::MulSub(Constant(0.5), Log(hn::Mul(n_, hn::Mul(by_a, by_b))), Constant(half_log_2pi));
    const Double remainders = hn::Sub(hn::Sub(remainder_, Stirling(a)), Stirling(b));
    const Double value = hn::Add(hn::Add(scale, remainders), hn::MulAdd(a, of_a, hn::Mul(b, of_b)));
    return {hn::IfThenElse(is_end, at_end, value), hn::And(hn::And(hn::Ge(y, zero), hn::Le(y, n_)), IsModerate(logit))};
  }

 private:
  Double n_, remainder_;
};

void BetaLogDensities(const float* y, const float* x, const float* c, float* out, size_t count, OfThreeFloats otherwise) {
  ForEachInDouble(BetaLogDensity(), otherwise, count, out, y, x, c);
}
void BetaScoresByX(const float* y, const float* x, const float* c, float* out, size_t count, OfThreeFloats otherwise) {
  ForEachInDouble(BetaByX(), otherwise, count, out, y, x, c);
}
void BetaScoresByC(const float* y, const float* x, const float* c, float* out, size_t count, OfThreeFloats otherwise) {
  ForEachInDouble(BetaByC(), otherwise, count, out, y, x, c);
}
void NegativeBinomials(const float* y, const float* m, const float* c, float* out, size_t count, OfThreeFloats otherwise) {
  ForEachInDouble(NegativeBinomial(), otherwise, count, out, y, m, c);
}
void NegativeBinomialsBySize(const float* y, const float* m, const float* c, float* out, size_t count, OfThreeFloats otherwise) {
  ForEachInDouble(NegativeBinomialBySize(), otherwise, count, out, y, m, c);
}

void Binomials(const float* y, const float* logit, double trials, float* out, size_t count, OfCount otherwise) {
  const auto of_trials = [=](float at, float x) { return otherwise(at, x, trials); };
  ForEachInDouble(Binomial(trials), of_trials, count, out, y, logit);
}

}  // namespace
}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::simd {

HWY_EXPORT(BetaLogDensities);
HWY_EXPORT(BetaScoresByX);
HWY_EXPORT(BetaScoresByC);
HWY_EXPORT(NegativeBinomials);
HWY_EXPORT(NegativeBinomialsBySize);
HWY_EXPORT(Binomials);

void beta_log_density(const float* y, const float* x, const float* c, float* out, std::size_t count, OfThreeFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(BetaLogDensities)(y, x, c, out, count, otherwise);
}
void beta_score_by_x(const float* y, const float* x, const float* c, float* out, std::size_t count, OfThreeFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(BetaScoresByX)(y, x, c, out, count, otherwise);
}
void beta_score_by_c(const float* y, const float* x, const float* c, float* out, std::size_t count, OfThreeFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(BetaScoresByC)(y, x, c, out, count, otherwise);
}
void negative_binomial(const float* y, const float* m, const float* c, float* out, std::size_t count, OfThreeFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(NegativeBinomials)(y, m, c, out, count, otherwise);
}
void negative_binomial_by_size(const float* y, const float* m, const float* c, float* out, std::size_t count, OfThreeFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(NegativeBinomialsBySize)(y, m, c, out, count, otherwise);
}
void binomial(const float* y, const float* logit, double trials, float* out, std::size_t count, OfCount otherwise) {
  HWY_DYNAMIC_DISPATCH(Binomials)(y, logit, trials, out, count, otherwise);
}

}  // namespace loglik::simd
#endif
