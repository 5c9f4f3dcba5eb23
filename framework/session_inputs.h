#pragma once
#include <vector>

#include "framework/session.h"

namespace loglik {

// How a Session takes its data in.

/// Finds the tensor for each input of the program (null: its default) and, for weights, the mask. Throws NameError.
void match_inputs(const Program& program, const Batch& batch, std::vector<const Tensor*>& given, std::vector<const Tensor*>& masks);

/// Reads the sizes of symbols off the data. Throws ShapeError where two disagree or ranks differ, DtypeError where a type can't be widened.
void bind_sizes(const Program& program, const std::vector<const Tensor*>& given, Sizes& sizes);

/// Copies data into a program's input: widened, multiplied by the mask; its default if there are none. Throws ShapeError for a mask that does
/// not fit.
void copy_input(const ProgramInput& input, const Tensor* given, const Tensor* mask, const TensorView& to);

/// If the input is a head's weights: throws ArgumentError for one that is negative or not finite.
void check_weights(const ProgramInput& input, const TensorView& view);

}  // namespace loglik
