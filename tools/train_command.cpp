// loglik train: trains a model of the zoo, tells of each epoch, keeps what it learned.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "framework/blas.h"
#include "framework/data/atomic_file.h"
#include "framework/fit.h"
#include "framework/head.h"
#include "framework/metrics.h"
#include "framework/profile_report.h"
#include "framework/thread_pool.h"
#include "models/train.h"
#include "tools/commands.h"
#include "tools/draw.h"
#include "tools/report/training_report.h"
#include "tools/run_folder.h"
#include "tools/setting.h"

namespace loglik::tools {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  Setting setting;
  std::optional<int> threads;
  std::string out;
  bool json = false;
  bool draw = false;
  bool profile = false;
  std::string report;  // a file for the page; empty: none
  std::string trace;  // a file for the profile's events; empty: none
};

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

// What is minimised in place of the NLL.
std::optional<double> score_of(const Evaluation& evaluation) { return evaluation.heads.empty() ? std::nullopt : evaluation.heads[0].score; }

Json epoch_event(const EpochRecord& epoch) {
  Json event{{"event", "epoch"}, {"epoch", epoch.epoch}, {"train_nll", epoch.train.nll}};
  event["valid_nll"] = epoch.validation ? Json(epoch.validation->nll) : Json(nullptr);
  event["valid_accuracy"] = epoch.validation ? or_null(epoch.validation->accuracy) : Json(nullptr);
  event["valid_skill"] = epoch.validation ? or_null(epoch.validation->skill) : Json(nullptr);
  event["valid_score"] = epoch.validation ? or_null(score_of(*epoch.validation)) : Json(nullptr);
  event["seconds"] = epoch.seconds;
  event["samples_per_second"] = epoch.samples_per_second;
  return event;
}

// What each head's predictions are worth, by name: a null where it could not be measured.
Json metrics_json(const std::vector<HeadMetrics>& heads) {
  Json all = Json::object();
  for (const HeadMetrics& head : heads) {
    Json& values = all[head.head] = {{"nll", head.nll}, {"bits", head.bits()}};
    if (head.classes) {
      values.update({{"accuracy", head.classes->accuracy}, {"top", head.classes->top}, {"mean_auroc", or_null(head.classes->mean_auroc)}});
      for (const auto& area : head.classes->auroc) values["auroc"].push_back(or_null(area));
      const auto k = static_cast<std::ptrdiff_t>(head.classes->classes);
      for (auto row = head.classes->confusion.begin(); row != head.classes->confusion.end(); row += k) values["confusion"].push_back(std::vector<double>(row, row + k));
    }
    if (head.numbers) values.update({{"rmse", or_null(head.numbers->rmse)}, {"mae", or_null(head.numbers->mae)}, {"r2", or_null(head.numbers->r2)}});
    if (head.calibration) {
      for (std::size_t i = 0; i < Calibration::levels.size(); ++i) values["coverage"][fmt::format("{:g}", Calibration::levels[i])] = head.calibration->coverage[i];
      values["transform"] = head.calibration->transform;
    }
  }
  return all;
}

// The same in a short line.
std::string metrics_line(const HeadMetrics& head) {
  std::string line = fmt::format("{}: {:.4f} bits", head.head, head.bits());
  if (head.classes) {
    for (std::size_t k = 1; k < head.classes->top.size(); ++k) line += fmt::format(", top {} {:.2f} %", k + 1, 100 * head.classes->top[k]);
    if (head.classes->mean_auroc) line += fmt::format(", AUROC {:.4f}", *head.classes->mean_auroc);
  }
  if (head.numbers) {
    if (head.numbers->rmse) line += fmt::format(", RMSE {:.5g}", *head.numbers->rmse);
    if (head.numbers->mae) line += fmt::format(", MAE {:.5g}", *head.numbers->mae);
    if (head.numbers->r2) line += fmt::format(", R² {:.4f}", *head.numbers->r2);
  }
  if (head.calibration) {
    const auto& inside = head.calibration->coverage;
    line += fmt::format(", central 50/90/95 % hold {:.1f}/{:.1f}/{:.1f} %", 100 * inside[0], 100 * inside[1], 100 * inside[2]);
  }
  return line + "\n";
}

Json done_event(const Model& model, const History& history, const Evaluation& evaluation, const std::vector<HeadMetrics>& metrics) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {{"event", "done"},
          {"valid_nll", evaluation.nll},
          {"valid_accuracy", or_null(evaluation.accuracy)},
          {"valid_skill", or_null(evaluation.skill)},
          {"valid_score", or_null(score_of(evaluation))},
          {"metrics", metrics_json(metrics)},
          {"parameters_sha256", parameters_sha256(model)},
          {"steps", history.steps},
          {"median_step_us", history.median_step_us},
          {"arena_bytes", history.arena_bytes},
          {"peak_rss_bytes", static_cast<std::int64_t>(usage.ru_maxrss) * 1024}};
}

