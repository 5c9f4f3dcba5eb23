// Compiles a case: compiled, inference with a symbolic batch, allocation, threads.
#include <fmt/format.h>

#include "framework/interpret.h"
#include "framework/pipeline.h"
#include "framework/session.h"
#include "framework/thread_pool.h"
#include "tests/conformance/op_case.h"

namespace loglik::conformance {
namespace {

std::int64_t (*allocation_counter)() = nullptr;

// An output, or the gradient of an input.
struct Result {
  std::string name;
  Node node;
};

std::vector<Result> results(const OpCase& c) {
  std::vector<Result> all;
  for (std::size_t i = 0; i < c.outputs.size(); ++i) all.push_back({fmt::format("output {}", i), c.outputs[i]});
  for (std::size_t i = 0; i < c.gradients.size(); ++i)
    if (c.gradients[i]) all.push_back({fmt::format("gradient {}", i), c.gradients[i]});
  return all;
}

std::vector<Tensor> interpreted(const OpCase& c) {
  std::vector<Node> nodes;
  for (const Result& result : results(c)) nodes.push_back(result.node);
  return interpret(nodes, c.feed);
}

class Compiled {
 public:
  explicit Compiled(const OpCase& c) : results_(results(c)), program_(compile(c, results_)), session_(program_), feed_(c.feed) {}
  void step() { session_.step(feed_); }
  std::vector<Tensor> fetch() const {
    std::vector<Tensor> values;
    for (const Result& result : results_) values.push_back(session_.fetch(result.name));
    return values;
  }

 private:
  static std::shared_ptr<const Program> compile(const OpCase& c, const std::vector<Result>& results) {
    ProgramSource source{.outputs = {}, .mode = ProgramMode::train};
    for (const Result& result : results) source.outputs.emplace_back(result.name, result.node);
    ProgramOptions options{.name = "conformance"};
    for (const auto& [name, tensor] : c.feed) options.known_inputs.push_back(name);  // the results need not depend on all
    return compile_program(c.graph, source, std::make_shared<State>(), options, {}, {.patterns = false});  // bits are those of the ops themselves
  }
  std::vector<Result> results_;
  std::shared_ptr<const Program> program_;
  Session session_;
  Feed feed_;
};

void expect_same(const OpCase& c, const std::vector<Tensor>& expected, const std::vector<Tensor>& got, Property property,
                 const std::string& what, Report& report) {
  report.test(property);
  const std::vector<Result> all = results(c);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::int64_t element = 0;
    if (same_bits(expected[i], got[i], element)) continue;
    const std::string text =
        element < 0 ? fmt::format("{} {} against {} {}", name(expected[i].dtype()), to_string(std::span(expected[i].extents())),
                                  name(got[i].dtype()), to_string(std::span(got[i].extents())))
                    : fmt::format("{:.17g} against {:.17g} at element {} of {}", expected[i].at(element), got[i].at(element), element,
                                  to_string(std::span(expected[i].extents())));
    report.failures.push_back({property, c.where, fmt::format("{}, {}: {}", what, all[i].name, text)});
  }
}

class ThreadsRestored {
 public:
  ThreadsRestored() = default;
  ~ThreadsRestored() { set_thread_count(before_); }
  ThreadsRestored(const ThreadsRestored&) = delete;
  ThreadsRestored& operator=(const ThreadsRestored&) = delete;

 private:
  int before_ = thread_count();
};

}  // namespace

void count_allocations(std::int64_t (*counter)()) { allocation_counter = counter; }

void check_program(const OpCase& c, Report& report, bool allocations) {
  Compiled compiled(c);
  compiled.step();
  expect_same(c, interpreted(c), compiled.fetch(), Property::compiled, "interpreted against compiled", report);
  if (!allocations) return;
  if (allocation_counter == nullptr) return report.skip(Property::allocation, "nobody counts: see count_allocations");
  report.test(Property::allocation);
  const std::int64_t before = allocation_counter();
  compiled.step();
  const std::int64_t made = allocation_counter() - before;
  if (made != 0) report.failures.push_back({Property::allocation, c.where, fmt::format("the second step allocates {} times", made)});
}

void check_batched(const OpCase& c, const OpCase& batched, Report& report) {
  Compiled compiled(batched);
  compiled.step();
  expect_same(batched, interpreted(c), compiled.fetch(), Property::inference, "constant shapes against a symbolic batch", report);
}

void check_threads(const OpCase& c, Report& report) {
  const ThreadsRestored restored;
  Compiled compiled(c);
  std::vector<Tensor> expected;
  for (const int threads : {1, 2, 3, 8}) {
    set_thread_count(threads);
    compiled.step();
    if (threads == 1)
      expected = compiled.fetch();
    else
      expect_same(c, expected, compiled.fetch(), Property::threads, fmt::format("1 thread against {}", threads), report);
  }
}

}  // namespace loglik::conformance
