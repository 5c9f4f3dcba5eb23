#!/usr/bin/env python3
"""Writes FAMILY.csv beside this file for families whose parameters are not two numbers: values from textbook formulas with mpmath 1.3, most
at 60 digits.

A row: function, value, condition, then the inputs: parameters and argument, all float32 numbers. What condition is, points.py says: of labels,
which are exact, it has nothing. Distribution functions and quantiles of the von Mises distribution come from quadrature over the density.
Usage: vectors.py [FAMILY...]
"""
import sys
from pathlib import Path

from mpmath import mp, mpf
from points import COUNT, condition, condition_of_quantile, f32, generator, level, number, write


# Inputs a, b, y.
def von_mises_log_prob(a, b, y):
    return a * mp.cos(y) + b * mp.sin(y) - mp.log(2 * mp.pi * mp.besseli(0, mp.sqrt(a * a + b * b)))


def von_mises_density(a, b, y):
    return mp.exp(von_mises_log_prob(a, b, y))


def von_mises_cdf(a, b, y):
    kappa, mu = mp.sqrt(a * a + b * b), mp.atan2(b, a)
    width = 1 / mp.sqrt(kappa + 1)
    breaks = {mu + turn * 2 * mp.pi + k * width for turn in (-1, 0, 1) for k in (-30, -12, -6, -3, -1.5, 0, 1.5, 3, 6, 12, 30)}
    points = [-mp.pi, *sorted(t for t in breaks if -mp.pi < t < y), y]
    return mp.quad(lambda t: mp.exp(a * mp.cos(t) + b * mp.sin(t) - kappa), points) / (2 * mp.pi * mp.besseli(0, kappa) * mp.exp(-kappa))


def von_mises_entropy(a, b):
    kappa = mp.sqrt(a * a + b * b)
    return mp.log(2 * mp.pi * mp.besseli(0, kappa)) - kappa * mp.besseli(1, kappa) / mp.besseli(0, kappa)


def von_mises_circular_variance(a, b):
    kappa = mp.sqrt(a * a + b * b)
    return 1 - mp.besseli(1, kappa) / mp.besseli(0, kappa)


def von_mises_inputs(rng, most):
    kappa, mu = 10**rng.choice([rng.uniform(-8, 0), rng.uniform(-1, 2), rng.uniform(2, most)]), rng.uniform(-3.14, 3.14)
    a, b = f32(kappa * mp.cos(mu)), f32(kappa * mp.sin(mu))
    y = float(mp.atan2(b, a)) + rng.gauss(0, rng.choice([1, 1, 4])) / float(mp.sqrt(kappa + 0.3))
    y = f32((y + float(mp.pi)) % float(2 * mp.pi) - float(mp.pi))
    return a, b, max(min(y, f32(3.1415)), f32(-3.1415))


def von_mises_quantile(rng):
    a, b, y = von_mises_inputs(rng, 6)
    p = f32(von_mises_cdf(a, b, y))
    if not 0 < p < 1:
        p, y = f32(0.5), mp.atan2(b, a)
    for _ in range(60):  # Newton's method, from y, of which p is the rounded cdf, or from the mode
        step = (von_mises_cdf(a, b, y) - p) / von_mises_density(a, b, y)
        y = max(min(y - step, mp.pi), -mp.pi)
        if abs(step) < mpf(10)**-24:
            break
    return (a, b, p), y, condition_of_quantile(von_mises_cdf, von_mises_cdf, von_mises_density, (a, b), p, y)


# Inputs: three log concentrations, three shares.
def dirichlet_log_prob(*x):
    alpha, y = [mp.exp(v) for v in x[:3]], x[3:]
    return mp.loggamma(sum(alpha)) + sum((a - 1) * mp.log(t) - mp.loggamma(a) for a, t in zip(alpha, y))


def dirichlet_entropy(*x):
    alpha = [mp.exp(v) for v in x]
    total = sum(alpha)
    beta = sum(mp.loggamma(a) for a in alpha) - mp.loggamma(total)
    return beta + (total - 3) * mp.psi(0, total) - sum((a - 1) * mp.psi(0, a) for a in alpha)


