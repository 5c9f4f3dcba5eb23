#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <set>

#include "framework/data/json-inl.h"
#include "framework/error.h"

namespace loglik {
namespace {
constexpr int deepest = 64;
}

Json parse_json(const std::string& path, std::string_view text) {
  std::vector<std::set<std::string>> names;  // of the objects that are open
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > deepest) throw DataError(fmt::format("{}: JSON nested deeper than {}", path, deepest));
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key && !names.back().insert(value.get<std::string>()).second)
      throw DataError(fmt::format("{}: the name \"{}\" is given twice in an object", path, value.get<std::string>()));
    return true;
  };
  try {
    Json document = Json::parse(text, watch);
    if (!document.is_object()) throw DataError(fmt::format("{} is no JSON object", path));
    return document;
  } catch (const nlohmann::json::exception& error) {
    std::string_view what = error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: …"
    if (const std::size_t end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
    throw DataError(fmt::format("{} is no JSON: {}", path, what));
  }
}

Json exact(double value) {
  if (std::isfinite(value)) return value;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("0x{:016x}", std::bit_cast<std::uint64_t>(value));
}

JsonValue JsonValue::operator[](std::string_view name) const {
  if (auto found = find(name)) return *found;
  fail(fmt::format("has no \"{}\"", name));
}

std::optional<JsonValue> JsonValue::find(std::string_view name) const {
  if (!value_->is_object()) fail_type("an object");
  const auto found = value_->find(name);
  if (found == value_->end()) return std::nullopt;
  return JsonValue(path_, &*found, where_.empty() ? std::string(name) : fmt::format("{}.{}", where_, name));
}

std::vector<JsonValue> JsonValue::elements() const {
  if (!value_->is_array()) fail_type("a list");
  std::vector<JsonValue> result;
  for (const Json& element : *value_) result.push_back(JsonValue(path_, &element, fmt::format("{}[{}]", where_, result.size())));
  return result;
}

std::vector<std::pair<std::string, JsonValue>> JsonValue::members() const {
  if (!value_->is_object()) fail_type("an object");
  std::vector<std::pair<std::string, JsonValue>> result;
  for (const auto& [name, value] : value_->items()) result.emplace_back(name, JsonValue(path_, &value, fmt::format("{}.{}", where_, name)));
  return result;
}

const std::string& JsonValue::text() const {
  if (!value_->is_string()) fail_type("a text");
  return value_->get_ref<const std::string&>();
}

std::int64_t JsonValue::integer(std::int64_t least, std::int64_t most) const {
  if (!value_->is_number_integer()) fail_type("an integer");
  const bool too_large = value_->is_number_unsigned() && value_->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::int64_t value = too_large ? 0 : value_->get<std::int64_t>();
  if (too_large || value < least || value > most) fail(fmt::format("is {}, outside [{}, {}]", value_->dump(), least, most));
  return value;
}

double JsonValue::number() const {
  if (value_->is_number()) return value_->get<double>();
  if (!value_->is_string()) fail_type("a number");
  const std::string& written = text();
  if (written == "inf" || written == "-inf") return written[0] == '-' ? -HUGE_VAL : HUGE_VAL;
  std::uint64_t bits = 0;
  const char* end = written.data() + written.size();
  if (written.size() != 18 || !written.starts_with("0x") || std::from_chars(written.data() + 2, end, bits, 16).ptr != end) fail_type("a number");
  return std::bit_cast<double>(bits);
}

bool JsonValue::boolean() const {
  if (!value_->is_boolean()) fail_type("true or false");
  return value_->get<bool>();
}

void JsonValue::fail(std::string_view what) const { throw DataError(fmt::format("{}: {} {}", *path_, where_.empty() ? "the document" : where_, what)); }

void JsonValue::fail_type(std::string_view expected) const {
  std::string found = value_->is_structured() ? value_->type_name() : value_->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (found.size() > 60) found = found.substr(0, 57) + "…";
  fail(fmt::format("is {}, needs to be {}", found, expected));
}

}  // namespace loglik
