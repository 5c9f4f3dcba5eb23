// loglik describe: layers, parameters, certificate, memory plan; or the graph for Graphviz.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>

#include "framework/dot.h"
#include "tools/commands.h"
#include "tools/setting.h"

namespace loglik::tools {

void add_describe_command(CLI::App& app) {
  struct Options {
    Setting setting;
    bool dot = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("describe", "Print a model's layers, parameters, certificate and memory plan");
  add_options(*command, options->setting);
  command->add_flag("--dot", options->dot, "Print the graph in Graphviz's DOT language instead");
  command->callback([options] {
    const Prepared prepared = prepare(options->setting);
    const std::string text = options->dot ? to_dot(prepared.model.predict_program().graph()) : prepared.model.describe(prepared.recipe.batch_size);
    std::fputs(text.c_str(), stdout);
  });
}

}  // namespace loglik::tools
