"""What is recorded of a continuous family: a row is a function, its inputs, the value and the value's condition (points.py)."""
from mpmath import mp, mpf
from points import COUNT, INF, condition, condition_of_quantile, f32, generator, half, level

FUNCTIONS = ('log_prob', 'log_cdf', 'log_survival', 'quantile', 'moments')


class Family:
    """draw: parameters, with moderate ones for integrals; spread: a target worth testing; lower, breaks, upper: where integrals are cut."""

    def __init__(self, draw, log_prob, cdf, survival, quantile, spread, lower, moderate=None, breaks=lambda *p: [], crps=True, upper=INF):
        self.draw, self.log_prob, self.cdf, self.survival, self.quantile = draw, log_prob, cdf, survival, quantile
        self.spread, self.lower, self.moderate, self.breaks, self.crps, self.upper = spread, lower, moderate, breaks, crps, upper


def target(rng, family, p):
    """A float32 number that is not subnormal: those have few digits, and are flushed to 0."""
    while True:
        y = f32(family.spread(rng, *p))
        if mpf(2)**-126 <= abs(y) < INF:
            return y


def rows(name, function, family):
    rng = generator((name, function))
    if function == 'moments':
        for _ in range(6):
            yield from moments(rng, family)
        return
    f = {
        'log_prob': family.log_prob,
        'log_cdf': lambda *x: mp.log(family.cdf(*x)),
        'log_survival': lambda *x: mp.log(family.survival(*x)),
        'quantile': family.quantile,
    }[function]
    for _ in range(COUNT):
        p = family.draw(rng)
        if function == 'quantile':
            x = (*p, level(rng))
            y = f(*x)
            while not mpf(10)**-300 < abs(y) < mpf(10)**300:  # no float64
                p = family.draw(rng)
                x = (*p, level(rng))
                y = f(*x)
            yield function, x, y, condition_of_quantile(family.cdf, family.survival, lambda *q: mp.exp(family.log_prob(*q)), p, x[-1], y)
        else:
            x = (*p, target(rng, family, p))
            yield function, x, f(*x), condition(f, x)


def moments(rng, family):
    """From integrals over the density or distribution function, not from closed forms."""
    p = family.moderate(rng)
    points = [family.lower(*p), *family.breaks(*p), family.upper]
    median = family.quantile(*p, half)
    yield 'median', p, median, max(abs(median), abs(p[0]))
    with mp.workdps(25):

        def expect(g):
            return mp.quad(lambda y: g(y) * mp.exp(family.log_prob(*p, y)), points)

        mean = expect(lambda y: y)
        yield 'mean', p, mean, abs(mean)
        variance = expect(lambda y: (y - mean)**2)
        yield 'variance', p, variance, variance
        entropy = expect(lambda y: -family.log_prob(*p, y))
        yield 'entropy', p, entropy, max(1, abs(entropy))
        if not family.crps:
            return
        y = target(rng, family, p)
        below = sorted([family.lower(*p), *[b for b in family.breaks(*p) if b < y], y])
        above = sorted([y, *[b for b in family.breaks(*p) if b > y], family.upper])
        crps = mp.quad(lambda t: family.cdf(*p, t)**2, below) + mp.quad(lambda t: family.survival(*p, t)**2, above)
        yield 'crps', (*p, y), crps, crps + abs(y) + abs(mean)
