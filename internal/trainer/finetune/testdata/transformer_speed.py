"""Times whole finetuning steps of a ViT in PyTorch: the peer of BenchmarkStep, with its encoders.

OMP_NUM_THREADS=2 GOMP_SPINCOUNT=0 python3 transformer_speed.py STEPS [tiny|small]
    [plain|fused|compile] [--bf16] (torch 2.4)

--bf16 computes under autocast.
"""
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

arguments = [a for a in sys.argv[1:] if a != "--bf16"]
steps, size, kind = (arguments + ["tiny", "fused"][len(arguments) - 1:])[:3]
B, S, p, D, depth, heads, C = {
    "tiny": (64, 32, 4, 192, 6, 3, 10), "small": (16, 224, 16, 384, 12, 6, 1000),
}[size]


class Block(nn.Module):
    def __init__(self, drop):
        super().__init__()
        self.drop = drop
        self.norm1, self.norm2 = nn.LayerNorm(D, 1e-6), nn.LayerNorm(D, 1e-6)
        self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))

    def path(self, x):
        """Stochastic depth: whole images of what a branch adds."""
        if self.drop == 0:
            return x
        return x * x.new_empty(len(x), 1, 1).bernoulli_(1 - self.drop).div_(1 - self.drop)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, t, 3, heads, D // heads).permute(2, 0, 3, 1, 4)
        if kind == "plain":
            mixed = ((q * (D // heads) ** -0.5) @ k.transpose(-2, -1)).softmax(-1) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v)
        x = x + self.path(self.proj(mixed.transpose(1, 2).reshape(b, t, D)))
        return x + self.path(self.mlp(self.norm2(x)))


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, D, p, p)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, D))
        self.pos_embed = nn.Parameter(torch.randn(1, 1 + (S // p) ** 2, D) / 50)
        self.blocks = nn.Sequential(*(Block(0.1 * i / (depth - 1)) for i in range(depth)))
        self.fc_norm, self.head = nn.LayerNorm(D, 1e-6), nn.Linear(D, C)

    def forward(self, images):
        x = self.patch_embed(images).flatten(2).transpose(1, 2)
        x = self.blocks(torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed)
        return self.head(self.fc_norm(x[:, 1:].mean(1)))


def groups(net):
    """Each layer has its rate, and matrices alone have weight decay."""
    found = {}
    for name, p in net.named_parameters():
        layer = depth + 1
        if name.startswith("blocks."):
            layer = int(name.split(".")[1]) + 1
        elif not name.startswith(("fc_norm", "head")):
            layer = 0
        found.setdefault((layer, p.dim() > 1), []).append(p)
    return [
        {"params": list_, "lr": 1e-4 * 0.65 ** (depth + 1 - layer), "weight_decay": 0.05 * decays}
        for (layer, decays), list_ in found.items()
    ]


net = ViT()
optimizer = torch.optim.AdamW(groups(net), fused=True)
forward = torch.compile(net) if kind == "compile" else net
images, targets = torch.randn(B, 3, S, S), torch.rand(B, C)
times = []
for _ in range(int(steps) + 2):
    start = time.perf_counter()
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled="--bf16" in sys.argv):
        logits = forward(images)
    (-targets * F.log_softmax(logits.float(), -1)).sum(-1).mean().backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1e9)
    optimizer.step()
    times.append(time.perf_counter() - start)
step = statistics.median(times[2:])
print(f"{torch.__version__} finetune {size} {kind} {step * 1e3:.0f} ms {B / step:.1f} images/s")
