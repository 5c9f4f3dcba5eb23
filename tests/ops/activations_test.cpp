#include "ops/activations.h"

#include <functional>
#include <limits>

#include "framework/error.h"
#include "ops/dense.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace {
// As in a user's file, where C's tanh is in sight too.
loglik::Node dense_with_tanh(loglik::Node x) {
  using namespace loglik;
  return dense(x, {.units = 3, .activation = tanh});
}
}  // namespace

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Activated {
  const char* name;
  Build build;
};

const std::vector<Activated> cases{
    {"tanh", unary(tanh)},
    {"sigmoid", unary(sigmoid)},
    {"relu", unary(relu)},
    {"leaky_relu", unary(leaky_relu)},
    {"leaky_relu_with", [](const std::vector<Node>& x) { return leaky_relu_with(x[0], 0.25); }},
    {"elu", unary(elu)},
    {"elu_with", [](const std::vector<Node>& x) { return elu_with(x[0], 2); }},
    {"selu", unary(selu)},
    {"gelu", unary(gelu)},
    {"gelu_tanh", unary(gelu_tanh)},
    {"silu", unary(silu)},
    {"softplus", unary(softplus)},
};

const ConformanceCases conforming{
    {"tanh", tanh, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"sigmoid", sigmoid, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-4, 4}, .large = {{300, 401}}, .orders = 3}},
    {"relu", relu, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}, .orders = 3}},
    {"leaky_relu", leaky_relu, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}, .orders = 3}},
    {"leaky_relu",
     [](Node x) { return leaky_relu_with(x, 0.25); },
     {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}, .orders = 3}},
    {"elu", elu, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}, .orders = 3}},
    {"elu",
     [](Node x) { return elu_with(x, 2); },
     {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}, .orders = 3}},
    {"selu", selu, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}, .orders = 3}},
    {"gelu", gelu, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-4, 4}, .large = {{300, 401}}, .orders = 3}},
    {"gelu_tanh", gelu_tanh, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-4, 4}, .large = {{300, 401}}, .orders = 3}},
    {"silu", silu, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-4, 4}, .large = {{300, 401}}, .orders = 3}},
    {"softplus_inverse",
     softplus_inverse,
     {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.3, 4}, .large = {{300, 401}}, .orders = 3}},
    {"softplus", softplus, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-4, 4}, .large = {{300, 401}}, .orders = 3}},
};
const References inverse{"Activations.SoftplusInverseIsRight", {"softplus_inverse"}};
const References by_digits{"Activations.AreRight", {"tanh", "sigmoid", "elu", "selu", "silu", "softplus", "gelu", "gelu_tanh"}};
const References piecewise{"Activations.ArePiecewiseLinear", {"relu", "leaky_relu"}};

TEST(Activations, Conform) { conforming.check(); }

TEST(Activations, AreRight) {  // a few roundings on top of glibc's ulp
  const std::vector<double> points{-20.5, -6.25, -1.5, -0.4375, -1e-9, 1e-9, 0.3125, 2.5, 7.75, 20.25};
  for (const Reference& reference : std::vector<Reference>{
           {"tanh",
            tanh,
            {-1.0, -0.99999254672143163, -0.90514825364486644, -0.41157005567402245, -1.0000000000000001e-9, 1.0000000000000001e-9,
             0.30270972933210849, 0.98661429815143029, 0.99999962892179633, 0.99999999999999999}},
           {"sigmoid",
            sigmoid,
            {1.2501528648238604e-9, 0.0019267346633274754, 0.18242552380635634, 0.39233683016710838, 0.49999999975, 0.50000000025,
             0.57749536518581175, 0.92414181997875645, 0.99956944291867539, 0.99999999839477195}},
           {"elu",
            elu,
            {-0.99999999874984713, -0.99806954586377229, -0.77686983985157017, -0.35435147357210796, -9.9999999950000006e-10,
             1.0000000000000001e-9, 0.3125, 2.5, 7.75, 20.25}},
           {"selu",
            selu,
            {-1.7580993386494839, -1.7547054107029388, -1.3658143533672527, -0.62298509211541969, -1.7580993399683273e-9,
             1.0507009873554806e-9, 0.32834405854858765, 2.6267524683887012, 8.1429326520049738, 21.27669499394848}},
           {"silu",
            silu,
            {-2.5628133728889139e-8, -0.012042091645796721, -0.27363828570953451, -0.17164736319810991, -4.9999999975000003e-10,
             5.0000000025000003e-10, 0.18046730162056617, 2.3103545499468911, 7.7466631826197342, 20.249999967494132}},
           {"softplus",
            softplus,
            {1.2501528656053015e-9, 0.0019285932042193808, 0.20141327798275241, 0.49813454751437535, 0.69314718005994531,
             0.69314718105994531, 0.86155486227066819, 2.5788897342925496, 7.7504306497976388, 20.250000001605228}},
       })
    expect_reference(reference, points, 6);
  // An argument off by an ulp of x²/2, the exponent in the left tail, is off by 20²/2 = 200 ulp of the result, and 650 for gelu_tanh's
  // cubic.
  for (const Reference& reference : std::vector<Reference>{
           {"gelu",
            gelu,
            {-2.2067580180521469e-92, -1.2826646407618368e-9, -0.1002108019032871, -0.14475754476788465, -4.9999999960105775e-10,
             5.0000000039894231e-10, 0.19458428702192409, 2.4844758366855597, 7.7499999999999644, 20.25}},
           {"gelu_tanh",
            gelu_tanh,
            {-1.3502940601643466e-280, -7.920355792295742e-12, -0.10042842301976708, -0.14476807689914736, -4.9999999960105775e-10,
             5.0000000039894231e-10, 0.19458135580589261, 2.4849157339100014, 7.75, 20.25}},
       })
    expect_reference(reference, points, 1500);
}

