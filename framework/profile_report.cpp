#include "framework/profile_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace loglik {
namespace {

constexpr std::size_t label_width = 56;

// Steps that share a line.
struct Line {
  std::string label;
  std::int64_t steps = 0;
  double seconds = 0;
  double median = 0;  // nanoseconds; of several steps: the sum of theirs
  double least = 0;   // by the roofline
  Work work = {};

  void add(const Line& other) {
    steps += other.steps;
    seconds += other.seconds;
    median += other.median;
    least += other.least;
    work.flops += other.work.flops;
    work.bytes += other.work.bytes;
  }
};

// Cut to the column, between characters of UTF-8.
std::string fitted(const std::string& text) {
  std::size_t characters = 0, cut = 0;
  for (std::size_t k = 0; k < text.size(); ++k)
    if ((static_cast<unsigned char>(text[k]) & 0xc0) != 0x80 && characters++ == label_width - 1) cut = k;
  return characters <= label_width ? text : text.substr(0, cut) + "…";
}

double median(std::vector<std::int64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

std::string number(double value) { return value > 0 ? fmt::format("{:.1f}", value) : "-"; }

class Report {
 public:
  Report(const Profile& profile, const Roofline& roofline) : profile_(profile), roofline_(roofline) {
    for (std::size_t i = 0; i < profile.steps().size(); ++i) {
      const Profile::Step& step = profile.steps()[i];
      const double typical = median_of([&](const Profile::Run& run) { return run.steps[i].end - run.steps[i].begin; });
      steps_.push_back({label(i), 1, step.seconds, typical, roofline.seconds(step.work.flops, step.work.bytes), step.work});
    }
  }

  std::string operator()(std::size_t most_steps) {
    Line all{"all steps"};
    for (const Line& step : steps_) all.add(step);
    const double outside = profile_.seconds() - all.seconds;
    const double typical_outside = median_of([](const Profile::Run& run) {
      std::int64_t rest = run.event.end - run.event.begin;
      for (const Profile::Event& step : run.steps) rest -= step.end - step.begin;
      return rest;
    });
    out_ = fmt::format("profile of the program \"{}\": {} runs of {} steps, {:.1f} us a run\n", profile_.program(), profile_.runs(), all.steps,
                       a_run(profile_.seconds()));
    out_ += fmt::format("roofline: {:.1f} GFLOP/s, {:.1f} GB/s with {} thread{}; a share over 100 % had its data from caches\n",
                        roofline_.flops_per_second / 1e9, roofline_.bytes_per_second / 1e9, roofline_.threads, roofline_.threads == 1 ? "" : "s");
    title(fmt::format("{:<27} steps", "by op"));
    for (const Line& line : by_op()) write(line, fmt::format("{:<27} {:>5}", line.label, line.steps));
    out_ += times("outside of steps", outside, typical_outside) + "\n";
    write(all, all.label);
    title("by step");
    for (const Line& line : by_step(most_steps)) write(line, line.label);
    return std::move(out_);
  }

 private:
  double a_run(double seconds) const { return 1e6 * seconds / static_cast<double>(std::max<std::int64_t>(profile_.runs(), 1)); }
  double share(double seconds) const { return profile_.seconds() > 0 ? 100 * seconds / profile_.seconds() : 0; }

  void title(std::string_view text) {
    out_ += fmt::format("\n{:<{}} {:>10} {:>9} {:>9} {:>8} {:>8} {:>9}\n", text, label_width, "us a run", "median", "share", "GFLOP/s", "GB/s",
                        "roofline");
  }

  void write(const Line& line, std::string_view label) {
    const double seconds = std::max(line.seconds, 1e-12);
    out_ += fmt::format("{} {:>8} {:>8} {:>7.0f} %\n", times(label, line.seconds, line.median), number(line.work.flops / seconds / 1e9),
                        number(line.work.bytes / seconds / 1e9), 100 * line.least / seconds);
  }

  std::string times(std::string_view label, double seconds, double median_nanoseconds) const {
    return fmt::format("{:<{}} {:>10.1f} {:>9.1f} {:>7.1f} %", label, label_width, a_run(seconds), 1e-3 * median_nanoseconds, share(seconds));
  }

  template <class Duration> double median_of(Duration duration) const {
    std::vector<std::int64_t> values;
    for (const Profile::Run* run : profile_.traced()) values.push_back(duration(*run));
    return median(std::move(values));
  }

  static void sort(std::vector<Line>& lines) {
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.seconds > b.seconds; });
  }

