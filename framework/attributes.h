#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "framework/dtype.h"
#include "framework/tensor.h"

namespace loglik {

/// What an attribute of an op can be.
using AttributeValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::int64_t>, DType, Shape, Tensor>;

/// The attributes of an op by name, in the order given: what an op is besides its class. Printed, compared, saved and read back.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<std::string, AttributeValue>> values) : values_(values) {}

  void set(std::string name, AttributeValue value) { values_.emplace_back(std::move(name), std::move(value)); }
  bool has(std::string_view name) const { return find(name) != nullptr; }

  /// The value of `name`. Throws NameError if there is none, ArgumentError if it is of another type.
  template <class T> const T& get(std::string_view name) const {
    const T* value = std::get_if<T>(&at(name));
    if (value == nullptr) throw_wrong_type(name);
    return *value;
  }

  bool empty() const { return values_.empty(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  friend bool operator==(const Attributes& a, const Attributes& b);  ///< same names, same values, floating-point ones bit for bit

 private:
  const AttributeValue* find(std::string_view name) const;
  const AttributeValue& at(std::string_view name) const;
  [[noreturn]] static void throw_wrong_type(std::string_view name);
  std::vector<std::pair<std::string, AttributeValue>> values_;
};

std::string to_string(const AttributeValue& value);
std::string to_string(const Attributes& attributes);  ///< "stride=2, padding=1"

}  // namespace loglik
