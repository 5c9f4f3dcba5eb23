#include <gtest/gtest.h>

#include "framework/autodiff.h"
#include "ops/distributions/categorical.h"
#include "ops/ops.h"
#include "tests/ops/patterns.h"

namespace loglik {
namespace {

using Composition = std::function<Node(Graph&, Node)>;

Recognized recognized(const Composition& build, Shape shape = {5, 7}, DType dtype = DType::float32) {
  const Recognized result = recognize([&](Graph& graph) { return std::vector{build(graph, normal_parameter(graph, "x", shape, dtype))}; });
  EXPECT_LE(result.worst, most_by_patterns);
  return result;
}

Node shifted(Node x, std::int64_t axis = -1) { return x - reduce_max(x, {axis}, true); }

TEST(SoftmaxPattern, Softmax) {
  const Composition builds[] = {
      [](Graph&, Node x) { return exp(x) / reduce_sum(exp(x), {-1}, true); },
      [](Graph&, Node x) { return exp(x) / reduce_sum(exp(x), {1}, true); },
      [](Graph&, Node x) {
        const Node e = exp(x);
        return e / reduce_sum(e, {-1}, true);
      },
      [](Graph&, Node x) {
        const Node e = exp(x);
        return e / expand_dims(reduce_sum(e, {-1}), 1);
      },
      [](Graph&, Node x) {
        const Node e = exp(x);
        return e / broadcast_to(reduce_sum(e, {-1}, true), e.shape());
      },
      [](Graph&, Node x) {
        const Node e = exp(shifted(x));
        return e / reduce_sum(e, {-1}, true);
      },
      [](Graph&, Node x) { return exp(shifted(x)) / reduce_sum(exp(shifted(x)), {-1}, true); },
      [](Graph&, Node x) {
        const Node e = exp(shifted(x, 0));
        return e / reduce_sum(e, {0}, true);
      },
  };
  for (const Composition& build : builds) {
    const Recognized result = recognized(build);
    EXPECT_EQ(result.count("softmax"), 1);
    EXPECT_EQ(result.count("exp") + result.count("reduce_max") + result.count("sub") + result.count("div"), 0);
    recognized(build, {5, 7}, DType::float64);
  }
  EXPECT_EQ(recognized([](Graph&, Node x) { return exp(x) / reduce_sum(exp(x)); }, {6}).count("softmax"), 1);
}

TEST(SoftmaxPattern, LogSoftmax) {
  const Composition builds[] = {
      [](Graph&, Node x) { return log(softmax(x)); },
      [](Graph&, Node x) { return log(exp(x) / reduce_sum(exp(x), {-1}, true)); },
      [](Graph&, Node x) { return x - logsumexp(x, {-1}, true); },
      [](Graph&, Node x) { return x - expand_dims(logsumexp(x, {1}), -1); },
      [](Graph&, Node x) { return x - log(reduce_sum(exp(x), {-1}, true)); },
      [](Graph&, Node x) {
        const Node z = shifted(x);
        return z - log(reduce_sum(exp(z), {-1}, true));
      },
      [](Graph&, Node x) { return x - (reduce_max(x, {-1}, true) + log(reduce_sum(exp(shifted(x)), {-1}, true))); },
  };
  for (const Composition& build : builds) {
    const Recognized result = recognized(build);
    EXPECT_EQ(result.count("log_softmax"), 1);
    EXPECT_EQ(result.count("exp") + result.count("softmax") + result.count("logsumexp") + result.count("sub"), 0);
  }
  const Recognized both = recognized([](Graph& graph, Node x) {
    const Node p = softmax(x, 0);
    graph.output("p", p);
    return p * log(p);  // an entropy's terms: softmax stays for its other reader
  });
  EXPECT_EQ(both.count("log_softmax"), 1);
  EXPECT_EQ(both.count("softmax"), 1);
}

TEST(SoftmaxPattern, LogSumExp) {
  const Composition builds[] = {
      [](Graph&, Node x) { return log(reduce_sum(exp(x), {-1})); },
      [](Graph&, Node x) { return log(reduce_sum(exp(x), {0}, true)); },
      [](Graph&, Node x) { return log(reduce_sum(exp(x))); },
      [](Graph&, Node x) { return reduce_max(x, {-1}, true) + log(reduce_sum(exp(shifted(x)), {-1}, true)); },
      [](Graph&, Node x) { return log(reduce_sum(exp(shifted(x)), {-1})) + reduce_max(x, {-1}); },
  };
  for (const Composition& build : builds) {
    const Recognized result = recognized(build);
    EXPECT_EQ(result.count("logsumexp"), 1);
    EXPECT_EQ(result.count("exp") + result.count("log") + result.count("reduce_sum") - 1 + result.count("reduce_max"), 0)
        << "but for the loss's sum";
  }
}

TEST(SoftmaxPattern, IsNotSeenInOthers) {
  const auto ops = [](const Composition& build) {  // of a square matrix, whose sums over rows broadcast as its sums over columns do
    const Recognized result = recognized(build, {5, 5});
    return result.count("softmax") + result.count("log_softmax") + result.count("logsumexp");
  };
  EXPECT_EQ(ops([](Graph&, Node x) { return exp(x) / reduce_sum(exp(x), {1}); }), 0) << "the axis is not kept: another row's sum";
  EXPECT_EQ(ops([](Graph&, Node x) { return exp(x) / reduce_sum(exp(x), {0, 1}, true); }), 0) << "two axes";
  EXPECT_EQ(ops([](Graph&, Node x) { return exp(x) / reduce_sum(exp(2.0 * x), {1}, true); }), 0) << "the sum is of others";
  EXPECT_EQ(ops([](Graph&, Node x) { return reduce_sum(exp(x), {1}, true) / exp(x); }), 0);
  EXPECT_EQ(ops([](Graph&, Node x) { return exp(x) / reduce_mean(exp(x), {1}, true); }), 0);
  EXPECT_EQ(ops([](Graph&, Node x) { return log(reduce_sum(square(x), {1})); }), 0);
  EXPECT_EQ(ops([](Graph&, Node x) { return x - logsumexp(x, {1}); }), 1) << "logsumexp as it was";
  EXPECT_EQ(ops([](Graph&, Node x) { return logsumexp(x, {1}, true) - x; }), 1) << "logsumexp as it was";
  EXPECT_EQ(
      recognized([](Graph&, Node x) { return logsumexp(shifted(x), {1}, true) + reduce_max(x, {0}, true); }, {5, 5}).count("reduce_max"),
      2);
}

TEST(SoftmaxPattern, ComputesNothingTwice) {
  const auto ops = [](const std::function<std::vector<Node>(Node x)>& build) {
    const Recognized result = recognize([&](Graph& graph) { return build(normal_parameter(graph, "x", {5, 7})); });
    EXPECT_EQ(result.worst, 0) << "what nothing was recognised in stays as it is";
    return result.count("softmax") + result.count("log_softmax");
  };
  EXPECT_EQ(ops([](Node x) {
              const Node e = exp(x);
              return std::vector{e / reduce_sum(e, {1}, true), e};
            }),
            0);
  EXPECT_EQ(ops([](Node x) {
              const Node e = exp(x), sum = reduce_sum(e, {1}, true);
              return std::vector{e / sum, log(sum)};
            }),
            0);
  EXPECT_EQ(ops([](Node x) {
              const Node e = exp(x), sum = expand_dims(reduce_sum(e, {1}), 1);
              return std::vector{e / sum, sum};
            }),
            0);
  EXPECT_EQ(ops([](Node x) {
              const Node sum = logsumexp(x, {1}, true);
              return std::vector{x - sum, sum};
            }),
            0);
}

TEST(CrossEntropyPattern, IsWhatCategoricalWrites) {
  const auto head = [](const std::function<Node(Node logits, Node labels)>& f, Shape shape = {6, 4}) {
    return recognized([&](Graph& graph, Node x) { return f(x, graph.constant(Tensor::from<std::int32_t>({3, 0, 1, 2, 3, 3}))); }, shape);
  };
  const Recognized result = head([](Node x, Node y) { return Categorical{.logits = x}.log_prob(y); });
  EXPECT_EQ(result.count("cross_entropy"), 1);
  EXPECT_EQ(result.count("log_softmax") + result.count("take_along_last"), 0);
  EXPECT_EQ(head([](Node x, Node y) { return take_along_last(log(exp(x) / reduce_sum(exp(x), {-1}, true)), y); }).count("cross_entropy"),
            1);

  EXPECT_EQ(head([](Node x, Node y) { return Categorical{.logits = x, .label_smoothing = 0.1}.log_prob(y); }).count("cross_entropy"), 0)
      << "read twice";
  EXPECT_EQ(head([](Node x, Node y) { return take_along_last(log_softmax(x, 0), y); }).count("cross_entropy"), 0) << "another axis";
  EXPECT_EQ(head([](Node x, Node y) { return take_along_last(x, y); }).count("cross_entropy"), 0);
}

TEST(CrossEntropyPattern, KeepsSecondDerivatives) {  // of a composition that was differentiated before it was recognised, too
  const Recognized result = recognize([](Graph& graph) {
    const Node x = normal_parameter(graph, "x", {6, 4}), y = graph.constant(Tensor::from<std::int32_t>({3, 0, 1, 2, 3, 3}));
    const Node nll = -Categorical{.logits = x}.log_prob(y);
    return std::vector<Node>{nll, square(gradient(reduce_sum(nll * nll), x))};
  });
  EXPECT_LE(result.worst, most_by_patterns);
}

}  // namespace
}  // namespace loglik
