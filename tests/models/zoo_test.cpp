// Each recipe of the zoo whose data ship with the library, trained once: it reaches what twenty seeds recorded.
#include "models/zoo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "framework/error.h"
#include "models/train.h"

namespace loglik {
namespace {

constexpr std::uint64_t seed = 21;  // none of the recorded ones, 1 to 20

struct Room {
  const ZooEntry* entry;
  Recipe recipe;
  friend std::ostream& operator<<(std::ostream& out, const Room& room) { return out << room.entry->name << " on " << room.recipe.data; }
};

std::vector<Room> shipped_rooms() {
  std::vector<Room> rooms;
  for (const ZooEntry& entry : zoo()) {
    for (const Recipe& recipe : entry.recipes) {
      if (recipe.data != "fashion_mnist") rooms.push_back({&entry, recipe});
    }
  }
  return rooms;
}

std::string name_of(const testing::TestParamInfo<Room>& info) {
  const std::string head = info.param.recipe.head.empty() ? "" : "_" + info.param.recipe.head;
  std::string name = info.param.entry->name + "_on_" + info.param.recipe.data + head;
  std::ranges::replace_if(name, [](char c) { return c == ':' || c == '.'; }, '_');  // of "asymmetric_laplace:0.9"
  return name;
}

class Zoo : public testing::TestWithParam<Room> {};
INSTANTIATE_TEST_SUITE_P(Rooms, Zoo, testing::ValuesIn(shipped_rooms()), name_of);

TEST_P(Zoo, ReachesItsResult) {
  const auto& [entry, recipe] = GetParam();
  const LoadedData data = data_for(*entry, load_data(recipe.data));
  const Trained trained = train(*entry, recipe, data, seed);
  EXPECT_TRUE(recipe.reached_by(trained.result)) << trained.result << ", needs " << recipe.threshold();

  // What no training has touched does not: the threshold says something.
  Recipe none = recipe;
  none.epochs = 0;
  EXPECT_FALSE(recipe.reached_by(train(*entry, none, data, seed).result));
}

// What the zoo says of heads: on these data the default one is worth so many nats a sample more than the other, on rows held out.
TEST(ZooHeads, AreToldApartByHeldOutNats) {
  struct Comparison {
    std::string model, other;
    double gain;  ///< nats; half of what the recorded means differ by
  };
  for (const auto& [model, other, gain] : std::vector<Comparison>{{"heteroscedastic_regression", "gaussian_learned_scale", 0.11},
                                                                  {"negative_binomial_regression", "poisson", 0.5},
                                                                  {"ordinal_regression", "categorical", 0.007},
                                                                  {"mixture_density_network", "gaussian_predicted_scale", 0.06}}) {
    const ZooEntry& entry = find_model(model);
    const std::string data_name = entry.recipes.front().data;
    const LoadedData data = load_data(data_name);
    const double nats = train(entry, entry.recipe_for(data_name), data, seed).test.nll;
    EXPECT_LT(nats, train(entry, entry.recipe_for(data_name, other), data, seed).test.nll - gain) << model;
  }
}

TEST(ZooList, HasARecordedResultForEachRecipeThatShips) {
  std::set<std::string> names;
  for (const ZooEntry& entry : zoo()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.description.empty() || entry.reference.empty() || entry.recipes.empty()) << entry.name;
    bool shipped = false;
    for (const Recipe& recipe : entry.recipes) {
      if (recipe.data == "fashion_mnist") continue;  // only there with Debian's package
      EXPECT_GT(recipe.mean, 0) << entry.name << " on " << recipe.data;
      EXPECT_GT(recipe.stddev, 0) << entry.name << " on " << recipe.data;
      shipped = true;
    }
    EXPECT_TRUE(shipped) << entry.name << " has no recipe that a test can train";
    EXPECT_EQ(&find_model(entry.name), &entry);
  }
}

TEST(ZooList, SuggestsNames) {
  try {
    find_model("lenet");
    FAIL();
  } catch (const NameError& error) {
    EXPECT_STREQ(error.what(), "model \"lenet\" is unknown; did you mean \"lenet5\"?");
  }
}

TEST(ZooList, PutsOtherDataAndHeadsIntoTheDefaultRecipe) {
  const ZooEntry& entry = find_model("autoencoder");
  EXPECT_EQ(entry.recipe_for("").data, "fashion_mnist");
  EXPECT_EQ(entry.recipe_for("fashion_mnist_2000", "gaussian").mean, entry.recipes.back().mean);
  const Recipe other = entry.recipe_for("some/folder", "gaussian");
  EXPECT_EQ(other.data, "some/folder");
  EXPECT_EQ(other.head, "gaussian");
  EXPECT_EQ(other.epochs, entry.recipes.front().epochs);
  EXPECT_EQ(other.mean, 0);
}

}  // namespace
}  // namespace loglik
