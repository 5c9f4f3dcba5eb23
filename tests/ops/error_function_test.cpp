#include "ops/error_function.h"

#include <fmt/format.h>

#include <limits>

#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Node first_ratio(Operand x) { return erfc_integral_ratio(1, x); }
Node third_ratio(Operand x) { return erfc_integral_ratio(3, x); }

const ConformanceCases conforming{
    {"erfcx", erfcx, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{100, 41}}, .orders = 3}},
    {"normal_hazard", normal_hazard, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-4, 4}, .large = {{100, 41}}, .orders = 3}},
    {"log_ndtr", log_ndtr, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-4, 4}, .large = {{100, 41}}, .orders = 3}},
    {"erfc_integral_ratio", third_ratio, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{100, 41}}, .orders = 3}},
    {"erf", erf, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"erfc", erfc, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"ndtri", ndtri, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.05, 0.95}, .large = {{300, 401}}, .orders = 3}},
};
const References by_digits{"ErrorFunction.IsRight", {"erf", "erfc"}};
const References quantiles{"ErrorFunction.NdtriIsRight", {"ndtri"}};

const References scaled{"ErrorFunction.ScaledIsRight", {"erfcx", "erfc_integral_ratio"}};
const References of_the_normal{"ErrorFunction.LogNdtrIsRight", {"log_ndtr", "normal_hazard"}};

TEST(ErrorFunction, Conforms) { conforming.check(); }

TEST(ErrorFunction, IsRight) {  // glibc is within an ulp for erf, a few for erfc
  for (const Reference& reference : std::vector<Reference>{
           {"erf",
            erf,
            {-1.0, -1.0, -0.96610514647531073, -0.46389813574993297, -1.1283791670955126e-9, 1.1283791670955126e-9, 0.34146863350159501,
             0.99959304798255504, 1.0, 1.0}},
           {"erfc",
            erfc,
            {2.0, 2.0, 1.9661051464753107, 1.463898135749933, 1.0000000011283792, 0.99999999887162083, 0.65853136649840499,
             0.00040695201744495894, 5.9397478595171462e-28, 2.2729564178807837e-180}},
       })
    expect_reference(reference, {-20.5, -6.25, -1.5, -0.4375, -1e-9, 1e-9, 0.3125, 2.5, 7.75, 20.25}, 4);
}

TEST(ErrorFunction, HasTheLimits) {
  const Tensor x = row({-inf, 0, inf, nan});
  expect_close(value_of(unary(erf), {x}), {-1, 0, 1, nan}, 0);
  expect_close(value_of(unary(erfc), {x}), {2, 1, 0, nan}, 0);
}

TEST(ErrorFunction, NdtriIsRight) {  // where p is all the information there is: to its own rounding, an ulp of p near 1 is many of x
  const Reference reference{"ndtri",
                            ndtri,
                            {-37.0470962993612, -11.464024688443615, -5.9978070150076865, -2.326347874040841, -1.5341205443525463,
                             -0.5244005127080408, 0.6744897501960817, 1.5341205443525463, 2.3263478740408408}};
  // AS 241 promises 1e-16 and leaves the rounding of its polynomials; measured against SciPy at 4,299 places: 3.7 ulp.
  expect_reference(reference, {1e-300, 1e-30, 1e-9, 0.01, 0.0625, 0.3, 0.75, 0.9375, 0.99}, 8);
}

TEST(ErrorFunction, NdtriHasTheLimits) {
  expect_close(value_of(unary(ndtri), {row({0, 0.5, 1, -1e-9, 1.5, nan})}), {-inf, 0, inf, nan, nan, nan}, 0);
}