Canvas canvas() {
  Canvas result;
  const char* no_color = std::getenv("NO_COLOR");
  result.colour = isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) result.columns = size.ws_col;
  return result;
}

// A few test images with what the model says of them.
std::string draw_predictions(const Prepared& prepared) {
  constexpr std::int64_t images = 6;
  const DataInfo& info = prepared.data.info;
  const Tensor x = prepared.data.test.column("x");
  if (!info.is_image() || x.size(1) != 1 || info.classes == 0 || prepared.entry->reconstructs) return "";
  const std::int64_t shown = std::min(images, x.size(0));
  const TensorMap said = prepared.model.predict(x.rows(0, shown));
  const std::string head = prepared.model.graph().heads()[0]->name;
  const Tensor probabilities = said[head + ".probabilities"], modes = said[head + ".mode"];
  const Tensor labels = prepared.data.test.column("y");
  const auto name = [&](double label) {
    const auto i = static_cast<std::size_t>(label);
    return i < info.class_names.size() ? info.class_names[i] : fmt::format("{}", i);
  };
  std::vector<std::string> captions;
  for (std::int64_t i = 0; i < shown; ++i) {
    const double mode = modes.at(i), label = labels.at(i);
    const double probability = probabilities.at(i * info.classes + static_cast<std::int64_t>(mode));
    captions.push_back(fmt::format("{} {:.0f} %{}", name(mode), 100 * probability, mode == label ? "" : fmt::format(" (is {})", name(label))));
  }
  return draw_images(x.rows(0, shown), captions, canvas());
}

void introduce(const Prepared& prepared) {
  std::int64_t parameters = 0;
  for (const auto& [name, tensor] : prepared.model.parameters()) parameters += tensor.count();
  fmt::print(stderr, "{} on {}: {} samples to train, {} to test, {} parameters, {} thread{}\n", prepared.entry->name, prepared.recipe.data, prepared.data.train.size(),
             prepared.data.test.size(), parameters, thread_count(), thread_count() == 1 ? "" : "s");
  const Head& head = *prepared.model.graph().heads()[0];
  if (const std::string certificate = head.distribution.certificate(); !certificate.empty()) fmt::print(stderr, "{}\n", certificate);
  if (head.score) fmt::print(stderr, "minimises {}, reports the NLL\n", head.score_name);
  for (const Term& term : prepared.model.graph().terms()) fmt::print(stderr, "{}\n", term.description);
}

void print_result(const Prepared& prepared, const Evaluation& evaluation) {
  fmt::print("test: {:.4f} nats a sample", evaluation.nll);
  if (evaluation.skill) fmt::print(", skill {:.4f}", *evaluation.skill);
  if (evaluation.accuracy) fmt::print(", accuracy {:.2f} %", 100 * *evaluation.accuracy);
  if (const std::optional<double> score = score_of(evaluation)) fmt::print(", {} {:.4f}", prepared.model.graph().heads()[0]->score_name, *score);
  fmt::print("\n");
}

// Once all else is done: measuring the roofline takes memory, which is not the training's.
void tell_profile(const Profile& profile, const Options& options, AtomicFile* file) {
  if (file != nullptr) {
    file->write(trace(profile));
    file->commit();
  }
  const std::string tables = report(profile, measure_roofline());
  fmt::print(options.json ? stderr : stdout, "\n{}", tables);
}

void write_report(const Prepared& prepared, const Options& options, const TrainingReport& what, AtomicFile& file) {
  TrainingReport report = what;
  const Recipe& recipe = prepared.recipe;
  report.title = fmt::format("{} on {}", prepared.entry->name, recipe.data);
  std::int64_t parameters = 0;
  for (const auto& [name, tensor] : prepared.model.parameters()) parameters += tensor.count();
  report.settings = {{"model", prepared.entry->description},
                     {"data", fmt::format("{}: {} samples to train, {} to test", recipe.data, prepared.data.train.size(), prepared.data.test.size())},
                     {"head", recipe.head.empty() ? prepared.entry->head : recipe.head},
                     {"parameters", fmt::format("{}", parameters)},
                     {"epochs", fmt::format("{} in batches of {}, {} steps", recipe.epochs, recipe.batch_size, report.history.steps)},
                     {"optimiser", fmt::format("{}, learning rate {:g}, schedule {}", recipe.optimizer.name, recipe.optimizer.learning_rate, recipe.optimizer.schedule)},
                     {"seed", fmt::format("{}", options.setting.seed)},
                     {"threads", fmt::format("{}", thread_count())},
                     {"median step", fmt::format("{:.1f} µs", report.history.median_step_us)},
                     {"memory of a step", fmt::format("{} bytes", report.history.arena_bytes)},
                     {"SHA-256 of the parameters", parameters_sha256(prepared.model)}};
  file.write(html(report));
  file.commit();
}

