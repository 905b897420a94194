"""Writes transformer.safetensors: two finetuning steps of a small ViT by PyTorch, the reference of reference_test.go.

Run as: python3 transformer.py (torch 2; float64 inside, float32 in the file)
"""
import json
import struct

import torch
import torch.nn.functional as F

torch.manual_seed(11)
B, S, p, D, depth, heads, hidden, C = 4, 8, 4, 16, 2, 2, 32, 5
N = (S // p) ** 2
lr, layer_decay, wd = 3e-3, 0.65, 0.05


def param(*shape):
    # float32 values, so that both sides start from the same
    return (0.3 * torch.randn(*shape)).float().double().requires_grad_()


P = {"cls_token": param(1, 1, D), "pos_embed": param(1, 1 + N, D), "patch_embed.proj.weight": param(D, 3, p, p), "patch_embed.proj.bias": param(D)}
for i in range(depth):
    for name, shape in {
        "norm1.weight": (D,), "norm1.bias": (D,), "attn.qkv.weight": (3 * D, D), "attn.qkv.bias": (3 * D,),
        "attn.proj.weight": (D, D), "attn.proj.bias": (D,), "norm2.weight": (D,), "norm2.bias": (D,),
        "mlp.fc1.weight": (hidden, D), "mlp.fc1.bias": (hidden,), "mlp.fc2.weight": (D, hidden), "mlp.fc2.bias": (D,),
    }.items():
        P[f"blocks.{i}.{name}"] = param(*shape)
P.update({"fc_norm.weight": param(D), "fc_norm.bias": param(D), "head.weight": param(C, D), "head.bias": param(C)})
images = torch.randn(B, 3, S, S).float().double()
targets = torch.rand(B, C).float().double()
# drop path of rate .5 in the second block: what attention and MLP add to each image
drop = torch.tensor([[2, 0, 2, 0], [0, 2, 2, 2]]).double()


def norm(x, name):
    return F.layer_norm(x, (D,), P[name + ".weight"], P[name + ".bias"], 1e-6)


def linear(x, name):
    return F.linear(x, P[name + ".weight"], P[name + ".bias"])


def forward():
    x = F.conv2d(images, P["patch_embed.proj.weight"], P["patch_embed.proj.bias"], stride=p).flatten(2).transpose(1, 2)
    x = torch.cat([P["cls_token"].expand(B, -1, -1), x], 1) + P["pos_embed"]
    for i in range(depth):
        attn, mlp = drop if i == 1 else torch.ones(2, B).double()
        q, k, v = linear(norm(x, f"blocks.{i}.norm1"), f"blocks.{i}.attn.qkv").reshape(B, 1 + N, 3, heads, D // heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, 1 + N, D)
        x = x + attn[:, None, None] * linear(y, f"blocks.{i}.attn.proj")
        y = linear(F.gelu(linear(norm(x, f"blocks.{i}.norm2"), f"blocks.{i}.mlp.fc1")), f"blocks.{i}.mlp.fc2")
        x = x + mlp[:, None, None] * y
    logits = linear(norm(x[:, 1:].mean(1), "fc_norm"), "head")
    return (-targets * F.log_softmax(logits, -1)).sum(-1).mean()


def layer(name):
    if name.startswith("blocks."):
        return int(name.split(".")[1]) + 1
    return 0 if name in ("cls_token", "pos_embed") or name.startswith("patch_embed") else depth + 1


optimizer = torch.optim.AdamW(
    [{"params": [v], "lr": lr * layer_decay ** (depth + 1 - layer(n)), "weight_decay": 0 if v.ndim == 1 or n in ("cls_token", "pos_embed") else wd}
     for n, v in P.items()], betas=(0.9, 0.999), eps=1e-8)

out = {"images": images, "targets": targets, "drop.attention": drop[0], "drop.mlp": drop[1]}
out.update({"start." + n: v.detach().clone() for n, v in P.items()})
losses = []
for step in (1, 2):
    optimizer.zero_grad()
    loss = forward()
    loss.backward()
    losses.append(loss.item())
    if step == 1:
        out.update({"grad." + n: v.grad.clone() for n, v in P.items()})
    optimizer.step()
out.update({"end." + n: v.detach().clone() for n, v in P.items()})
out["losses"] = torch.tensor(losses)

header, data = {}, b""
for n, v in out.items():
    raw = v.float().contiguous().numpy().tobytes()
    header[n] = {"dtype": "F32", "shape": list(v.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("transformer.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
