"""Writes layerscale.safetensors, a random vision transformer with LayerScale under the names of
DINOv2, and layerscale_expected.safetensors, what it makes of two images. Needs NumPy alone, which
computes in float64.

    python3 layerscale.py
"""
import json
from math import erf

import numpy as np

DIM, DEPTH, HEADS, PATCH, GRID, HIDDEN = 16, 2, 4, 4, 4, 32
SIDE = PATCH * GRID
MEAN, STD = np.array([.485, .456, .406]), np.array([.229, .224, .225])

random = np.random.default_rng(7)
weights = {}


def make(name, *shape, scale=.3, about=0.):
    weights[name] = (about + scale * random.standard_normal(shape)).astype(np.float32)


make("cls_token", 1, 1, DIM)
make("mask_token", 1, DIM)
make("pos_embed", 1, 1 + GRID * GRID, DIM)
make("patch_embed.proj.weight", DIM, 3, PATCH, PATCH)
make("patch_embed.proj.bias", DIM)
for i in range(DEPTH):
    b = f"blocks.{i}."
    for norm in ("norm1", "norm2"):
        make(b + norm + ".weight", DIM, about=1.)
        make(b + norm + ".bias", DIM)
    for name, out, into in (
        ("attn.qkv", 3 * DIM, DIM), ("attn.proj", DIM, DIM), ("mlp.fc1", HIDDEN, DIM), ("mlp.fc2", DIM, HIDDEN),
    ):
        make(b + name + ".weight", out, into)
        make(b + name + ".bias", out)
    make(b + "ls1.gamma", DIM, about=.5)
    make(b + "ls2.gamma", DIM, about=.5)
make("norm.weight", DIM, about=1.)
make("norm.bias", DIM)


def w(name):
    return weights[name].astype(np.float64)


def linear(x, name):
    return x @ w(name + ".weight").T + w(name + ".bias")


def norm(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * w(name + ".weight") + w(name + ".bias")


def attention(x, name):
    qkv = linear(x, name + ".qkv").reshape(len(x), 3, HEADS, DIM // HEADS)
    q, k, v = qkv.transpose(1, 2, 0, 3)  # [H,T,d]
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(DIM // HEADS)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = scores / scores.sum(-1, keepdims=True) @ v
    return linear(mixed.transpose(1, 0, 2).reshape(len(x), DIM), name + ".proj")


def mlp(x, name):
    x = linear(x, name + ".fc1")
    return linear(x * .5 * (1 + np.vectorize(erf)(x / np.sqrt(2))), name + ".fc2")


def encode(pixels):
    x = ((pixels / 255. - MEAN) / STD).transpose(2, 0, 1)
    tokens = []
    for row in range(GRID):
        for column in range(GRID):
            part = x[:, row * PATCH:(row + 1) * PATCH, column * PATCH:(column + 1) * PATCH]
            tokens.append(w("patch_embed.proj.weight").reshape(DIM, -1) @ part.reshape(-1) + w("patch_embed.proj.bias"))
    x = np.concatenate([w("cls_token")[0], np.array(tokens)]) + w("pos_embed")[0]
    for i in range(DEPTH):
        b = f"blocks.{i}."
        x = x + w(b + "ls1.gamma") * attention(norm(x, b + "norm1"), b + "attn")
        x = x + w(b + "ls2.gamma") * mlp(norm(x, b + "norm2"), b + "mlp")
    x = norm(x, "norm")
    return x[0], x[1:].mean(0)


def write(path, tensors):
    kinds, header, data = {"float32": "F32", "uint8": "U8"}, {}, b""
    for name, value in sorted(tensors.items()):
        raw = np.ascontiguousarray(value).tobytes()
        header[name] = {
            "dtype": kinds[value.dtype.name], "shape": list(value.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text + data)


images = random.integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8)
features = [encode(image) for image in images]
write("layerscale.safetensors", weights)
write("layerscale_expected.safetensors", {
    "pixels": images,
    "cls": np.array([f[0] for f in features], np.float32),
    "mean": np.array([f[1] for f in features], np.float32),
})