void train(const Options& options) {
  if (options.threads) set_thread_count(*options.threads);
  if (const std::string_view problem = blas_threading_problem(); !problem.empty()) fmt::print(stderr, "loglik: warning: {}\n", problem);
  std::optional<RunFolder> folder;
  if (!options.out.empty()) folder.emplace(options.out);
  std::optional<AtomicFile> trace_file;  // opened now: one that can't be written is told before the training
  if (!options.trace.empty()) trace_file.emplace(options.trace);
  std::optional<AtomicFile> report_file;
  if (!options.report.empty()) report_file.emplace(options.report);
  Prepared prepared = prepare(options.setting);
  introduce(prepared);
  const std::string& family = prepared.recipe.head.empty() ? prepared.entry->head : prepared.recipe.head;
  const std::optional<double> marginal_nll = start_at_marginal(prepared.model, *prepared.entry, family, prepared.data);

  const bool live = isatty(STDERR_FILENO) != 0;  // a line that is written over again and again
  const auto on_progress = [&](const Progress& progress) {
    if (live) fmt::print(stderr, "\r\x1b[K{}{}", progress_line(progress), progress.finished != nullptr ? "\n" : "");
    else if (progress.finished != nullptr) fmt::print(stderr, "{}\n", progress_line(progress));
    std::fflush(stderr);
  };
  const auto tell = [&](const Json& event) {
    if (options.json) {
      fmt::print("{}\n", event.dump());
      std::fflush(stdout);
    }
    if (folder) folder->add_line(event.dump());
  };
  FitOptions fitting{.epochs = prepared.recipe.epochs, .batch_size = prepared.recipe.batch_size, .validation = prepared.data.test, .marginal_nll = marginal_nll};
  fitting.seed = options.setting.seed;
  fitting.progress = on_progress;
  fitting.on_epoch = [&](const EpochRecord& epoch) { tell(epoch_event(epoch)); };
  if (options.profile || report_file) fitting.profile = std::make_shared<Profile>();
  const History history = fit(prepared.model, prepared.data.train, fitting);

  const Evaluation evaluation = history.epochs.empty() ? evaluate(prepared.model, prepared.data.test, 256, marginal_nll) : *history.epochs.back().validation;
  const std::vector<HeadMetrics> metrics = measure(prepared.model, prepared.data.test);
  tell(done_event(prepared.model, history, evaluation, metrics));
  if (folder) {
    AtomicFile file(options.out + "/metrics.json");
    file.write(metrics_json(metrics).dump(1) + "\n");
    file.commit();
  }
  if (folder) folder->save_parameters(prepared.model);
  if (!options.json) {
    if (options.draw) fmt::print("\n{}", draw_predictions(prepared));
    print_result(prepared, evaluation);
    for (const HeadMetrics& head : metrics) fmt::print("{}", metrics_line(head));
  }
  if (report_file)
    write_report(prepared, options,
                 {.model = prepared.model, .info = prepared.data.info, .test = prepared.data.test, .history = history, .evaluation = evaluation, .metrics = metrics, .profile = fitting.profile.get()},
                 *report_file);
  if (options.profile) tell_profile(*fitting.profile, options, trace_file ? &*trace_file : nullptr);
}

}  // namespace

void add_train_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("train", "Train a model of the zoo");
  add_options(*command, options->setting);
  command->add_option("--epochs", options->setting.epochs, "Passes over the training data")->check(CLI::Range(0, 1 << 30));
  command->add_option("--threads", options->threads, "Threads; the result does not depend on them (all processors)")->check(CLI::Range(1, max_threads));
  command->add_flag("!--no-fusion", options->setting.fusion, "Run each op by itself: the same result, bit for bit, and slower");
  command->add_flag("!--no-patterns", options->setting.patterns, "Run what was written, no op that stands for a composition of others: the same but for rounding");
  command->add_option("--out", options->out, "A folder for history.jsonl and the parameters as .npy files");
  command->add_flag("--json", options->json, "One JSON object a line on stdout: one an epoch, one at the end");
  command->add_option("--report", options->report, "A file for an HTML page of the training: curves, metrics, samples, the time by op");
  command->add_flag("--draw", options->draw, "Draw a few test images with their predictions at the end");
  CLI::Option* profile = command->add_option("--profile", options->trace,
                                             "Tell where the time of training steps goes, by op and by step; FILE: the last steps as a trace for "
                                             "ui.perfetto.dev or chrome://tracing");
  profile->option_text("[FILE]")->expected(0, 1);
  command->callback([options, profile] {
    options->profile = profile->count() > 0;
    train(*options);
  });
}

}  // namespace loglik::tools
