// Trains a model of the zoo by its recipe with seeds 1, 2, …, and prints what each run reaches on the data to test on, then their mean and
// standard deviation: the figures that the recipes in models/*.cpp hold.
//
//     record_seeds MODEL [DATA [HEAD [SEEDS]]]        by default the model's first recipe, its own head ("-" too), 20 seeds

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "models/train.h"

namespace {

void record(const loglik::ZooEntry& entry, const loglik::Recipe& recipe, int seeds) {
  const loglik::LoadedData data = loglik::data_for(entry, loglik::load_data(recipe.data));
  double sum = 0;
  std::vector<double> results;
  for (int seed = 1; seed <= seeds; ++seed) {
    const loglik::Trained trained = loglik::train(entry, recipe, data, static_cast<std::uint64_t>(seed));
    double seconds = 0;
    for (const auto& epoch : trained.history.epochs) seconds += epoch.seconds;
    fmt::print("seed {:2}   {:.6f}   {:.4f} nats   {:.1f} s   median step {:.0f} us\n", seed, trained.result, trained.test.nll, seconds,
               trained.history.median_step_us);
    std::fflush(stdout);
    results.push_back(trained.result);
    sum += trained.result;
  }
  const double mean = sum / static_cast<double>(results.size());
  double squares = 0;
  for (const double result : results) squares += (result - mean) * (result - mean);
  const double stddev = results.size() > 1 ? std::sqrt(squares / static_cast<double>(results.size() - 1)) : 0;
  fmt::print("{} {} {}: .mean = {:.6f}, .stddev = {:.6f}\n", entry.name, recipe.data, recipe.head, mean, stddev);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    fmt::print(stderr, "usage: {} MODEL [DATA [HEAD [SEEDS]]]\n", argv[0]);
    return 2;
  }
  const loglik::ZooEntry& entry = loglik::find_model(argv[1]);
  const std::string head = argc > 3 && std::string(argv[3]) != "-" ? argv[3] : "";
  record(entry, entry.recipe_for(argc > 2 ? argv[2] : "", head), argc > 4 ? std::atoi(argv[4]) : 20);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "record_seeds: {}\n", error.what());
  return 1;
}
