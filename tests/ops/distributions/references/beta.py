"""Beta, from the logit of its mean and the log of its precision."""
from continuous import Family
from mpmath import mp, mpf
from points import f32, half


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

FAMILIES = {'beta': beta}
