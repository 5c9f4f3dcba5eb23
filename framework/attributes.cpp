#include "framework/attributes.h"

#include <fmt/format.h>

#include <bit>

#include "framework/error.h"

namespace loglik {
namespace {
bool same(const AttributeValue& a, const AttributeValue& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<double>(&a)) return std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(std::get<double>(b));
  if (const auto* x = std::get_if<Tensor>(&a)) return x->same_bits(std::get<Tensor>(b));
  return std::visit(
      [&]<class T>(const T& x) {
        if constexpr (std::is_same_v<T, Tensor>) return false;
        else return x == std::get<T>(b);
      },
      a);
}
}  // namespace

const AttributeValue* Attributes::find(std::string_view name) const {
  for (const auto& [key, value] : values_)
    if (key == name) return &value;
  return nullptr;
}

const AttributeValue& Attributes::at(std::string_view name) const {
  const AttributeValue* value = find(name);
  if (value == nullptr) throw NameError(fmt::format("there is no attribute \"{}\" among: {}", name, to_string(*this)));
  return *value;
}

void Attributes::throw_wrong_type(std::string_view name) { throw ArgumentError(fmt::format("the attribute \"{}\" is of another type", name)); }

bool operator==(const Attributes& a, const Attributes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && same(x.second, y.second); });
}

std::string to_string(const AttributeValue& value) {
  return std::visit(
      []<class T>(const T& v) -> std::string {
        if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) return to_string(std::span<const std::int64_t>(v));
        else if constexpr (std::is_same_v<T, DType>) return std::string(name(v));
        else if constexpr (std::is_same_v<T, Shape>) return loglik::to_string(v);
        else if constexpr (std::is_same_v<T, Tensor>)
          return v.count() == 1 ? fmt::format("{:.6g}", v.item()) : fmt::format("{} {}", name(v.dtype()), to_string(std::span(v.extents())));
        else if constexpr (std::is_same_v<T, double>) return fmt::format("{:.6g}", v);
        else return fmt::format("{}", v);
      },
      value);
}

std::string to_string(const Attributes& attributes) {
  std::string out;
  for (const auto& [key, value] : attributes) out += (out.empty() ? "" : ", ") + key + "=" + to_string(value);
  return out;
}

}  // namespace loglik
