#include "models/data_info.h"

namespace loglik {

std::string_view name(TargetKind kind) {
  switch (kind) {
    case TargetKind::real:
      return "real";
    case TargetKind::binary:
      return "binary";
    default:
      return "classes";
  }
}

}  // namespace loglik
