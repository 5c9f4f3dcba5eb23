#include "framework/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "framework/error.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {

class ThreadPool : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { set_thread_count(GetParam()); }
  void TearDown() override { set_thread_count(1); }
};

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPool, testing::Values(1, 2, 3, 8), testing::PrintToStringParamName());

TEST_P(ThreadPool, CallsEachPieceOnce) {
  for (const std::int64_t pieces : {0, 1, 2, 3, 7, 8, 9, 100, 1001}) {
    std::vector<int> calls(pieces + 1);  // plain: a piece run twice at once is a race for ThreadSanitizer
    parallel_for(pieces, [&](std::int64_t piece) { ++calls[piece]; });
    EXPECT_EQ(calls[pieces], 0);
    calls.pop_back();
    EXPECT_EQ(calls, std::vector<int>(pieces, 1)) << pieces << " pieces";
  }
  parallel_for(-3, [&](std::int64_t) { ADD_FAILURE() << "called for a negative count"; });
}

// The others wait at their pieces for the caller: whoever the system lets run first, pieces are left for it.
TEST_P(ThreadPool, TheCallerTakesPart) {
  std::vector<std::thread::id> thread(1003);
  std::atomic<bool> caller_came{false};
  const std::thread::id caller = std::this_thread::get_id();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  parallel_for(1003, [&](std::int64_t piece) {
    thread[piece] = std::this_thread::get_id();
    if (thread[piece] == caller) caller_came = true;
    while (!caller_came && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  });
  EXPECT_TRUE(caller_came);
  EXPECT_LE(std::set(thread.begin(), thread.end()).size(), static_cast<std::size_t>(GetParam()));
}

// Whoever is interrupted by the system holds up the piece it is at, no other: with at least one thread free all others end.
TEST_P(ThreadPool, AThreadThatIsHeldUpHoldsUpOnlyItsPiece) {
  constexpr std::int64_t pieces = 64;
  if (GetParam() == 1) return;
  for (const std::int64_t slow : {std::int64_t{0}, pieces - 1}) {
    std::atomic<int> others{0};
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    parallel_for(pieces, [&](std::int64_t piece) {
      if (piece != slow) {
        ++others;
        return;
      }
      while (others < pieces - 1 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
      EXPECT_EQ(others, pieces - 1) << "piece " << slow << " is waited for";
    });
  }
}

TEST_P(ThreadPool, MakesWorkVisibleToTheCallerAndTheNextJob) {
  std::vector<double> values(500);
  for (int job = 0; job < 200; ++job) {
    parallel_for(500, [&](std::int64_t piece) { values[499 - piece] += static_cast<double>(piece); });
    parallel_for(5, [&](std::int64_t piece) { values[piece] -= static_cast<double>(499 - piece); });
  }
  for (int i = 0; i < 500; ++i) ASSERT_EQ(values[i], i < 5 ? 0.0 : 200.0 * (499 - i));
}

TEST_P(ThreadPool, RethrowsTheLowestPiecesExceptionAfterAllAreDone) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> done{0};
    try {
      parallel_for(100, [&](std::int64_t piece) {
        ++done;
        if (piece % 10 == 7) throw std::runtime_error("piece " + std::to_string(piece));
      });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "piece 7");
    }
    EXPECT_EQ(done, 100);
  }
  int calls = 0;
  EXPECT_THROW(parallel_for(1, [&](std::int64_t) { throw std::logic_error("only"); }), std::logic_error);
  parallel_for(1, [&](std::int64_t) { ++calls; });  // no exception is left over
  EXPECT_EQ(calls, 1);
}

TEST_P(ThreadPool, AnExceptionOfTheLastPieceAloneArrives) {
  EXPECT_THROW(parallel_for(64,
                            [](std::int64_t piece) {
                              if (piece == 63) throw std::logic_error("last");
                            }),
               std::logic_error);
}

TEST_P(ThreadPool, NestedCallsRunInTheirThread) {
  std::vector<int> calls(12 * 9);
  parallel_for(12, [&](std::int64_t outer) {
    const std::thread::id here = std::this_thread::get_id();
    parallel_for(9, [&](std::int64_t inner) {
      ++calls[outer * 9 + inner];
      EXPECT_EQ(std::this_thread::get_id(), here);
    });
  });
  EXPECT_EQ(calls, std::vector<int>(12 * 9, 1));
}

TEST_P(ThreadPool, CallersAtOnceAllGetTheirWork) {
  constexpr int callers = 4, jobs = 200;
  std::vector<std::thread> threads;
  std::vector<int> failures(callers);
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&failures, caller] {
      std::vector<int> calls(33);
      for (int job = 1; job <= jobs; ++job) {
        parallel_for(33, [&](std::int64_t piece) { ++calls[piece]; });
        if (calls != std::vector<int>(33, job)) ++failures[caller];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, std::vector<int>(callers));
}

