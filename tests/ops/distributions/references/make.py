#!/usr/bin/env python3
"""Writes FAMILY.csv beside this file: values of each family's functions, from textbook formulas at 60 digits (mpmath 1.3).

A row: function, the family's parameters (two columns, the second empty if there is one), argument, value, condition. Parameters and
arguments are float32 numbers. Condition is the sum over the inputs x of |x * d value/dx|: a change of every input by one unit in its last
place, relative to it eps, changes the value by at most eps * condition. Moments, entropy and CRPS come from integrals over the density or
distribution function, not from their closed forms. Usage: make.py [FAMILY...]
"""
import random
import struct
import sys
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 60
INF = mp.inf


def f32(x):
    return mpf(struct.unpack('f', struct.pack('f', float(x)))[0])


class Family:
    """parameters: one draw of them; arguments(parameters): points worth testing."""

    def __init__(self, draw, log_prob, cdf, survival, quantile, spread, lower, moderate=None, breaks=lambda *p: [], crps=True, upper=INF):
        self.draw, self.log_prob, self.cdf, self.survival, self.quantile = draw, log_prob, cdf, survival, quantile
        self.spread, self.lower, self.moderate, self.breaks, self.crps, self.upper = spread, lower, moderate, breaks, crps, upper


def location_scale(log_density, cdf, survival, quantile, tails, breaks=(-40, -8, -2, 0, 2, 8, 40), lower=None):
    def z(mu, l, y):
        return (y - mu) * mp.exp(-l)

    def spread(rng, mu, l):  # mostly within, some far out
        low, high = tails
        far = rng.choice([1, 1, 1, 0.1, 10, 30])
        return mu + mp.exp(l) * max(low, min(high, rng.gauss(0, 2) * far))

    return Family(
        draw=lambda rng: (f32(rng.choice([0, 1, 100]) * rng.gauss(0, 1)), f32(rng.gauss(0, 1) * rng.choice([0.3, 3]))),
        log_prob=lambda mu, l, y: log_density(z(mu, l, y)) - l,
        cdf=lambda mu, l, y: cdf(z(mu, l, y)),
        survival=lambda mu, l, y: survival(z(mu, l, y)),
        quantile=lambda mu, l, p: mu + mp.exp(l) * quantile(p),
        spread=spread,
        moderate=lambda rng: (f32(rng.gauss(0, 2)), f32(rng.gauss(0, 0.7))),
        lower=(lambda mu, l: mu + mp.exp(l) * lower) if lower else lambda mu, l: -INF,
        breaks=lambda mu, l: [mu + mp.exp(l) * k for k in breaks])


def asymmetric(t):  # of level t, a constant of the test
    t = mpf(t)
    return location_scale(
        lambda z: mp.log(t * (1 - t)) - z * (t if z >= 0 else t - 1),
        lambda z: t * mp.exp((1 - t) * z) if z < 0 else 1 - (1 - t) * mp.exp(-t * z),
        lambda z: 1 - t * mp.exp((1 - t) * z) if z < 0 else (1 - t) * mp.exp(-t * z),
        lambda p: mp.log(p / t) / (1 - t) if p <= t else -mp.log((1 - p) / (1 - t)) / t, (-200, 200))


