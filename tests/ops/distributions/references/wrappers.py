#!/usr/bin/env python3
"""Writes wrappers.csv beside this file: values of truncated, censored, inflated and discretised distributions, from textbook formulas.

A row: case (such as truncated_gaussian_1), function, up to three parameters, argument, value, condition: as make.py has them, at 100
digits (mpmath 1.3). The first two parameters are the base's, the third is the logit of a zero's probability. wrappers_test.cpp makes the
same cases. Usage: wrappers.py, or wrappers.py CASE... to see what would be written.
"""
import random
import sys
from pathlib import Path

from make import FAMILIES
from mpmath import mp, mpf
from points import INF, condition, f32

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

    def moments(self, *p):
        levels = ('1e-12', '1e-6', '0.01', '0.1', '0.5', '0.9', '0.99', '0.999999', '0.999999999999')
        points = sorted({*self.bounds(*p), *(self.quantile(*p, mpf(level)) for level in levels)})
        with mp.workdps(30):
            mean = mp.quad(lambda y: y * mp.exp(self.log_prob(*p, y)), points)
            return {'mean': mean, 'variance': mp.quad(lambda y: (y - mean)**2 * mp.exp(self.log_prob(*p, y)), points)}

    def point(self, rng, *p):
        level = mpf(rng.choice([rng.random(), rng.random(), 10**rng.uniform(-6, 0), 1 - 10**rng.uniform(-6, 0)]))
        return self.quantile(*p, level)

    def accepts(self, y, *p):
        return self.bounds(*p)[0] < y < self.b


class ZeroInflated:
    """Of a base that has a density on positive numbers: 0 with probability 1/(1 + e**-a). As a hurdle it is the same."""

    def __init__(self, base):
        self.base = base

    def parts(self, x):
        zero = 1 / (1 + mp.exp(-x[-2]))
        return x[:-2], zero, 1 / (1 + mp.exp(x[-2])), x[-1]

    def log_prob(self, *x):
        p, zero, rest, y = self.parts(x)
        return mp.log(zero) if y == 0 else mp.log(rest) + self.base.log_prob(*p, y)

    def cdf(self, *x):
        p, zero, rest, y = self.parts(x)
        return zero + (rest * self.base.cdf(*p, y) if y > 0 else 0)

    def survival(self, *x):
        p, zero, rest, y = self.parts(x)
        return rest * (self.base.survival(*p, y) if y > 0 else 1)

    def quantile(self, *x):
        p, zero, rest, level = self.parts(x)
        return self.base.quantile(*p, (level - zero) / rest) if level > zero else mpf(0)

    def moments(self, *p):
        zero, rest = 1 / (1 + mp.exp(-p[-1])), 1 / (1 + mp.exp(p[-1]))
        points = sorted([self.base.lower(*p[:-1]), *self.base.breaks(*p[:-1]), INF])
        with mp.workdps(30):
            def expect(g):
                return mp.quad(lambda y: g(y) * mp.exp(self.base.log_prob(*p[:-1], y)), points)
            mean = rest * expect(lambda y: y)
            variance = zero * mean**2 + rest * expect(lambda y: (y - mean)**2)
            entropy = -zero * mp.log(zero) - rest * expect(lambda y: mp.log(rest) + self.base.log_prob(*p[:-1], y))
            return {'mean': mean, 'variance': variance, 'entropy': entropy}

    def point(self, rng, *p):
        return self.base.spread(rng, *p[:-1]) if rng.random() < 0.8 else mpf(0)

    def accepts(self, y, *p):
        return y >= 0


class Counts:
    """Counts by their log probabilities alone, 0 inflated (to which a logit of -oo would be none) or by a choice of its own."""

    def __init__(self, log_prob, last, hurdle):
        self.base, self.last, self.hurdle = log_prob, last, hurdle

    def log_prob(self, *x):
        p, a, y = x[:-2], x[-2], x[-1]
        zero, rest = 1 / (1 + mp.exp(-a)), 1 / (1 + mp.exp(a))
        of_zero = mp.exp(self.base(*p, mpf(0)))
        if self.hurdle:
            return mp.log(zero) if y == 0 else mp.log(rest) + self.base(*p, y) - mp.log(1 - of_zero)
        return mp.log(zero + rest * of_zero) if y == 0 else mp.log(rest) + self.base(*p, y)

    def cdf(self, *x):
        return mp.fsum(mp.exp(self.log_prob(*x[:-1], mpf(k))) for k in range(int(x[-1]) + 1))

    def survival(self, *x):
        start = int(x[-1]) + 1
        return mp.fsum(mp.exp(self.log_prob(*x[:-1], mpf(k))) for k in range(start, start + self.last(*x[:-2])))

    def quantile(self, *x):
        total, k = mpf(0), 0
        while True:
            total += mp.exp(self.log_prob(*x[:-1], mpf(k)))
            if total >= x[-1]:
                return mpf(k)
            k += 1

    def moments(self, *p):
        terms = [(k, mp.exp(self.log_prob(*p, mpf(k)))) for k in range(self.last(*p[:-1]))]
        mean = mp.fsum(k * f for k, f in terms)
        return {'mean': mean, 'variance': mp.fsum((k - mean)**2 * f for k, f in terms)}

    def point(self, rng, *p):
        return mpf(int(rng.choice([0, rng.expovariate(1), rng.expovariate(1) * 5, rng.expovariate(1) * 20])))

    def accepts(self, y, *p):
        return y >= 0


