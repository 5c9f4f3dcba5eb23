#include "framework/thread_pool.h"

#include <fmt/format.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "framework/error.h"
#include "framework/floating_point_guard.h"

namespace loglik {
namespace {

using Clock = std::chrono::steady_clock;

// A sleeping thread takes tens of microseconds to wake, about as long as a small step. Threads that still spin from the piece of work
// before start at once. All but the shortest spins yield: what is waited for may need this very processor.
constexpr auto spin_time = std::chrono::microseconds(50), pause_time = std::chrono::microseconds(3);

thread_local int bodies_entered = 0;  // how deep this thread is in bodies of parallel_for

int processors() { return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, max_threads); }

int initial_thread_count() {
  if (const char* text = std::getenv("LOGLIK_NUM_THREADS")) {
    int count = 0;
    const char* end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, count);
    if (error == std::errc() && stop == end && count >= 1 && count <= max_threads) return count;
  }
  return processors();
}

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Returns when `value` differs from `old`; spins first, if told to, then sleeps.
void wait_for_change(const std::atomic<int>& value, int old, bool spin) {
  if (spin) {
    for (const auto start = Clock::now(); Clock::now() - start < spin_time;) {
      for (int i = 0; i < 16; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        relax();
      }
      if (Clock::now() - start > pause_time) std::this_thread::yield();
    }
  }
  value.wait(old, std::memory_order_acquire);
}

/// The processor this thread runs on; −1 where the system does not tell.
int current_processor() {
#if defined(__linux__)
  return sched_getcpu();
#else
  return -1;
#endif
}

/// Moves this thread to another processor than `taken`, if it may use one, and leaves it free to move again. Schedulers put a woken thread
/// beside the one that woke it, and pieces of work too short for them to notice then run one after the other.
void leave_processor([[maybe_unused]] int taken) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
  cpu_set_t others = allowed;
  CPU_CLR(taken, &others);
  if (sched_setaffinity(0, sizeof others, &others) == 0) sched_setaffinity(0, sizeof allowed, &allowed);
#endif
}

