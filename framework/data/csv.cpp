#include "framework/data/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>

#include "framework/data/bytes.h"
#include "framework/data/input_file.h"
#include "framework/error.h"
#include "framework/text.h"

namespace loglik {
namespace {
constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Cuts lines off a text and fields off a line.
class Tokenizer {
 public:
  Tokenizer(const std::string& path, std::string_view text) : path_(path), rest_(text) {}

  bool next_line() {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    more_ = true;
    return true;
  }

  bool more_fields() const { return more_; }
  std::size_t line() const { return number_; }
  std::string_view rest() const { return rest_; }

  // The next field without the blanks and quotes around it; valid until the next call.
  std::string_view next_field() {
    const std::string_view from = line_.substr(std::min(line_.find_first_not_of(blanks), line_.size()));
    if (from.starts_with('"')) return quoted_field(from.substr(1));
    const std::size_t comma = line_.find(',');
    const std::string_view field = trimmed(line_.substr(0, comma));
    skip(line_, comma);
    return field;
  }

  [[noreturn]] void fail(const std::string& what) const { throw DataError(fmt::format("{} line {}{}", path_, number_, what)); }

 private:
  std::string_view quoted_field(std::string_view rest) {
    unquoted_.clear();
    for (;;) {
      const std::size_t quote = rest.find('"');
      if (quote == std::string_view::npos) fail(fmt::format(": the quote of {} is not closed on its line", quoted(trimmed(line_))));
      unquoted_ += rest.substr(0, quote);
      rest.remove_prefix(quote + 1);
      if (!rest.starts_with('"')) break;
      unquoted_ += '"';
      rest.remove_prefix(1);
    }
    const std::size_t comma = rest.find(',');
    const std::string_view after = trimmed(rest.substr(0, comma));
    if (!after.empty()) fail(fmt::format(": {} follows a closing quote, where a comma would be right", quoted(after)));
    skip(rest, comma);
    return trimmed(unquoted_);
  }

  void skip(std::string_view rest, std::size_t comma) {
    more_ = comma != std::string_view::npos;
    line_ = more_ ? rest.substr(comma + 1) : std::string_view();
  }

  const std::string& path_;
  std::string_view rest_, line_;
  std::string unquoted_;
  std::size_t number_ = 0;
  bool more_ = false;
};

std::vector<std::string> read_names(Tokenizer& tokens) {
  std::vector<std::string> names;
  while (tokens.more_fields()) {
    names.emplace_back(tokens.next_field());
    if (names.back().empty()) tokens.fail(fmt::format(": column {} has no name", names.size()));
  }
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  const auto twice = std::adjacent_find(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names[a] == names[b]; });
  if (twice != order.end()) tokens.fail(fmt::format(": two columns are named {}", quoted(names[*twice])));
  return names;
}

double read_number(const Tokenizer& tokens, const std::string& column, std::string_view field, const CsvOptions& options) {
  const auto fail = [&](std::string_view what) { tokens.fail(fmt::format(", column {}: {} {}", quoted(column), quoted(field), what)); };
  if (field.empty()) tokens.fail(fmt::format(", column {}: the field is empty", quoted(column)));
  std::string_view digits = field;
  if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);  // from_chars takes no plus
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) fail("is not a number");
  if (error == std::errc::result_out_of_range) fail("is outside the range of float64");
  if (!std::isfinite(value) && !options.allow_non_finite) fail("is not a finite number");
  return value;
}

std::string read_text(const std::string& path) {
  InputFile file(path);
  std::string text(file.size(), '\0');
  text.resize(file.read(std::as_writable_bytes(std::span(text))));
  return text;
}

std::size_t index_of(const std::vector<std::string>& columns, std::string_view name) {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  throw NameError(fmt::format("column {} is unknown{}", quoted(name), suggestion(name, columns)));
}
}  // namespace

Table read_csv(const std::string& path, const CsvOptions& options) {
  const std::string content = read_text(path);
  std::string_view text = content;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  Tokenizer tokens(path, text);
  if (!tokens.next_line()) throw DataError(fmt::format("{} is empty: its first line should name the columns", path));

  Table table;
  table.columns = read_names(tokens);
  const std::size_t width = table.columns.size();
  // A row that isn't refused takes at least 2 bytes a column, so that no more memory is taken than the file's size allows.
  const std::string_view body = tokens.rest();
  const std::size_t lines = body.empty() ? 0 : static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n')) + 1;
  const std::size_t rows = std::min(lines, (body.size() + 1) / (2 * width));
  table.values = Tensor(DType::float64, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width)});
  const auto values = table.values.mutable_values<double>();

  for (std::size_t next = 0; tokens.next_line();) {
    std::size_t fields = 0;
    for (; tokens.more_fields(); ++fields) {
      const std::string_view field = tokens.next_field();
      if (fields >= width) continue;
      const double value = read_number(tokens, table.columns[fields], field, options);
      if (next < values.size()) values[next++] = value;
    }
    if (fields != width) tokens.fail(fmt::format(": {} {}, the first line names {}", fields, fields == 1 ? "field" : "fields", width));
  }
  return table;
}

Tensor Table::column(std::string_view name) const { return columns_of({std::string(name)}).reshape({rows()}); }

Tensor Table::columns_of(std::span<const std::string> names) const {
  std::vector<std::size_t> indices;
  for (const std::string& name : names) indices.push_back(index_of(columns, name));
  Tensor chosen(DType::float64, {rows(), static_cast<std::int64_t>(names.size())});
  const auto from = values.values<double>();
  const auto to = chosen.mutable_values<double>();
  for (std::size_t row = 0, next = 0; row < static_cast<std::size_t>(rows()); ++row)
    for (std::size_t index : indices) to[next++] = from[row * columns.size() + index];
  return chosen;
}

Tensor Table::columns_of(std::initializer_list<std::string> names) const { return columns_of(std::span(names.begin(), names.size())); }

}  // namespace loglik
