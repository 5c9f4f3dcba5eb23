"""Families of z = (y - location) * e**-log_scale on the real line."""
from continuous import Family
from mpmath import mp, mpf
from points import INF, f32, half


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
    if p > half:
        return -normal_quantile(1 - p)
    if p < mpf(1) / 100:
        z = -mp.sqrt(-2 * mp.log(p))
    return mp.findroot(lambda x: mp.log(normal_cdf(x)) - mp.log(p), z, tol=mpf(10) ** -90, maxsteps=200)


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
    'gaussian': location_scale(lambda z: -z**2 / 2 - mp.log(2 * mp.pi) / 2, normal_cdf, lambda z: normal_cdf(-z), normal_quantile, (-100, 100)),
    'student_t': student_t(4.5),
}