def normal_cdf(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


def normal_quantile(p):  # erfinv is not accurate for tiny p: Newton's method on the log of the cdf
    z = mp.mpf(0)
    if p > mpf(1) / 2:
        return -normal_quantile(1 - p)
    if p < mpf(1) / 100:
        z = -mp.sqrt(-2 * mp.log(p))
    return mp.findroot(lambda x: mp.log(normal_cdf(x)) - mp.log(p), z, tol=mpf(10) ** -90, maxsteps=200)


log_normal = Family(
    draw=lambda rng: (f32(rng.gauss(0, 3)), f32(rng.gauss(0, 0.7))),
    log_prob=lambda mu, l, y: -((mp.log(y) - mu) * mp.exp(-l))**2 / 2 - l - mp.log(y) - mp.log(2 * mp.pi) / 2,
    cdf=lambda mu, l, y: normal_cdf((mp.log(y) - mu) * mp.exp(-l)),
    survival=lambda mu, l, y: normal_cdf(-(mp.log(y) - mu) * mp.exp(-l)),
    quantile=lambda mu, l, p: mp.exp(mu + mp.exp(l) * normal_quantile(p)),
    spread=lambda rng, mu, l: mp.exp(mu + mp.exp(l) * rng.gauss(0, 1) * rng.choice([1, 1, 3])),
    lower=lambda *p: 0,
    moderate=lambda rng: (f32(rng.gauss(0, 0.7)), f32(rng.gauss(-0.7, 0.3))),
    breaks=lambda mu, l: [mp.exp(mu + mp.exp(l) * k) for k in (-6, -3, -1, 0, 1, 3, 6, 10)])

exponential = Family(
    draw=lambda rng: (f32(rng.gauss(0, 3)),),
    log_prob=lambda m, y: -m - y * mp.exp(-m),
    cdf=lambda m, y: -mp.expm1(-y * mp.exp(-m)),
    survival=lambda m, y: mp.exp(-y * mp.exp(-m)),
    quantile=lambda m, p: -mp.exp(m) * mp.log1p(-p),
    spread=lambda rng, m: mp.exp(m) * rng.expovariate(1) * rng.choice([1, 1, 1e-6, 100]),
    lower=lambda *p: 0,
    moderate=lambda rng: (f32(rng.gauss(0, 1)),),
    breaks=lambda m: [mp.exp(m) * k for k in (0.01, 1, 4, 20, 80)])



def weibull_q(a, b, y):
    return mp.exp(b) * (mp.log(y) - a)


weibull = Family(
    draw=lambda rng: (f32(rng.gauss(0, 3)), f32(rng.gauss(0, 1))),
    log_prob=lambda a, b, y: b - mp.log(y) + weibull_q(a, b, y) - mp.exp(weibull_q(a, b, y)),
    cdf=lambda a, b, y: -mp.expm1(-mp.exp(weibull_q(a, b, y))),
    survival=lambda a, b, y: mp.exp(-mp.exp(weibull_q(a, b, y))),
    quantile=lambda a, b, p: mp.exp(a) * (-mp.log1p(-p))**mp.exp(-b),
    spread=lambda rng, a, b: mp.exp(a) * mp.mpf(rng.expovariate(1) * rng.choice([1, 1, 1e-6, 20]))**mp.exp(-b),
    lower=lambda *p: 0,
    moderate=lambda rng: (f32(rng.gauss(0, 0.7)), f32(rng.uniform(-0.4, 1))),
    breaks=lambda a, b: [mp.exp(a) * mpf(k)**mp.exp(-b) for k in (0.001, 0.1, 1, 4, 20, 80)])

def log_gamma_tail(a, x, upper):
    """log of P(a, x) or Q(a, x): the series below a + 1, the continued fraction above, of as many terms as 60 digits need."""
    factor = a * mp.log(x) - x - mp.loggamma(a + 1)
    if x < a + 1:
        term = total = mpf(1)
        n = 0
        while term > total * mpf(10)**-65:
            n += 1
            term *= x / (a + n)
            total += term
        tail, is_upper = factor + mp.log(total), False
    else:
        steps = 100 + int(1500 / x + 10 * mp.sqrt(a))
        f = x + 2 * steps + 1 - a
        for m in reversed(range(steps)):
            f = x + 2 * m + 1 - a + (m + 1) * (a - m - 1) / f
        tail, is_upper = factor + mp.log(a / f), True
    return tail if upper == is_upper else mp.log1p(-mp.exp(tail))


def gamma_quantile(m, c, p):
    """Newton's method for log x on the log of the smaller tail, which is concave in it."""
    k = mp.exp(c)
    upper = p > half
    target = mp.log(1 - p if upper else p)

    def off(w):
        return log_gamma_tail(k, mp.exp(w), upper) - target
    w = (mp.log(p) + mp.loggamma(k + 1)) / k  # P < x**k/Gamma(k + 1): not above the root
    while upper and off(w) > 0:
        w += half / 4
    for _ in range(300):
        h = off(w)
        step = -h * mp.exp(h + target - (k * w - mp.exp(w) - mp.loggamma(k)))
        w += -step if upper else step
        if abs(step) < mpf(10)**(4 - mp.dps):
            return mp.exp(m - c + w)
    raise ValueError((m, c, p))


half = mpf(1) / 2
gamma = Family(
    draw=lambda rng: (f32(rng.gauss(0, 2)), f32(rng.gauss(1, 2))),
    log_prob=lambda m, c, y: mp.exp(c) * (c - m) - mp.loggamma(mp.exp(c)) + (mp.exp(c) - 1) * mp.log(y) - y * mp.exp(c - m),
    cdf=lambda m, c, y: mp.exp(log_gamma_tail(mp.exp(c), y * mp.exp(c - m), False)) if y > 0 else mpf(0),
    survival=lambda m, c, y: mp.exp(log_gamma_tail(mp.exp(c), y * mp.exp(c - m), True)) if y > 0 else mpf(1),
    quantile=gamma_quantile,
    spread=lambda rng, m, c: mp.exp(m) * mpf(rng.gammavariate(mp.exp(c), mp.exp(-c)) + 1e-30) * rng.choice([1, 1, 1, 0.01, 20]),
    lower=lambda *p: 0,
    moderate=lambda rng: (f32(rng.gauss(0, 0.7)), f32(rng.uniform(-0.4, 1.5))),
    breaks=lambda m, c: [mp.exp(m) * mpf(k)**(1 if k > 1 else mp.exp(-c)) for k in (1e-6, 0.001, 0.1, 1, 2, 4, 20, 80)])


def student_t(nu):  # of a number of degrees of freedom, a constant of the test
    nu = mpf(nu)

    def constant():  # at the precision of the moment
        return mp.gamma((nu + 1) / 2) / mp.sqrt(nu * mp.pi) / mp.gamma(nu / 2)

    def cdf(z):  # two forms of the incomplete beta function, that of the centre by its odd part
        if z > 1:
            return 1 - cdf(-z)
        if z > -1:
            return half + z * constant() * mp.hyp2f1(half, (nu + 1) / 2, mpf(3) / 2, -z * z / nu)
        return mp.betainc(nu / 2, half, 0, nu / (nu + z * z), regularized=True) / 2

    def quantile(p):
        if p == half:
            return mpf(0)
        if p > half:
            return -quantile(1 - p)
        far = -(p * nu / constant() / nu**((nu + 1) / 2))**(-1 / nu)  # of p = constant * nu**((nu + 1)/2) / (nu * |z|**nu)
        z = far if p < mpf(10)**-3 else normal_quantile(p)
        return mp.findroot(lambda x: mp.log(cdf(x)) - mp.log(p), z, tol=mpf(10)**-90, maxsteps=200)

    return location_scale(lambda z: mp.log(constant()) - (nu + 1) / 2 * mp.log1p(z * z / nu), cdf, lambda z: cdf(-z), quantile, (-1e6, 1e6))


class Counts:
    """A family of whole numbers: cdf and survival of an integer; spread draws one."""

    def __init__(self, draw, moderate, log_prob, log_cdf, log_survival, spread, start):
        self.draw, self.moderate, self.log_prob, self.log_cdf, self.log_survival = draw, moderate, log_prob, log_cdf, log_survival
        self.spread, self.start = spread, start  # start: an integer near the quantile

    def quantile(self, *x):
        *p, level = x

        def reaches(n):
            if n < 0:
                return False
            lower = self.log_cdf(*p, n)
            return lower >= mp.log(level) if level < half else self.log_survival(*p, n) <= mp.log(1 - level)
        n = self.start(*x)
        while not reaches(n):
            n += max(1, n // 1000)
        while reaches(n - 1):
            n -= 1
        return mpf(n)


poisson = Counts(
    draw=lambda rng: (f32(rng.gauss(1, 3)),),
    moderate=lambda rng: (f32(rng.gauss(1, 1)),),
    log_prob=lambda x, y: y * x - mp.exp(x) - mp.loggamma(y + 1),
    log_cdf=lambda x, y: log_gamma_tail(mpf(y + 1), mp.exp(x), True),
    log_survival=lambda x, y: log_gamma_tail(mpf(y + 1), mp.exp(x), False),
    spread=lambda rng, x: int(max(0, mp.exp(x) + mp.exp(x / 2) * rng.gauss(0, 1) * rng.choice([1, 1, 5, 20])) + rng.choice([0, 0, 1, 30])),
    start=lambda x, p: int(max(0, mp.exp(x) + mp.exp(x / 2) * normal_quantile(p) - 2)))


def inverse_gaussian_log_tail(m, c, y, upper):
    mu, l = mp.exp(m), mp.exp(c)
    a, b = mp.sqrt(l / y) * (y / mu - 1), mp.sqrt(l / y) * (y / mu + 1)
    with mp.workdps(2 * mp.dps + 40):  # the upper tail is a difference
        second = mp.exp(2 * l / mu) * normal_cdf(-b)
        return mp.log(normal_cdf(-a) - second) if upper else mp.log(normal_cdf(a) + second)


def inverse_gaussian_quantile(m, c, p):
    upper = p > half
    target = mp.log(1 - p if upper else p)

    def log_density(w):
        y = mp.exp(w)
        return (c - mp.log(2 * mp.pi) - w) / 2 - mp.exp(c) * (y - mp.exp(m))**2 / (2 * mp.exp(2 * m) * y)
    # 2 sinh((w - m)/2) = z/sqrt(phi) is above the root
    w = m + 2 * mp.asinh(normal_quantile(p) * mp.exp((m - c) / 2) / 2)
    while not upper and inverse_gaussian_log_tail(m, c, mp.exp(w), False) > target:
        w -= half / 4
    for _ in range(2000):
        h = inverse_gaussian_log_tail(m, c, mp.exp(w), upper) - target
        step = -h * mp.exp(h + target - log_density(w))
        w += -step if upper else step
        if abs(step) < mpf(10)**(4 - mp.dps):
            return mp.exp(w)
    raise ValueError((m, c, p))


inverse_gaussian = Family(
    draw=lambda rng: (f32(rng.gauss(0, 2)), f32(rng.gauss(0.5, 2))),
    log_prob=lambda m, c, y: (c - mp.log(2 * mp.pi * y**3) - mp.exp(c) * (y - mp.exp(m))**2 / (mp.exp(2 * m) * y)) / 2,
    cdf=lambda m, c, y: mp.exp(inverse_gaussian_log_tail(m, c, y, False)) if y > 0 else mpf(0),
    survival=lambda m, c, y: mp.exp(inverse_gaussian_log_tail(m, c, y, True)) if y > 0 else mpf(1),
    quantile=inverse_gaussian_quantile,
    spread=lambda rng, m, c: mp.exp(m + 2 * mp.asinh(mp.exp((m - c) / 2) * rng.gauss(0, 1) * rng.choice([1, 1, 1, 3]) / 2)),
    lower=lambda *p: 0,
    moderate=lambda rng: (f32(rng.gauss(0, 0.5)), f32(rng.gauss(0.7, 0.7))),
    breaks=lambda m, c: [mp.exp(m) * k for k in (0.01, 0.1, 0.3, 1, 2, 4, 12, 40)],
    crps=False)


def beta_tail(x, c, y, upper):
    """I_y(a, b) or its complement, whichever of both tails converges."""
    a, b = mp.exp(c) / (1 + mp.exp(-x)), mp.exp(c) / (1 + mp.exp(x))
    if upper:
        a, b, y = b, a, 1 - y
    if y > (a + 1) / (a + b + 2):
        return 1 - mp.betainc(b, a, 0, 1 - y, regularized=True)
    return mp.betainc(a, b, 0, y, regularized=True)


def beta_log_prob(x, c, y):
    a, b = mp.exp(c) / (1 + mp.exp(-x)), mp.exp(c) / (1 + mp.exp(x))
    if y == 1:  # what an integral's last point is rounded to: no more probability, for b > 1
        return -mpf(10)**6
    return (a - 1) * mp.log(y) + (b - 1) * mp.log(1 - y) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)


def beta_quantile(x, c, p):
    """Newton's method on the log of the smaller tail, which is concave in the logit of y."""
    if p > half:
        return 1 - beta_quantile(-x, c, 1 - p)
    a, b = mp.exp(c) / (1 + mp.exp(-x)), mp.exp(c) / (1 + mp.exp(x))
    logit = (mp.log(p) + mp.log(a) + mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)) / a
    for _ in range(300):
        y = 1 / (1 + mp.exp(-logit))
        tail = beta_tail(x, c, y, False)
        step = (mp.log(p) - mp.log(tail)) * tail / mp.exp(beta_log_prob(x, c, y)) / (y * (1 - y))
        logit += step
        if abs(step) < mpf(10)**(4 - mp.dps):
            return 1 / (1 + mp.exp(-logit))
    raise ValueError((x, c, p))


