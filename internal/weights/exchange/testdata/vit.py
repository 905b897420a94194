"""Writes vit.safetensors and expected.safetensors: a vision transformer as others publish one, and what PyTorch makes of it.

Written from the definition of the model, with torch alone: python3 vit.py
"""
import json
import struct

import torch
import torch.nn.functional as F

DIM, DEPTH, HEADS, PATCH, SIDE, LARGER = 16, 2, 4, 4, 16, 24
MEAN, STD = torch.tensor([.485, .456, .406]), torch.tensor([.229, .224, .225])


def write(path, tensors):
    kinds = {torch.float32: "F32", torch.uint8: "U8", torch.int64: "I64"}
    header, data = {}, b""
    for name, t in sorted(tensors.items(), key=lambda kv: (-kv[1].element_size(), kv[0])):
        raw = t.contiguous().numpy().tobytes()
        header[name] = {"dtype": kinds[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def parameters():
    grid = SIDE // PATCH
    shapes = {"cls_token": (1, 1, DIM), "pos_embed": (1, 1 + grid * grid, DIM), "norm.weight": (DIM,), "norm.bias": (DIM,),
              "patch_embed.proj.weight": (DIM, 3, PATCH, PATCH), "patch_embed.proj.bias": (DIM,), "head.weight": (5, DIM), "head.bias": (5,)}
    for i in range(DEPTH):
        for name, shape in {"norm1.weight": (DIM,), "norm1.bias": (DIM,), "norm2.weight": (DIM,), "norm2.bias": (DIM,),
                            "attn.qkv.weight": (3 * DIM, DIM), "attn.qkv.bias": (3 * DIM,), "attn.proj.weight": (DIM, DIM),
                            "attn.proj.bias": (DIM,), "mlp.fc1.weight": (4 * DIM, DIM), "mlp.fc1.bias": (4 * DIM,),
                            "mlp.fc2.weight": (DIM, 4 * DIM), "mlp.fc2.bias": (DIM,)}.items():
            shapes["blocks.%d.%s" % (i, name)] = shape
    return {n: torch.randn(s) * .2 + (1. if "norm" in n and n.endswith("weight") else 0.) for n, s in sorted(shapes.items())}


def encode(p, pos, pixels):
    """Features cls and mean [B,D] of 8-bit images [B,S,S,3]."""
    x = ((pixels.float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
    x = F.conv2d(x, p["patch_embed.proj.weight"], p["patch_embed.proj.bias"], stride=PATCH).flatten(2).transpose(1, 2)
    x = torch.cat([p["cls_token"].expand(len(x), 1, DIM), x], 1) + pos
    norm = lambda x, n: F.layer_norm(x, (DIM,), p[n + ".weight"], p[n + ".bias"], 1e-6)
    linear = lambda x, n: F.linear(x, p[n + ".weight"], p[n + ".bias"])
    for i in range(DEPTH):
        b = "blocks.%d." % i
        q, k, v = linear(norm(x, b + "norm1"), b + "attn.qkv").reshape(len(x), -1, 3, HEADS, DIM // HEADS).permute(2, 0, 3, 1, 4)
        a = (q @ k.transpose(-2, -1) * (DIM // HEADS) ** -.5).softmax(-1) @ v
        x = x + linear(a.transpose(1, 2).reshape(len(x), -1, DIM), b + "attn.proj")
        x = x + linear(F.gelu(linear(norm(x, b + "norm2"), b + "mlp.fc1")), b + "mlp.fc2")
    x = norm(x, "norm")
    return x[:, 0], x[:, 1:].mean(1)


def resized(pos, side):
    """MAE's interpolation of positions for images of another side."""
    grid = SIDE // PATCH
    patches = pos[:, 1:].reshape(1, grid, grid, DIM).permute(0, 3, 1, 2)
    patches = F.interpolate(patches, size=(side // PATCH, side // PATCH), mode="bicubic", align_corners=False)
    return torch.cat([pos[:, :1], patches.permute(0, 2, 3, 1).flatten(1, 2)], 1)


def main():
    torch.manual_seed(7)
    p = parameters()
    write("vit.safetensors", {"module.encoder." + n: t for n, t in p.items()})
    expected = {}
    for side in (SIDE, LARGER):
        pixels = torch.randint(0, 256, (3, side, side, 3), dtype=torch.uint8)
        pos = resized(p["pos_embed"], side)
        cls, mean = encode(p, pos, pixels)
        expected.update({"%d.pixels" % side: pixels, "%d.pos_embed" % side: pos, "%d.cls" % side: cls, "%d.mean" % side: mean})
    expected["8.pos_embed"] = resized(p["pos_embed"], 8)
    write("expected.safetensors", expected)


if __name__ == "__main__":
    main()
