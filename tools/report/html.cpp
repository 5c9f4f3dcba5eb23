#include "tools/report/html.h"

#include <fmt/format.h>

namespace loglik::tools {
namespace {

// Blue and orange of Okabe & Ito's palette, which all kinds of colour vision tell apart; lighter ones on dark.
constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #d5dae0; --soft: #57606a; --one: #0072b2; --two: #c04f00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #14181d; --faint: #3a424c; --soft: #9aa5b1; --one: #56b4e9; --two: #e69f00; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--faint); }
.lead { color: var(--soft); }
.facts { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; margin: 1rem 0; list-style: none; }
.facts li { border: 1px solid var(--faint); border-radius: 6px; padding: .4rem .8rem; } .facts b { display: block; font-size: 1.25rem; } .facts span { color: var(--soft); font-size: .85rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--faint); } .one { stroke: var(--one); fill: var(--one); } .two { stroke: var(--two); fill: var(--two); } polyline.two, line.two { stroke-dasharray: 6 3; } .line { fill: none; stroke-width: 2; } .bar { fill: var(--one); } .mark { stroke: var(--two); stroke-width: 2; stroke-dasharray: 6 3; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; } th, td { padding: .2rem .5rem; text-align: right; } th { font-weight: 600; } th:first-child, td:first-child { text-align: left; }
.matrix thead th { vertical-align: bottom; } .matrix thead th span { writing-mode: vertical-rl; } .matrix th { white-space: nowrap; overflow-wrap: normal; } .matrix td { min-width: 2.2rem; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); gap: 1rem; } .samples img { width: 100%; height: auto; image-rendering: pixelated; border: 1px solid var(--faint); } .samples figcaption { font-size: .8rem; font-weight: 400; }
.share { display: inline-block; height: .7rem; background: var(--one); }
)";

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string page(std::string_view title, std::string_view body) {
  return fmt::format("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
                     escape(title), style, body);
}

}  // namespace loglik::tools
