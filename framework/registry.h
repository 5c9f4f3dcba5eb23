#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/op.h"

namespace loglik {

/// Makes an op from its attributes.
using OpFactory = std::shared_ptr<const Op> (*)(const Attributes& attributes);

/// Lets ops of that name be made from attributes, as a loaded model needs. Registering a name again replaces it. Thread-safe.
void register_op(std::string_view name, OpFactory factory);

/// The op of that name. Throws NameError with the nearest known name; whatever its factory throws for attributes it lacks.
std::shared_ptr<const Op> make_op(std::string_view name, const Attributes& attributes);

std::vector<std::string> registered_ops();  ///< names, sorted

}  // namespace loglik