def dirichlet_inputs(rng):
    middle, apart = rng.choice([0, 0, 5, 12, -6]), rng.choice([0.3, 1, 3])
    return tuple(f32(rng.gauss(middle, apart)) for _ in range(3))


def dirichlet_point(rng):
    alpha = dirichlet_inputs(rng)
    gammas = [float(mp.exp(a)) * rng.choice([1, rng.gammavariate(1, 1) + 0.01]) for a in alpha]
    first, second = (min(max(int(g / sum(gammas) * 2**23), 1), 2**23 // 2 - 1) for g in gammas[:2])
    y = tuple(mpf(n) / 2**23 for n in (first, second, 2**23 - first - second))  # float32 numbers that add up to 1 exactly
    # The condition is that of what is computed, in which y counts as divided by its sum.
    scaled = lambda a, b, c, u, v, w: dirichlet_log_prob(a, b, c, u / (u + v + w), v / (u + v + w), w / (u + v + w))
    return (*alpha, *y), dirichlet_log_prob(*alpha, *y), condition(scaled, (*alpha, *y))


# Inputs: location, three cut points, label or level.
def ordinal_probability(below, above, eta):  # P(below < eta + noise <= above), from the side where it does not cancel
    logistic = lambda t: 1 / (1 + mp.exp(-t)) if t > -mp.inf else mpf(0)
    if below > eta:
        return logistic(eta - below) - (logistic(eta - above) if above < mp.inf else 0)
    return (logistic(above - eta) if above < mp.inf else 1) - (logistic(below - eta) if below > -mp.inf else 0)


def ordinal_inputs(rng):
    eta = f32(rng.gauss(0, rng.choice([1, 10, 100])))
    cuts = sorted(f32(rng.gauss(0, rng.choice([1, 10]))) for _ in range(3))
    return (eta, *(cuts if cuts[0] < cuts[1] < cuts[2] else (mpf(-1), mpf(0), mpf(1))))


def ordinal(function):
    def row(rng):
        inputs = ordinal_inputs(rng)
        label = rng.randrange(3 if function in ('log_cdf', 'log_survival') else 4)

        def value(eta, *cuts):
            edges = [-mp.inf, *cuts, mp.inf]
            if function == 'log_prob':
                return mp.log(ordinal_probability(edges[label], edges[label + 1], eta))
            if function == 'log_cdf':
                return mp.log(ordinal_probability(-mp.inf, edges[label + 1], eta))
            if function == 'log_survival':
                return mp.log(ordinal_probability(edges[label + 1], mp.inf, eta))
            return sum((ordinal_probability(-mp.inf, cuts[k], eta) - (1 if label <= k else 0))**2 for k in range(3))

        with mp.workdps(200):  # differences of probabilities next to 1
            return (*inputs, mpf(label)), value(*inputs), condition(value, inputs)

    return row


def ordinal_quantile(rng):
    while True:
        (eta, *cuts), p = ordinal_inputs(rng), level(rng)
        below = [ordinal_probability(-mp.inf, cut, eta) for cut in cuts]
        # A step of the distribution function is not within what a rounded eta, a cut point or the level may be off.
        if all(abs(q - p) > mpf(10)**-4 * max(1, abs(eta)) * min(p, 1 - p) for q in below):
            return (eta, *cuts, p), mpf(sum(q < p for q in below)), 0


# Inputs: two means, the logs of the factor's diagonal, the element below it, two arguments.
def gaussian_log_prob(precision):
    def value(m1, m2, l1, l2, c, y1, y2):
        factor = mp.matrix([[mp.exp(l1), 0], [c, mp.exp(l2)]])
        inverse = factor * factor.T if precision else (factor * factor.T)**-1
        e = mp.matrix([y1 - m1, y2 - m2])
        return -(e.T * inverse * e)[0] / 2 + mp.log(mp.det(inverse)) / 2 - mp.log(2 * mp.pi)

    return value


def gaussian_inputs(rng):
    scale = rng.choice([1, 1, 4])
    return tuple(f32(rng.gauss(0, width)) for width in (2, 2, scale, scale, 1, 3, 3))


# Inputs: four logits, label.
def categorical_log_prob(label):
    return lambda *x: x[label] - mp.log(mp.fsum(mp.exp(v) for v in x))


def categorical_entropy(*x):
    return -mp.fsum(mp.exp(categorical_log_prob(k)(*x)) * categorical_log_prob(k)(*x) for k in range(len(x)))


def categorical_inputs(rng):
    wide = rng.choice([1, 10, 100])
    return tuple(f32(rng.gauss(0, wide)) for _ in range(4))


def categorical(rng):
    x, label = categorical_inputs(rng), rng.randrange(4)
    return (*x, mpf(label)), categorical_log_prob(label)(*x), condition(categorical_log_prob(label), x)


# Inputs: logit, label or level.
def bernoulli_log_prob(label):
    return lambda x: -mp.log1p(mp.exp(-x if label else x))


def bernoulli_inputs(rng):
    return (f32(rng.gauss(0, rng.choice([1, 10, 50]))),)


def bernoulli(rng):
    x, label = bernoulli_inputs(rng), rng.randrange(2)
    return (*x, mpf(label)), bernoulli_log_prob(label)(*x), condition(bernoulli_log_prob(label), x)


def bernoulli_tail(upper):  # P(Y <= 0) or P(Y > 0)
    def row(rng):
        f, x = (lambda x: mp.exp(bernoulli_log_prob(upper)(x))), bernoulli_inputs(rng)
        return (*x, mpf(0)), f(*x), condition(f, x)

    return row


def bernoulli_quantile(rng):
    while True:
        (x,), p = bernoulli_inputs(rng), level(rng)
        zero = mp.exp(bernoulli_log_prob(0)(x))
        if abs(zero - p) > mpf(10)**-4 * max(1, abs(x)) * min(p, 1 - p):  # as ordinal_quantile has it
            return (x, p), mpf(int(zero < p)), 0


def of(f, draw, digits=60):
    def row(rng):
        with mp.workdps(digits):
            x = draw(rng)
            return x, f(*x), condition(f, x)

    return row


FAMILIES = {
    'bernoulli': {'log_prob': bernoulli, 'cdf': bernoulli_tail(0), 'survival': bernoulli_tail(1), 'quantile': bernoulli_quantile},
    'categorical': {'log_prob': categorical, 'entropy': of(categorical_entropy, categorical_inputs)},
    'dirichlet': {'log_prob': dirichlet_point, 'entropy': of(dirichlet_entropy, dirichlet_inputs)},
    'multivariate_gaussian': {'log_prob': of(gaussian_log_prob(False), gaussian_inputs),
                              'log_prob_by_precision': of(gaussian_log_prob(True), gaussian_inputs)},
    'ordinal': {**{f: ordinal(f) for f in ('log_prob', 'log_cdf', 'log_survival', 'crps')}, 'quantile': ordinal_quantile},
    'von_mises': {'log_prob': of(von_mises_log_prob, lambda rng: von_mises_inputs(rng, 8)),
                  'entropy': of(von_mises_entropy, lambda rng: von_mises_inputs(rng, 8)[:2]),
                  'circular_variance': of(von_mises_circular_variance, lambda rng: von_mises_inputs(rng, 8)[:2]),
                  'cdf': of(von_mises_cdf, lambda rng: von_mises_inputs(rng, 6), 30),
                  'quantile': lambda rng: mp.workdps(30)(von_mises_quantile)(rng)},
}


def lines_of(task):
    family, function = task
    rng = generator(task)
    lines = []
    for _ in range(COUNT):
        inputs, value, size = FAMILIES[family][function](rng)
        while 0 < abs(value) < mpf(10)**-300:  # no float64
            inputs, value, size = FAMILIES[family][function](rng)
        lines.append(','.join([function, number(value), number(size, 3), *[repr(float(v)) for v in inputs]]))
    return lines


if __name__ == '__main__':
    write(Path(__file__).parent, 'function,value,condition,inputs', lines_of,
          [(name, function) for name in sys.argv[1:] or FAMILIES for function in FAMILIES[name]])
