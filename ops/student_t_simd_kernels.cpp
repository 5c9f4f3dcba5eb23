// Compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/student_t_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include "ops/stirling-inl.h"
#include "ops/student_t_simd_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {
namespace {

// With x = ν/2, h = 1/(2x): C(ν) = log Γ(x) − log Γ(x + ½) + ½·log πν = δ(x) − δ(x + ½) − x·log(1 + h) + ½ + ½·log 2π, and
// −C′(ν) = ½·(log(1 + h) − h/(1 + h) + δ′(x + ½) − δ′(x)), of which the first two terms are h²/(1 + h) + (log(1 + h) − h).
HWY_INLINE Double HalfInverse(Double x) { return hn::Div(Constant(0.5), x); }
HWY_INLINE Double StudentTConstant(Double degrees) {
  const Double x = hn::Mul(Constant(0.5), degrees), remainders = hn::Sub(Stirling(x), Stirling(hn::Add(x, Constant(0.5))));
  return hn::NegMulAdd(x, Log1p(HalfInverse(x)), hn::Add(remainders, Constant(0.5 + 0.91893853320467274)));
}
HWY_INLINE Double StudentTMinusSlope(Double degrees) {
  const Double x = hn::Mul(Constant(0.5), degrees), h = HalfInverse(x), one_h = hn::Add(Constant(1), h);
  const Double logs = hn::Add(Log1pmx(one_h, h), hn::Div(hn::Mul(h, h), one_h));
  return hn::Mul(Constant(0.5), hn::Add(logs, hn::Sub(StirlingSlope(hn::Add(x, Constant(0.5))), StirlingSlope(x))));
}

// log ν, and `Function`(ν), kept as long as ν is the same.
template <Double (*Function)(Double)>
class Kept {
 public:
  HWY_INLINE Kept() : degrees_(Constant(-1)), log_(degrees_), value_(degrees_) {}  // a compiler's own would not be for this target
  HWY_INLINE void Update(Double degrees) {
    const Doubles d;
    if (HWY_LIKELY(hn::AllTrue(d, hn::Eq(degrees, degrees_)))) return;
    degrees_ = degrees;
    log_ = Log(degrees);
    value_ = Function(degrees);
  }
  HWY_INLINE Double LogOfDegrees() const { return log_; }
  HWY_INLINE Double Value() const { return value_; }

 private:
  Double degrees_, log_, value_;
};

// d = y − location, log|d| and r = log(z²/ν), as precise as ℓ is: also where z or z² would overflow. At d = 0 r is below −1000.
struct Distance {
  Double d, log_d, r;
  DoubleMask known;

  HWY_INLINE Distance(Double y, Double loc, Double log_scale, Double degrees, Double log_degrees)
      : d(hn::Sub(y, loc)), log_d(Log(hn::Abs(d))) {
    const Double log_z = hn::Sub(log_d, log_scale);
    r = hn::Sub(hn::Add(log_z, log_z), log_degrees);
    const auto of_degrees = hn::And(hn::Ge(degrees, Constant(1e-30)), hn::Le(degrees, Constant(1e30)));
    known = hn::And(of_degrees, hn::And(hn::Le(hn::Abs(log_scale), Constant(200)), hn::Le(hn::Abs(d), Constant(1e39))));
  }
  HWY_INLINE Double SmallExp() const { return Exp(hn::Neg(hn::Abs(r))); }  // e^−|r|
};

class LogDensity {  // −C(ν) − ℓ − ½(ν + 1)·log(1 + e^r)
 public:
  HWY_INLINE LogDensity() : kept_() {}
  HWY_INLINE Checked operator()(Double y, Double loc, Double log_scale, Double degrees) {
    kept_.Update(degrees);
    const Distance distance(y, loc, log_scale, degrees, kept_.LogOfDegrees());
    const Double growth = hn::Add(hn::Max(distance.r, hn::Zero(Doubles())), Log1p(distance.SmallExp()));
    const Double half = hn::MulAdd(Constant(0.5), degrees, Constant(0.5));
    return {hn::NegMulAdd(half, growth, hn::Neg(hn::Add(kept_.Value(), log_scale))), distance.known};
  }

