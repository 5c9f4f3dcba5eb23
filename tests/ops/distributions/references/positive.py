"""Families of positive numbers."""
from continuous import Family
from location_scale import normal_cdf, normal_quantile
from mpmath import mp, mpf
from points import f32, half

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

FAMILIES = {
    'exponential': exponential,
    'weibull': weibull,
    'gamma': gamma,
    'inverse_gaussian': inverse_gaussian,
    'log_normal': log_normal,
}
