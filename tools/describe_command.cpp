// loglik describe: the recipe, inputs, parameters, certificate, memory plan; or the graph for Graphviz.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>

#include "framework/dot.h"
#include "tools/commands.h"
#include "tools/report/graph_picture.h"
#include "tools/setting.h"

namespace loglik::tools {

namespace {

std::string introduction(const Prepared& prepared, bool natural) {
  const Recipe& recipe = prepared.recipe;
  return fmt::format("{}: {}\n", prepared.entry->name, prepared.entry->description) +
         fmt::format("trained on {}, {} samples and {} to test: {} epochs in batches of {}, {} at {:g}{}{}\n", recipe.data,
                     prepared.data.train.size(), prepared.data.test.size(), recipe.epochs, recipe.batch_size, recipe.optimizer.name,
                     recipe.optimizer.learning_rate, recipe.optimizer.schedule == "constant" ? "" : ", schedule " + recipe.optimizer.schedule, natural ? ", natural gradient" : "");
}

}  // namespace

void add_describe_command(CLI::App& app) {
  struct Options {
    Setting setting;
    bool dot = false, svg = false, html = false, steps = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("describe", "Print a model's inputs, parameters, head with its certificate, and memory plan");
  add_options(*command, options->setting);
  CLI::Option* dot = command->add_flag("--dot", options->dot, "Print the graph in Graphviz's DOT language instead");
  CLI::Option* svg = command->add_flag("--svg", options->svg, "Draw the graph as an SVG instead")->excludes(dot);
  command->add_flag("--html", options->html, "Print all this as an HTML page, with the graph drawn")->excludes(dot)->excludes(svg);
  command->add_flag("--steps", options->steps, "Print each step of the training program too");
  command->callback([options] {
    const Prepared prepared = prepare(options->setting);
    const Graph& graph = prepared.model.predict_program().graph();
    Sizes sizes;
    for (const ProgramInput& input : prepared.model.predict_program().inputs())
      for (const Dim dim : input.type.shape.dims())
        if (!dim.is_constant()) sizes.set(dim.symbol(), prepared.recipe.batch_size);
    const std::string words = introduction(prepared, options->setting.likelihood.natural_gradient) + prepared.model.describe(prepared.recipe.batch_size, options->steps);
    const std::string text = options->dot    ? to_dot(graph)
                             : options->svg  ? to_svg(graph, sizes)
                             : options->html ? graph_page(prepared.entry->name, words, graph, sizes)
                                             : words;
    std::fputs(text.c_str(), stdout);
  });
}

}  // namespace loglik::tools
