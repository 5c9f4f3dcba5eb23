// The time of a training step of small models, one JSON object a line with the keys of torch_steps.py and more: what the step's matrix
// products take alone, memory, allocations. See `bench --help` and tools/README.md.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <system_error>
#include <thread>

#include "framework/blas.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/profile_report.h"
#include "framework/simd/math.h"
#include "framework/thread_pool.h"
#include "tests/support/allocation_counter.h"
#include "tools/benchmarks/bench/floor.h"
#include "tools/benchmarks/bench/workload.h"
#include "tools/benchmarks/bench/yardstick.h"

namespace loglik::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> workloads;
  int threads = 1;
  double seconds = 3;
  std::int64_t predict = 0;  // images; 0: training steps
  bool profile = false;
  bool fusion = true;
};

double microseconds(auto&& run) {
  const auto start = Clock::now();
  run();
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

struct Times {
  std::vector<double> values;
  double median() {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  }
  double least() const { return *std::min_element(values.begin(), values.end()); }
};

double rounded(double value) { return std::round(10 * value) / 10; }

std::int64_t parameter_count(const Model& model) {
  std::int64_t count = 0;
  for (const auto& [name, tensor] : model.parameters()) count += tensor.count();
  return count;
}

// Of the program's step at one thread and at `threads`, in turns with the products alone: in one loop, and in `threads` loops that know
// nothing of each other, which is as much as this machine's cores, caches and memory gain from threads.
Json measure_threads(Session& session, const Batch& data, const std::vector<Product>& products, const Options& options) {
  std::vector<Floor> floors;
  for (int i = 0; i < options.threads; ++i) floors.emplace_back(products);
  const double turn = std::min(0.1, options.seconds / 12);
  const auto rate = [&](auto&& run) {  // runs a second
    run();
    const auto begin = Clock::now();
    std::int64_t runs = 0;
    double seconds = 0;
    do {
      run();
      ++runs;
      seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (seconds < turn);
    return static_cast<double>(runs) / seconds;
  };
  Times one, all, speedups, independent;
  const auto begin = Clock::now();
  do {
    set_thread_count(1);
    const double one_rate = rate([&] { session.step(data); }), floor_rate = rate([&] { floors[0].run(); });
    std::vector<double> rates(floors.size());
    {
      std::vector<std::jthread> loops;
      for (std::size_t i = 0; i < floors.size(); ++i) loops.emplace_back([&, i] { rates[i] = rate([&] { floors[i].run(); }); });
    }
    set_thread_count(options.threads);
    const double all_rate = rate([&] { session.step(data); });
    one.values.push_back(1e6 / one_rate);
    all.values.push_back(1e6 / all_rate);
    speedups.values.push_back(all_rate / one_rate);
    independent.values.push_back(std::reduce(rates.begin(), rates.end()) / floor_rate);
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < options.seconds || all.values.size() < 5);
  const auto two_digits = [](double value) { return std::round(100 * value) / 100; };
  return {{"one_thread_us", rounded(one.median())}, {"all_threads_us", rounded(all.median())}, {"speedup", two_digits(speedups.median())},
          {"independent_speedup", two_digits(independent.median())}};
}

// For `seconds`, at least five steps.
Json measure(const Workload& workload, const Options& options, Clock::time_point start) {
  Model model = compile_workload(workload, 0, options.fusion);
  const std::int64_t batch = options.predict > 0 ? options.predict : workload.batch;
  Batch data = workload.data(batch);
  const std::shared_ptr<const Program> predict =
      options.predict > 0 ? model.compile({.name = "prediction", .outputs = {"prediction"}}) : nullptr;
  if (predict != nullptr) data.resize(1);
  Session session = predict != nullptr ? Session(predict) : model.session();
  session.step(data);
  const double first_step = std::chrono::duration<double, std::milli>(Clock::now() - start).count();

  Sizes sizes;
  sizes.set(loglik::batch.symbol(), batch);
  const Program& program = session.program();
  const Floor floor(products(program, sizes));
  std::optional<Floor> yardstick;
  if (Gemm* onednn = onednn_gemm()) yardstick.emplace(products(program, sizes), std::vector<Gemm*>{onednn});
  Times steps, floors, yardsticks;
  for (int i = 0; i < 5; ++i) {
    session.step(data);
    floor.run();
    if (yardstick) yardstick->run();
  }
  std::int64_t allocations = test::allocations();
  session.step(data);
  allocations = test::allocations() - allocations;
  // In turns of some runs each, so that what disturbs one disturbs the other; the first of a turn finds its data gone from the caches and
  // does not count.
  const double turn = std::min(0.05, options.seconds / 6);
  const auto take_turn = [&](Times& times, auto&& run) {
    run();
    const auto begin = Clock::now();
    do times.values.push_back(microseconds(run));
    while (std::chrono::duration<double>(Clock::now() - begin).count() < turn);
  };
  const auto begin = Clock::now();
  do {
    take_turn(steps, [&] { session.step(data); });
    take_turn(floors, [&] { floor.run(); });
    take_turn(steps, [&] { session.step(data); });
    if (yardstick) take_turn(yardsticks, [&] { yardstick->run(); });
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < options.seconds || steps.values.size() < 5);

  const ArenaLayout layout = lay_out_arena(program.graph(), program.schedule(), program.plan(), sizes);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  if (options.profile) {  // on its own: a clock in every op slows steps down
    const auto profile = std::make_shared<Profile>();
    session.set_profile(profile);
    for (std::size_t i = 0; i < steps.values.size(); ++i) session.step(data);
    fmt::print(stderr, "{}: {}\n", workload.name, report(*profile, measure_roofline()));
  }
  const double step = steps.median();
  Json line{{"workload", workload.name}, {"batch", batch}, {"threads", options.threads}, {"step_us", rounded(step)},
            {"min_us", rounded(steps.least())}, {"params", parameter_count(model)}};
  line["mode"] = predict != nullptr ? "predict" : "train";
  line["floor_us"] = rounded(floors.median());
  line["yardstick_us"] = yardstick ? Json(rounded(yardsticks.median())) : Json(nullptr);
  line["gflops"] = rounded(floor.flops() / step / 1e3);
  line["arena_bytes"] = session.arena_bytes();
  line["live_bytes"] = layout.live_bytes;
  line["state_bytes"] = model.state().bytes();
  line["peak_rss_bytes"] = static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
  line["allocations_per_step"] = test::allocations_are_counted() ? Json(allocations) : Json(nullptr);
  line["start_to_first_step_ms"] = rounded(first_step);
  if (options.threads > 1) line.update(measure_threads(session, data, products(program, sizes), options));
  line["blas"] = blas_description();
  line["simd"] = simd::target();
  return line;
}

int run(int argc, char** argv) {
  CLI::App app("Times a training step (forward, backward, update) of small models, a JSON object a line.\n"
               "Random data, Adam, a learning rate of 0 so that the weights stay put.");
  Options options;
  app.add_option("workload", options.workloads, "tiny, mlp, vae, mdn, lenet, cnn; none: all of them");
  app.add_option("--threads", options.threads, "threads of the pool")->capture_default_str()->check(CLI::Range(1, max_threads));
  app.add_option("--seconds", options.seconds, "how long each is measured")->capture_default_str()->check(CLI::NonNegativeNumber);
  app.add_option("--predict", options.predict, "time a prediction of so many samples instead of a training step")->check(CLI::PositiveNumber);
  app.add_flag("--profile", options.profile, "tell on stderr where the time goes, by op and by step");
  app.add_flag("!--no-fusion", options.fusion, "run each op by itself");
  CLI11_PARSE(app, argc, argv);
  if (options.workloads.empty())
    for (const Workload& workload : workloads()) options.workloads.emplace_back(workload.name);
  for (const std::string& name : options.workloads) workload(name);

  for (const std::string& name : options.workloads) {  // each in a process of its own: peak memory and start are its own too
    const pid_t child = fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) {
      const auto start = Clock::now();
      set_thread_count(options.threads);
      fmt::print("{}\n", measure(workload(name), options, start).dump());
      std::fflush(stdout);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) throw Error(fmt::format("the measurement of {} ended early, with status {}", name, status));
  }
  return 0;
}

}  // namespace
}  // namespace loglik::bench

int main(int argc, char** argv) {
  try {
    return loglik::bench::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
}
