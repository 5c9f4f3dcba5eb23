#!/usr/bin/env python3
"""Writes FAMILY_crps.csv beside this file, rows as make.py's: the CRPS of families whose closed form is more than their cdf and density.

From its definition, the integral or sum of (F(t) - 1{t >= y})^2, with F the textbook's at 60 digits (mpmath 1.3); none of the closed forms
is used. Parameters and targets are float32 numbers. Condition: what one unit in the last place of every input changes, over eps.
"""
import random
from pathlib import Path

from mpmath import mp, mpf

from points import f32
from positive import FAMILIES

mp.dps = 60
TRIALS = 12
POINTS = 50


def inverse_gaussian(m, c, y):
    family = FAMILIES['inverse_gaussian']
    mean, spread = mp.exp(m), mp.sqrt(mp.exp(3 * m - c))
    low = mean / (1 + mp.exp(m - c) * 400)  # far below the mode
    breaks = sorted({mpf(0), low, low * 4, low * 16, mean / 8, mean / 2, mean, *[mean + spread * k for k in (1, 3, 8, 20, 60)], y})
    top = breaks[-1] * 4 + mean * 200 * mp.exp(m - c)
    below = [t for t in breaks if t <= y]
    above = [t for t in breaks if t >= y] + [top, mp.inf]
    value = mp.quad(lambda t: family.cdf(m, c, t)**2, below) + mp.quad(lambda t: family.survival(m, c, t)**2, above)
    return mp.re(value)  # far out the logarithm of a survival that is less than nothing at these digits is complex


def of_counts(first, ratio, last, y):
    """From P(0) and P(k + 1)/P(k)."""
    p, f, total, k = first, mpf(0), mpf(0), 0
    while k < last:
        f += p
        total += f**2 if k < y else (1 - f)**2
        if k > y and 1 - f < mpf(10)**-40:
            break
        p *= ratio(k)
        k += 1
    return total


def negative_binomial(m, c, y):
    mu, r = mp.exp(m), mp.exp(c)
    mp.dps = 80
    value = of_counts((r / (r + mu))**r, lambda k: (r + k) / (k + 1) * mu / (r + mu), 10**6, y)
    mp.dps = 60
    return value


def binomial(l, _, y):
    odds = mp.exp(l)
    return of_counts((1 + odds)**-TRIALS, lambda k: (TRIALS - k) / mpf(k + 1) * odds, TRIALS, y)


def draw(name, rng):
    if name == 'inverse_gaussian':
        m, c = f32(rng.gauss(0, 2)), f32(rng.gauss(1, 2))
        return m, c, f32(FAMILIES[name].spread(rng, m, c))
    if name == 'negative_binomial':
        m, c = f32(rng.gauss(1, 1.5)), f32(rng.choice([rng.gauss(1, 1), rng.gauss(10, 3)]))
        return m, c, mpf(int(rng.expovariate(1) * float(mp.exp(m))))
    return f32(rng.gauss(0, 2)), None, mpf(rng.randrange(TRIALS + 1))


def condition(function, x, value):
    total = mpf(0)
    for i, v in enumerate(x[:2]):
        if v:
            h = mpf(10)**-12
            total += abs(function(*x[:i], v * (1 + h), *x[i + 1:]) - value) / h
    return total + abs(x[2])


def main():
    for name, function in (('inverse_gaussian', inverse_gaussian), ('negative_binomial', negative_binomial), ('binomial', binomial)):
        rng = random.Random(name)
        with open(Path(__file__).with_name(name + '_crps.csv'), 'w') as file:
            file.write('function,parameter_1,parameter_2,argument,value,condition\n')
            for _ in range(POINTS):
                x = draw(name, rng)
                mp.dps = 40 if name == 'inverse_gaussian' else 60
                value = function(*x)
                size = condition(function, x, value)
                mp.dps = 60
                cells = ['' if v is None else repr(float(v)) for v in x]
                file.write(','.join(['crps', *cells, mp.nstr(value, 17, min_fixed=1, max_fixed=0), mp.nstr(size, 3, min_fixed=1, max_fixed=0)]) + '\n')


if __name__ == '__main__':
    main()
