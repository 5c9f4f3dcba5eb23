#include "ops/layer.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/op.h"
#include "ops/site_text.h"

namespace loglik {

LayerScope::LayerScope(Graph& graph, std::string_view kind, std::string_view name, Site site)
    : data_(graph.data().get()),
      scope_((name.empty() ? graph.numbered_scope(kind) : graph.scope(name)).id()),
      site_(SiteScope::current().file == nullptr ? site : SiteScope::current()),
      title_(name.empty() ? std::string(kind) : fmt::format("{} \"{}\"", kind, name)) {}

Node LayerScope::parameter(std::string_view name, Shape shape, const Initializer& initializer, DType dtype) const {
  const Scope scope = enter();
  return data_->self.parameter(name, std::move(shape), initializer, dtype, site_);
}

std::string LayerScope::at(Site call) const { return loglik::at(title_, call); }

void LayerScope::check_dtype(Operand x, Node weight) const {
  if (x.node().data() != data_) throw ArgumentError(at(x.site()) + "x belongs to another graph than the layer");
  if (!is_float(x.dtype()))
    throw DtypeError(fmt::format("{}x is {}, needs float32 or float64: cast it", at(x.site()), to_string(x.type())));
  if (weight && weight.dtype() != x.dtype())
    throw DtypeError(fmt::format("{}x is {}, the layer made at {} has {} parameters: cast x", at(x.site()), to_string(x.type()),
                                 to_string(site_), name(weight.dtype())));
}

}  // namespace loglik