TEST_P(ThreadPool, TheNumberOfThreadsMayChangeWhileOthersWork) {
  std::atomic<bool> stop{false};
  std::thread worker([&stop] {
    std::vector<int> calls(40);
    for (int job = 1; !stop; ++job) {
      parallel_for(40, [&](std::int64_t piece) { ++calls[piece]; });
      ASSERT_EQ(calls, std::vector<int>(40, job));
    }
  });
  for (int round = 0; round < 10; ++round) {
    for (const int count : {4, 1, 2, 3}) {
      set_thread_count(count);
      EXPECT_EQ(thread_count(), count);
    }
  }
  stop = true;
  worker.join();
}

TEST_P(ThreadPool, EveryPieceRunsUnderTheFloatingPointGuard) {
  std::vector<double> results(50, 1.0);
  parallel_for(50, [&](std::int64_t piece) {
    volatile double smallest = std::numeric_limits<double>::min(), half = 0.5;
    results[piece] = smallest * half;
  });
  EXPECT_EQ(results, std::vector<double>(50));
  volatile double smallest = std::numeric_limits<double>::min(), half = 0.5;
  EXPECT_GT(smallest * half, 0);  // the caller is as before
}

TEST_P(ThreadPool, AllocatesNothing) {
  if (!test::allocations_are_counted()) GTEST_SKIP() << "allocations are not counted in this build";
  std::vector<double> values(64);
  const auto job = [&](std::int64_t piece) { values[piece] += 1; };
  parallel_for(64, job);
  const std::int64_t before = test::allocations();
  for (int i = 0; i < 100; ++i) parallel_for(64, job);
  EXPECT_EQ(test::allocations() - before, 0);
}

TEST_P(ThreadPool, SleepingWorkersWake) {
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // far past the time that workers spin
    std::atomic<int> done{0};
    parallel_for(16, [&](std::int64_t) { ++done; });
    EXPECT_EQ(done, 16);
  }
}

TEST(ThreadCount, RefusesWhatIsOutOfRange) {
  for (const int count : {0, -1, 257, std::numeric_limits<int>::max()}) {
    try {
      set_thread_count(count);
      ADD_FAILURE() << "took " << count;
    } catch (const ArgumentError& error) {
      EXPECT_EQ(error.what(), "set_thread_count(" + std::to_string(count) + "): the number of threads must be from 1 to 256");
    }
  }
}

TEST(ThreadCount, TakesAsManyAsPromised) {
  set_thread_count(max_threads);
  EXPECT_EQ(thread_count(), max_threads);
  std::vector<int> calls(1000);
  parallel_for(1000, [&](std::int64_t piece) { ++calls[piece]; });
  EXPECT_EQ(calls, std::vector<int>(1000, 1));
  set_thread_count(1);
}

TEST(ThreadCount, CannotChangeInsideABody) {
  for (const std::int64_t pieces : {1, 8}) {
    set_thread_count(2);
    EXPECT_THROW(parallel_for(pieces, [](std::int64_t) { set_thread_count(3); }), ArgumentError);
    EXPECT_EQ(thread_count(), 2);
  }
  set_thread_count(1);
}

TEST(ThreadCount, OnePieceMaySpreadItsOwnWork) {
  set_thread_count(2);
  std::set<std::thread::id> threads;
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (threads.size() < 2 && std::chrono::steady_clock::now() < limit) {  // a worker comes late where the machine is busy
    std::vector<std::thread::id> thread(100);
    parallel_for(1, [&](std::int64_t) {
      parallel_for(100, [&](std::int64_t piece) {
        thread[piece] = std::this_thread::get_id();
        std::this_thread::sleep_for(std::chrono::microseconds(10));
      });
    });
    threads.insert(thread.begin(), thread.end());
  }
  EXPECT_EQ(threads.size(), 2U);
  set_thread_count(1);
}

// Sums whose order a thread count could change, were the pieces not a function of the shape alone.
TEST(ThreadCount, SameBitsForAnyNumber) {
  std::vector<std::vector<float>> results;
  for (const int count : {1, 2, 3, 8}) {
    set_thread_count(count);
    std::vector<float>& sums = results.emplace_back(37);
    parallel_for(37, [&](std::int64_t piece) {
      for (int i = 1; i < 1000; ++i) sums[piece] += 1.0f / static_cast<float>(i + 1000 * piece);
    });
  }
  for (const auto& sums : results) EXPECT_EQ(sums, results[0]);
  set_thread_count(1);
}

}  // namespace
}  // namespace loglik
