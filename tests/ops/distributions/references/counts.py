"""Families of counts. The condition of a value is that of the parameters alone: counts are exact."""
from mpmath import mp, mpf
from points import COUNT, condition, f32, generator, half, level
from positive import log_gamma_tail

FUNCTIONS = ('log_prob', 'log_cdf', 'log_survival', 'quantile', 'moments')


class Counts:
    """The logs of tails are of an integer; spread draws one. No draw is above `last`."""

    def __init__(self, draw, moderate, log_prob, log_cdf, log_survival, spread, crps=False, last=mp.inf):
        self.draw, self.moderate, self.log_prob, self.log_cdf, self.log_survival = draw, moderate, log_prob, log_cdf, log_survival
        self.spread, self.crps, self.last = spread, crps, last

    def quantile(self, *x):
        """The least count whose distribution function reaches the level, by bisection."""
        *p, probability = x

        def reaches(n):
            if n >= self.last:
                return True
            lower = self.log_cdf(*p, n)
            return lower >= mp.log(probability) if probability < half else self.log_survival(*p, n) <= mp.log(1 - probability)

        if reaches(0):
            return mpf(0)
        low, high = 0, 1
        while not reaches(high):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if reaches(middle) else (middle, high)
        return mpf(high)


def rows(name, function, family):
    rng = generator((name, function))
    if function == 'moments':
        for _ in range(6):
            yield from moments(rng, family)
        return
    f = getattr(family, function)
    for _ in range(COUNT):
        p = family.draw(rng)
        if function == 'quantile':
            x = (*p, level(rng))
            while on_a_step(f, p, x[-1]):
                x = (*p, level(rng))
            yield function, x, f(*x), 0
        else:
            y = family.spread(rng, *p)
            while function != 'log_prob' and (y >= family.last or abs(f(*p, y)) < mpf(10)**-300):  # a probability of 1 or 0, or no float64
                p = family.draw(rng)
                y = family.spread(rng, *p)
            yield function, (*p, y), f(*p, y), condition(lambda *q: f(*q, y), p)


def on_a_step(quantile, p, level):
    """Is the distribution function of a count the level when rounded to float32? Then the quantile in float32 is that count."""
    ulp = mpf(2)**-23
    return level * (1 + ulp) >= 1 or quantile(*p, level * (1 - ulp)) != quantile(*p, level * (1 + ulp))


def moments(rng, family):
    """From sums over the probabilities."""
    p = family.moderate(rng)
    probabilities = []
    while len(probabilities) <= family.last and (len(probabilities) < 20 or probabilities[-1] > mpf(10)**-30
                                                 or probabilities[-1] > probabilities[-2]):
        probabilities.append(mp.exp(family.log_prob(*p, len(probabilities))))
    mean = sum(y * q for y, q in enumerate(probabilities))
    yield 'mean', p, mean, mean
    variance = sum((y - mean)**2 * q for y, q in enumerate(probabilities))
    yield 'variance', p, variance, variance
    yield 'median', p, family.quantile(*p, half), 0
    if not family.crps:
        return
    y = family.spread(rng, *p)
    crps, cdf = mpf(0), mpf(0)
    for n in range(max(y, len(probabilities))):
        cdf += probabilities[n] if n < len(probabilities) else 0
        crps += (cdf - (n >= y))**2
    yield 'crps', (*p, y), crps, crps + y + mean


poisson = Counts(
    draw=lambda rng: (f32(rng.gauss(1, 3)),),
    moderate=lambda rng: (f32(rng.gauss(1, 1)),),
    log_prob=lambda x, y: y * x - mp.exp(x) - mp.loggamma(y + 1),
    log_cdf=lambda x, y: log_gamma_tail(mpf(y + 1), mp.exp(x), True),
    log_survival=lambda x, y: log_gamma_tail(mpf(y + 1), mp.exp(x), False),
    spread=lambda rng, x: int(max(0, mp.exp(x) + mp.exp(x / 2) * rng.gauss(0, 1) * rng.choice([1, 1, 5, 20])) + rng.choice([0, 0, 1, 30])),
    crps=True)


