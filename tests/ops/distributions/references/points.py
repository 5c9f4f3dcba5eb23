"""What the scripts beside this file share: float32 inputs, how well conditioned a value is, and rows of CSV files.

A value's condition is the sum over its inputs x of |x * d value/dx|: a change of every input by one unit in its last place, relative to it
eps, changes the value by at most eps * condition.
"""
import random
import struct
from multiprocessing import Pool

from mpmath import mp, mpf

mp.dps = 60
INF = mp.inf
half = mpf(1) / 2
COUNT = 200  # of each function


def f32(x):
    return mpf(struct.unpack('f', struct.pack('f', float(x)))[0])


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


def condition_of_quantile(cdf, survival, density, p, level, y):
    """Of the y at which cdf(p, y) = level, by differentiating that: dy/dlevel = 1/density, dy/dp = -(dcdf/dp)/density."""
    tail = cdf if level < half else survival
    return (condition(lambda *q: tail(*q, y), p) + level) / density(*p, y)


def level(rng):
    """A probability, which is near 0 or 1 in two of three draws."""
    p = f32(rng.choice([rng.random(), 10**rng.uniform(-30, 0), 1 - 10**rng.uniform(-6, 0)]))
    return p if 0 < p < 1 else half


def number(value, digits=17):
    return mp.nstr(value, digits, min_fixed=1, max_fixed=0)


def write(folder, header, lines_of, tasks):
    """folder/FAMILY.csv of what lines_of((family, function)) returns for each of the tasks: a process each, with random numbers by name."""
    with Pool() as pool:
        results = dict(zip(tasks, pool.map(lines_of, tasks, chunksize=1)))
    for family in dict(tasks):
        with open(folder / (family + '.csv'), 'w') as file:
            file.write(header + '\n')
            for task in tasks:
                if task[0] == family:
                    file.writelines(line + '\n' for line in results[task])


def generator(task):
    return random.Random(' '.join(task))
