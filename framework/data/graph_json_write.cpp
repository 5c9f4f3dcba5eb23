#include <fmt/format.h>

#include "framework/data/attribute_json-inl.h"
#include "framework/data/described_distribution.h"
#include "framework/data/graph_json-inl.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/op.h"

namespace loglik {
namespace {

Json reference(Node node) { return node.output_index() == 0 ? Json(node.index()) : Json::array({Json(node.index()), Json(node.output_index())}); }

Json references(const std::vector<std::pair<std::string, Node>>& nodes) {
  Json result = Json::array();
  for (const auto& [name, node] : nodes) result.push_back({{"name", name}, {"node", reference(node)}});
  return result;
}

Json scopes_of(const GraphData& data) {
  Json result = Json::array();
  for (std::size_t i = 1; i < data.scopes.size(); ++i) {
    const ScopeRecord& scope = data.scopes[i];
    Json json{{"parent", scope.parent}, {"name", scope.name}};
    if (scope.numbered) json.update({{"numbered", true}, {"number", scope.number}});
    result.push_back(std::move(json));
  }
  return result;
}

Json node_of(const NodeRecord& record, TensorsByName& tensors) {
  Json json{{"op", record.op->name()}};
  if (const Attributes attributes = record.op->attributes(); !attributes.empty()) json["attributes"] = to_json(attributes, tensors);
  if (!record.inputs.empty()) {
    json["inputs"] = Json::array();
    for (const Node input : record.inputs) json["inputs"].push_back(reference(input));
  }
  json["outputs"] = Json::array();
  for (const TensorType& type : record.outputs) json["outputs"].push_back(to_json(type));
  if (record.scope != 0) json["scope"] = record.scope;
  if (!record.name.empty()) json["name"] = record.name;
  if (record.named_output != 0) json["named_output"] = record.named_output;
  if (const std::string site = to_string(record.site); !site.empty()) json["site"] = site;
  return json;
}

Json support_of(const Support& support) {
  if (support.is_simplex()) return {{"simplex", support.lower_is_open() ? "open" : "closed"}};
  return {{"lower", exact(support.lower())}, {"upper", exact(support.upper())}, {"lower_open", support.lower_is_open()}, {"upper_open", support.upper_is_open()},
          {"integer", support.is_integer()}};
}

Json head_of(const Head& head) {
  const Distribution& d = head.distribution;
  Json distribution{{"name", d.name()}, {"event_rank", d.event_rank()}};
  if (const auto support = d.support()) distribution["support"] = support_of(*support);
  if (const auto target = d.target()) distribution["target"] = to_json(*target);
  if (const std::string certificate = d.certificate(); !certificate.empty()) distribution["certificate"] = certificate;
  distribution["advice"] = advices_of(d);
  Json json{{"name", head.name}, {"distribution", std::move(distribution)}};
  const auto add = [&](const char* name, Node node) {
    if (node) json[name] = reference(node);
  };
  add("target", head.target);
  add("weight", head.weight);
  add("nll", head.nll);
  add("total_nll", head.total_nll);
  add("total_weight", head.total_weight);
  add("loss", head.loss);
  if (head.score) json["score_name"] = head.score_name;
  add("score", head.score);
  add("total_score", head.total_score);
  add("total_correct", head.total_correct);
  json["answers"] = references(head.answers);
  if (const std::string site = to_string(head.site); !site.empty()) json["site"] = site;
  return json;
}

// nlohmann keeps whatever bytes a text has, and would refuse them only when the whole is printed.
void require_utf8(const Json& json) {
  try {
    static_cast<void>(json.dump());
  } catch (const Json::type_error&) {
    throw ArgumentError("the graph holds a name or text that is not UTF-8: it can't be described");
  }
}

}  // namespace

Json graph_to_json(const Graph& graph, TensorsByName& tensors) {
  Json nodes = Json::array(), heads = Json::array(), terms = Json::array(), updates = Json::array();
  for (std::size_t i = 0; i < graph.node_count(); ++i) nodes.push_back(node_of(graph.record(i), tensors));
  for (const auto& head : graph.heads()) heads.push_back(head_of(*head));
  for (const Term& term : graph.terms())
    terms.push_back({{"name", term.name}, {"node", reference(term.node)}, {"per", term.per == Per::sample ? "sample" : "dataset"}, {"description", term.description}});
  for (const Update& update : graph.updates()) updates.push_back({{"variable", update.variable.value().index()}, {"value", reference(update.value)}});
  Json json{{"scopes", scopes_of(*graph.data())}, {"nodes", std::move(nodes)}, {"heads", std::move(heads)}, {"terms", std::move(terms)},
            {"updates", std::move(updates)}, {"outputs", references(graph.outputs())}};
  require_utf8(json);
  return json;
}

}  // namespace loglik
