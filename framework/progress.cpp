#include "framework/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

namespace loglik {
namespace {

std::string grouped_digits(double value) {  // 52,300
  if (!(std::abs(value) < 1e15)) return fmt::format("{:.2e}", value);
  std::string digits = fmt::format("{:.0f}", value);
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), 1, ',');
  return digits;
}

std::string nats(double value) { return std::abs(value) < 1e5 ? fmt::format("{:.4f}", value) : fmt::format("{:.4g}", value); }

std::string duration(double seconds) {  // 0:04, 12:30, 3:05:10
  const auto total = static_cast<std::int64_t>(std::ceil(std::clamp(seconds, 0.0, 1e9)));
  if (total < 3600) return fmt::format("{}:{:02}", total / 60, total % 60);
  return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
}

constexpr std::size_t columns = 80;

std::string join(std::span<const std::string> parts, std::string_view gap) {
  std::string line;
  for (const std::string& part : parts)
    if (!part.empty()) line += (line.empty() ? "" : std::string(gap)) + part;
  return line;
}

// The parts that fit into the columns, the last ones left out.
std::string fitted(std::vector<std::string> parts, std::string_view gap = "   ") {
  while (parts.size() > 1 && join(parts, gap).size() > columns) parts.pop_back();
  return join(parts, gap);
}

std::string percent(const std::optional<double>& accuracy) { return accuracy ? fmt::format("{:.1f} %", 100 * *accuracy) : ""; }

}  // namespace

std::string progress_line(const Progress& progress) {
  const std::string epoch = fmt::format("epoch {}/{}", progress.epoch, progress.epochs);
  const std::string pace = grouped_digits(progress.samples_per_second) + " samples/s";
  if (progress.finished == nullptr)
    return fitted({epoch, grouped_digits(static_cast<double>(progress.samples)) + "/" + grouped_digits(static_cast<double>(progress.of_samples)),
                   nats(progress.nll) + " nats", percent(progress.accuracy), pace, duration(progress.seconds_left) + " left"});
  const EpochRecord& record = *progress.finished;
  const std::string took = fmt::format("{:.1f} s", record.seconds);
  if (!record.validation) return fitted({epoch, "train " + nats(record.train.nll) + " nats", percent(record.train.accuracy), pace, took});
  const std::string train = "train " + nats(record.train.nll), valid = "valid " + nats(record.validation->nll);
  const std::string right = percent(record.validation->accuracy);
  if (!record.validation->skill) return fitted({epoch, train, valid + " nats", right, pace, took});
  const std::string skill = ", skill " + nats(*record.validation->skill) + " nats";
  return fitted({epoch, train, valid + skill, right, grouped_digits(progress.samples_per_second) + "/s", took}, "  ");
}

}  // namespace loglik