beta = Family(
    draw=lambda rng: (f32(rng.gauss(0, 0.7)), f32(max(1, rng.gauss(1.5, 2)))),
    log_prob=beta_log_prob,
    cdf=lambda x, c, y: beta_tail(x, c, y, False),
    survival=lambda x, c, y: beta_tail(x, c, y, True),
    quantile=beta_quantile,
    spread=lambda rng, x, c: min(max(1 / (1 + mp.exp(-x - rng.gauss(0, 1) * rng.choice([1, 1, 4, 12]))), mpf(10)**-30), 1 - mpf(2)**-20),
    lower=lambda *p: 0,
    moderate=lambda rng: (f32(rng.uniform(-1, 1)), f32(rng.uniform(1.6, 3))),
    breaks=lambda x, c: [1 / (1 + mp.exp(-x - k)) for k in (-8, -4, -2, 0, 2, 4, 8)],
    upper=1)

FAMILIES = {
    'laplace': location_scale(lambda z: -abs(z) - mp.log(2), lambda z: mp.exp(z) / 2 if z < 0 else 1 - mp.exp(-z) / 2,
                              lambda z: 1 - mp.exp(z) / 2 if z < 0 else mp.exp(-z) / 2,
                              lambda p: mp.log(2 * p) if p < half else -mp.log(2 * (1 - p)), (-300, 300)),
    'logistic': location_scale(lambda z: -z - 2 * mp.log1p(mp.exp(-z)), lambda z: 1 / (1 + mp.exp(-z)), lambda z: 1 / (1 + mp.exp(z)),
                               lambda p: mp.log(p / (1 - p)), (-300, 300)),
    'gumbel': location_scale(lambda z: -z - mp.exp(-z), lambda z: mp.exp(-mp.exp(-z)), lambda z: -mp.expm1(-mp.exp(-z)),
                             lambda p: -mp.log(-mp.log(p)), (-4.5, 300),
                             breaks=(-4, -2, 0, 2, 8, 40), lower=-7),  # below -7 lies e**-1096
    'asymmetric_laplace': asymmetric(0.9),
    'beta': beta,
    'exponential': exponential,
    'gaussian': location_scale(lambda z: -z**2 / 2 - mp.log(2 * mp.pi) / 2, normal_cdf, lambda z: normal_cdf(-z), normal_quantile, (-100, 100)),
    'student_t': student_t(4.5),
    'weibull': weibull,
    'gamma': gamma,
    'inverse_gaussian': inverse_gaussian,
    'poisson': poisson,
    'log_normal': log_normal,
}


