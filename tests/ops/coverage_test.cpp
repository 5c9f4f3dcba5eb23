// No op without a test: what the tables of this binary cover, against the registry.
#include <gtest/gtest.h>

#include <algorithm>

#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {

// The kit counts allocations in every Conforms of this binary.
const bool counted = (conformance::count_allocations(test::allocations), true);

std::vector<std::string> ops() {
  register_builtin_ops();
  return registered_ops();
}

bool is_test(const std::string& name) {
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i)
    for (int k = 0; k < all.GetTestSuite(i)->total_test_count(); ++k)
      if (name == std::string(all.GetTestSuite(i)->name()) + "." + all.GetTestSuite(i)->GetTestInfo(k)->name()) return true;
  return false;
}

TEST(Coverage, EveryOpConforms) {
  for (const std::string& op : ops())
    EXPECT_TRUE(coverage().conforming.contains(op)) << op << " is in no ConformanceCases: see tests/ops/cases.h";
}

TEST(Coverage, EveryOpHasReferenceValues) {
  for (const std::string& op : ops()) {
    const auto of_op = [&](const auto& reference) { return reference.first == op; };
    EXPECT_TRUE(std::any_of(coverage().references.begin(), coverage().references.end(), of_op))
        << op << " is in no References: see tests/ops/cases.h";
  }
}

TEST(Coverage, NamesOnlyWhatExists) {
  const std::vector<std::string> known = ops();
  const auto exists = [&](const std::string& op) { return std::binary_search(known.begin(), known.end(), op); };
  for (const std::string& op : coverage().conforming) EXPECT_TRUE(exists(op)) << "there is no op " << op;
  for (const auto& [op, test] : coverage().references) {
    EXPECT_TRUE(exists(op)) << "there is no op " << op;
    EXPECT_TRUE(is_test(test)) << "there is no test " << test << " for " << op;
  }
}

TEST(Coverage, CountsAllocations) { EXPECT_TRUE(counted); }

}  // namespace
}  // namespace loglik
