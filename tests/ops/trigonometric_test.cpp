#include "ops/trigonometric.h"

#include <limits>

#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const ConformanceCases conforming{
    {"sin", sin, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"cos", cos, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
};
const References by_digits{"Trigonometric.IsRight", {"sin", "cos"}};

TEST(Trigonometric, Conform) { conforming.check(); }

TEST(Trigonometric, IsRight) {  // glibc is within an ulp
  for (const Reference& reference : std::vector<Reference>{
           {"sin",
            sin,
            {-0.99682979427879925, 0.033179216547556817, -0.99749498660405443, -0.42367625720393801, -1.0000000000000001e-9,
             1.0000000000000001e-9, 0.30743851458038085, 0.59847214410395649, 0.99459877911117612, 0.98552511156511964}},
           {"cos",
            cos,
            {-0.079563567278540062, 0.99944941822449941, 0.07073720166770291, 0.90581368342593642, 1.0, 1.0, 0.9515679480481722,
             -0.80114361554693371, 0.10379435721925297, 0.16952950915565846}},
       })
    expect_reference(reference, {-20.5, -6.25, -1.5, -0.4375, -1e-9, 1e-9, 0.3125, 2.5, 7.75, 20.25}, 1);
}

TEST(Trigonometric, IsNaNAtInfinity) {
  for (const auto function : {sin, cos}) expect_close(value_of(unary(function), {row({-inf, inf, nan})}), {nan, nan, nan}, 0);
}

}  // namespace
}  // namespace loglik