class Censored:
    def __init__(self, base, lower, upper):
        self.base, self.lower, self.upper = base, mpf(lower), mpf(upper)

    def log_prob(self, *x):
        p, y = x[:-1], x[-1]
        if y <= self.lower:
            return mp.log(self.base.cdf(*p, self.lower))
        return mp.log(self.base.survival(*p, self.upper)) if y >= self.upper else self.base.log_prob(*p, y)

    def cdf(self, *x):
        return mpf(1) if x[-1] >= self.upper else self.base.cdf(*x)

    def survival(self, *x):
        return mpf(0) if x[-1] >= self.upper else self.base.survival(*x)

    def quantile(self, *x):
        return min(max(self.base.quantile(*x), self.lower), self.upper)

    def moments(self, *p):
        ends = [max(self.lower, self.base.lower(*p)), self.upper]
        points = sorted([*ends, *(b for b in self.base.breaks(*p) if ends[0] < b < ends[1])])

        def expect(g):
            inside = mp.quad(lambda y: g(y) * mp.exp(self.base.log_prob(*p, y)), points)
            below = g(self.lower) * self.base.cdf(*p, self.lower) if self.lower > -INF else 0
            return inside + below + (g(self.upper) * self.base.survival(*p, self.upper) if self.upper < INF else 0)

        mean = expect(lambda y: y)
        return {'mean': mean, 'variance': expect(lambda y: (y - mean)**2)}

    def point(self, rng, *p):
        return min(max(self.base.spread(rng, *p), self.lower), self.upper)

    def accepts(self, y, *p):
        return True


class Discretised:
    def __init__(self, base, width, lower, upper, sharp):
        self.base, self.width, self.lower, self.upper, self.sharp = base, mpf(width), mpf(lower), mpf(upper), sharp

    def log_prob(self, *x):
        p, y = x[:-1], x[-1]
        low = -INF if y <= self.lower else y - self.width / 2
        return mp.log(between(self.base, p, low, INF if y >= self.upper else y + self.width / 2))

    def cdf(self, *x):
        return mpf(1) if x[-1] >= self.upper else self.base.cdf(*x[:-1], x[-1] + self.width / 2)

    def survival(self, *x):
        return mpf(0) if x[-1] >= self.upper else self.base.survival(*x[:-1], x[-1] + self.width / 2)

    def quantile(self, *x):
        y = mp.ceil(self.base.quantile(*x) / self.width - mpf(1) / 2) * self.width
        return min(max(y, self.lower), self.upper)

    def point(self, rng, *p):
        spread = self.base.spread(rng, *p) if rng.random() < 0.8 else rng.uniform(-30, 300)
        return mp.floor(min(max(spread, self.lower), self.upper) / self.width) * self.width

    def accepts(self, y, *p):
        return y < self.upper or self.sharp


class LogisticMixture:
    """Of p = (location, log scale, logit) and another, 12 further on and with half the scale, with probability sigmoid(logit)."""

    def parts(self, p):
        share = 1 / (1 + mp.exp(-p[2]))
        return ((1 - share, (p[0], p[1])), (share, (p[0] + 12, p[1] - mp.log(2))))

    def mix(self, f, p, y):
        return mp.fsum(share * f(*own, y) for share, own in self.parts(p))

    def log_prob(self, *x):
        return mp.log(self.mix(lambda *q: mp.exp(L.log_prob(*q)), x[:-1], x[-1]))

    def cdf(self, *x):
        return self.mix(L.cdf, x[:-1], x[-1])

    def survival(self, *x):
        return self.mix(L.survival, x[:-1], x[-1])

    def lower(self, *p):
        return -INF

    def spread(self, rng, *p):
        return L.spread(rng, *p[:2])


def pixels(rng):
    return f32(rng.uniform(-20, 280)), f32(rng.gauss(1, 1.5))


