// The command line: loglik zoo | train | describe. Results go to stdout, everything else to stderr.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <new>

#include "framework/blas.h"
#include "framework/error.h"
#include "tools/commands.h"

namespace {

int fail(const char* message, int exit_code) {
  std::fprintf(stderr, "loglik: %s\n", message);
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Loglik trains networks whose losses are log-likelihoods.", "loglik");
  app.set_version_flag("--version", "loglik " LOGLIK_VERSION);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) { return std::string("loglik: ") + error.what() + "\n"; });
  loglik::tools::add_zoo_command(app);
  loglik::tools::add_train_command(app);
  loglik::tools::add_describe_command(app);
  try {
    app.parse(argc, argv);
    return std::fflush(stdout) == 0 ? 0 : fail("stdout: not everything could be written", 1);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const loglik::tools::UsageError& error) {
    return fail(error.what(), 2);
  } catch (const std::bad_alloc&) {
    return fail("out of memory", 1);
  } catch (const std::exception& error) {
    return fail(error.what(), 1);
  }
}
