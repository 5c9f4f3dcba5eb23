// What the NLL of a head and its gradient take, beside loops that someone might write by hand for that one distribution from its closed
// form and the C library. 4,096 samples, float32, one thread; both in turns, the median of each.
//
//   build/tools/head_speed [HEAD…]
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <chrono>
#include <cmath>
#include <numbers>
#include <random>
#include <string_view>
#include <vector>

#include "framework/thread_pool.h"
#include "models/models.h"

namespace loglik {
namespace {

constexpr std::int64_t samples = 4096;
constexpr float half_log_2pi = 0.918938533f;
using Clock = std::chrono::steady_clock;

/// One sample by hand: its NLL, and ∂NLL/∂a, ∂NLL/∂b of the two parameters.
struct ByHand {
  float nll, a, b;
};
float sigmoid_of(float x) { return 1 / (1 + std::exp(-x)); }
float softplus_of(float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x))); }
float digamma_of(float x) { return boost::math::digamma(x); }

ByHand gaussian(float loc, float s, float y) {
  const float inverse = std::exp(-s), z = (y - loc) * inverse;
  return {0.5f * z * z + s + half_log_2pi, -z * inverse, 1 - z * z};
}
ByHand laplace(float loc, float s, float y) {
  const float inverse = std::exp(-s), z = (y - loc) * inverse;
  return {std::abs(z) + s + std::numbers::ln2_v<float>, z > 0 ? -inverse : inverse, 1 - std::abs(z)};
}
ByHand logistic(float loc, float s, float y) {
  const float inverse = std::exp(-s), z = (y - loc) * inverse, t = 2 * sigmoid_of(z) - 1;
  return {z + s + 2 * softplus_of(-z), -t * inverse, 1 - z * t};
}
ByHand gumbel(float loc, float s, float y) {
  const float inverse = std::exp(-s), z = (y - loc) * inverse, e = std::exp(-z);
  return {z + e + s, -(1 - e) * inverse, 1 - z * (1 - e)};
}
ByHand student_t(float loc, float s, float y) {  // 4 degrees of freedom: Γ(2.5)/Γ(2)/√(4π) = 3/8
  const float inverse = std::exp(-s), z = (y - loc) * inverse, w = 5 / (4 + z * z);
  return {2.5f * std::log1p(z * z / 4) + s + 0.980829253f, -w * z * inverse, 1 - w * z * z};
}
ByHand log_normal(float loc, float s, float y) {
  const float log_y = std::log(y);
  ByHand r = gaussian(loc, s, log_y);
  r.nll += log_y;
  return r;
}
ByHand exponential(float m, float, float y) {
  const float u = y * std::exp(-m);
  return {u + m, 1 - u, 0};
}
ByHand gamma(float m, float c, float y) {
  const float k = std::exp(c), u = y * std::exp(-m), log_u = std::log(u);
  return {k * (u - log_u - c) + std::lgamma(k) + std::log(y), k * (1 - u), k * (u - log_u - c - 1 + digamma_of(k))};
}
ByHand inverse_gaussian(float m, float c, float y) {  // λ = e^c
  const float lambda = std::exp(c), mu = std::exp(m), r = y / mu - 1, d = lambda * r * r / y;
  return {0.5f * (d - c) + half_log_2pi + 1.5f * std::log(y), -lambda * r / mu, 0.5f * (d - 1)};
}
ByHand weibull(float s, float c, float y) {
  const float k = std::exp(c), log_u = std::log(y) - s, p = std::exp(k * log_u);
  return {p - c + s - (k - 1) * log_u, k * (1 - p), k * log_u * (p - 1) - 1};
}
ByHand beta(float x, float p, float y) {
  const float phi = std::exp(p), mean = sigmoid_of(x), a = mean * phi, b = (1 - mean) * phi;
  const float log_y = std::log(y), log_rest = std::log1p(-y), da = digamma_of(a) - log_y, db = digamma_of(b) - log_rest, all = digamma_of(phi);
  const float nll = std::lgamma(a) + std::lgamma(b) - std::lgamma(phi) - (a - 1) * log_y - (b - 1) * log_rest;
  return {nll, phi * mean * (1 - mean) * (da - db), a * (da - all) + b * (db - all)};
}
ByHand bernoulli(float l, float, float y) { return {softplus_of(l) - y * l, sigmoid_of(l) - y, 0}; }
ByHand poisson(float l, float, float y) {
  const float rate = std::exp(l);
  return {rate - y * l + std::lgamma(y + 1), rate - y, 0};
}
ByHand negative_binomial(float m, float c, float y) {
  const float r = std::exp(c), d = m - c, log_p = -softplus_of(-d), log_q = -softplus_of(d), p = sigmoid_of(d);
  const float nll = std::lgamma(r) + std::lgamma(y + 1) - std::lgamma(y + r) - r * log_q - y * log_p;
  return {nll, p * r - (1 - p) * y, r * (digamma_of(r) - digamma_of(y + r) - log_q - p) + (1 - p) * y};
}

struct Head {
  std::string_view name;
  Distribution (*make)(Node a, Node b);
  ByHand (*by_hand)(float a, float b, float y);
  float (*target)(float u);  ///< from a uniform number on (0, 1)
};
float any(float u) { return 6 * u - 3; }
float positive(float u) { return 0.05f + 4 * u; }
float unit(float u) { return 0.01f + 0.98f * u; }
float label(float u) { return u < 0.5f ? 0 : 1; }
float count(float u) { return std::floor(20 * u * u); }