/// body(begin), …, body(end − 1); returns the first exception.
std::exception_ptr run_range(PieceBody body, std::int64_t begin, std::int64_t end) {
  const FloatingPointGuard guard;
  std::exception_ptr first;
  ++bodies_entered;
  for (std::int64_t piece = begin; piece < end; ++piece) {
    try {
      body(piece);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  --bodies_entered;
  return first;
}

void run_here(PieceBody body, std::int64_t pieces) {
  if (std::exception_ptr error = run_range(body, 0, pieces)) std::rethrow_exception(std::move(error));
}

class ThreadPool {
 public:
  int thread_count() const { return count_.load(std::memory_order_relaxed); }

  void set_thread_count(int count) {
    changes_waiting_.fetch_add(1);  // new calls leave the pool alone
    while (!try_take()) std::this_thread::sleep_for(std::chrono::microseconds(20));
    const int old = thread_count();
    if (count != old) {
      stop_workers();
      start_workers(count);
    }
    const int reached = thread_count();
    busy_.store(false, std::memory_order_release);
    changes_waiting_.fetch_sub(1);
    if (reached < count) {
      throw Error(fmt::format("set_thread_count({}): the system starts no more than {} threads; the pool now uses these", count, reached));
    }
  }

  void run(std::int64_t pieces, PieceBody body) {
    if (pieces <= 1 || thread_count() == 1 || changes_waiting_.load(std::memory_order_relaxed) != 0 || !try_take()) {
      return run_here(body, pieces);
    }
    if (workers_ == 0) start_workers(thread_count());
    std::exception_ptr error = share(pieces, body);
    busy_.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(std::move(error));
  }

 private:
  struct alignas(64) Worker {
    std::atomic<int> job{0};   // counts the jobs given to it
    std::exception_ptr error;  // of its first piece that threw, in the last job
    std::thread thread;
  };

  /// The work in progress. Written by the caller that holds `busy_` before it counts up `Worker::job`.
  struct Job {
    const PieceBody* body = nullptr;  // none: the worker ends
    std::int64_t pieces = 0;
    int threads = 0;
    int processor = -1;  // the caller's

    std::exception_ptr run(int thread) const {
      const std::int64_t each = pieces / threads, more = pieces % threads;  // the first `more` threads take one more
      const std::int64_t begin = thread * each + std::min<std::int64_t>(thread, more);
      return run_range(*body, begin, begin + each + (thread < more ? 1 : 0));
    }
  };

  /// Whether the pool was free and is now this thread's. A call from inside a body finds it busy.
  bool try_take() { return !busy_.load(std::memory_order_relaxed) && !busy_.exchange(true, std::memory_order_acquire); }

  std::exception_ptr share(std::int64_t pieces, PieceBody body) {
    const int threads = static_cast<int>(std::min<std::int64_t>(pieces, workers_ + 1));
    job_ = {&body, pieces, threads, current_processor()};
    unfinished_.store(threads - 1, std::memory_order_relaxed);
    for (int w = 0; w < threads - 1; ++w) give_job(worker_[w]);
    std::exception_ptr first = job_.run(0);  // the lowest pieces
    while (const int left = unfinished_.load(std::memory_order_acquire)) wait_for_change(unfinished_, left, spins_);
    for (int w = 0; w < threads - 1; ++w) {
      std::exception_ptr error = std::exchange(worker_[w].error, nullptr);
      if (!first) first = std::move(error);
    }
    return first;
  }

  static void give_job(Worker& worker) {
    worker.job.fetch_add(1);
    worker.job.notify_one();
  }

  void work(int index) {
    Worker& me = worker_[index];
    for (int seen = 0;;) {
      wait_for_change(me.job, seen, spins_);
      seen = me.job.load(std::memory_order_relaxed);  // no other comes before this one has ended
      if (job_.body == nullptr) return;
      const int callers_processor = job_.processor;
      me.error = job_.run(index + 1);
      if (unfinished_.fetch_sub(1) == 1) unfinished_.notify_one();
      if (spins_ && callers_processor >= 0 && callers_processor == current_processor()) leave_processor(callers_processor);
    }
  }

  void start_workers(int count) {
    spins_ = count <= processors();  // with more threads than processors, spinning keeps others from working
    job_ = {};
    for (workers_ = 0; workers_ < count - 1; ++workers_) {
      worker_[workers_].job.store(0);
      try {
        worker_[workers_].thread = std::thread(&ThreadPool::work, this, workers_);
      } catch (const std::system_error&) {
        break;
      }
    }
    count_.store(workers_ + 1, std::memory_order_relaxed);
  }

  void stop_workers() {
    job_ = {};
    for (int w = 0; w < workers_; ++w) give_job(worker_[w]);
    for (int w = 0; w < workers_; ++w) worker_[w].thread.join();
    workers_ = 0;
  }

  std::atomic<int> count_{initial_thread_count()};
  std::atomic<bool> busy_{false};               // held by the caller whose job runs, or by who changes the number of threads
  std::atomic<int> changes_waiting_{0};         // threads inside set_thread_count
  alignas(64) std::atomic<int> unfinished_{0};  // workers that have not ended their range
  Job job_;
  int workers_ = 0;
  bool spins_ = false;
  std::array<Worker, max_threads - 1> worker_;
};

/// Never destroyed: what runs while a program ends may still use it, and sleeping workers end with the process.
ThreadPool& pool() {
  static ThreadPool& the_pool = *new ThreadPool;
  return the_pool;
}

}  // namespace

int thread_count() { return pool().thread_count(); }

void set_thread_count(int count) {
  if (count < 1 || count > max_threads) {
    throw ArgumentError(fmt::format("set_thread_count({}): the number of threads must be from 1 to {}", count, max_threads));
  }
  if (bodies_entered > 0) throw ArgumentError("set_thread_count inside the body of a parallel_for would wait for itself: call it before");
  pool().set_thread_count(count);
}

void parallel_for(std::int64_t pieces, PieceBody body) {
  if (pieces > 0) pool().run(pieces, body);
}

}  // namespace loglik
