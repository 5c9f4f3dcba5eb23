#pragma once
#include <cstdint>

namespace loglik {

/// A function of a piece's number, referred to, not owned: made of any callable, valid as long as that is.
class PieceBody {
 public:
  template <class F>
  requires requires(const F& f, std::int64_t piece) { f(piece); }
  PieceBody(const F& f) : object_(&f), call_([](const void* object, std::int64_t piece) { (*static_cast<const F*>(object))(piece); }) {}

  void operator()(std::int64_t piece) const { call_(object_, piece); }

 private:
  const void* object_;
  void (*call_)(const void*, std::int64_t);
};

inline constexpr int max_threads = 256;

/// How many threads share the work of a `parallel_for`, its caller among them.
///
/// At first the environment variable LOGLIK_NUM_THREADS if it holds a number from 1 to `max_threads`, else the number of processors
/// that this process may use.
int thread_count();

/// Waits for the work in progress, then goes on with `count` threads. No result depends on the number.
/// Throws ArgumentError unless 1 ≤ count ≤ max_threads, or inside the body of a `parallel_for`; Error if the system refuses to start
/// that many threads.
void set_thread_count(int count);

/// Calls body(0), …, body(pieces − 1), each exactly once, in one process-wide pool of threads; returns when all are done.
///
/// Each thread, the caller among them, has a contiguous range of pieces, which it takes in ascending order; then it takes what the others
/// have not come to. One piece or one thread is a plain loop. A call while the pool is in use, by another thread or by a body that this call comes from, runs all its pieces in the
/// calling thread: bodies must not wait for each other. Every piece runs under a FloatingPointGuard, in whichever thread. Allocates
/// nothing, apart from the threads when they start at first use.
///
/// An exception does not stop the other pieces: after all are done, that of the lowest piece is rethrown.
void parallel_for(std::int64_t pieces, PieceBody body);

}  // namespace loglik
