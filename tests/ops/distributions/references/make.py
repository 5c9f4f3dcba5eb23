#!/usr/bin/env python3
"""Writes FAMILY.csv beside this file: values of each family's functions, from textbook formulas at 60 digits (mpmath 1.3).

A row: function, the family's parameters (two columns, the second empty if there is one), argument, value, condition. Parameters and
arguments are float32 numbers, 200 of them for each of log_prob, log_cdf, log_survival and quantile. What condition is, points.py says.
Usage: make.py [FAMILY...]
"""
import sys
from pathlib import Path

import beta
import continuous
import counts
import location_scale
import positive
from points import number, write

FAMILIES = {**beta.FAMILIES, **location_scale.FAMILIES, **positive.FAMILIES, **counts.FAMILIES}


def kind(name):
    return counts if name in counts.FAMILIES else continuous


def lines_of(task):
    lines = []
    for function, x, value, size in kind(task[0]).rows(*task, FAMILIES[task[0]]):
        parameters = len(x) if function in ('mean', 'variance', 'entropy', 'median') else len(x) - 1
        cells = [repr(float(v)) for v in x[:parameters]] + [''] * (2 - parameters) + [repr(float(x[-1])) if parameters < len(x) else '']
        lines.append(','.join([function, *cells, number(value), number(size, 3)]))
    return lines


if __name__ == '__main__':
    write(Path(__file__).parent, 'function,parameter_1,parameter_2,argument,value,condition', lines_of,
          [(name, function) for name in sys.argv[1:] or FAMILIES for function in kind(name).FUNCTIONS])
