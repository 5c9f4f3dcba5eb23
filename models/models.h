#pragma once

// The model zoo and its data. See models/README.md.

#include "framework/framework.h"
#include "models/autoencoder.h"
#include "models/datasets.h"
#include "models/denoising_autoencoder.h"
#include "models/heteroscedastic_regression.h"
#include "models/lenet5.h"
#include "models/linear_regression.h"
#include "models/load_data.h"
#include "models/logistic_regression.h"
#include "models/mixture_density_network.h"
#include "models/mlp.h"
#include "models/negative_binomial_regression.h"
#include "models/ordinal_regression.h"
#include "models/poisson_regression.h"
#include "models/quantile_regression.h"
#include "models/softmax_regression.h"
#include "models/train.h"
#include "models/zoo.h"
#include "ops/ops.h"
