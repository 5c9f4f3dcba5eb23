#!/usr/bin/env python3
"""Writes metrics_reference.h: predictions drawn at random, with ties and weights of 0, and what scikit-learn makes of them.

    pip install scikit-learn==1.9.1 scipy && python3 metrics_reference.py >metrics_reference.h
"""
import numpy as np
import sklearn
from scipy import stats
from sklearn import metrics

rng = np.random.default_rng(20240611)
rows, classes = 60, 7
# Eighths, so that scores tie and float32 holds them exactly; the mode is unique, and the class itself never ties, since orders of ties differ.
while True:
    logits = rng.integers(-12, 12, (rows, classes)) / 8
    labels = rng.integers(0, classes, rows)
    logits[np.arange(rows), labels] += 0.75 + 1 / 16
    best = np.sort(logits, axis=1)
    if (best[:, -1] > best[:, -2]).all():
        break
weights = rng.integers(0, 5, rows) / 2
probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
modes = logits.argmax(axis=1)
w = dict(sample_weight=weights)


def array(name, values):
    values = np.asarray(values)
    text = ", ".join(repr(v) for v in values.ravel().tolist())
    kind = "double" if values.dtype.kind == "f" else "int"
    print(f"inline constexpr {kind} {name}[] = {{{text}}};")


def number(name, value):
    print(f"inline constexpr double {name} = {float(value)!r};")


print(f"#pragma once\n// Written by metrics_reference.py with scikit-learn {sklearn.__version__}.\n")
print("namespace loglik::reference {\n// clang-format off")
print(f"inline constexpr int rows = {rows}, classes = {classes};")
array("logits", logits)
array("labels", labels)
array("weights", weights)
number("log_loss", metrics.log_loss(labels, probabilities, labels=range(classes), **w))
number("accuracy", metrics.accuracy_score(labels, modes, **w))
array("top", [metrics.top_k_accuracy_score(labels, probabilities, k=k, labels=range(classes), **w) for k in range(1, 6)])
array("confusion", metrics.confusion_matrix(labels, modes, labels=range(classes), **w).astype(float))
# Of logits: many tie exactly, of probabilities none.
array("auroc_of_logits", [metrics.roc_auc_score(labels == k, logits[:, k], **w) for k in range(classes)])
array("auroc", [metrics.roc_auc_score(labels == k, probabilities[:, k], **w) for k in range(classes)])
number("mean_auroc", metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro", **w))

means = rng.integers(-40, 40, rows) / 8
targets = means + rng.integers(-24, 24, rows) / 16
cdf = stats.norm.cdf(targets - means)
number("rmse", metrics.mean_squared_error(targets, means, **w) ** 0.5)
number("mae", metrics.mean_absolute_error(targets, means, **w))
number("r2", metrics.r2_score(targets, means, **w))
array("means", means)
array("targets", targets)
array("coverage", [np.average(np.abs(cdf - 0.5) <= level / 2, weights=weights) for level in (0.5, 0.9, 0.95)])
array("transform", np.histogram(cdf, 20, (0, 1), weights=weights)[0] / weights.sum())

labels = (rng.random(rows) < 0.4).astype(int)
number("binary_auroc", metrics.roc_auc_score(labels, logits[:, 0], **w))
number("binary_accuracy", metrics.accuracy_score(labels, logits[:, 0] > 0, **w))
array("binary_confusion", metrics.confusion_matrix(labels, logits[:, 0] > 0, **w).astype(float))
array("binary_labels", labels)
print("}  // namespace loglik::reference")
