#pragma once
#include <stdexcept>

namespace CLI {
class App;
}

namespace loglik::tools {

/// Wrong usage: the program ends with exit code 2. Every other exception ends it with 1.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Each adds a subcommand with its options; its callback does the work.
void add_zoo_command(CLI::App& app);
void add_train_command(CLI::App& app);
void add_describe_command(CLI::App& app);

}  // namespace loglik::tools
