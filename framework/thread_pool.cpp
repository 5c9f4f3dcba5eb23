#include "framework/thread_pool.h"

#include <fmt/format.h>
#if defined(__linux__)
#include <pthread.h>
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
#include <limits>
#include <mutex>
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

/// body(begin), …, body(end − 1); then rethrows the first exception.
void run_range(PieceBody body, std::int64_t begin, std::int64_t end) {
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
  if (first) std::rethrow_exception(std::move(first));
}

/// The pieces of one thread's range that nobody has taken yet. Tagged with the job's number, so that a thread that wakes late takes nothing
/// of a job other than the one it was woken for.
class alignas(64) Cursor {
 public:
  void fill(std::uint32_t job, std::uint32_t pieces) { value_.store(pack(job, pieces), std::memory_order_release); }

  /// Takes a piece of job `job`; returns how many were left with it, 0 if there was none. What was written before `fill` is then visible.
  std::uint32_t take(std::uint32_t job) {
    for (std::uint64_t value = value_.load(std::memory_order_relaxed); value >> 32 == job;) {
      const auto left = static_cast<std::uint32_t>(value);
      if (left == 0) return 0;
      if (value_.compare_exchange_weak(value, pack(job, left - 1), std::memory_order_acquire, std::memory_order_relaxed)) return left;
    }
    return 0;
  }

 private:
  static std::uint64_t pack(std::uint32_t job, std::uint32_t pieces) { return std::uint64_t{job} << 32 | pieces; }

