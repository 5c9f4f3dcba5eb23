// Every answer of every family: a number, or the error that says why there is none; and the README's table of which is had how.
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>

#include "framework/error.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

// The families of ops/distributions, one name each.
const char* const names[] = {"gaussian_predicted_scale",
                             "laplace",
                             "student_t",
                             "logistic",
                             "gumbel",
                             "asymmetric_laplace:0.9",
                             "log_normal",
                             "exponential",
                             "gamma",
                             "inverse_gaussian",
                             "weibull",
                             "beta",
                             "von_mises",
                             "bernoulli",
                             "binomial:10",
                             "poisson",
                             "negative_binomial",
                             "categorical",
                             "ordinal",
                             "multivariate_gaussian",
                             "dirichlet"};

class EveryAnswer : public testing::TestWithParam<const char*> {
 protected:
  const std::string name = GetParam();
  const Family chosen = family(name);
  const Targets own = chosen.needs_classes ? Targets{.values = 1, .classes = 4} : Targets{.values = 2};
};
INSTANTIATE_TEST_SUITE_P(Families, EveryAnswer, testing::ValuesIn(names), [](const auto& test) {
  std::string name = test.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

struct Answer {
  const char* name;
  bool (*is_own)(const Distribution& d);                         // or follows from another that is
  std::function<std::vector<Node>(const Distribution&, Node y)> ask;
};

bool has_cdf(const Distribution& d) { return d.has<Cdf>() || d.has<LogCdf>() || d.has<Survival>() || d.has<LogSurvival>(); }
bool has_quantile(const Distribution& d) { return d.has<Quantile>(); }

// In the order of the README's columns.
const std::vector<Answer>& answers() {
  static const std::vector<Answer> all{
      {"mean", [](const Distribution& d) { return d.has<Mean>(); }, [](const Distribution& d, Node) { return std::vector{mean(d)}; }},
      {"variance", [](const Distribution& d) { return d.has<Variance>(); }, [](const Distribution& d, Node) { return std::vector{variance(d)}; }},
      {"mode", [](const Distribution& d) { return d.has<Mode>(); }, [](const Distribution& d, Node) { return std::vector{mode(d)}; }},
      {"median", [](const Distribution& d) { return d.has<Median>() || d.has<Quantile>(); },
       [](const Distribution& d, Node) { return std::vector{median(d)}; }},
      {"entropy", [](const Distribution& d) { return d.has<Entropy>(); }, [](const Distribution& d, Node) { return std::vector{entropy(d)}; }},
      {"cdf, survival, their logs", has_cdf,
       [](const Distribution& d, Node y) { return std::vector{cdf(d, y), survival(d, y), log_cdf(d, y), log_survival(d, y)}; }},
      {"quantile, interval", has_quantile,
       [](const Distribution& d, Node y) {
         const auto [low, high] = central_interval(d, 0.9);
         return std::vector{quantile(d, y.graph().constant(0.3, d.log_prob(y).dtype())), low, high};
       }},
      {"draws", [](const Distribution& d) { return d.has_sample(); },
       [](const Distribution& d, Node) { return std::vector{sample(d, "another draw")}; }},
      {"PIT, quantile residual", has_cdf,
       [](const Distribution& d, Node y) { return std::vector{pit(d, y, "pit"), quantile_residual(d, y, "residual")}; }},
      {"CRPS", [](const Distribution& d) { return d.has<Crps>(); }, [](const Distribution& d, Node y) { return std::vector{crps(d, y)}; }},
      {"deviance", [](const Distribution& d) { return d.has<Deviance>(); },
       [](const Distribution& d, Node y) { return std::vector{deviance(d, y), deviance_residual(d, y)}; }},
      {"KL", [](const Distribution& d) { return d.has_kl(d); }, [](const Distribution& d, Node) { return std::vector{kl(d, d).value}; }},
  };
  return all;
}

// ✓: its own; ∫: worked out from the density; –: refused. Of this family's row.
std::string readme_row(const std::string& family) {
  std::ifstream file(std::string(LOGLIK_REFERENCES) + "/../../../../ops/distributions/README.md");
  std::string line;
  bool is_table = false;
  while (std::getline(file, line)) {
    is_table = line.starts_with("| answer of |") || (is_table && !line.empty());
    if (is_table && line.starts_with("| `" + family + "` |")) return line;
  }
  return "no row";
}

TEST_P(EveryAnswer, IsANumberOrSaysWhyNot) {
  std::string row = "| `" + name + "` |";
  Graph graph;
  const std::int64_t outputs = chosen.raw_outputs(own);
  const Node raw = graph.constant(spread({3, outputs}, -0.8, 0.9));
  const Distribution d = make_head(name, raw, own);
  Tensor drawn = interpret(sample(d, "y"), {}, 5);
  if (d.target()) drawn = drawn.cast(d.target()->dtype == DType::int32 ? DType::int32 : DType::float64);
  const Node y = graph.constant(drawn);
  for (const Answer& answer : answers()) {
    SCOPED_TRACE(answer.name);
    std::vector<Node> nodes;
    try {
      nodes = answer.ask(d, y);
    } catch (const ArgumentError& error) {
      EXPECT_FALSE(answer.is_own(d));
      EXPECT_NE(std::string(error.what()).find(d.name()), std::string::npos) << error.what();  // it says of what
      row += " – |";
      continue;
    }
    row += answer.is_own(d) ? " ✓ |" : " ∫ |";
    for (const Node node : nodes) {
      const Tensor values = interpret(node, {}, 5);
      for (std::int64_t i = 0; i < values.count(); ++i) {
        // Student-t's variance is ∞ up to 2 degrees of freedom, as its header says; the log of P(Y > y) is −∞ for the largest y.
        const double infinite = std::numeric_limits<double>::infinity();
        const bool may_be = (name == "student_t" && std::string(answer.name) == "variance" && values.at(i) == infinite) ||
                            (std::string(answer.name) == "cdf, survival, their logs" && d.support()->is_integer() && values.at(i) == -infinite);
        EXPECT_TRUE(std::isfinite(values.at(i)) || may_be) << i << ": " << values.at(i);
        if (std::string(answer.name) == "KL") {
          EXPECT_NEAR(values.at(i), 0, 1e-9) << i;
        }
      }
    }
  }
  if (d.has_fisher_information()) {
    const Tensor information = interpret(raw_fisher_information(d, raw));
    for (std::int64_t i = 0; i < information.count(); ++i) EXPECT_TRUE(std::isfinite(information.at(i))) << i;
    row += " ✓ |";
  } else {
    EXPECT_THROW(raw_fisher_information(d, raw), ArgumentError);
    row += " – |";
  }
  EXPECT_EQ(row, readme_row(name));
}

}  // namespace
}  // namespace loglik
