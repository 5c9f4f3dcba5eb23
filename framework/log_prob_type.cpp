#include "framework/log_prob_type.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/temporary.h"

namespace loglik {

Graph& graph_of(const Distribution& distribution) {
  Graph other;
  for (const DType dtype : {DType::float32, DType::int32}) {  // labels are int32
    try {
      distribution.log_prob(other.constant(0.0, dtype));
    } catch (const ForeignNodeError& error) {
      return (error.graph == other.data().get() ? error.foreign : error.graph)->self;
    } catch (const DtypeError&) {
    } catch (const ShapeError&) {  // y wants axes of its own
    }
  }
  throw ArgumentError(fmt::format("the distribution \"{}\" holds no node: which graph is it of?", distribution.name()));
}

TensorType log_prob_type(const Distribution& distribution, Graph& graph, Site site) {
  const auto try_dtype = [&](DType dtype) {
    const Temporary temporary(graph);
    return TensorType(distribution.log_prob(graph.constant(0.0, dtype, site)).type());
  };
  const std::optional<TensorType> target = distribution.target();
  if (target && !is_float(target->dtype)) return try_dtype(target->dtype);
  try {
    return try_dtype(DType::float32);
  } catch (const DtypeError&) {  // parameters of float64 want a target of float64
    return try_dtype(DType::float64);
  }
}

}  // namespace loglik