const Head heads[] = {
    {"gaussian", [](Node a, Node b) -> Distribution { return Gaussian{.loc = a, .log_scale = b}; }, gaussian, any},
    {"laplace", [](Node a, Node b) -> Distribution { return Laplace{.loc = a, .log_scale = b}; }, laplace, any},
    {"logistic", [](Node a, Node b) -> Distribution { return Logistic{.loc = a, .log_scale = b}; }, logistic, any},
    {"gumbel", [](Node a, Node b) -> Distribution { return Gumbel{.loc = a, .log_scale = b}; }, gumbel, any},
    {"student_t", [](Node a, Node b) -> Distribution { return StudentT{.loc = a, .log_scale = b, .degrees = 4}; }, student_t, any},
    {"log_normal", [](Node a, Node b) -> Distribution { return LogNormal{.loc = a, .log_scale = b}; }, log_normal, positive},
    {"exponential", [](Node a, Node) -> Distribution { return Exponential{.log_mean = a}; }, exponential, positive},
    {"gamma", [](Node a, Node b) -> Distribution { return Gamma{.log_mean = a, .log_shape = b}; }, gamma, positive},
    {"inverse_gaussian", [](Node a, Node b) -> Distribution { return InverseGaussian{.log_mean = a, .log_concentration = b}; }, inverse_gaussian, positive},
    {"weibull", [](Node a, Node b) -> Distribution { return Weibull{.log_scale = a, .log_shape = b}; }, weibull, positive},
    {"beta", [](Node a, Node b) -> Distribution { return Beta{.logits = a, .log_precision = b}; }, beta, unit},
    {"bernoulli", [](Node a, Node) -> Distribution { return Bernoulli{.logits = a}; }, bernoulli, label},
    {"poisson", [](Node a, Node) -> Distribution { return Poisson{.log_rate = a}; }, poisson, count},
    {"negative_binomial", [](Node a, Node b) -> Distribution { return NegativeBinomial{.log_mean = a, .log_size = b}; }, negative_binomial, count},
};

struct Values {
  std::vector<float> nll = std::vector<float>(samples), a = nll, b = nll;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// The largest difference of NLL or gradient, relative to max(1, value): that both compute the same.
double difference(std::span<const float> x, const std::vector<float>& y) {
  double most = 0;
  for (std::size_t i = 0; i < y.size(); ++i) most = std::max(most, static_cast<double>(std::abs(x[i] - y[i])) / std::max(1.0f, std::abs(y[i])));
  return most;
}

void time_head(const Head& head) {
  std::mt19937 bits(7);
  std::vector<float> a(samples), b(samples), y(samples);
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto uniform = [&] { return (static_cast<float>(bits() >> 9) + 0.5f) * 0x1p-23f; };
    a[i] = 2 * uniform() - 1;
    b[i] = 2 * uniform() - 1;
    y[i] = head.target(uniform());
  }
  // Parameters and targets as Variables: they are there already, as they are for the loop.
  Graph graph;
  const auto held = [&](std::string_view name, const std::vector<float>& values) {
    return graph.parameter(name, {samples}, {"values", [values](Tensor& to, RandomKey) { std::ranges::copy(values, to.mutable_values<float>().begin()); }});
  };
  const Node node_a = held("a", a), node_b = held("b", b);
  const Node nll = -head.make(node_a, node_b).log_prob(held("y", y)), total = reduce_sum(nll);
  graph.output("nll", nll);
  graph.output("gradient_a", gradient(total, node_a));
  graph.output("gradient_b", gradient(total, node_b));
  graph.add_term("objective", nll, Per::sample);
  const Model model = compile(graph);
  Session session(model.compile({.outputs = {"nll", "gradient_a", "gradient_b"}}));

  Values hand;
  const auto by_hand = [&] {
    for (std::int64_t i = 0; i < samples; ++i) {
      const ByHand r = head.by_hand(a[i], b[i], y[i]);
      hand.nll[i] = r.nll;
      hand.a[i] = r.a;
      hand.b[i] = r.b;
    }
  };
  std::vector<double> ours, theirs;
  const auto time = [](auto&& run, std::vector<double>& times) {
    for (int i = 0; i < 20; ++i) {
      const auto start = Clock::now();
      run();
      times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count() / samples);
    }
  };
  for (int turn = 0; turn < 15; ++turn) {
    time([&] { session.step({}); }, ours);
    time(by_hand, theirs);
  }
  const Tensor our_nll = session.fetch("nll"), our_a = session.fetch("gradient_a"), our_b = session.fetch("gradient_b");
  const double apart = std::max({difference(our_nll.values<float>(), hand.nll), difference(our_a.values<float>(), hand.a), difference(our_b.values<float>(), hand.b)});
  fmt::print("{:<18} {:>8.1f} {:>9.1f} {:>7.2f} {:>12.1e}\n", head.name, median(ours), median(theirs), median(ours) / median(theirs), apart);
  std::fflush(stdout);
}

}  // namespace
}  // namespace loglik

int main(int argc, char** argv) {
  loglik::set_thread_count(1);
  fmt::print("{:<18} {:>8} {:>9} {:>7} {:>12}\n{:<18} {:>8} {:>9} {:>7} {:>12}\n", "NLL and gradient", "ours", "by hand", "ratio", "differ by", "", "ns", "ns", "", "of max(1, |·|)");
  for (const auto& head : loglik::heads)
    if (argc == 1 || std::find(argv + 1, argv + argc, head.name) != argv + argc) loglik::time_head(head);
}