 private:
  Kept<StudentTConstant> kept_;
};

class ByDegrees {  // with w = e^r, s = w/(1 + w): −C′(ν) + ½·(s − log(1 + w)) + ½·s/ν
 public:
  HWY_INLINE ByDegrees() : kept_() {}
  HWY_INLINE Checked operator()(Double y, Double loc, Double log_scale, Double degrees) {
    kept_.Update(degrees);
    const Distance distance(y, loc, log_scale, degrees, kept_.LogOfDegrees());
    const Double one = Constant(1), e = distance.SmallExp(), one_e = hn::Add(one, e), inverse = hn::Div(one, one_e);
    const LogOf log = SplitLog(one_e, e);
    const auto far = hn::Gt(distance.r, hn::Zero(Doubles()));
    const Double s = hn::IfThenElse(far, inverse, hn::Mul(e, inverse));
    const Double near_difference = hn::NegMulAdd(e, s, hn::Neg(Excess(log, e))), far_difference = hn::Sub(s, hn::Add(distance.r, Sum(log)));
    const Double difference = hn::IfThenElse(far, far_difference, near_difference);
    return {hn::MulAdd(Constant(0.5), hn::Add(difference, hn::Div(s, degrees)), kept_.Value()), distance.known};
  }

 private:
  Kept<StudentTMinusSlope> kept_;
};

HWY_INLINE Double Nothing(Double) { return hn::Zero(Doubles()); }

template <int power>
class Share {  // e^r/(1 + e^r)/dᵏ: the numerator by its log, of which d is taken out where it would be 0/0
 public:
  HWY_INLINE Share() : kept_() {}
  HWY_INLINE Checked operator()(Double y, Double loc, Double log_scale, Double degrees) {
    kept_.Update(degrees);
    const Distance distance(y, loc, log_scale, degrees, kept_.LogOfDegrees());
    const Double two_scales = hn::Add(hn::Add(log_scale, log_scale), kept_.LogOfDegrees());
    const Double near = hn::MulSub(Constant(2 - power), distance.log_d, two_scales), far = hn::Mul(Constant(-power), distance.log_d);
    const Double log_numerator = hn::IfThenElse(hn::Gt(distance.r, hn::Zero(Doubles())), far, near);
    const Double size = hn::Div(Exp(log_numerator), hn::Add(Constant(1), distance.SmallExp()));
    return {power == 1 ? hn::CopySign(size, distance.d) : size, distance.known};
  }

 private:
  Kept<Nothing> kept_;
};

void StudentTLogDensities(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, size_t count,
                          OfFourFloats otherwise) {
  ForEachInDouble(LogDensity(), otherwise, count, out, y, loc, log_scale, degrees);
}
void StudentTsByDegrees(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, size_t count,
                        OfFourFloats otherwise) {
  ForEachInDouble(ByDegrees(), otherwise, count, out, y, loc, log_scale, degrees);
}
void StudentTShares(int power, const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, size_t count,
                    OfFourFloats otherwise) {
  if (power == 0) return ForEachInDouble(Share<0>(), otherwise, count, out, y, loc, log_scale, degrees);
  if (power == 1) return ForEachInDouble(Share<1>(), otherwise, count, out, y, loc, log_scale, degrees);
  ForEachInDouble(Share<2>(), otherwise, count, out, y, loc, log_scale, degrees);
}

}  // namespace
}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::simd {

HWY_EXPORT(StudentTLogDensities);
HWY_EXPORT(StudentTsByDegrees);
HWY_EXPORT(StudentTShares);

void student_t_log_density(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, std::size_t count,
                           OfFourFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(StudentTLogDensities)(y, loc, log_scale, degrees, out, count, otherwise);
}
void student_t_by_degrees(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, std::size_t count,
                          OfFourFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(StudentTsByDegrees)(y, loc, log_scale, degrees, out, count, otherwise);
}
void student_t_share(int power, const float* y, const float* loc, const float* log_scale, const float* degrees, float* out,
                     std::size_t count, OfFourFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(StudentTShares)(power, y, loc, log_scale, degrees, out, count, otherwise);
}

}  // namespace loglik::simd
#endif
