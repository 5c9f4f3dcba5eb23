#!/usr/bin/env python3
"""Time of one training step (forward, backward, update) of small models in PyTorch on the CPU, or of a prediction.

Prints one JSON object per workload: {"workload", "batch", "threads", "step_us" (median), "min_us", "params"}.
Usage: torch_steps.py [--threads N] [--seconds S] [--compile] [--predict N] [WORKLOAD ...]
"""
import argparse, json, sys, time, statistics
import torch, torch.nn as nn, torch.nn.functional as F

def mlp():
    m = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    x, y = torch.randn(64, 784), torch.randint(0, 10, (64,))
    return m, torch.optim.Adam, lambda: F.cross_entropy(m(x), y), 64

def tiny():
    m = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    x, y = torch.randn(32, 8), torch.randn(32, 1)
    return m, torch.optim.Adam, lambda: F.mse_loss(m(x), y), 32

def lenet():
    m = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    x, y = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    return m, torch.optim.Adam, lambda: F.cross_entropy(m(x), y), 64

def cnn():
    m = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(.25),
                      nn.Flatten(), nn.Linear(64*14*14, 128), nn.ReLU(), nn.Dropout(.5), nn.Linear(128, 10))
    x, y = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    return m, torch.optim.Adam, lambda: F.cross_entropy(m(x), y), 64

class Block(nn.Module):
    def __init__(s, i, o, st):
        super().__init__()
        s.c1, s.b1 = nn.Conv2d(i, o, 3, st, 1, bias=False), nn.BatchNorm2d(o)
        s.c2, s.b2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        s.sc = nn.Sequential() if st == 1 and i == o else nn.Sequential(nn.Conv2d(i, o, 1, st, bias=False), nn.BatchNorm2d(o))
    def forward(s, x):
        return F.relu(s.b2(s.c2(F.relu(s.b1(s.c1(x))))) + s.sc(x))

def resnet20():
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    i = 16
    for o, st in ((16, 1), (32, 2), (64, 2)):
        for k in range(3):
            layers.append(Block(i, o, st if k == 0 else 1)); i = o
    m = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    x, y = torch.randn(64, 3, 32, 32), torch.randint(0, 10, (64,))
    return m, torch.optim.Adam, lambda: F.cross_entropy(m(x), y), 64

class VAE(nn.Module):
    def __init__(s):
        super().__init__()
        s.e, s.mu, s.lv = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        s.d1, s.d2 = nn.Linear(20, 400), nn.Linear(400, 784)
    def loss(s, x):
        h = F.relu(s.e(x)); mu, lv = s.mu(h), s.lv(h)
        z = mu + torch.randn_like(mu) * torch.exp(.5 * lv)
        l = s.d2(F.relu(s.d1(z)))
        return (F.binary_cross_entropy_with_logits(l, x, reduction='sum') - .5 * torch.sum(1 + lv - mu * mu - lv.exp())) / x.shape[0]

def vae():
    m = VAE(); x = torch.rand(128, 784)
    return m, torch.optim.Adam, lambda: m.loss(x), 128

class LSTMLM(nn.Module):
    def __init__(s, v=65, e=128, h=256):
        super().__init__()
        s.emb, s.rnn, s.out = nn.Embedding(v, e), nn.LSTM(e, h, batch_first=True), nn.Linear(h, v)
    def forward(s, x):
        return s.out(s.rnn(s.emb(x))[0])

def lstm():
    m = LSTMLM(); x, y = torch.randint(0, 65, (32, 64)), torch.randint(0, 65, (32, 64))
    return m, torch.optim.Adam, lambda: F.cross_entropy(m(x).reshape(-1, 65), y.reshape(-1)), 32

