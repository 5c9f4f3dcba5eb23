#pragma once

/// All of the framework that a program needs: to build a graph, to compile, train and ask it, to write ops, heads and optimisers of one's
/// own. Readers of data files are in framework/data/, ops in ops/, ready-made models in models/.

#include "framework/autodiff.h"
#include "framework/batches.h"
#include "framework/dataset.h"
#include "framework/distribution.h"
#include "framework/elementwise.h"
#include "framework/error.h"
#include "framework/evaluate.h"
#include "framework/fit.h"
#include "framework/graph.h"
#include "framework/head.h"
#include "framework/initializer.h"
#include "framework/interpret.h"
#include "framework/model.h"
#include "framework/node.h"
#include "framework/op.h"
#include "framework/optimizers/adam.h"
#include "framework/optimizers/learning_rate.h"
#include "framework/optimizers/sgd.h"
#include "framework/primitives.h"
#include "framework/progress.h"
#include "framework/registry.h"
#include "framework/tensor.h"
#include "framework/thread_pool.h"
