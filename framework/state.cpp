#include "framework/state.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "framework/random.h"
#include "framework/text.h"

namespace loglik {
namespace {

std::size_t bytes_of(const VariableInfo& variable) { return static_cast<std::size_t>(count(variable.type.shape.constant())) * size_of(variable.type.dtype); }

std::vector<std::string> names_of(const auto& pairs) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : pairs) names.push_back(name);
  return names;
}

}  // namespace

const Tensor& TensorMap::operator[](std::string_view name) const {
  for (const auto& [key, tensor] : tensors_)
    if (key == name) return tensor;
  throw NameError(fmt::format("there is no \"{}\"{}", name, suggestion(name, names_of(tensors_))));
}

bool TensorMap::contains(std::string_view name) const {
  return std::any_of(tensors_.begin(), tensors_.end(), [&](const auto& pair) { return pair.first == name; });
}

void State::insert(const std::string& name, const std::shared_ptr<const VariableInfo>& variable, std::shared_ptr<std::byte> data) {
  Tensor values = Tensor::wrap(data, variable->type.dtype, variable->type.shape.constant());
  if (variable->initializer.fill) variable->initializer.fill(values, {seed_, 0, hash_name(name)});
  entries_.emplace(variable.get(), Entry{name, variable, std::move(data)});
  names_.insert(name);
}

void State::add(const std::string& name, const std::shared_ptr<const VariableInfo>& variable) {
  if (contains(variable.get())) return;
  if (names_.contains(name)) throw NameError(fmt::format("the State has another Variable \"{}\"", name));
  const Tensor block(DType::uint8, {static_cast<std::int64_t>(bytes_of(*variable))});
  bytes_ += block.bytes();
  insert(name, variable, block.shared_data());
}

void State::add_slab(const std::string& name, const std::shared_ptr<const VariableInfo>& slab, const std::vector<std::string>& part_names) {
  if (contains(slab.get())) return;
  std::shared_ptr<std::byte> block;
  if (contains(slab->parts[0].get())) {
    block = entries_.at(slab->parts[0].get()).data;
    const std::byte* expected = block.get();
    for (const auto& part : slab->parts) {
      if (!contains(part.get()) || data(part.get()) != expected) throw ArgumentError(fmt::format("the parts of \"{}\" do not lie one after the other", name));
      expected += bytes_of(*part);
    }
  } else {
    const Tensor whole(DType::uint8, {static_cast<std::int64_t>(bytes_of(*slab))});
    bytes_ += whole.bytes();
    block = whole.shared_data();
    std::byte* next = block.get();
    for (std::size_t i = 0; i < slab->parts.size(); ++i) {
      insert(part_names[i], slab->parts[i], std::shared_ptr<std::byte>(block, next));
      next += bytes_of(*slab->parts[i]);
    }
  }
  entries_.emplace(slab.get(), Entry{name, slab, std::move(block)});
}

std::byte* State::data(const VariableInfo* variable) const {
  const auto found = entries_.find(variable);
  if (found == entries_.end()) throw NameError("a program reads a Variable that its State does not hold");
  return found->second.data.get();
}

Tensor State::tensor(std::string_view name) const { return tensors()[name]; }

TensorMap State::tensors(bool trainable_only) const {
  std::vector<std::pair<std::string, Tensor>> result;
  for (const auto& [info, entry] : entries_)
    if (info->parts.empty() && (info->trainable || !trainable_only))
      result.emplace_back(entry.name, Tensor::wrap(entry.data, info->type.dtype, info->type.shape.constant()));
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return TensorMap(std::move(result));
}

}  // namespace loglik
