#include "ops/error_function.h"

#include <limits>

#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const ConformanceCases conforming{
    {"erf", erf, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"erfc", erfc, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"ndtri", ndtri, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.05, 0.95}, .large = {{300, 401}}, .orders = 3}},
};
const References by_digits{"ErrorFunction.IsRight", {"erf", "erfc"}};
const References quantiles{"ErrorFunction.NdtriIsRight", {"ndtri"}};

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

}  // namespace
}  // namespace loglik