TEST(Activations, GeluIsRightToAFewUlpWhereItMatters) {
  expect_close(
      value_of(unary(gelu), {row({-1.5, -0.4375, -1e-9, 1e-9, 0.3125, 2.5})}),
      {-0.1002108019032871, -0.14475754476788465, -4.9999999960105775e-10, 5.0000000039894231e-10, 0.19458428702192409, 2.4844758366855597},
      8);
}

TEST(Activations, ArePiecewiseLinear) {
  const Tensor x = row({-inf, -2, -0.0, 0, 3, inf, nan});
  expect_close(value_of(unary(relu), {x}), {0, 0, 0, 0, 3, inf, nan}, 0);
  expect_close(value_of(unary(leaky_relu), {x}), {-inf, -0.02, 0, 0, 3, inf, nan}, 0);
  expect_close(gradient_of(unary(relu), row({-1, 0, 1})), {0, 0, 1}, 0);
  expect_close(gradient_of(unary(leaky_relu), row({-1, 0, 1})), {0.01, 0.01, 1}, 0);
}

TEST(Activations, HaveTheLimits) {
  const Tensor x = row({-inf, inf, nan});
  expect_close(value_of(unary(tanh), {x}), {-1, 1, nan}, 0);
  expect_close(value_of(unary(sigmoid), {x}), {0, 1, nan}, 0);
  expect_close(value_of(unary(elu), {x}), {-1, inf, nan}, 0);
  expect_close(value_of(unary(selu), {x}), {-1.7580993408473768, inf, nan}, 1);
  for (const auto function : {gelu, gelu_tanh, silu, softplus}) expect_close(value_of(unary(function), {x}), {0, inf, nan}, 0);
}

TEST(Activations, HaveNoNaNInAnyDerivativeOfAFiniteInput) {
  const std::vector<double> extremes{-3e38, -1e30, -1e20, -1e10, -104, -90, -41,  -40,  -20,  -1,  0,
                                     1,     20,    40,    41,    90,   104, 1e10, 1e20, 1e30, 3e38};
  for (const DType dtype : {DType::float32, DType::float64})
    for (const Activated& c : cases) {
      Graph graph;
      const Node x = graph.constant(row(extremes).cast(dtype));
      Node y = c.build({x});
      for (int order = 0; order <= 3; ++order) {
        const Tensor value = interpret(y);
        for (std::int64_t i = 0; i < value.count(); ++i)
          EXPECT_TRUE(std::isfinite(value.at(i)))
              << c.name << ", order " << order << ", at " << extremes[static_cast<std::size_t>(i)] << ": " << value.at(i);
        y = gradient(reduce_sum(y), x);
      }
    }
}

TEST(Activations, ArePassedByName) {
  Graph graph;
  const Node x = graph.input("x", {2});
  for (Node (*function)(Operand) : {tanh, sigmoid, relu, leaky_relu, elu, selu, gelu, gelu_tanh, silu, softplus})
    EXPECT_EQ(function(x).shape(), x.shape());
  const std::function<Node(Operand)> by_name = gelu;  // wants a name that is not overloaded
  EXPECT_EQ(by_name(x).op().name(), "gelu");
  EXPECT_EQ(dense_with_tanh(graph.input("rows", {batch, 2})).op().name(), "tanh");
}

TEST(Activations, RefuseParametersOutOfRange) {
  Graph graph;
  const Node x = graph.input("x", {2});
  expect_error<ArgumentError>([&] { leaky_relu_with(x, 0); }, "leaky_relu", "activations_test.cpp", "needs a finite slope > 0, got 0");
  EXPECT_THROW(elu_with(x, nan), ArgumentError);
  EXPECT_THROW(elu_with(x, inf), ArgumentError);
  EXPECT_THROW(relu(graph.input("n", {}, DType::int32)), DtypeError);
}

TEST(Activations, SoftplusInverseIsRight) {  // from 60 digits (mpmath)
  const Tensor y = row({1e-300, 1e-9, 0.25, 0.75, 2.5, 30.5, 700, 1e300});
  expect_close(value_of(unary(softplus_inverse), {y}),
               {-690.77552789821371, -20.723265836446411, -1.2586915494460321, 0.11064653495964606, 2.4143495162579618, 30.499999999999943,
                700, 1e300},
               16);  // near log 2, where it is 0, an ulp of expm1 is as many of its logarithm
  expect_close(
      gradient_of(unary(softplus_inverse), y),
      {9.9999999999999997e+299, 1000000000.4999999, 4.5208116641877985, 1.8952551344023435, 1.089425489833852, 1.0000000000000568, 1, 1},
      2);
  expect_close(value_of(unary(softplus_inverse), {row({0, -1, nan})}), {-inf, nan, nan}, 0);
}

}  // namespace
}  // namespace loglik