class GBlock(nn.Module):
    def __init__(s, d, h):
        super().__init__()
        s.l1, s.l2, s.h = nn.LayerNorm(d), nn.LayerNorm(d), h
        s.qkv, s.pr, s.f1, s.f2 = nn.Linear(d, 3*d), nn.Linear(d, d), nn.Linear(d, 4*d), nn.Linear(4*d, d)
    def forward(s, x):
        B, T, C = x.shape
        q, k, v = s.qkv(s.l1(x)).split(C, 2)
        q, k, v = (t.view(B, T, s.h, C//s.h).transpose(1, 2) for t in (q, k, v))
        if hasattr(F, 'scaled_dot_product_attention'):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            a = (q @ k.transpose(-2, -1)) * (1.0 / (C//s.h) ** .5)
            a = a.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), float('-inf')).softmax(-1)
            y = a @ v
        x = x + s.pr(y.transpose(1, 2).reshape(B, T, C))
        return x + s.f2(F.gelu(s.f1(s.l2(x))))

class GPT(nn.Module):
    def __init__(s, v=65, T=64, d=128, h=4, n=4):
        super().__init__()
        s.te, s.pe, s.T = nn.Embedding(v, d), nn.Embedding(T, d), T
        s.bl, s.ln, s.hd = nn.Sequential(*[GBlock(d, h) for _ in range(n)]), nn.LayerNorm(d), nn.Linear(d, v, bias=False)
    def forward(s, x):
        return s.hd(s.ln(s.bl(s.te(x) + s.pe(torch.arange(x.shape[1])))))

def gpt():
    m = GPT(); x, y = torch.randint(0, 65, (12, 64)), torch.randint(0, 65, (12, 64))
    return m, torch.optim.AdamW, lambda: F.cross_entropy(m(x).view(-1, 65), y.view(-1)), 12

def mdn():
    K = 5
    m = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 3*K))
    x, y = torch.randn(256, 1), torch.randn(256, 1)
    def loss():
        a, mu, s = m(x).chunk(3, 1)
        comp = torch.distributions.Normal(mu, F.softplus(s) + 1e-4)
        return -torch.logsumexp(F.log_softmax(a, 1) + comp.log_prob(y), 1).mean()
    return m, torch.optim.Adam, loss, 256

ALL = dict(tiny=tiny, mlp=mlp, vae=vae, mdn=mdn, lenet=lenet, cnn=cnn, resnet20=resnet20, lstm=lstm, gpt=gpt)

INPUTS = dict(tiny=(8,), mlp=(784,), mdn=(1,), lenet=(1, 28, 28), cnn=(1, 28, 28), resnet20=(3, 32, 32))

def predict(w, m, a):
    if w not in INPUTS: return
    m.eval(); x = torch.randn(a.predict, *INPUTS[w]); f = torch.compile(m) if a.compile else m
    with torch.inference_mode():
        for _ in range(5): f(x)
        ts, t0 = [], time.perf_counter()
        while time.perf_counter() - t0 < a.seconds or len(ts) < 5:
            t = time.perf_counter(); f(x); ts.append(time.perf_counter() - t)
    report(w, a.predict, m, ts, a)

def report(w, batch, m, ts, a):
    blas = 'mkl' if torch.backends.mkl.is_available() else 'openblas' if 'openblas' in torch.__config__.show().lower() else 'other'
    print(json.dumps(dict(workload=w, batch=batch, threads=a.threads, step_us=round(statistics.median(ts)*1e6, 1), min_us=round(min(ts)*1e6, 1),
                          params=sum(p.numel() for p in m.parameters()), torch=torch.__version__, torch_blas=blas, compiled=a.compile)), flush=True)

def main():
    ap = argparse.ArgumentParser(); ap.add_argument('workload', nargs='*'); ap.add_argument('--threads', type=int, default=1)
    ap.add_argument('--seconds', type=float, default=3); ap.add_argument('--compile', action='store_true')
    ap.add_argument('--predict', type=int, metavar='N', help='time the network alone on N samples, without gradients')
    a = ap.parse_args(); torch.set_num_threads(a.threads); torch.manual_seed(0)
    for w in a.workload or ALL:
        m, Opt, loss, batch = ALL[w]()
        opt = Opt(m.parameters(), lr=0.0)  # the weights stay put, so that gradients never become denormal
        if a.predict:
            predict(w, m, a)
            continue
        f = torch.compile(loss) if a.compile else loss
        def step():
            opt.zero_grad(set_to_none=True); l = f(); l.backward(); opt.step(); return l
        for _ in range(5): step()
        ts, t0 = [], time.perf_counter()
        while time.perf_counter() - t0 < a.seconds or len(ts) < 5:
            t = time.perf_counter(); step(); ts.append(time.perf_counter() - t)
        report(w, batch, m, ts, a)
main()
