#pragma once
#include <cstdint>
#include <string_view>

#include "framework/node.h"

namespace loglik {

// Parts of square matrices {…, n, n}, n constant: compositions of other ops. Any of them throws ShapeError for another shape.

struct TriangleOptions {
  bool lower = true;    ///< which triangle is kept, the diagonal with it
  double diagonal = 1;  ///< the diagonal's factor
};

/// x with 0 in place of the elements of the other triangle, NaN there included.
Node triangle(Operand x, TriangleOptions options = {});

Node diagonal(Operand x);        ///< {…, n, n} → {…, n}
Node transpose_last(Operand x);  ///< the last two axes exchanged, of any matrix: {…, m, n} → {…, n, m}

/// n of {…, n, n}. Throws ShapeError "what is …" for another shape: to be called by an op's `infer`.
std::int64_t square_size(std::string_view what, const TensorType& x);

}  // namespace loglik
