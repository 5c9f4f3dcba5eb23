#pragma once
// JSON as our own files hold it, read without trust. Internal: it brings in nlohmann's header, which public headers do not.
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loglik {

using Json = nlohmann::ordered_json;

/// The object that `text` is. Throws DataError naming `path`: for what is no JSON or not UTF-8, with its place; for a name given twice in an
/// object, nesting deeper than 64, a number beyond float64.
Json parse_json(const std::string& path, std::string_view text);

/// A float64 with all its bits: a number, or if it is none "inf", "-inf", or "0x" and its 16 hexadecimal digits.
Json exact(double value);

/// A value inside a document, which knows where it is: errors are "model.json: graph.nodes[3].op is missing".
class JsonValue {
 public:
  JsonValue(const std::string& path, const Json& document) : path_(&path), value_(&document) {}

  JsonValue operator[](std::string_view name) const;            ///< of an object; throws if it has no such member
  std::optional<JsonValue> find(std::string_view name) const;   ///< of an object; nothing if it has no such member
  std::vector<JsonValue> elements() const;                      ///< of an array
  std::vector<std::pair<std::string, JsonValue>> members() const;  ///< of an object

  const std::string& text() const;
  std::int64_t integer(std::int64_t least = std::numeric_limits<std::int64_t>::min(), std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
  double number() const;  ///< as `exact` wrote it
  bool boolean() const;
  const Json& json() const { return *value_; }

  [[noreturn]] void fail(std::string_view what) const;  ///< throws DataError: path, place and this

 private:
  JsonValue(const std::string* path, const Json* value, std::string where) : path_(path), value_(value), where_(std::move(where)) {}
  [[noreturn]] void fail_type(std::string_view expected) const;
  const std::string* path_;
  const Json* value_;
  std::string where_;
};

}  // namespace loglik
