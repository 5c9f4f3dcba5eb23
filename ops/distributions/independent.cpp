#include "ops/distributions/independent.h"

#include <fmt/format.h>

#include <vector>

#include "framework/error.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

Node summed(const Independent& d, Node x, std::string_view what) {
  if (x.shape().rank() < d.axes)
    throw ShapeError(fmt::format("{}: the base's {} has shape {}, needs at least {} {} to sum over", d.name(), what, to_string(x.shape()),
                                 d.axes, d.axes == 1 ? "axis" : "axes"));
  if (d.axes == 0) return x;
  std::vector<std::int64_t> last;
  for (std::size_t i = 1; i <= d.axes; ++i) last.push_back(-static_cast<std::int64_t>(i));
  return reduce_sum(x, last);
}

}  // namespace

std::string Independent::name() const { return "independent(" + base.name() + ")"; }
Node Independent::log_prob(Node y) const { return summed(*this, base.log_prob(y), "log_prob"); }
Node Independent::entropy() const { return summed(*this, base.entropy(), "entropy"); }
Node Independent::kl(const Independent& other) const { return summed(*this, base.kl(other.base), "kl"); }

std::optional<TensorType> Independent::target() const {
  if (const std::optional<TensorType> type = base.target()) return type;
  if (base.has<Mean>()) return base.mean().type();
  if (base.has<Median>()) return base.median().type();
  if (base.has<Mode>()) return base.mode().type();
  return {};
}

std::string Independent::certificate() const {
  const std::string of_base = base.certificate();
  if (of_base.empty() || axes == 0) return of_base;
  return of_base + (axes == 1 ? ", summed over the last axis" : fmt::format(", summed over the last {} axes", axes));
}

}  // namespace loglik
