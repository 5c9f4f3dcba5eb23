#!/usr/bin/env python3
"""Writes penguins.csv from the penguins.csv of the palmerpenguins package, and checks what README.md says of it.

    pip install palmerpenguins==0.1.6 numpy scipy
    ./make_penguins.py SITE_PACKAGES/palmerpenguins/data/penguins.csv

The check: a maximum-likelihood estimate of a softmax regression exists and is unique if and only if the
features and a constant are linearly independent and no direction B = (b_1, ..., b_K) but the zero one, b_K = 0, has
(b_y - b_k) . x >= 0 for every row (x, y) and every class k (Albert & Anderson 1984, doi:10.1093/biomet/71.1.1).
Such directions are searched for by a linear program: the greatest sum of these margins, each at least 0,
for B in a box. A greatest sum of 0 means that there are none.
"""
import csv
import hashlib
import pathlib
import sys

import numpy as np
from scipy.optimize import linprog

SOURCE_SHA256 = "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93"
CODES = {
    "species": ["Adelie", "Chinstrap", "Gentoo"],
    "island": ["Biscoe", "Dream", "Torgersen"],
    "sex": ["female", "male"],
}
FEATURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
COLUMNS = FEATURES + ["year", "species", "island", "sex"]


def coded(row):
    return [str(CODES[name].index(row[name])) if name in CODES else row[name] for name in COLUMNS]


def greatest_margin(features, labels):
    """The linear program's optimum: 0 if the maximum-likelihood estimate exists, positive if a direction separates."""
    scaled = (features - features.mean(0)) / features.std(0)
    x = np.column_stack([np.ones(len(scaled)), scaled])
    assert np.linalg.matrix_rank(x) == x.shape[1]
    n, d = x.shape
    classes = labels.max() + 1
    margins = []
    for k in range(classes):
        rows = np.zeros((n, classes, d))
        rows[np.arange(n), labels] += x
        rows[:, k] -= x
        margins.append(rows[labels != k, :-1].reshape(-1, (classes - 1) * d))  # b_K = 0
    margins = np.concatenate(margins)
    result = linprog(-margins.sum(0), A_ub=-margins, b_ub=np.zeros(len(margins)), bounds=(-1, 1), method="highs")
    assert result.status == 0, result.message
    return -result.fun + 0.0  # no negative zero


def main(source):
    source = pathlib.Path(source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    if digest != SOURCE_SHA256:
        sys.exit(f"{source} is not the file of palmerpenguins 0.1.6: its SHA-256 is {digest}")
    with source.open(newline="") as file:
        rows = [coded(row) for row in csv.DictReader(file) if "NA" not in row.values()]
    target = pathlib.Path(__file__).with_name("penguins.csv")
    target.write_text("\n".join([",".join(COLUMNS)] + [",".join(row) for row in rows]) + "\n")
    print(f"{target.name}: {len(rows)} rows, SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}")

    values = np.array(rows, dtype=float)
    for name in CODES:
        labels = values[:, COLUMNS.index(name)].astype(int)
        margin = greatest_margin(values[:, : len(FEATURES)], labels)
        print(f"{name} from the four measurements: greatest margin {margin:.3g}, classes {np.bincount(labels)}")


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
