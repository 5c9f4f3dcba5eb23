// The recipes on all of Fashion-MNIST, each trained once: it reaches what was recorded. Minutes, not seconds.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "framework/error.h"
#include "models/train.h"

namespace loglik {
namespace {

constexpr std::uint64_t seed = 21;  // none of the recorded ones

void expect_result(const std::string& model) {
  const ZooEntry& entry = find_model(model);
  const Recipe recipe = entry.recipe_for("fashion_mnist");
  ASSERT_GT(recipe.mean, 0) << "no result is recorded";
  std::optional<LoadedData> data;
  try {
    data = data_for(entry, load_data(recipe.data));
  } catch (const DataError& error) {
    GTEST_SKIP() << error.what();  // Debian's package is not installed
  }
  const Trained trained = train(entry, recipe, *data, seed);
  EXPECT_TRUE(recipe.reached_by(trained.result)) << trained.result << ", needs " << recipe.threshold();
}

TEST(FashionMnist, SoftmaxRegressionReachesItsResult) { expect_result("softmax_regression"); }
TEST(FashionMnist, MlpReachesItsResult) { expect_result("mlp"); }
TEST(FashionMnist, Lenet5ReachesItsResult) { expect_result("lenet5"); }
TEST(FashionMnist, AutoencoderReachesItsResult) { expect_result("autoencoder"); }
TEST(FashionMnist, DenoisingAutoencoderReachesItsResult) { expect_result("denoising_autoencoder"); }

}  // namespace
}  // namespace loglik
