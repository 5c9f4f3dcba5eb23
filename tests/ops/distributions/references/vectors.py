#!/usr/bin/env python3
"""Writes FAMILY.csv beside this file for families of several parameters: values from textbook formulas with mpmath 1.3, most at 60 digits.

A row: function, value, condition, then the inputs: parameters and argument, all float32 numbers. Condition is the sum over the inputs x of
|x * d value/dx|, as in make.py. Distribution functions and quantiles of the von Mises distribution come from quadrature over the density.
Usage: vectors.py [FAMILY...]
"""
import random
import sys
from pathlib import Path

from make import condition, f32
from mpmath import mp, mpf


# Inputs a, b, y.
def von_mises_log_prob(a, b, y):
    return a * mp.cos(y) + b * mp.sin(y) - mp.log(2 * mp.pi * mp.besseli(0, mp.sqrt(a * a + b * b)))


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


def von_mises(rng):
    def draw(most):
        kappa, mu = 10**rng.choice([rng.uniform(-8, 0), rng.uniform(-1, 2), rng.uniform(2, most)]), rng.uniform(-3.14, 3.14)
        a, b = f32(kappa * mp.cos(mu)), f32(kappa * mp.sin(mu))
        y = float(mp.atan2(b, a)) + rng.gauss(0, rng.choice([1, 1, 4])) / float(mp.sqrt(kappa + 0.3))
        y = f32((y + float(mp.pi)) % float(2 * mp.pi) - float(mp.pi))
        return a, b, max(min(y, f32(3.1415)), f32(-3.1415))

    for _ in range(50):
        x = draw(8)
        yield 'log_prob', x, von_mises_log_prob(*x), condition(von_mises_log_prob, x)
    for function, f in {'entropy': von_mises_entropy, 'circular_variance': von_mises_circular_variance}.items():
        for _ in range(25):
            x = draw(8)[:2]
            yield function, x, f(*x), condition(f, x)
    mp.dps = 30
    for function in ('cdf', 'quantile'):
        for _ in range(50):
            a, b, y = draw(6)
            value = von_mises_cdf(a, b, y)
            size = condition(von_mises_cdf, (a, b, y))
            if function == 'cdf':
                yield 'cdf', (a, b, y), value, size
            else:
                p = f32(value)
                if not 0 < p < 1:
                    p = f32(0.5)
                density = mp.exp(von_mises_log_prob(a, b, y))
                for _ in range(60):  # Newton's method, from y, of which p is the rounded cdf
                    step = (von_mises_cdf(a, b, y) - p) / mp.exp(von_mises_log_prob(a, b, y))
                    y = max(min(y - step, mp.pi), -mp.pi)
                    if abs(step) < mpf(10)**-24:
                        break
                density = mp.exp(von_mises_log_prob(a, b, y))
                yield 'quantile', (a, b, p), y, (size + p) / density
    mp.dps = 60


# Inputs: three log concentrations, three shares.
def dirichlet_log_prob(*x):
    alpha, y = [mp.exp(v) for v in x[:3]], x[3:]
    return mp.loggamma(sum(alpha)) + sum((a - 1) * mp.log(t) - mp.loggamma(a) for a, t in zip(alpha, y))


def dirichlet_entropy(*x):
    alpha = [mp.exp(v) for v in x]
    total = sum(alpha)
    beta = sum(mp.loggamma(a) for a in alpha) - mp.loggamma(total)
    return beta + (total - 3) * mp.psi(0, total) - sum((a - 1) * mp.psi(0, a) for a in alpha)