  std::vector<Line> by_op() const {
    std::map<std::string, Line> lines;
    for (std::size_t i = 0; i < steps_.size(); ++i) lines[profile_.steps()[i].op].add(steps_[i]);
    std::vector<Line> sorted;
    for (auto& [op, line] : lines) {
      line.label = op;
      sorted.push_back(std::move(line));
    }
    sort(sorted);
    return sorted;
  }

  std::vector<Line> by_step(std::size_t most) const {
    std::vector<Line> lines = steps_;
    sort(lines);
    if (lines.size() <= most) return lines;
    Line rest;
    for (std::size_t i = most; i < lines.size(); ++i) rest.add(lines[i]);
    rest.label = fmt::format("{} others", rest.steps);
    lines.resize(most);
    lines.push_back(std::move(rest));
    return lines;
  }

  // "%14  conv2d {64, 16, 10, 10}  conv_2", with the shapes of the first sizes that were seen.
  std::string label(std::size_t i) const {
    const Profile::Step& step = profile_.steps()[i];
    std::string text = fmt::format("%{:<4} {}", step.node, step.op);
    if (profile_.runs() > 0) {
      const std::string& shapes = profile_.shapes(0, i);
      text += shapes.substr(shapes.find("→") + std::string_view("→").size());
    }
    if (!step.scope.empty()) text += "  " + step.scope;
    if (!step.fused.empty()) text += "  (" + step.fused + ")";
    return fitted(text);
  }

  const Profile& profile_;
  const Roofline& roofline_;
  std::vector<Line> steps_;  // as the program has them
  std::string out_;
};

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) result += fmt::format("\\u{:04x}", static_cast<int>(c));
    else result += c;
  }
  return result + "\"";
}

double microseconds(std::int64_t nanoseconds) { return 1e-3 * static_cast<double>(nanoseconds); }

std::string event(std::string_view name, std::string_view category, Profile::Event when, std::string_view args) {
  return fmt::format(R"({{"name":{},"cat":{},"ph":"X","ts":{:.3f},"dur":{:.3f},"pid":1,"tid":1,"args":{{{}}}}})", quoted(name), quoted(category),
                     microseconds(when.begin), microseconds(when.end - when.begin), args);
}

}  // namespace

std::string report(const Profile& profile, const Roofline& roofline, std::size_t most_steps) { return Report(profile, roofline)(most_steps); }

std::string trace(const Profile& profile) {
  std::string out = R"({"displayTimeUnit":"ns","traceEvents":[)";
  const char* separator = "\n";
  const auto add = [&](const std::string& text) {
    out += separator + text;
    separator = ",\n";
  };
  for (const Profile::Run* run : profile.traced()) {
    add(event(fmt::format("{} {}", profile.program(), run->number), "run", run->event, fmt::format(R"("run":{})", run->number)));
    for (std::size_t i = 0; i < profile.steps().size(); ++i) {
      const Profile::Step& step = profile.steps()[i];
      const Work& work = profile.work(run->sizes, i);
      std::string args = fmt::format(R"("node":"%{}","shapes":{},"flops":{:.0f},"bytes":{:.0f})", step.node,
                                     quoted(profile.shapes(run->sizes, i)), work.flops, work.bytes);
      if (!step.fused.empty()) args += R"(,"ops":)" + quoted(step.fused);
      add(event(step.scope.empty() ? step.op : step.scope + "/" + step.op, step.op, run->steps[i], args));
    }
  }
  return out + "\n]}\n";
}

}  // namespace loglik