  std::atomic<std::uint64_t> value_{0};
};

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
    if (pieces > most_pieces) {
      const std::int64_t each = (pieces + most_pieces - 1) / most_pieces;
      return run((pieces + each - 1) / each,
                 [&](std::int64_t block) { run_range(body, block * each, std::min(pieces, (block + 1) * each)); });
    }
    if (pieces <= 1 || thread_count() == 1 || changes_waiting_.load(std::memory_order_relaxed) != 0 || !try_take()) {
      return run_range(body, 0, pieces);
    }
    if (workers_ == 0) start_workers(thread_count());
    std::exception_ptr error = share(static_cast<int>(pieces), body);
    busy_.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(std::move(error));
  }

 private:
  static constexpr std::int64_t most_pieces = std::numeric_limits<int>::max();

  struct alignas(64) Worker {
    std::atomic<int> job{0};  // the number of the last job it is to help with
    std::thread thread;
  };

  /// The work in progress: written by the caller that holds `busy_`, read by who has taken a piece of it, so that it cannot have ended.
  struct Job {
    const PieceBody* body = nullptr;
    int pieces = 0;
    int threads = 0;

    /// One after the last piece of a thread's range; the first `pieces % threads` ranges have one more than the others.
    int range_end(int thread) const { return (thread + 1) * (pieces / threads) + std::min(thread + 1, pieces % threads); }
  };

  /// Whether the pool was free and is now this thread's. A call from inside a body finds it busy.
  bool try_take() { return !busy_.load(std::memory_order_relaxed) && !busy_.exchange(true, std::memory_order_acquire); }

  std::exception_ptr share(int pieces, PieceBody body) {
    const int threads = std::min(pieces, workers_ + 1);
    const std::uint32_t number = ++job_number_;
    job_ = {&body, pieces, threads};
    if (spins_) keep_workers_off(current_processor());
    unfinished_.store(pieces, std::memory_order_relaxed);
    for (int t = 0, begin = 0; t < threads; begin = job_.range_end(t++)) {
      cursors_[t].fill(number, static_cast<std::uint32_t>(job_.range_end(t) - begin));
    }
    for (int w = 0; w < threads - 1; ++w) wake(worker_[w], number);
    help(number, 0);
    while (const int left = unfinished_.load(std::memory_order_acquire)) wait_for_change(unfinished_, left, spins_);
    return std::exchange(error_, nullptr);
  }

  /// Schedulers put a woken thread beside the one that woke it, where it waits until that one's work is done: all of it, each time. So workers may
  /// use every processor but the caller's; a system call only where that is another one than last time.
  void keep_workers_off([[maybe_unused]] int processor) {
#if defined(__linux__)
    if (processor < 0 || processor == avoided_ || CPU_COUNT(&allowed_) < 2) return;
    cpu_set_t others = allowed_;
    CPU_CLR(processor, &others);
    for (int w = 0; w < workers_; ++w) pthread_setaffinity_np(worker_[w].thread.native_handle(), sizeof others, &others);
    avoided_ = processor;
#endif
  }

  static void wake(Worker& worker, std::uint32_t job) {
    worker.job.store(static_cast<int>(job));
    worker.job.notify_one();
  }

  /// Works on job `number` until none of its pieces is left to take: first this thread's own range, which keeps its data in the caches of its
  /// processor from job to job, then what threads that sleep, or were interrupted, have not come to.
  void help(std::uint32_t number, int thread) {
    int done = 0;
    const FloatingPointGuard guard;
    ++bodies_entered;
    const int ranges = workers_ + 1;
    for (int i = 0; i < ranges; ++i) {
      const int range = (thread + i) % ranges;
      while (const std::uint32_t left = cursors_[range].take(number)) {
        const int piece = job_.range_end(range) - static_cast<int>(left);
        try {
          (*job_.body)(piece);
        } catch (...) {
          keep_lowest(piece, std::current_exception());
        }
        ++done;
      }
    }
    --bodies_entered;
    if (done > 0 && unfinished_.fetch_sub(done, std::memory_order_acq_rel) == done) unfinished_.notify_one();
  }

  void keep_lowest(int piece, std::exception_ptr error) {
    const std::lock_guard lock(error_mutex_);
    if (error_ && error_piece_ < piece) return;
    error_ = std::move(error);
    error_piece_ = piece;
  }

  void work(int index, int seen) {
    Worker& me = worker_[index];
    for (;;) {
      wait_for_change(me.job, seen, spins_);
      seen = me.job.load(std::memory_order_acquire);
      if (stop_.load(std::memory_order_relaxed)) return;
      help(static_cast<std::uint32_t>(seen), index + 1);
    }
  }

  void start_workers(int count) {
    spins_ = count <= processors();  // with more threads than processors, spinning keeps others from working
    const int seen = static_cast<int>(job_number_);
    int started = 0;
#if defined(__linux__)
    avoided_ = -1;
    if (sched_getaffinity(0, sizeof allowed_, &allowed_) != 0) CPU_ZERO(&allowed_);
#endif
    for (workers_ = count - 1; started < count - 1; ++started) {
      worker_[started].job.store(seen);
      try {
        worker_[started].thread = std::thread(&ThreadPool::work, this, started, seen);
      } catch (const std::system_error&) {
        break;
      }
    }
    workers_ = started;
    count_.store(workers_ + 1, std::memory_order_relaxed);
  }

  void stop_workers() {
    stop_.store(true);
    ++job_number_;
    for (int w = 0; w < workers_; ++w) wake(worker_[w], job_number_);
    for (int w = 0; w < workers_; ++w) worker_[w].thread.join();
    workers_ = 0;
    stop_.store(false);
  }

  std::atomic<int> count_{initial_thread_count()};
  std::atomic<bool> busy_{false};               // held by the caller whose job runs, or by who changes the number of threads
  std::atomic<int> changes_waiting_{0};         // threads inside set_thread_count
  std::atomic<bool> stop_{false};               // what a woken worker finds means: end
  alignas(64) std::atomic<int> unfinished_{0};  // pieces that have not ended
  std::uint32_t job_number_ = 0;
  Job job_;
  int workers_ = 0;
  bool spins_ = false;
#if defined(__linux__)
  cpu_set_t allowed_{};  // processors that the workers were started with
  int avoided_ = -1;     // which of them they were told to leave to the caller
#endif
  std::mutex error_mutex_;
  std::exception_ptr error_;  // of the lowest piece of the job that threw
  int error_piece_ = 0;
  std::array<Cursor, max_threads> cursors_;
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