def dirichlet(rng):
    def draw():
        middle, apart = rng.choice([0, 0, 5, 12, -6]), rng.choice([0.3, 1, 3])
        return tuple(f32(rng.gauss(middle, apart)) for _ in range(3))

    for _ in range(50):
        alpha = draw()
        gammas = [float(mp.exp(a)) * rng.choice([1, rng.gammavariate(1, 1) + 0.01]) for a in alpha]
        first, second = (min(max(int(g / sum(gammas) * 2**23), 1), 2**23 // 2 - 1) for g in gammas[:2])
        y = tuple(mpf(n) / 2**23 for n in (first, second, 2**23 - first - second))  # float32 numbers that add up to 1 exactly
        x = (*alpha, *y)
        # The condition is that of what is computed, in which y counts as divided by its sum.
        scaled = lambda a, b, c, u, v, w: dirichlet_log_prob(a, b, c, u / (u + v + w), v / (u + v + w), w / (u + v + w))
        yield 'log_prob', x, dirichlet_log_prob(*x), condition(scaled, x)
    for _ in range(50):
        x = draw()
        yield 'entropy', x, dirichlet_entropy(*x), condition(dirichlet_entropy, x)


# Inputs: location, three cut points, label.
def ordinal_probability(below, above, eta):  # P(below < eta + noise <= above), from the side where it does not cancel
    logistic = lambda t: 1 / (1 + mp.exp(-t)) if t > -mp.inf else mpf(0)
    if below > eta:
        return logistic(eta - below) - (logistic(eta - above) if above < mp.inf else 0)
    return (logistic(above - eta) if above < mp.inf else 1) - (logistic(below - eta) if below > -mp.inf else 0)


def ordinal(rng):
    for function in ('log_prob', 'log_cdf', 'log_survival', 'crps'):
        for _ in range(50):
            eta = f32(rng.gauss(0, rng.choice([1, 10, 100])))
            cuts = sorted(f32(rng.gauss(0, rng.choice([1, 10]))) for _ in range(3))
            if cuts[0] == cuts[1] or cuts[1] == cuts[2]:
                cuts = [mpf(-1), mpf(0), mpf(1)]
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

            mp.dps = 200  # differences of probabilities next to 1
            yield function, (eta, *cuts, mpf(label)), value(eta, *cuts), condition(value, (eta, *cuts))
            mp.dps = 60


# Inputs: two means, the logs of the factor's diagonal, the element below it, two arguments.
def gaussian_log_prob(precision):
    def value(m1, m2, l1, l2, c, y1, y2):
        factor = mp.matrix([[mp.exp(l1), 0], [c, mp.exp(l2)]])
        inverse = factor * factor.T if precision else (factor * factor.T)**-1
        e = mp.matrix([y1 - m1, y2 - m2])
        return -(e.T * inverse * e)[0] / 2 + mp.log(mp.det(inverse)) / 2 - mp.log(2 * mp.pi)

    return value


def multivariate_gaussian(rng):
    for precision in (False, True):
        for _ in range(50):
            scale = rng.choice([1, 1, 4])
            x = (f32(rng.gauss(0, 2)), f32(rng.gauss(0, 2)), f32(rng.gauss(0, scale)), f32(rng.gauss(0, scale)), f32(rng.gauss(0, 1)), f32(
                rng.gauss(0, 3)), f32(rng.gauss(0, 3)))
            f = gaussian_log_prob(precision)
            yield 'log_prob_by_precision' if precision else 'log_prob', x, f(*x), condition(f, x)


FAMILIES = {'dirichlet': dirichlet, 'multivariate_gaussian': multivariate_gaussian, 'ordinal': ordinal, 'von_mises': von_mises}


def main():
    for name in sys.argv[1:] or FAMILIES:
        with open(Path(__file__).with_name(name + '.csv'), 'w') as file:
            file.write('function,value,condition,inputs\n')
            for function, inputs, value, size in FAMILIES[name](random.Random(name)):
                numbers = [mp.nstr(value, 17, min_fixed=1, max_fixed=0), mp.nstr(size, 3, min_fixed=1, max_fixed=0)]
                file.write(','.join([function, *numbers, *[repr(float(v)) for v in inputs]]) + '\n')


if __name__ == '__main__':
    main()
