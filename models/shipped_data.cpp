#include "models/shipped_data.h"

#include <cstdlib>

namespace loglik {

std::string shipped_data_folder() {
  const char* chosen = std::getenv("LOGLIK_DATA");
  return chosen != nullptr && *chosen != '\0' ? chosen : LOGLIK_SHIPPED_DATA;
}

}  // namespace loglik
