#pragma once
#include <cstdint>
#include <string_view>

#include "framework/distribution.h"

namespace loglik {

// Scores of a prediction by what came of it, small is good; `crps` is in answers.h. Shapes broadcast.

/// log σ² + ((y − m)/σ)², of mean m and variance σ² alone: proper, though not strictly, and −2·log p of a Gaussian but for a constant.
/// Source: Dawid & Sebastiani 1999, doi:10.1214/aos/1018031101.
Node dawid_sebastiani(const Distribution& d, Node y);

/// Of the central interval [l, u] of that level = 1 − α: (u − l) + (2/α)·(l − y)₊ + (2/α)·(y − u)₊, in units of y; proper.
/// Throws ArgumentError unless level is in (0, 1). Source: Gneiting & Raftery 2007, doi:10.1198/016214506000001437, equation 43.
Node interval_score(const Distribution& d, Node y, double level);

/// E‖X − y‖ − ½·E‖X − X′‖ over the event axes, from `draws` draws of d: the CRPS of rows, in units of y. Fair: its expectation is the
/// score's, Σ‖xᵢ − y‖/m − Σ‖xᵢ − xⱼ‖/(2m(m − 1)). The key and a number name the random bits of each draw.
///
/// Needs a d that draws itself, or of single numbers. Throws ArgumentError for draws < 2.
/// Source: Gneiting & Raftery 2007, equation 22; Ferro 2014, doi:10.1002/qj.2270.
Node energy_score(const Distribution& d, Node y, std::string_view key, std::int64_t draws = 16);

}  // namespace loglik
