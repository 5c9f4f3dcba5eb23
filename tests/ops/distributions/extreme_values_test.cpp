// Log densities of float32 where what they are made of is none of float32's numbers, from 60 digits (mpmath).
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "framework/graph.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

constexpr double largest = std::numeric_limits<float>::max();

struct Numbers {
  Graph graph;
  Node operator()(double value) { return graph.constant(value, DType::float32); }
};

void expect_value(const Distribution& d, Node y, double expected) {
  EXPECT_NEAR(interpret(d.log_prob(y)).item(), expected, 1e-6 * std::abs(expected)) << d.name();
}

TEST(ExtremeValues, StudentTTwiceTheLargestNumberAway) {
  Numbers number;
  const Node loc = number(largest), raw_degrees = number(0);
  expect_value(StudentT{.loc = loc, .degrees = 4}, number(-largest), -444.59502451335349);
  const Node log_p = StudentT{.loc = loc, .degrees = 4, .raw_degrees = raw_degrees}.log_prob(number(-largest));
  EXPECT_TRUE(std::isfinite(interpret(gradient(log_p, raw_degrees)).item()));
}

TEST(ExtremeValues, VonMisesOfTheLargestNumbers) {
  Numbers number;
  const Node a = number(largest), zero = number(0);
  expect_value(VonMises{a, zero}, zero, 43.442480992829504);
  const Node y = number(0.7853981633974483);  // π/4 as float32 has it, 2e-8 off the peak
  expect_value(VonMises{a, a}, y, -1.1493536096029859e+23);
  EXPECT_NEAR(interpret(gradient(VonMises{a, a}.log_prob(y), a)).item(), 0, 1e-6);  // cos y + sin y − √2
}

// Neighbours of 1e10 in float32 are 1024 apart, those of 1.2e7 as far as bins are wide.
TEST(ExtremeValues, BinsThatFloat32CannotTellApart) {
  Numbers number;
  expect_value(Discretised{.base = Gaussian{.loc = number(0)}}, number(1e10), -4.9999999995e+19);
  for (const double y : {12000001.0, -12000001.0})
    expect_value(Discretised{.base = Gaussian{.loc = number(0), .log_scale = number(23 * std::log(2.0))}}, number(y), -17.884505396108222);
}

}  // namespace
}  // namespace loglik
