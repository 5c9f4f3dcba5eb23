#pragma once
#include <cstdint>

#include "framework/initializer.h"
#include "framework/shape.h"

namespace loglik {

// How parameters begin. Each value is a function of (seed, parameter's name, element) alone: creating parameters in another order, or
// more of them, changes none of the others. `Initializer{}` leaves zeros; constant_initializer(value) is in framework/initializer.h.
//
// All throw ArgumentError for an argument out of range.

Initializer uniform_initializer(double low, double high);            ///< on [low, high); low ≤ high
Initializer normal_initializer(double mean = 0, double stddev = 1);  ///< N(mean, stddev²); stddev ≥ 0
/// N(mean, stddev²) given that it lies within two stddev of the mean: its own standard deviation is 0.8796·stddev.
Initializer truncated_normal_initializer(double mean = 0, double stddev = 1);

/// How many inputs an output element depends on, and the reverse.
struct Fans {
  std::int64_t in;
  std::int64_t out;
};

/// The fans of a parameter by its shape. {in, out}: as it says. {out, in / groups, kernel…} of rank 3 or more:
/// in = in/groups · kernel elements, out = out · kernel elements (PyTorch's convention, which ignores groups in `out`).
/// Throws ShapeError for lower ranks.
Fans fans(const Extents& extents);

// Variance 2 / (in + out), which keeps the variance of activations and gradients through linear layers. For tanh and sigmoid networks.
// Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
Initializer glorot_uniform();  ///< on ±√(6 / (in + out))
Initializer glorot_normal();   ///< N(0, 2 / (in + out))

// Variance 2 / in, which keeps the variance of activations through layers with relu.
// Source: He, Zhang, Ren & Sun 2015, "Delving deep into rectifiers", arXiv:1502.01852.
Initializer he_uniform();  ///< on ±√(6 / in)
Initializer he_normal();   ///< N(0, 2 / in)

/// gain · Q, with Q of orthonormal columns if the parameter has at least as many rows as columns, else of orthonormal rows; each such
/// matrix equally likely (Haar). A parameter {n, a, b, …} counts as the matrix {n, a·b·…}.
///
/// Computed in float64: QᵀQ is the identity to 1e-12 there, to 1e-6 in float32. Takes 4·k²·l operations for k vectors of length l.
/// Throws ShapeError for a rank below 2. Sources: Saxe, McClelland & Ganguli 2014, arXiv:1312.6120; Mezzadri 2007,
/// "How to generate random matrices from the classical compact groups", for the uniqueness of QR that makes it Haar.
Initializer orthogonal_initializer(double gain = 1);

}  // namespace loglik
