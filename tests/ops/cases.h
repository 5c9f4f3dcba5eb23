#pragma once
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "framework/graph.h"
#include "framework/op.h"
#include "tests/conformance/check_op.h"

namespace loglik {

/// What the tests of this binary say they cover, known before any of them runs: tables at namespace scope enter themselves.
/// coverage_test.cpp compares it with the registry.
struct Coverage {
  std::set<std::string> conforming;                             ///< ops in a ConformanceCases
  std::vector<std::pair<std::string, std::string>> references;  ///< op, "Suite.Test" that compares it with values from elsewhere
};
inline Coverage& coverage() {
  static Coverage instance;
  return instance;
}

/// An op by its registered name, and what it is put through the battery with.
struct ConformanceCase {
  const char* op;
  conformance::Builder build;
  conformance::OpOptions options;
};

/// A table of them; to be checked by a TEST named Conforms.
class ConformanceCases {
 public:
  ConformanceCases(std::initializer_list<ConformanceCase> cases) : cases_(cases) {
    for (const ConformanceCase& c : cases_) coverage().conforming.insert(c.op);
  }

  void check() const {
    for (const ConformanceCase& c : cases_) {
      SCOPED_TRACE(c.op);
      bool seen = false;
      const auto watched = [&](std::span<const Node> x) {
        std::vector<Node> outputs = c.build(x);
        const Graph& graph = outputs.at(0).graph();
        for (std::size_t i = 0; i < graph.node_count(); ++i) seen |= graph.record(i).op->name() == c.op;
        return outputs;
      };
      conformance::check_op(watched, c.options);
      EXPECT_TRUE(seen) << "the case for " << c.op << " does not use it";
    }
  }

 private:
  std::vector<ConformanceCase> cases_;
};

/// Says which TEST compares these ops with reference values: closed forms, plain loops, other software.
class References {
 public:
  References(const char* test, std::initializer_list<const char*> ops) {
    for (const char* op : ops) coverage().references.emplace_back(op, test);
  }
};

}  // namespace loglik
