#pragma once

// The model zoo and its data. See models/README.md.

#include "framework/framework.h"
#include "models/autoencoder.h"
#include "models/datasets.h"
#include "models/lenet5.h"
#include "models/linear_models.h"
#include "models/load_data.h"
#include "models/mixture_density_network.h"
#include "models/mlp.h"
#include "models/train.h"
#include "models/zoo.h"
#include "ops/ops.h"
