#include "framework/dot.h"

#include <fmt/format.h>

#include "framework/leaves.h"
#include "framework/op.h"

namespace loglik {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out + '"';
}

std::string describe_node(const Graph& graph, std::size_t i) {
  const NodeRecord& record = graph.record(i);
  std::string title(record.op->name()), attributes;
  std::string style = "shape=box";
  if (const auto* input = dynamic_cast<const InputOp*>(record.op.get())) {
    title = "input " + input->input_name();
    style = "shape=box, style=rounded";
  } else if (dynamic_cast<const VariableOp*>(record.op.get()) != nullptr) {
    title = record.name;
    style = "shape=box, style=filled, fillcolor=lightgrey";
  } else {
    attributes = to_string(record.op->attributes());
    if (!record.name.empty()) title = record.name + " = " + title;
  }
  std::string label = title;
  if (!attributes.empty()) label.append("\n").append(attributes);
  for (const TensorType& type : record.outputs) label.append("\n").append(to_string(type));
  return fmt::format("n{} [label={}, {}];\n", i, quoted(label), style);
}

// The nodes of a scope and, in frames, of the scopes within.
void print_scope(const Graph& graph, int scope, int depth, std::string& out) {
  const std::string indent(2 * static_cast<std::size_t>(depth), ' ');
  for (std::size_t i = 0; i < graph.node_count(); ++i)
    if (graph.record(i).scope == scope) out += indent + describe_node(graph, i);
  const auto& scopes = graph.data()->scopes;
  for (std::size_t child = 1; child < scopes.size(); ++child) {
    if (scopes[child].parent != scope) continue;
    std::string inner;
    print_scope(graph, static_cast<int>(child), depth + 1, inner);
    if (!inner.empty()) out += fmt::format("{0}subgraph cluster_{1} {{\n{0}  label={2};\n{3}{0}}}\n", indent, child, quoted(graph.scope_path(static_cast<int>(child))), inner);
  }
}

}  // namespace

std::string to_dot(const Graph& graph) {
  std::string out = "digraph model {\n  rankdir=TB;\n  node [fontname=\"sans-serif\", fontsize=10];\n";
  print_scope(graph, 0, 1, out);
  for (std::size_t i = 0; i < graph.node_count(); ++i)
    for (const Node input : graph.record(i).inputs) out += fmt::format("  n{} -> n{};\n", input.index(), i);
  std::size_t number = 0;
  for (const auto& [name, node] : graph.outputs()) {
    out += fmt::format("  o{} [label={}, shape=ellipse];\n  n{} -> o{};\n", number, quoted(name), node.index(), number);
    ++number;
  }
  return out + "}\n";
}

}  // namespace loglik
