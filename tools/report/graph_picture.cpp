// Layers by the longest path from an input; edges that span several layers have a place of their own in each, so that they pass between boxes;
// orders by barycentres. Source: Sugiyama, Tagawa & Toda 1981, doi:10.1109/TSMC.1981.4308636.
#include "tools/report/graph_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "framework/leaves.h"
#include "framework/passes/plan_memory.h"
#include "tools/report/html.h"

namespace loglik::tools {
namespace {

constexpr double box_width = 210, box_height = 66, gap = 24, layer_gap = 34, passing = 8;

// A box, or where an edge passes a layer.
struct Place {
  std::size_t layer = 0;
  std::vector<std::string> lines = {};  // of text; none: an edge passes
  std::vector<std::size_t> above = {};
  double x = 0, order = 0;  // x: of the middle
  double width() const { return lines.empty() ? passing : box_width; }
};

std::string fitted(const std::string& text) {  // to the box, between characters of UTF-8
  constexpr std::size_t most = 30;
  std::size_t characters = 0, cut = 0;
  for (std::size_t k = 0; k < text.size(); ++k)
    if ((static_cast<unsigned char>(text[k]) & 0xc0) != 0x80 && characters++ == most - 1) cut = k;
  return characters <= most ? text : text.substr(0, cut) + "…";
}

std::string bytes(double n) { return n < 1024 ? fmt::format("{:.0f} B", n) : n < 1048576 ? fmt::format("{:.1f} KB", n / 1024) : fmt::format("{:.1f} MB", n / 1048576); }

std::vector<std::string> describe(const Graph& graph, std::size_t index, const Sizes& sizes) {
  const NodeRecord& record = graph.record(index);
  std::int64_t parameters = 0;
  double memory = 0;
  for (const Node input : record.inputs)
    if (dynamic_cast<const VariableOp*>(&input.op()) != nullptr) parameters += count(bind(input.type(), sizes).shape.constant());
  for (const TensorType& type : record.outputs) {
    const TensorType bound = bind(type, sizes);
    memory += static_cast<double>(count(bound.shape.constant())) * static_cast<double>(size_of(bound.dtype));
  }
  const auto* input = dynamic_cast<const InputOp*>(record.op.get());
  const std::string scope = graph.scope_path(record.scope);
  return {input != nullptr ? "input " + input->input_name() : (scope.empty() ? "" : scope + ": ") + std::string(record.op->name()), to_string(record.outputs[0]),
          (parameters > 0 ? fmt::format("{} parameters, ", parameters) : "") + (record.op->is_alias() ? "no memory" : bytes(memory))};
}

std::vector<Place> places_of(const Graph& graph, const Sizes& sizes) {
  std::vector<Place> places;
  std::vector<std::size_t> place_of(graph.node_count(), SIZE_MAX);
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const NodeRecord& record = graph.record(i);
    if (is_leaf(*record.op) && dynamic_cast<const InputOp*>(record.op.get()) == nullptr) continue;
    std::vector<std::size_t> sources;
    std::size_t layer = 0;
    for (const Node input : record.inputs) {
      const std::size_t source = place_of[input.index()];
      if (source == SIZE_MAX || std::ranges::find(sources, source) != sources.end()) continue;
      sources.push_back(source);
      layer = std::max(layer, places[source].layer + 1);
    }
    std::vector<std::size_t> above;
    for (std::size_t source : sources) {
      for (std::size_t between = places[source].layer + 1; between < layer; ++between) {
        places.push_back({.layer = between, .above = {source}});
        source = places.size() - 1;
      }
      above.push_back(source);
    }
    place_of[i] = places.size();
    places.push_back({.layer = layer, .lines = describe(graph, i, sizes), .above = std::move(above)});
  }
  return places;
}

}  // namespace

std::string to_svg(const Graph& graph, const Sizes& sizes) {
  std::vector<Place> places = places_of(graph, sizes);
  std::size_t layers = 0;
  for (const Place& place : places) layers = std::max(layers, place.layer + 1);
  std::vector<std::vector<std::size_t>> rows(layers);
  for (std::size_t i = 0; i < places.size(); ++i) rows[places[i].layer].push_back(i);
  double width = box_width + 2 * gap;
  for (const auto& row : rows) {
    double sum = gap;
    for (const std::size_t i : row) sum += places[i].width() + gap;
    width = std::max(width, sum);
  }
  for (auto& row : rows) {
    double sum = -gap;
    for (const std::size_t i : row) {
      Place& place = places[i];
      sum += place.width() + gap;
      place.order = place.above.empty() ? width : 0;
      for (const std::size_t above : place.above) place.order += places[above].x / static_cast<double>(place.above.size());
    }
    std::ranges::stable_sort(row, [&](std::size_t a, std::size_t b) { return places[a].order < places[b].order; });
    double x = (width - sum) / 2;
    for (const std::size_t i : row) {
      places[i].x = x + places[i].width() / 2;
      x += places[i].width() + gap;
    }
  }
  const auto top = [](const Place& place) { return gap + static_cast<double>(place.layer) * (box_height + layer_gap); };
  const double height = 2 * gap + static_cast<double>(layers) * (box_height + layer_gap) - layer_gap;
  std::string out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" style=\"width:{0:.0f}px;background:#fff\">\n", width, height);
  for (const Place& place : places) {
    const double y = top(place);
    for (const std::size_t i : place.above) {
      const double from = top(places[i]) + box_height;
      out += fmt::format("<path d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}\" fill=\"none\" stroke=\"#57606a\"/>\n", places[i].x, from, places[i].x, from + layer_gap / 2, place.x,
                         y - layer_gap / 2, place.x, y);
    }
    if (place.lines.empty()) {
      out += fmt::format("<path d=\"M{0:.1f} {1:.1f}V{2:.1f}\" stroke=\"#57606a\"/>\n", place.x, y, y + box_height);
      continue;
    }
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"#eaf3f9\" stroke=\"#0072b2\"/>\n", place.x - box_width / 2, y, box_width, box_height);
    for (std::size_t k = 0; k < place.lines.size(); ++k)
      out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" style=\"font:{} 12px sans-serif;fill:#1b1f24\">{}</text>\n", place.x, y + 20 + 18 * static_cast<double>(k),
                         k == 0 ? "bold" : "normal", escape(fitted(place.lines[k])));
  }
  return out + "</svg>\n";
}

std::string graph_page(std::string_view title, std::string_view description, const Graph& graph, const Sizes& sizes) {
  return page(title, fmt::format("<h1>{}</h1>\n<div class=\"wide\"><pre>{}</pre></div>\n<h2>Graph</h2>\n<div class=\"wide\">{}</div>\n", escape(title), escape(description), to_svg(graph, sizes)));
}

}  // namespace loglik::tools