TEST(ErrorFunction, ScaledIsRight) {  // from 60 digits (mpmath); evaluated in long double, where it is but double to some ulp more
  for (const Reference& reference : std::vector<Reference>{
           {"erfcx",
            erfcx,
            {27443409954929.71, 3.0031716636274523, 0.77034654773099674, 0.61569034419292587, 0.3215854164543175, 0.12934527478598791,
             0.044992099001027921, 0.018795888861416751, 5.6418958351954681e-6, 5.6418958354775629e-16}},
           {"first ratio",
            first_ratio,
            {5.5000000000000206, 0.9378645800973916, 0.48238412661098859, 0.41635282064934921, 0.25440040088976385, 0.11188785776096591,
             0.039748001862869714, 0.016648199378114203, 4.9999999995e-6, 5.0e-16}},
           {"third ratio",
            third_ratio,
            {1.8929539295392954, 0.50978222805330063, 0.34047538319321798, 0.30890925817268746, 0.21622098241902066, 0.10707215759586558,
             0.039502190030819878, 0.016629813556389539, 4.999999999e-6, 5.0e-16}},
       })
    expect_reference(reference, {-5.5, -0.75, 0.25, 0.5, 1.5, 4.25, 12.5, 30, 1e5, 1e15}, 4);
  expect_close(value_of(unary(erfcx), {row({-inf, -30, 0, inf, nan})}), {inf, inf, 1, 0, nan}, 1);
}

TEST(ErrorFunction, LogNdtrIsRight) {  // from 60 digits (mpmath)
  const Tensor z = row({-1e150, -1e4, -38.5, -5.5, -1, -0.25, 0.75, 6.5, 30});
  expect_close(value_of(unary(log_ndtr), {z}),
               {-4.9999999999999998e+299, -50000010.129278915, -745.69527029041108, -17.779376352625261, -1.8410216450092635,
                -0.91306176481113506, -0.25699426683836524, -4.0160005839397591e-11, -4.9067139271481871e-198},
               4);
  expect_close(gradient_of(unary(log_ndtr), z),
               {9.9999999999999998e+149, 10000.000099999998, 38.525939096854494, 5.6714103138973056, 1.5251352761609812,
                0.96355397941640391, 0.38938205673592702, 2.6695566148700613e-10, 1.4736461348785475e-196},
               4);
  const Build slope = [](const std::vector<Node>& v) { return gradient(reduce_sum(log_ndtr(v[0])), v[0]); };
  expect_close(gradient_of(slope, z),
               {-1.0, -0.9999999900000006, -0.99932806564363412, -0.97213822214555377, -0.80090233442965121, -0.68754777639508675,
                -0.44365492865984596, -1.7352117997368052e-9, -4.4209384046356426e-195},
               8);  // a product of three
  expect_close(value_of(unary(normal_hazard), {row({1e4, 38.5, 1, -0.75, -inf, inf, nan})}),
               {10000.000099999998, 38.525939096854494, 1.5251352761609812, 0.38938205673592702, 0, inf, nan}, 4);
  expect_close(value_of(unary(log_ndtr), {row({-inf, -1e200, inf, nan})}), {-inf, -inf, 0, nan}, 0);
}

TEST(ErrorFunction, NoGradientOfAFiniteZIsNaN) {
  const Tensor z = row({-1e300, -1e20, -1e9, -100, 0, 30, 40, 1e3, 1e20, 1e300});
  const Build slope = [](const std::vector<Node>& v) { return gradient(reduce_sum(log_ndtr(v[0])), v[0]); };
  for (const Build& build : {Build(unary(log_ndtr)), slope}) {
    for (const DType dtype : {DType::float64, DType::float32}) {
      const Tensor g = gradient_of(build, dtype == DType::float64 ? z : row({-1e30, -100, 0, 8, 15, 1e30}).cast(dtype));
      for (std::int64_t i = 0; i < g.count(); ++i) EXPECT_FALSE(std::isnan(g.at(i))) << "element " << i;
    }
  }
}

TEST(ErrorFunction, RefusesARatioOutOfRange) {
  Graph graph;
  const Node x = graph.input("x", {3});
  for (const int n : {0, 9})
    expect_error<ArgumentError>([&] { erfc_integral_ratio(n, x); }, "erfc_integral_ratio", "error_function_test.cpp",
                                fmt::format("n is {}, must be in [1, 8]", n));
  expect_error<GradientError>(
      [&] { gradient(reduce_sum(erfc_integral_ratio(8, x)), x); },
      "erfc_integral_ratio at error_function_test.cpp:{line} has no gradient: the 8th ratio is the last, the loss needs one for input");
}

}  // namespace
}  // namespace loglik
