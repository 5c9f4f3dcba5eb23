#pragma once
#include <cstdint>
#include <string_view>

#include "framework/distribution.h"

namespace loglik {

struct Divergence {
  Node value;           ///< in nats, in the shape of the answers of both
  Node standard_error;  ///< of value; 0 where it is not drawn, or infinite
};

struct KlOptions {
  std::string_view key = "kl";  ///< the key and a number name the random bits of each draw
  std::int64_t draws = 64;      ///< where it is drawn: each a sample and two log densities in the graph; 2 or more
};

/// KL(p ‖ q) = E log p(X) − log q(X), X from p, in nats.
///
/// In closed form where p has it (`p.has_kl(q)`), and of Gumbel ‖ Gaussian. ∞ between what has probabilities, a support of integers, and a
/// density. Else of two distributions of single numbers, p with a support, by quadrature as answers.h says, to 1e-10: ∞ where q gives a
/// value no density that p gives one, or the integral diverges in p's tails. Else the mean over draws of p, and how far that is likely to
/// be off: ∞ with a draw that has a probability under p, as atoms have, and but a density under q. Throws ArgumentError where p has no draws either, or for draws < 2.
/// Source for Gumbel ‖ Gaussian: E and Var of a Gumbel number, Johnson, Kotz & Balakrishnan 1995, vol. 2, ch. 22.
Divergence kl(const Distribution& p, const Distribution& q, const KlOptions& options = {});

}  // namespace loglik
