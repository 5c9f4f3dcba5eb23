#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "framework/tensor.h"
#include "framework/variable.h"

namespace loglik {

/// Tensors by name. Their elements are shared with where they come from: writing to a parameter's tensor changes the parameter.
class TensorMap {
 public:
  TensorMap() = default;
  explicit TensorMap(std::vector<std::pair<std::string, Tensor>> tensors) : tensors_(std::move(tensors)) {}
  /// Throws NameError with the nearest name.
  const Tensor& operator[](std::string_view name) const;
  bool contains(std::string_view name) const;
  std::size_t size() const { return tensors_.size(); }
  auto begin() const { return tensors_.begin(); }
  auto end() const { return tensors_.end(); }

 private:
  std::vector<std::pair<std::string, Tensor>> tensors_;
};

/// The values of Variables, from step to step: what training changes and what is worth saving.
///
/// A Variable begins as its initialiser says, keyed by the State's seed and the Variable's name. Slabs (`VariableInfo::parts`) lie together in
/// memory. Programs that share a State must not change it at the same time.
class State {
 public:
  explicit State(std::uint64_t seed = 0) : seed_(seed) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::uint64_t seed() const { return seed_; }

  /// Makes room for a Variable and initialises it; nothing if it is there already.
  void add(const std::string& name, const std::shared_ptr<const VariableInfo>& variable);
  /// The same for a slab, of parts with these names. Throws ArgumentError if its parts are there already but not one after the other.
  void add_slab(const std::string& name, const std::shared_ptr<const VariableInfo>& slab, const std::vector<std::string>& part_names);

  bool contains(const VariableInfo* variable) const { return entries_.contains(variable); }
  std::byte* data(const VariableInfo* variable) const;  ///< throws NameError if it has none
  Tensor tensor(std::string_view name) const;           ///< shares the elements; throws NameError with the nearest name
  TensorMap tensors(bool trainable_only = false) const;  ///< sorted by name; slabs left out
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string name;
    std::shared_ptr<const VariableInfo> info;  // keeps the key alive
    std::shared_ptr<std::byte> data;
  };
  void insert(const std::string& name, const std::shared_ptr<const VariableInfo>& variable, std::shared_ptr<std::byte> data);
  std::uint64_t seed_;
  std::size_t bytes_ = 0;
  std::unordered_map<const VariableInfo*, Entry> entries_;
  std::unordered_set<std::string> names_;  // slabs left out
};

}  // namespace loglik
