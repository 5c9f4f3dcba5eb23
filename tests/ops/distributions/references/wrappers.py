#!/usr/bin/env python3
"""Writes wrappers.csv beside this file: values of truncated, censored, inflated and discretised distributions, from textbook formulas.

A row: case (such as truncated_gaussian_1), function, up to three parameters, argument, value, condition: as make.py has them, at 100
digits (mpmath 1.3). The first two parameters are the base's, the third is the logit of a zero's probability. wrappers_test.cpp makes the same cases.
"""
import random
from pathlib import Path

from make import FAMILIES, INF, condition, f32
from mpmath import mp, mpf

mp.dps = 100


def between(base, p, a, b):
    """P(a < Y <= b), from the nearer tail."""
    low = base.cdf(*p, a) if a > base.lower(*p) else mpf(0)
    high = base.survival(*p, b) if b < INF else mpf(0)
    if low > high:
        return base.survival(*p, a) - high
    return (base.cdf(*p, b) if b < INF else mpf(1)) - low


class Truncated:
    def __init__(self, base, a, b):
        self.base, self.a, self.b = base, mpf(a), mpf(b)

    def bounds(self, *p):
        return max(self.a, self.base.lower(*p)), self.b

    def log_prob(self, *x):
        p, y = x[:-1], x[-1]
        return self.base.log_prob(*p, y) - mp.log(between(self.base, p, *self.bounds(*p)))

    def cdf(self, *x):
        p, y = x[:-1], x[-1]
        a, b = self.bounds(*p)
        return between(self.base, p, a, y) / between(self.base, p, a, b)

    def survival(self, *x):
        p, y = x[:-1], x[-1]
        a, b = self.bounds(*p)
        return between(self.base, p, y, b) / between(self.base, p, a, b)

    def quantile(self, *x):
        p, level = x[:-1], x[-1]
        a, b = self.bounds(*p)
        low = self.base.cdf(*p, a) if a > self.base.lower(*p) else mpf(0)
        return self.base.quantile(*p, low + level * between(self.base, p, a, b))

    def point(self, rng, *p):
        level = mpf(rng.choice([rng.random(), rng.random(), 10**rng.uniform(-6, 0), 1 - 10**rng.uniform(-6, 0)]))
        return self.quantile(*p, level)

    def accepts(self, y, *p):
        return self.bounds(*p)[0] < y < self.b


FUNCTIONS = ('log_prob', 'log_cdf', 'log_survival', 'quantile')


def moderate(base, reach):
    return lambda rng: (f32(rng.gauss(0, 1) * rng.choice(reach)), f32(rng.gauss(0, 0.5)))


def one(draw):
    return lambda rng: draw(rng)[:1]


G, L, D, W, E, N = (FAMILIES[name] for name in ('gaussian', 'logistic', 'laplace', 'weibull', 'exponential', 'log_normal'))
near, far, small = moderate(G, [1]), moderate(G, [1, 4]), moderate(W, [0.5])
CASES = {
    'truncated_gaussian_1': (Truncated(G, 0, INF), far, FUNCTIONS + ('mean', 'variance')),
    'truncated_gaussian_2': (Truncated(G, -1, 2), far, FUNCTIONS),
    'truncated_gaussian_3': (Truncated(G, -INF, '0.5'), far, FUNCTIONS + ('mean', 'variance')),
    'truncated_laplace': (Truncated(D, -1, 2), far, FUNCTIONS),
    'truncated_logistic': (Truncated(L, 3, INF), far, FUNCTIONS),
    'truncated_weibull': (Truncated(W, '0.5', 3), small, FUNCTIONS),
    'truncated_exponential': (Truncated(E, 2, INF), one(small), FUNCTIONS),
}


LEVELS = ('1e-12', '1e-6', '0.01', '0.1', '0.5', '0.9', '0.99', '0.999999', '0.999999999999')


def moments(d, p):
    points = sorted({*d.bounds(*p), *(d.quantile(*p, mpf(level)) for level in LEVELS)})
    with mp.workdps(30):
        mean = mp.quad(lambda y: y * mp.exp(d.log_prob(*p, y)), points)
        return mean, mp.quad(lambda y: (y - mean)**2 * mp.exp(d.log_prob(*p, y)), points)


def rows(name):
    d, draw, functions = CASES[name]
    rng = random.Random(name)
    f = {
        'log_prob': d.log_prob,
        'log_cdf': lambda *x: mp.log(d.cdf(*x)),
        'log_survival': lambda *x: mp.log(d.survival(*x)),
        'quantile': d.quantile,
    }
    for function in functions:
        for _ in range(30 if function in FUNCTIONS else 6):
            p = draw(rng)
            if function == 'quantile':
                level = f32(rng.choice([rng.random(), 10**rng.uniform(-20, 0), 1 - 10**rng.uniform(-6, 0)]))
                x = (*p, level if 0 < level < 1 else mpf(1) / 2)
            elif function in FUNCTIONS:
                y = f32(d.point(rng, *p))
                while not d.accepts(y, *p):
                    y = f32(d.point(rng, *p))
                x = (*p, y)
            else:
                x = p
            if function in FUNCTIONS:
                value, size = f[function](*x), condition(f[function], x)
            else:
                value = moments(d, p)[function == 'variance']
                size = abs(value)
            yield function, x, len(p), value, size


def main():
    with open(Path(__file__).with_name('wrappers.csv'), 'w') as file:
        file.write('case,function,parameter_1,parameter_2,parameter_3,argument,value,condition\n')
        for name in CASES:
            for function, x, count, value, size in rows(name):
                numbers = [repr(float(v)) for v in x[:count]] + [''] * (3 - count) + [repr(float(x[-1])) if count < len(x) else '']
                results = [mp.nstr(v, digits, min_fixed=1, max_fixed=0) for v, digits in ((value, 17), (size, 3))]
                file.write(','.join([name, function, *numbers, *results]) + '\n')


main()
