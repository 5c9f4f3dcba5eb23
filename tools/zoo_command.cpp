// loglik zoo: the models, their data, the results they reach; all data sets and heads that have names.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <cstdio>

#include "models/zoo.h"
#include "ops/distributions/family.h"
#include "tools/commands.h"

namespace loglik::tools {
namespace {

std::string result(const Recipe& recipe) {
  if (recipe.mean == 0) return "";
  if (recipe.metric == Metric::accuracy) return fmt::format("{:.1f} ± {:.1f} % right", 100 * recipe.mean, 100 * recipe.stddev);
  return fmt::format("{:.4g} ± {:.1g} nats", recipe.mean, recipe.stddev);
}

void print_zoo() {
  std::string out;
  for (const ZooEntry& entry : zoo()) {
    out += fmt::format("{}\n    {}\n", entry.name, entry.description);
    for (const Recipe& recipe : entry.recipes)
      out += fmt::format("    on {:<20} {:<25} {:>3} epochs   {}\n", recipe.data, recipe.head.empty() ? entry.head : recipe.head, recipe.epochs,
                         result(recipe));
  }
  out += "\nData sets, for --data; a folder of IDX files or a .csv file will do too\n";
  for (const NamedData& data : named_data()) out += fmt::format("    {:<22} {}\n", data.name, data.description);
  out += "\nHeads, for --head; each takes the targets that lie in its support\n";
  for (const Family& family : families()) out += fmt::format("    {:<28} {}\n", family.name, family.description);
  for (const OptionFamily& family : option_families()) out += fmt::format("    {:<28} {}\n", family.name + ":" + family.option, family.description);
  std::fputs(out.c_str(), stdout);
}

}  // namespace

void add_zoo_command(CLI::App& app) {
  app.add_subcommand("zoo", "List the models, their data and results, and the heads that they can end in")->callback(print_zoo);
}

}  // namespace loglik::tools
