// Validation: a head of the distribution refuses targets outside the support, and says which.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Numbers that are not in the support, for a target of float32 or integers.
std::vector<double> bad_values(const Subject& subject) {
  const Support& support = *subject.own_support;
  const double inside = support.inside(subject.elements);
  std::vector<double> values{std::numeric_limits<double>::quiet_NaN(),
                             infinity,
                             -infinity,
                             -1,
                             1.5,
                             support.lower(),
                             support.upper(),
                             support.lower() - 1,
                             support.upper() + 1,
                             inside + 0.5};
  std::erase_if(values, [&](double y) {
    const double stored = static_cast<float>(y);
    if (subject.integer_target && !(stored == std::floor(stored) && std::abs(stored) < 1e6)) return true;
    return support.contains(stored);
  });
  return values;
}

}  // namespace

void check_validation(Study& study) {
  const Subject& subject = *study.subject;
  if (!subject.own_support) return study.report.skip(Property::validation, "it has no support(): targets are not checked");
  study.report.test(Property::validation);
  Graph graph;
  const Node raw = graph.input("raw", {batch, subject.raw_outputs}, DType::float32, 0.0);
  const Head& head = graph.head("goal", study.build(raw, subject.raw_outputs));
  const Model model = compile(graph);
  constexpr std::int64_t rows = 4;
  const auto elements = static_cast<std::size_t>(subject.elements);
  Extents extents{rows};
  for (std::size_t axis = 1; axis < head.target.shape().rank(); ++axis) extents.push_back(head.target.shape()[axis].constant());
  const std::vector<double> good(rows * elements, subject.own_support->inside(subject.elements));
  // What is said of such targets; "" if they are taken.
  const auto refused = [&](const std::vector<double>& y) -> std::string {
    try {
      model.check_targets(Batch{{"goal", Tensor::from(y, extents).cast(head.target.dtype())}});
      return "";
    } catch (const SupportError& error) {
      return error.what();
    }
  };
  if (const std::string text = refused(good); !text.empty())
    study.fail(Property::validation, subject.name, fmt::format("refuses {:.6g}, which lies inside: {}", good[0], text));
  const auto expect_refusal = [&](const std::vector<double>& y, const std::string& what) {
    const std::string text = refused(y);
    for (const std::string& part : {std::string("\"goal\""), std::string("row 2"), what, subject.own_support->text()})
      if (text.find(part) == std::string::npos)
        return study.fail(Property::validation, subject.name,
                          text.empty() ? fmt::format("takes the target {} in row 2, which is outside {}", what, subject.own_support->text())
                                       : fmt::format("refuses {} in row 2, but does not say {}: {}", what, part, text));
  };
  for (const double bad : bad_values(subject)) {
    std::vector<double> y = good;
    y[2 * elements] = bad;
    expect_refusal(y, subject.integer_target ? fmt::format("{}", bad) : fmt::format("{}", static_cast<float>(bad)));
  }
  if (subject.own_support->is_simplex() && elements > 1) {
    std::vector<double> y = good;
    y[2 * elements] += 1e-3;
    expect_refusal(y, "add up to 1.001");
  }
}

}  // namespace loglik::conformance
