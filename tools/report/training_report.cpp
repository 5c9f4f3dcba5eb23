#include "tools/report/training_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "framework/head.h"
#include "tools/report/chart.h"
#include "tools/report/html.h"
#include "tools/report/png.h"

namespace loglik::tools {
namespace {

std::string fact(std::string_view what, const std::string& value) { return fmt::format("<li><b>{}</b><span>{}</span></li>\n", escape(value), escape(what)); }
std::string section(std::string_view title, const std::string& body) { return body.empty() ? "" : fmt::format("<h2>{}</h2>\n{}", escape(title), body); }
std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

std::string facts(const TrainingReport& report) {
  std::string out = "<ul class=\"facts\">\n" + fact("nats a sample, on the test data", fmt::format("{:.4f}", report.evaluation.nll));
  if (report.evaluation.skill) out += fact("skill, nats below the marginal fit", fmt::format("{:.4f}", *report.evaluation.skill));
  for (const HeadMetrics& head : report.metrics) {
    out += fact("bits a sample", fmt::format("{:.4f}", head.bits()));
    if (head.classes) {
      out += fact("accuracy", percent(head.classes->accuracy));
      if (const std::size_t k = head.classes->top.size(); k > 1) out += fact(fmt::format("among the {} most probable", k), percent(head.classes->top[k - 1]));
      if (head.classes->mean_auroc) out += fact("AUROC", fmt::format("{:.4f}", *head.classes->mean_auroc));
    }
    if (head.numbers) {
      if (head.numbers->rmse) out += fact("RMSE", fmt::format("{:.5g}", *head.numbers->rmse));
      if (head.numbers->mae) out += fact("MAE", fmt::format("{:.5g}", *head.numbers->mae));
      if (head.numbers->r2) out += fact("R²", fmt::format("{:.4f}", *head.numbers->r2));
    }
    if (head.calibration)
      for (std::size_t i = 0; i < Calibration::levels.size(); ++i)
        out += fact(fmt::format("inside the central {:g} %", 100 * Calibration::levels[i]), percent(head.calibration->coverage[i]));
  }
  return out + "</ul>\n";
}

std::string curves(const History& history) {
  Series train{"training"}, valid{"test data"}, train_accuracy{"training"}, valid_accuracy{"test data"};
  const auto add = [](Series& series, std::int64_t epoch, const std::optional<double>& value) {
    if (!value) return;
    series.x.push_back(static_cast<double>(epoch));
    series.y.push_back(*value);
  };
  for (const EpochRecord& epoch : history.epochs) {
    add(train, epoch.epoch, epoch.train.nll);
    add(train_accuracy, epoch.epoch, epoch.train.accuracy ? std::optional(100 * *epoch.train.accuracy) : std::nullopt);
    if (!epoch.validation) continue;
    add(valid, epoch.epoch, epoch.validation->nll);
    add(valid_accuracy, epoch.epoch, epoch.validation->accuracy ? std::optional(100 * *epoch.validation->accuracy) : std::nullopt);
  }
  const Series nll[]{train, valid}, accuracy[]{train_accuracy, valid_accuracy};
  const std::string charts = line_chart("Negative log-likelihood", "epoch", "nats a sample", nll) + line_chart("Accuracy", "epoch", "accuracy, %", accuracy);
  return charts.empty() ? "" : "<div class=\"charts\">\n" + charts + "</div>\n";
}

std::string class_name(const DataInfo& info, std::int64_t label) {
  return static_cast<std::size_t>(label) < info.class_names.size() ? info.class_names[static_cast<std::size_t>(label)] : fmt::format("{}", label);
}

// Rows are shaded by the share of their own class that each mode has.
std::string confusion(const ClassMetrics& metrics, const DataInfo& info) {
  constexpr std::int64_t most_classes = 40;
  if (metrics.classes > most_classes) return "";
  std::string out = "<p class=\"lead\">Rows: the true class. Columns: the class predicted. Shaded by the share of the row.</p>\n<div class=\"wide\"><table class=\"matrix\"><thead><tr><th></th>";
  for (std::int64_t k = 0; k < metrics.classes; ++k) out += fmt::format("<th><span>{}</span></th>", escape(class_name(info, k)));
  out += "<th><span>AUROC</span></th></tr></thead><tbody>\n";
  for (std::int64_t k = 0; k < metrics.classes; ++k) {
    const double* row = metrics.confusion.data() + k * metrics.classes;
    double sum = 0;
    for (std::int64_t j = 0; j < metrics.classes; ++j) sum += row[j];
    out += fmt::format("<tr><th>{}</th>", escape(class_name(info, k)));
    for (std::int64_t j = 0; j < metrics.classes; ++j)
      out += fmt::format("<td style=\"background:rgba({},{:.2f})\">{:.6g}</td>", j == k ? "0,114,178" : "213,94,0", sum > 0 ? 0.6 * row[j] / sum : 0, row[j]);
    const std::optional<double>& area = metrics.auroc[static_cast<std::size_t>(k)];
    out += fmt::format("<td>{}</td></tr>\n", area ? fmt::format("{:.4f}", *area) : "");
  }
  return out + "</tbody></table></div>\n";
}

std::string calibration(const Calibration& calibration) {
  return "<div class=\"charts\">\n" +
         share_chart("Where targets fall in their predicted distributions", "probability integral transform F(y)", "share of targets", calibration.transform) +
         "</div>\n<p class=\"lead\">Predictions that are right make the bars equal, at the dashed line. Heaped at both ends: too sure. Heaped in the middle: not sure enough.</p>\n";
}

// {channels, height, width} to pixels side by side.
std::string image(const Tensor& images, std::int64_t index, double scale) {
  const auto channels = static_cast<std::size_t>(images.size(1)), height = static_cast<std::size_t>(images.size(2)), width = static_cast<std::size_t>(images.size(3));
  std::vector<std::uint8_t> pixels(channels * height * width);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t k = 0; k < height * width; ++k)
      pixels[k * channels + c] = static_cast<std::uint8_t>(std::clamp(scale * images.at(index * static_cast<std::int64_t>(pixels.size()) + static_cast<std::int64_t>(c * height * width + k)), 0.0, 255.0));
  return fmt::format("<img alt=\"\" width=\"{}\" height=\"{}\" src=\"{}\"/>", width, height, png_uri(pixels, width, height, channels));
}

std::string samples(const TrainingReport& report) {
  const Head& head = *report.model.graph().heads()[0];
  const Dataset rows = report.test.rows(0, std::min<std::int64_t>(report.test.size(), 18));
  const Tensor x = rows.column("x");
  const TensorMap said = report.model.predict(x);
  const auto find = [&](std::string_view answer) { return said.contains(head.name + "." + std::string(answer)) ? said[head.name + "." + std::string(answer)] : Tensor(); };
  const Tensor mode = find("mode"), mean = find("mean"), probabilities = find("probabilities");
  const bool images = x.rank() == 4 && (x.size(1) == 1 || x.size(1) == 3);
  const bool labelled = std::ranges::any_of(rows.columns(), [](const auto& column) { return column.first == "y"; });
  const Tensor y = labelled ? rows.column("y") : Tensor();
  std::string out;
  if (!labelled) {
    if (!images || mean.count() != x.count()) return "";
    for (std::int64_t i = 0; i < rows.size(); ++i)
      out += fmt::format("<figure>{}{}<figcaption>given, and the mean predicted</figcaption></figure>\n", image(x, i, is_float(x.dtype()) ? 255 : 1), image(mean.reshape(x.extents()), i, 255));
    return "<div class=\"samples\">\n" + out + "</div>\n";
  }
  if (y.count() != rows.size()) return "";
  const bool classes = report.info.classes > 0;
  if ((classes ? mode : mean).count() != rows.size()) return "";
  const auto told = [&](std::int64_t i) {
    if (!classes) return fmt::format("{:.5g}", mean.at(i));
    const auto label = static_cast<std::int64_t>(mode.at(i));
    const double p = probabilities.count() == rows.size() * report.info.classes ? probabilities.at(i * report.info.classes + label)
                     : mean.count() == rows.size()                             ? (label == 1 ? mean.at(i) : 1 - mean.at(i))
                                                                               : NAN;
    return class_name(report.info, label) + (std::isnan(p) ? "" : fmt::format(", {:.0f} %", 100 * p));
  };
  const auto truth = [&](std::int64_t i) { return classes ? class_name(report.info, static_cast<std::int64_t>(y.at(i))) : fmt::format("{:.5g}", y.at(i)); };
  for (std::int64_t i = 0; i < rows.size(); ++i) {
    if (images) {
      const bool wrong = classes && mode.at(i) != y.at(i);
      out += fmt::format("<figure>{}<figcaption>{}{}</figcaption></figure>\n", image(x, i, is_float(x.dtype()) ? 255 : 1), escape(told(i)), wrong ? escape(" ✗ is " + truth(i)) : "");
    } else {
      out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", i, escape(truth(i)), escape(told(i)));
    }
  }
  if (images) return "<div class=\"samples\">\n" + out + "</div>\n";
  return fmt::format("<div class=\"wide\"><table><thead><tr><th>sample</th><th>{}</th><th>predicted</th></tr></thead><tbody>\n{}</tbody></table></div>\n", escape(report.info.target_name), out);
}

std::string time_by_op(const Profile& profile) {
  std::map<std::string, double> seconds;
  double inside = 0;
  for (const Profile::Step& step : profile.steps()) {
    seconds[step.op] += step.seconds;
    inside += step.seconds;
  }
  if (!(profile.seconds() > 0)) return "";
  seconds["outside of steps"] = std::max(0.0, profile.seconds() - inside);
  std::vector<std::pair<std::string, double>> ops(seconds.begin(), seconds.end());
  std::ranges::stable_sort(ops, [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out = "<div class=\"wide\"><table><thead><tr><th>op</th><th>µs a step</th><th>share</th><th></th></tr></thead><tbody>\n";
  for (const auto& [op, time] : ops) {
    const double share = time / profile.seconds();
    out += fmt::format("<tr><td>{}</td><td>{:.1f}</td><td>{:.1f} %</td><td style=\"text-align:left\"><span class=\"share\" style=\"width:{:.0f}px\"></span></td></tr>\n", escape(op),
                       1e6 * time / static_cast<double>(profile.runs()), 100 * share, std::max(1.0, 100 * share));
  }
  return out + "</tbody></table></div>\n";
}

std::string settings(const TrainingReport& report) {
  std::string out = "<div class=\"wide\"><table><tbody>\n";
  for (const auto& [name, value] : report.settings) out += fmt::format("<tr><th>{}</th><td style=\"text-align:left\">{}</td></tr>\n", escape(name), escape(value));
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string html(const TrainingReport& report) {
  std::string body = fmt::format("<h1>{}</h1>\n", escape(report.title));
  for (const auto& head : report.model.graph().heads())
    if (const std::string certificate = head->distribution.certificate(); !certificate.empty()) body += fmt::format("<p class=\"lead\">{}: {}</p>\n", escape(head->name), escape(certificate));
  body += facts(report) + section("Training", curves(report.history));
  for (const HeadMetrics& head : report.metrics) {
    if (head.classes) body += section("Confusion matrix", confusion(*head.classes, report.info));
    if (head.calibration) body += section("Calibration", calibration(*head.calibration));
  }
  body += section("Samples of the test data", samples(report));
  if (report.profile != nullptr) body += section("Time by op", time_by_op(*report.profile));
  return page(report.title, body + section("Settings", settings(report)));
}

}  // namespace loglik::tools
