#include <gtest/gtest.h>

#include "ops/ops.h"
#include "tests/ops/patterns.h"

namespace loglik {
namespace {

using Composition = std::function<Node(Node x)>;
using Affine = std::function<Node(Node x, Node scale, Node shift)>;

Recognized recognized(const Affine& build, Shape shape = {6, 5}, Shape row = {5}, DType dtype = DType::float32) {
  const Recognized result = recognize([&](Graph& graph) {
    return std::vector{build(normal_parameter(graph, "x", shape, dtype), normal_parameter(graph, "scale", row, dtype),
                             normal_parameter(graph, "shift", row, dtype))};
  });
  EXPECT_LE(result.worst, most_by_patterns);
  return result;
}
Recognized recognized(const Composition& build, Shape shape = {6, 5}) {
  return recognized([&](Node x, Node, Node) { return build(x); }, std::move(shape));
}

Node mean(Node x) { return reduce_mean(x, {-1}, true); }
Node centred(Node x) { return x - mean(x); }
Node variance(Node x) { return reduce_variance(x, {-1}, true); }

const Composition compositions[] = {
    [](Node x) { return (x - mean(x)) / sqrt(variance(x) + 1e-5); },
    [](Node x) { return (x - mean(x)) * rsqrt(1e-5 + variance(x)); },
    [](Node x) { return reciprocal(sqrt(variance(x) + 1e-5)) * (x - mean(x)); },
    [](Node x) { return centred(x) * (1.0 / sqrt(variance(x) + 1e-5)); },
    [](Node x) { return centred(x) / sqrt(variance(centred(x)) + 1e-5); },
    [](Node x) {
      const Node c = centred(x);
      return c / sqrt(mean(square(c)) + 1e-5);
    },
    [](Node x) {
      const Node c = centred(x);
      return c / sqrt(mean(c * c) + 1e-5);
    },
    [](Node x) {
      const Node c = centred(x);
      return c * rsqrt(mean(pow(c, 2)) + 1e-5);
    },
    [](Node x) { return (x - expand_dims(reduce_mean(x, {1}), 1)) / sqrt(expand_dims(reduce_variance(x, {1}), 1) + 1e-5); },
    [](Node x) { return centred(x) / sqrt(variance(x)); },
};

TEST(LayerNormPattern, RecognisesTheWaysToWriteIt) {
  for (const Composition& composition : compositions) {
    const Recognized alone = recognized(composition);
    EXPECT_EQ(alone.count("layer_norm"), 1);
    EXPECT_EQ(alone.count("reduce_mean") + alone.count("reduce_variance") + alone.count("div") + alone.count("sub"), 0);
    for (const Affine& affine : {Affine([&](Node x, Node scale, Node shift) { return composition(x) * scale + shift; }),
                                 Affine([&](Node x, Node scale, Node shift) {
                                   return reshape(shift, {1, 5}) + scale * composition(x);
                                 })}) {
      const Recognized whole = recognized(affine);
      EXPECT_EQ(whole.count("layer_norm"), 1);
      EXPECT_EQ(whole.count("add") - 1, 0) << "but for the loss's";
    }
  }
  const Affine in_double = [](Node x, Node scale, Node shift) { return centred(x) / sqrt(variance(x) + 1e-5) * scale + shift; };
  EXPECT_EQ(recognized(in_double, {6, 5}, {5}, DType::float64).count("layer_norm"), 1);
}

TEST(LayerNormPattern, TakesSeveralAxes) {
  const Affine images = [](Node x, Node scale, Node shift) {
    return (x - reduce_mean(x, {1, 2, 3}, true)) / sqrt(reduce_variance(x, {1, 2, 3}, true) + 1e-5) * scale + shift;
  };
  EXPECT_EQ(recognized(images, {3, 2, 4, 5}, {2, 4, 5}).count("mul") - 1, 0) << "but for the loss's";
  const Recognized channels = recognized(images, {3, 2, 4, 5}, {2, 1, 1});  // not one of each element: stays outside
  EXPECT_EQ(channels.count("layer_norm"), 1);
  EXPECT_EQ(channels.count("mul") - 1, 1);
}

TEST(LayerNormPattern, IsNotSeenInOthers) {
  const Composition others[] = {
      [](Node x) { return (x - reduce_mean(x, {0}, true)) / sqrt(reduce_variance(x, {0}, true) + 1e-5); },  // of a batch
      [](Node x) { return (x - reduce_mean(x, {1})) / sqrt(reduce_variance(x, {1}) + 1e-5); },              // a square matrix's other axis
      [](Node x) { return centred(x) / (sqrt(variance(x)) + 1e-5); },                                       // ε outside
      [](Node x) { return centred(x) / sqrt(reduce_variance(x, {-1}, true, 1) + 1e-5); },                   // unbiased
      [](Node x) { return centred(x) / sqrt(mean(square(x)) + 1e-5); },                                     // not centred
      [](Node x) { return x / sqrt(variance(x) + 1e-5); },
      [](Node x) { return centred(x) / sqrt(reduce_variance(x, {}, true) + 1e-5); },  // of all
      [](Node x) { return centred(x) / sqrt(variance(2.0 * x) + 1e-5); },
      [](Node x) { return centred(x) / sqrt(variance(x) + square(mean(x))); },  // no constant
  };
  for (const Composition& composition : others) EXPECT_EQ(recognized(composition, {5, 5}).count("layer_norm"), 0);
}

TEST(LayerNormPattern, LeavesWhatOthersRead) {
  const Recognized result = recognize([](Graph& graph) {
    const Node x = normal_parameter(graph, "x", {6, 5}), z = centred(x) / sqrt(variance(x) + 1e-5);
    return std::vector{z, z * normal_parameter(graph, "scale", {5})};
  });
  EXPECT_EQ(result.count("layer_norm"), 1) << "the normalised x is an output: the scale stays outside";
  EXPECT_LE(result.worst, most_by_patterns);
}

}  // namespace
}  // namespace loglik
