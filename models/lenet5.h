#pragma once
#include "models/zoo.h"

namespace loglik {

struct LeNet5Options {
  ModelHead head = "categorical";
};

/// LeNet-5 with relu and maximum pooling, for images of 12×12 pixels or more:
///
///     standardised image {c, h, w} → conv 5×5, 6 filters, same size → relu → pool 2×2
///                                  → conv 5×5, 16 filters → relu → pool 2×2 → dense 120 → relu → dense 84 → relu → head
///
/// Weights begin as He et al. 2015 say. 61,706 parameters for {1, 28, 28} and ten classes: "conv_1/weight", …, "output/bias". Throws
/// ArgumentError unless samples are images, ShapeError for images too small, and as raw_outputs (models/model_ends.h).
/// Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition", figure 2.
void lenet5(Graph& graph, const DataInfo& data, const LeNet5Options& options = {});

ZooEntry lenet5_entry();

}  // namespace loglik
