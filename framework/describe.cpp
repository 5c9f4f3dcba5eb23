#include <fmt/format.h>

#include <algorithm>

#include "framework/head.h"
#include "framework/model.h"

namespace loglik {
namespace {

std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

}  // namespace

std::string Model::describe(std::int64_t batch_size, bool with_steps) const {
  std::string out = "inputs\n";
  for (const ProgramInput& input : predict_program().inputs()) out += fmt::format("  {:<28} {}\n", input.name, to_string(input.type));
  std::int64_t total = 0;
  out += "parameters\n";
  for (const auto& [name, tensor] : parameters()) {
    total += tensor.count();
    out += fmt::format("  {:<28} {:<24} {:>12}\n", name, fmt::format("{} {}", loglik::name(tensor.dtype()), to_string(std::span(tensor.extents()))), with_commas(tensor.count()));
  }
  out += fmt::format("  {:<28} {:<24} {:>12}\n", "total", "", with_commas(total));
  out += "heads\n";
  for (const auto& head : graph().heads()) {
    out += fmt::format("  {:<28} {} of {}", head->name, head->distribution.name(), to_string(head->target.type()));
    if (const std::string certificate = head->distribution.certificate(); !certificate.empty()) out += ": " + certificate;
    if (head->score) out += fmt::format("; minimises {}, reports the NLL", head->score_name);
    out += "\n";
  }
  for (const Term& term : graph().terms())
    out += fmt::format("  {:<28} term per {}{}{}\n", term.name, term.per == Per::sample ? "sample" : "data set", term.description.empty() ? "" : ": ", term.description);
  Sizes sizes;
  for (const ProgramInput& input : train_program().inputs())
    for (const Dim dim : input.type.shape.dims())
      if (!dim.is_constant()) sizes.set(dim.symbol(), batch_size);
  return out + train_program().describe(sizes, with_steps);
}

}  // namespace loglik
