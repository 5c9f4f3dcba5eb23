#pragma once
#include <string>
#include <utility>
#include <vector>

#include "framework/fit.h"
#include "framework/metrics.h"
#include "framework/profile.h"
#include "models/data_info.h"

namespace loglik::tools {

/// What there is to tell of a training.
struct TrainingReport {
  std::string title;
  std::vector<std::pair<std::string, std::string>> settings;
  const Model& model;
  const DataInfo& info;
  const Dataset& test;
  const History& history;
  const Evaluation& evaluation;             ///< of `test`
  const std::vector<HeadMetrics>& metrics;  ///< likewise
  const Profile* profile = nullptr;         ///< of the training steps
};

/// The page: see html.h. Curves, what each head's predictions are worth, samples with predictions, the time by op, the settings.
std::string html(const TrainingReport& report);

}  // namespace loglik::tools