def condition(f, inputs):
    total = mpf(0)
    for i, x in enumerate(inputs):
        h = abs(x) * mpf(10)**-20
        if h == 0:
            continue
        up, down = list(inputs), list(inputs)
        up[i], down[i] = x + h, x - h
        total += abs(x * (f(*up) - f(*down)) / (2 * h))
    return total


def count_rows(name, family):
    """The condition is that of the parameters: integers are exact."""
    rng = random.Random(name)
    for function in ('log_prob', 'log_cdf', 'log_survival'):
        f = getattr(family, function)
        for _ in range(50):
            p = family.draw(rng)
            y = family.spread(rng, *p)
            yield function, (*p, y), f(*p, y), condition(lambda *q: f(*q, y), p)
    for _ in range(50):
        p = family.draw(rng)
        level = f32(rng.choice([rng.random(), 10**rng.uniform(-30, 0), 1 - 10**rng.uniform(-6, 0)]))
        if not 0 < level < 1:
            level = half
        yield 'quantile', (*p, level), family.quantile(*p, level), 0
    for _ in range(6):
        p = family.moderate(rng)
        probabilities = []
        while len(probabilities) < 20 or probabilities[-1] > mpf(10)**-30 or probabilities[-1] > probabilities[-2]:
            probabilities.append(mp.exp(family.log_prob(*p, len(probabilities))))
        mean = sum(y * q for y, q in enumerate(probabilities))
        yield 'mean', p, mean, mean
        variance = sum((y - mean)**2 * q for y, q in enumerate(probabilities))
        yield 'variance', p, variance, variance
        yield 'median', p, family.quantile(*p, half), 0
        y = family.spread(rng, *p)
        crps, cdf = mpf(0), mpf(0)
        for n in range(max(y, len(probabilities))):
            cdf += probabilities[n] if n < len(probabilities) else 0
            crps += (cdf - (n >= y))**2
        yield 'crps', (*p, y), crps, crps + y + mean


