#pragma once
#include "framework/score.h"

namespace loglik {

// Scores to train a head by in place of its negative log-likelihood, which goes on being reported:
//
//     graph.head("price", Gaussian{…}, {.score = crps_score()});

/// The continuous ranked probability score ∫(F(t) − 1{t ≥ y})² dt, in units of y: a proper score that forgives outliers and cannot be
/// made small by a scale near 0. Of a point forecast it is the absolute error.
///
/// By the head's own `crps`, else the integral of answers.h, which takes some thousand values of log_prob a sample: of any distribution of
/// single numbers that says its support. ArgumentError where the head is made for others: rows, labels, angles.
/// Source: Gneiting & Raftery 2007, doi:10.1198/016214506000001437.
Score crps_score();

/// β-NLL: −log p(y)·(Var Y)^β, the power taken as a constant where it is differentiated: samples are weighted by how uncertain they are
/// said to be, so that those that a far start fits badly are not given up by a large variance.
///
/// β = 0 is the NLL; β = 1 gives a Gaussian mean the gradient of half the squared error. Not a proper score, nor a likelihood: what is reported
/// remains the NLL. ArgumentError unless 0 ≤ β ≤ 1, and where the head is made for a distribution of rows, labels or angles, or
/// without a variance, its own or that of answers.h.
/// Source: Seitzer, Tavakoli, Antic & Martius 2022, arXiv:2203.09168, equation 6.
Score beta_nll(double beta = 0.5);

/// Label smoothing: the cross-entropy from (1 − ε)·one_hot(y) + ε/n to a Categorical of n classes, likewise of a Bernoulli's two.
///
/// It keeps logits finite where classes can be told apart without error. Not a proper score; what is reported remains the NLL of the labels, so
/// that its nats can be compared. ArgumentError unless 0 ≤ ε < 1, and where the head is made for another distribution.
/// Source: Szegedy et al. 2016, arXiv:1512.00567, section 7.
Score label_smoothing(double epsilon = 0.1);

}  // namespace loglik
