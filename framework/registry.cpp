#include "framework/registry.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "framework/error.h"
#include "framework/text.h"

namespace loglik {
namespace {
struct Registry {
  std::mutex mutex;
  std::map<std::string, OpFactory, std::less<>> factories;
};
Registry& registry() {
  static Registry instance;
  return instance;
}
}  // namespace

void register_op(std::string_view name, OpFactory factory) {
  std::lock_guard lock(registry().mutex);
  registry().factories.insert_or_assign(std::string(name), factory);
}

std::shared_ptr<const Op> make_op(std::string_view name, const Attributes& attributes) {
  OpFactory factory = nullptr;
  {
    std::lock_guard lock(registry().mutex);
    if (const auto found = registry().factories.find(name); found != registry().factories.end()) factory = found->second;
  }
  if (factory == nullptr) throw NameError(fmt::format("op \"{}\" is unknown{}", name, suggestion(name, registered_ops())));
  return factory(attributes);
}

std::vector<std::string> registered_ops() {
  std::lock_guard lock(registry().mutex);
  std::vector<std::string> names;
  for (const auto& [name, unused] : registry().factories) names.push_back(name);
  return names;
}

}  // namespace loglik
