"""Writes the reference vectors of ResNets: python3 resnet.py, in this folder, with PyTorch.

The network is written out here, apart from ours, at a width of 2 so that the files stay small. With torchvision at hand its own networks
confirm names, shapes and counts of parameters at full width. Values of parameters and inputs are functions of their names (noise), which the
test computes likewise; the files hold results of float64, as float32:
  before.logits (evaluation) by the initial running statistics, then one training pass: out.features, out.logits, grad.NAME of
  0.5 * sum (logits - target)^2, after.NAME of running statistics, and after.logits (evaluation again).
"""
import json
import struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

STAGES = {18: [2, 2, 2, 2], 50: [3, 4, 6, 3]}


class SplitBatchNorm(nn.BatchNorm2d):
    """Statistics of each of several parts of the batch; the running ones gather their average."""

    groups = 1

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        parts = []
        mean, var = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        for part in x.chunk(self.groups):
            m, v = self.running_mean.clone(), self.running_var.clone()
            parts.append(F.batch_norm(part, m, v, self.weight, self.bias, True, self.momentum, self.eps))
            mean += m / self.groups
            var += v / self.groups
        self.running_mean.copy_(mean)
        self.running_var.copy_(var)
        return torch.cat(parts)


def conv(i, o, k, stride=1):
    return nn.Conv2d(i, o, k, stride, k // 2, bias=False)


class Block(nn.Module):
    def __init__(self, i, width, o, stride, bottleneck):
        super().__init__()
        kernels = [(1, 1), (3, stride), (1, 1)] if bottleneck else [(3, stride), (3, 1)]
        self.n, c = len(kernels), i
        for j, (k, s) in enumerate(kernels):
            to = o if j == self.n - 1 else width
            setattr(self, f"conv{j + 1}", conv(c, to, k, s))
            setattr(self, f"bn{j + 1}", SplitBatchNorm(to))
            c = to
        self.downsample = nn.Sequential(conv(i, o, 1, stride), SplitBatchNorm(o)) if stride != 1 or i != o else None

    def forward(self, x):
        y = x
        for j in range(1, self.n + 1):
            y = getattr(self, f"bn{j}")(getattr(self, f"conv{j}")(y))
            y = F.relu(y) if j < self.n else y
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, depth, stem, width, classes):
        super().__init__()
        self.small = stem == "small"
        self.conv1 = conv(3, width, 3) if self.small else conv(3, width, 7, 2)
        self.bn1 = SplitBatchNorm(width)
        grow, i = (4 if depth == 50 else 1), width
        for s, n in enumerate(STAGES[depth]):
            w = width << s
            blocks = []
            for b in range(n):
                blocks.append(Block(i, w, w * grow, 2 if b == 0 and s else 1, depth == 50))
                i = w * grow
            setattr(self, f"layer{s + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(i, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if not self.small:
            x = F.max_pool2d(x, 3, 2, 1)
        for s in range(1, 5):
            x = getattr(self, f"layer{s}")(x)
        features = x.mean((2, 3))
        return features, self.fc(features)


def noise(name, shape):
    """Numbers in [-1, 1) from a congruential generator that starts at the FNV-1a hash of the name."""
    h = 2166136261
    for b in name.encode():
        h = (h ^ b) * 16777619 & 0xFFFFFFFF
    out = np.empty(int(np.prod(shape)))
    for i in range(len(out)):
        h = (h * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = h / 2**31 - 1
    return torch.from_numpy(out.reshape(shape))


def start(name, p):
    u = noise(name, p.shape)
    if p.dim() > 1:
        return u * (3 / p[0].numel()) ** 0.5
    if name.endswith("running_var") or name.endswith("weight"):
        return 1 + u / 2
    return u / 4


def save(path, meta, tensors):
    head, at, data = {"__metadata__": meta}, 0, b""
    for k in sorted(tensors):
        raw = tensors[k].detach().to(torch.float32).contiguous().numpy().tobytes()
        head[k] = {"dtype": "F32", "shape": list(tensors[k].shape), "data_offsets": [at, at + len(raw)]}
        at, data = at + len(raw), data + raw
    h = json.dumps(head).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + data)


def write(depth, stem, side, groups, batch=4, classes=3):
    net = ResNet(depth, stem, 2, classes).double()
    SplitBatchNorm.groups = groups
    with torch.no_grad():
        for name, p in net.state_dict().items():
            if p.is_floating_point():
                p.copy_(start(name, p))
    x, target = noise("images", (batch, 3, side, side)) * 2, noise("target", (batch, classes))
    t = {}
    t["before.logits"] = net.eval()(x)[1]
    t["out.features"], t["out.logits"] = net.train()(x)
    (0.5 * (t["out.logits"] - target).square().sum()).backward()
    t |= {"grad." + n: p.grad for n, p in net.named_parameters()}
    t |= {"after." + n: b.clone() for n, b in net.named_buffers() if b.is_floating_point()}
    t["after.logits"] = net.eval()(x)[1]
    config = {"depth": depth, "stem": stem, "width": 2, "classes": classes}
    save(f"resnet{depth}-{stem}.safetensors", {"config": json.dumps(config), "groups": str(groups), "side": str(side), "batch": str(batch)}, t)


def confirm():
    try:
        import torchvision
    except ImportError:
        return
    for depth in STAGES:
        theirs = getattr(torchvision.models, f"resnet{depth}")()
        ours = ResNet(depth, "imagenet", 64, 1000)
        assert {k: v.shape for k, v in theirs.state_dict().items()} == {k: v.shape for k, v in ours.state_dict().items()}
        ours.load_state_dict(theirs.state_dict())
        x = torch.randn(2, 3, 64, 64)
        assert torch.allclose(theirs.eval()(x), ours.eval()(x)[1], atol=1e-5)
        print(depth, sum(p.numel() for p in theirs.parameters()), len(theirs.state_dict()), "agrees with torchvision", torchvision.__version__)


if __name__ == "__main__":
    confirm()
    write(18, "small", 13, 2)
    write(50, "imagenet", 48, 1)