def geometric(x, unused, y):
    return -mp.log(1 + mp.exp(-x)) - y * mp.log(1 + mp.exp(x))


MOMENTS = ('mean', 'variance', 'entropy')
FUNCTIONS = ('log_prob', 'log_cdf', 'log_survival', 'quantile')


def moderate(base, reach):
    return lambda rng: (f32(rng.gauss(0, 1) * rng.choice(reach)), f32(rng.gauss(0, 0.5)))


def one(draw):
    return lambda rng: draw(rng)[:1]


def with_logit(draw):
    return lambda rng: (*draw(rng), f32(rng.gauss(0, 2) * rng.choice([1, 1, 5])))


def geometric_draw(rng):
    return f32(rng.gauss(0, 1)), mpf(0), f32(rng.gauss(0, 2) * rng.choice([1, 1, 5]))


def geometric_last(x, unused):  # e**-100 lies beyond
    return int(100 / mp.log1p(mp.exp(x)))


def poisson(x, unused, y):
    return y * x - mp.exp(x) - mp.loggamma(y + 1)


def poisson_last(x, unused):  # after which less than e**-100 of the rest lies
    return int(200 + 4 * mp.exp(x))


def poisson_draw(rng):
    return f32(rng.gauss(0.5, 1.5)), mpf(0), f32(rng.gauss(0, 2) * rng.choice([1, 1, 5]))


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
    'zero_inflated_log_normal': (ZeroInflated(N), with_logit(N.moderate), FUNCTIONS + MOMENTS),
    'censored_gaussian_1': (Censored(G, -1, 2), near, ('log_prob', 'quantile') + MOMENTS[:2]),
    'censored_gaussian_2': (Censored(G, 0, INF), near, FUNCTIONS + MOMENTS[:2]),
    'censored_gaussian_3': (Censored(G, -INF, 1), near, ('log_prob', 'quantile') + MOMENTS[:2]),
    'censored_weibull': (Censored(W, -INF, 3), small, ('log_prob', 'quantile')),
    'discretised_logistic': (Discretised(L, 1, 0, 255, True), pixels, ('log_prob',)),
    'discretised_gaussian': (Discretised(G, 1, 0, 255, False), pixels, ('log_prob', 'log_cdf', 'log_survival')),
    'discretised_laplace': (Discretised(D, '0.25', -INF, INF, False), near, FUNCTIONS),
    'discretised_mixture': (Discretised(LogisticMixture(), 1, 0, 255, False), with_logit(pixels), ('log_prob', 'log_cdf', 'log_survival')),
    'zero_inflated_geometric': (Counts(geometric, geometric_last, False), geometric_draw, FUNCTIONS + MOMENTS[:2]),
    'hurdle_geometric': (Counts(geometric, geometric_last, True), geometric_draw, FUNCTIONS + MOMENTS[:2]),
    'zero_inflated_poisson': (Counts(poisson, poisson_last, False), poisson_draw, FUNCTIONS + MOMENTS[:2]),
    'hurdle_poisson': (Counts(poisson, poisson_last, True), poisson_draw, FUNCTIONS + MOMENTS[:2]),
    'truncated_student': (Truncated(FAMILIES['student_t'], 2, 9), far, FUNCTIONS),
    'hurdle_gamma': (ZeroInflated(FAMILIES['gamma']), with_logit(FAMILIES['gamma'].moderate), FUNCTIONS + MOMENTS),
    'hurdle_weibull': (ZeroInflated(W), with_logit(W.moderate), FUNCTIONS + MOMENTS),
}


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
                value = f[function](*x)
                if isinstance(d, (Counts, Discretised)):  # whose argument is exact
                    size = condition(lambda *p: f[function](*p, x[-1]), x[:-1])
                else:
                    size = condition(f[function], x)
            else:
                value = d.moments(*p)[function]
                size = max(abs(value), int(function == 'entropy'))
            yield function, x, len(p), value, size


def main():
    if sys.argv[1:]:  # only these, to try them
        for name in sys.argv[1:]:
            for row in rows(name):
                print(name, *row)
        return
    with open(Path(__file__).with_name('wrappers.csv'), 'w') as file:
        file.write('case,function,parameter_1,parameter_2,parameter_3,argument,value,condition\n')
        for name in CASES:
            for function, x, count, value, size in rows(name):
                numbers = [repr(float(v)) for v in x[:count]] + [''] * (3 - count) + [repr(float(x[-1])) if count < len(x) else '']
                results = [mp.nstr(v, digits, min_fixed=1, max_fixed=0) for v, digits in ((value, 17), (size, 3))]
                file.write(','.join([name, function, *numbers, *results]) + '\n')


main()