def rows(name, family):
    if isinstance(family, Counts):
        yield from count_rows(name, family)
        return
    rng = random.Random(name)
    functions = {
        'log_prob': family.log_prob,
        'log_cdf': lambda *x: mp.log(family.cdf(*x)),
        'log_survival': lambda *x: mp.log(family.survival(*x)),
    }
    for function, f in functions.items():
        for _ in range(50):
            p = family.draw(rng)
            x = (*p, f32(family.spread(rng, *p)))
            yield function, x, f(*x), condition(f, x)
    for i in range(50):
        p = family.draw(rng)
        level = f32(rng.choice([rng.random(), 10**rng.uniform(-30, 0), 1 - 10**rng.uniform(-6, 0)]))
        if not 0 < level < 1:
            level = half
        x = (*p, level)
        yield 'quantile', x, family.quantile(*x), condition(family.quantile, x)
    for _ in range(6):
        p = family.moderate(rng)
        points = [family.lower(*p), *family.breaks(*p), family.upper]

        def expect(g):
            return mp.quad(lambda y: g(y) * mp.exp(family.log_prob(*p, y)), points)

        mp.dps = 25
        mean = expect(lambda y: y)
        yield 'mean', p, mean, abs(mean)
        variance = expect(lambda y: (y - mean)**2)
        yield 'variance', p, variance, variance
        entropy = expect(lambda y: -family.log_prob(*p, y))
        yield 'entropy', p, entropy, max(1, abs(entropy))
        median = family.quantile(*p, half)
        yield 'median', p, median, max(abs(median), abs(p[0]))
        if not family.crps:
            mp.dps = 60
            continue
        y = f32(family.spread(rng, *p))
        below = sorted([family.lower(*p), *[b for b in family.breaks(*p) if b < y], y])
        above = sorted([y, *[b for b in family.breaks(*p) if b > y], family.upper])
        crps = mp.quad(lambda t: family.cdf(*p, t)**2, below) + mp.quad(lambda t: family.survival(*p, t)**2, above)
        yield 'crps', (*p, y), crps, crps + abs(y) + abs(mean)
        mp.dps = 60


def main():
    for name in sys.argv[1:] or FAMILIES:
        with open(Path(__file__).with_name(name + '.csv'), 'w') as file:
            file.write('function,parameter_1,parameter_2,argument,value,condition\n')
            for function, x, value, size in rows(name, FAMILIES[name]):
                count = len(x) if function in ('mean', 'variance', 'entropy', 'median') else len(x) - 1
                cells = [repr(float(v)) for v in x[:count]] + [''] * (2 - count) + [repr(float(x[-1])) if count < len(x) else '']
                file.write(','.join([function, *cells, mp.nstr(value, 17, min_fixed=1, max_fixed=0), mp.nstr(size, 3, min_fixed=1, max_fixed=0)]) + '\n')


if __name__ == '__main__':
    main()
