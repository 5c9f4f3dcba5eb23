#!/usr/bin/env python3
"""Records trajectories.csv: parameters after 1, 2, 10 and 100 steps of each optimiser, in float64, on f = sum c (th^2 - 1)^2 / 4.

PyTorch's optimisers where it has them; Lion and LAMB transcribed from the updates that their papers print (arXiv:2302.06675, program 1;
arXiv:1904.00962, algorithm 2). Two parameters of two elements each. Usage: trajectories.py > trajectories.csv
"""
import numpy as np
import torch

C = torch.tensor([1.0, 0.3, 2.0, 0.01], dtype=torch.float64)
START = [0.5, -1.7, 0.03, 2.25]
STEPS = (1, 2, 10, 100)


def report(name, step, theta):
    print(",".join([name, str(step), *(repr(float(t)) for t in theta)]))


def with_torch(name, make, before_step=lambda parameters: None, schedule=None):
    a, b = (torch.tensor(START[i:i + 2], dtype=torch.float64, requires_grad=True) for i in (0, 2))
    optimizer = make([a, b])
    scheduler = schedule(optimizer) if schedule else None
    for step in range(1, max(STEPS) + 1):
        optimizer.zero_grad()
        theta = torch.cat([a, b])
        (C * (theta**2 - 1) ** 2 / 4).sum().backward()
        before_step([a, b])
        optimizer.step()
        if scheduler:
            scheduler.step()
        if step in STEPS:
            report(name, step, torch.cat([a, b]).detach())


def clip_by_norm(parameters, norm):
    """As in arXiv:1211.5063; PyTorch's own divides by the norm + 1e-6."""
    size = torch.sqrt(sum((p.grad**2).sum() for p in parameters))
    if size > norm:
        for p in parameters:
            p.grad *= norm / size


def gradient(theta):
    return C.numpy() * theta * (theta**2 - 1)


def lion(name, rate, b1, b2, decay):
    theta, m = np.array(START), np.zeros(4)
    for step in range(1, max(STEPS) + 1):
        g = gradient(theta)
        update = np.sign(b1 * m + (1 - b1) * g)
        m = b2 * m + (1 - b2) * g
        theta = theta - rate * (update + decay * theta)
        if step in STEPS:
            report(name, step, theta)


def lamb(name, rate, b1, b2, eps, decay):
    theta, m, v = np.array(START), np.zeros(4), np.zeros(4)
    for t in range(1, max(STEPS) + 1):
        g = gradient(theta)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        r = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps) + decay * theta
        for part in (slice(0, 2), slice(2, 4)):
            norm, size = np.linalg.norm(theta[part]), np.linalg.norm(r[part])
            theta[part] = theta[part] - rate * (norm / size if norm > 0 and size > 0 else 1) * r[part]
        if t in STEPS:
            report(name, t, theta)


print("optimizer,step,a0,a1,b0,b1")
with_torch("sgd_nesterov", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True))
with_torch("adamw", lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1))
with_torch("rmsprop", lambda p: torch.optim.RMSprop(p, lr=0.01))
with_torch("rmsprop_centered", lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-4, momentum=0.5, centered=True))
with_torch("adagrad", lambda p: torch.optim.Adagrad(p, lr=0.2))
with_torch("adadelta", lambda p: torch.optim.Adadelta(p, lr=1.0))
with_torch("sgd_decay", lambda p: torch.optim.AdamW(p, lr=0.02, betas=(0.0, 0.5), eps=1e-2, weight_decay=0.5))
with_torch("sgd_clip_norm", lambda p: torch.optim.SGD(p, lr=0.05), lambda p: clip_by_norm(p, 0.3))
with_torch("sgd_clip_value", lambda p: torch.optim.SGD(p, lr=0.05), lambda p: torch.nn.utils.clip_grad_value_(p, 0.2))
with_torch("sgd_groups", lambda p: torch.optim.SGD([{"params": p[:1], "lr": 0.1}, {"params": p[1:]}], lr=0.05, momentum=0.9))
with_torch("adamw_groups", lambda p: torch.optim.AdamW([{"params": p[:1], "weight_decay": 0.0}, {"params": p[1:]}], lr=0.05, weight_decay=0.2))
with_torch("sgd_one_cycle", lambda p: torch.optim.SGD(p, lr=0.1),
           schedule=lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.2, total_steps=101, cycle_momentum=False))
with_torch("sgd_restarts", lambda p: torch.optim.SGD(p, lr=0.1),
           schedule=lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=7, T_mult=2, eta_min=0.001))
with_torch("sgd_polynomial", lambda p: torch.optim.SGD(p, lr=0.1), schedule=lambda o: torch.optim.lr_scheduler.PolynomialLR(o, total_iters=60, power=2.0))
with_torch("sgd_exponential", lambda p: torch.optim.SGD(p, lr=0.1), schedule=lambda o: torch.optim.lr_scheduler.ExponentialLR(o, gamma=0.97))
lion("lion", 0.01, 0.9, 0.99, 0.1)
lamb("lamb", 0.02, 0.9, 0.999, 1e-6, 0.01)