def log_beta_tail(a, b, x, upper):
    """log of I_x(a, b) or of what it lacks of 1, by the continued fraction 8.17.22 of the Digital Library of Mathematical Functions, which
    converges for x < (a + 1)/(a + b + 2), evaluated by Lentz's method; beyond by I_x(a, b) = 1 - I_(1 - x)(b, a)."""
    if x >= (a + 1) / (a + b + 2):
        return log_beta_tail(b, a, 1 - x, not upper)
    tiny, f, c, d, m = mpf(10)**-200, mpf(1), mpf(1), mpf(0), 0
    while True:
        k = m // 2
        if m == 0:
            term = mpf(1)
        elif m % 2 == 0:
            term = k * (b - k) * x / ((a + m - 1) * (a + m))
        else:
            term = -(a + k) * (a + b + k) * x / ((a + m - 1) * (a + m))
        d = 1 / ((1 + term * d) or tiny)
        c = (1 + term / c) or tiny
        f *= c * d
        if m > 0 and abs(c * d - 1) < mpf(10)**-(mp.dps + 5):
            break
        m += 1
    log_tail = a * mp.log(x) + b * mp.log(1 - x) - mp.log(a) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b) + mp.log(f - 1)
    return mp.log1p(-mp.exp(log_tail)) if upper else log_tail


def negative_binomial_tail(m, c, y, upper):
    mu, r = mp.exp(m), mp.exp(c)
    return log_beta_tail(r, mpf(y + 1), r / (r + mu), upper)


def negative_binomial_spread(rng, m, c):
    rate = mp.exp(m) * rng.gammavariate(float(mp.exp(c)), float(mp.exp(-c)))
    y = rate + mp.sqrt(rate) * rng.gauss(0, 1)
    return int(max(0, y) * rng.choice([1, 1, 1, 4])) + rng.choice([0, 0, 1, 30])


negative_binomial = Counts(
    draw=lambda rng: (f32(rng.gauss(1, 2.5)), f32(rng.choice([rng.gauss(0.5, 1.5), rng.gauss(0.5, 1.5), rng.uniform(4, 18)]))),
    moderate=lambda rng: (f32(rng.gauss(0.5, 0.7)), f32(rng.gauss(1, 0.7))),
    log_prob=lambda m, c, y: mp.loggamma(mp.exp(c) + y) - mp.loggamma(mp.exp(c)) - mp.loggamma(y + 1) - mp.exp(c) * mp.log1p(mp.exp(m - c)) -
    y * mp.log1p(mp.exp(c - m)),
    log_cdf=lambda m, c, y: negative_binomial_tail(m, c, y, False),
    log_survival=lambda m, c, y: negative_binomial_tail(m, c, y, True),
    spread=negative_binomial_spread)

TRIALS = 100  # a constant of the test


def binomial_log_prob(x, y):
    return mp.loggamma(TRIALS + 1) - mp.loggamma(y + 1) - mp.loggamma(TRIALS - y + 1) + y * x - TRIALS * mp.log1p(mp.exp(x))


binomial = Counts(
    draw=lambda rng: (f32(rng.gauss(0, rng.choice([1, 1, 4, 20]))),),
    moderate=lambda rng: (f32(rng.gauss(0, 1.5)),),
    log_prob=binomial_log_prob,
    log_cdf=lambda x, y: mp.log(mp.fsum(mp.exp(binomial_log_prob(x, k)) for k in range(y + 1))),
    log_survival=lambda x, y: mp.log(mp.fsum(mp.exp(binomial_log_prob(x, k)) for k in range(y + 1, TRIALS + 1))),
    spread=lambda rng, x: min(TRIALS, max(0, rng.choice([rng.randrange(TRIALS + 1), round(TRIALS / (1 + mp.exp(-x)) + 5 * rng.gauss(0, 1))]))),
    last=TRIALS)

FAMILIES = {'poisson': poisson, 'negative_binomial': negative_binomial, 'binomial': binomial}
