"""Times whole pretraining steps of MAE and CMAE in PyTorch: the peer of `cmae bench`.

pretrain.py mae|cmae micro|tiny|base plain|fused|compile STEPS [--side N] [--patch N] [--batch N]
            [--bf16] [--dry]

tiny and base are configs/bench, micro is configs/mini/cifar10-{mae,cmae}.yaml. plain writes
attention's weights out, fused does not, compile is fused under torch.compile. --bf16 computes under
autocast, --dry takes a small model. It needs torch 2.4 alone, computes on a GPU where there is one,
and prints one object of JSON. The parameters have the published names.

Shapes: B batch, N patches, V visible patches, D encoder width.
"""

import argparse
import copy
import json
import statistics
import time
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

SIZES = {
    "micro": dict(width=96, depth=4, heads=3, decoder=(64, 2, 2), hidden=384, out=128, side=32,
                  patch=4, batch=128, tau=0.1, momentum=0.996, contrast=0.1, location=0.02),
    "tiny": dict(width=192, depth=12, heads=3, decoder=(128, 4, 4), hidden=1024, out=256, side=64,
                 patch=8, batch=64, tau=0.2, momentum=0.99, contrast=1, location=1),
    "base": dict(width=768, depth=12, heads=12, decoder=(512, 8, 16), hidden=4096, out=256, side=64,
                 patch=8, batch=64, tau=0.2, momentum=0.99, contrast=1, location=1),
}


class Attention(nn.Module):
    def __init__(self, width, heads, plain):
        super().__init__()
        self.heads, self.plain = heads, plain
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).reshape(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if self.plain:
            mixed = ((q * (d // self.heads) ** -0.5) @ k.transpose(-2, -1)).softmax(-1) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(b, t, d))


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """A pre-norm transformer layer."""

    def __init__(self, width, heads, plain):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.attn, self.mlp = Attention(width, heads, plain), MLP(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def take(x, order):
    """The tokens [B,V,D] of x [B,N,D] that order [B,V] names."""
    return x.gather(1, order[..., None].expand(-1, -1, x.shape[2]))


def table(count, width):
    """Positions, whose values no step depends on in its time."""
    return torch.randn(1, 1 + count, width) * 0.02


class Encoder(nn.Module):
    def __init__(self, c, plain):
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, c.width, c.patch, c.patch)})
        self.cls_token = nn.Parameter(torch.randn(1, 1, c.width) * 0.02)
        self.register_buffer("pos_embed", table((c.side // c.patch) ** 2, c.width))
        self.blocks = nn.Sequential(*(Block(c.width, c.heads, plain) for _ in range(c.depth)))
        self.norm = nn.LayerNorm(c.width, 1e-6)

    def embed(self, images):
        patches = self.patch_embed["proj"](images).flatten(2).transpose(1, 2)
        return patches + self.pos_embed[:, 1:]  # [B,N,D]

    def forward(self, tokens, order):
        x = take(tokens, order)
        cls = (self.cls_token + self.pos_embed[:, :1]).expand(len(x), -1, -1)
        return self.norm(self.blocks(torch.cat([cls.to(x.dtype), x], 1)))  # [B,1+V,D]


class Decoder(nn.Module):
    def __init__(self, c, plain):
        super().__init__()
        width, depth, heads = c.decoder
        self.decoder_embed = nn.Linear(c.width, width)
        self.mask_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.register_buffer("decoder_pos_embed", table((c.side // c.patch) ** 2, width))
        self.decoder_blocks = nn.Sequential(*(Block(width, heads, plain) for _ in range(depth)))
        self.decoder_norm = nn.LayerNorm(width, 1e-6)
        self.decoder_pred = nn.Linear(width, 3 * c.patch**2)

    def forward(self, x, restore):
        x = self.decoder_embed(x)
        b, n = restore.shape
        hidden = self.mask_token.to(x.dtype).expand(b, n + 1 - x.shape[1], -1)
        full = take(torch.cat([x[:, 1:], hidden], 1), restore)
        x = torch.cat([x[:, :1], full], 1) + self.decoder_pos_embed
        return self.decoder_pred(self.decoder_norm(self.decoder_blocks(x)))[:, 1:]


def projector(c):
    """Linear layers without bias, each with BatchNorm: the last one's has no parameters."""
    layers = []
    for before in (c.width, c.hidden):
        layers += [nn.Linear(before, c.hidden, bias=False), nn.BatchNorm1d(c.hidden), nn.ReLU()]
    layers += [nn.Linear(c.hidden, c.out, bias=False), nn.BatchNorm1d(c.out, affine=False)]
    return nn.Sequential(*layers)


class CMAE(nn.Module):
    """The losses of CMAE, or of MAE: that of pixels alone."""

    def __init__(self, c, method, plain):
        super().__init__()
        self.c, self.contrasts = c, method == "cmae"
        self.encoder, self.decoder = Encoder(c, plain), Decoder(c, plain)
        if self.contrasts:
            half = c.width // 2
            self.projector = projector(c)
            self.location = nn.Sequential(
                nn.Linear(c.width, half), nn.GELU(), nn.Linear(half, (c.side // c.patch) ** 2))
            self.m_encoder = copy.deepcopy(self.encoder).requires_grad_(False)
            self.m_projector = copy.deepcopy(self.projector).requires_grad_(False)

    @torch.no_grad()
    def update_momentum(self):
        if self.contrasts:
            own = [*self.encoder.parameters(), *self.projector.parameters()]
            keys = [*self.m_encoder.parameters(), *self.m_projector.parameters()]
            torch._foreach_lerp_(keys, own, 1 - self.c.momentum)

    def pixels(self, images):
        b, p, g = len(images), self.c.patch, self.c.side // self.c.patch
        x = images.view(b, 3, g, p, g, p).permute(0, 2, 4, 3, 5, 1).reshape(b, g * g, 3 * p * p)
        return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + 1e-6).sqrt()

    def mean(self, visible, hidden, restore):
        return take(torch.cat([visible[:, 1:], hidden[:, 1:]], 1), restore).mean(1)

    def key(self, images, noise):
        order = noise.argsort(1)
        seen, tokens = noise.shape[1] // 4, self.m_encoder.embed(images)
        visible = self.m_encoder(tokens, order[:, :seen])
        hidden = self.m_encoder(tokens, order[:, seen:])
        return F.normalize(
            self.m_projector(self.mean(visible, hidden, order.argsort(1))).float(), dim=1)

    def forward(self, query, key, noise, key_noise):
        c, order = self.c, noise.argsort(1)
        seen, restore, tokens = noise.shape[1] // 4, order.argsort(1), self.encoder.embed(query)
        visible = self.encoder(tokens, order[:, :seen])
        error = ((self.decoder(visible, restore).float() - self.pixels(query)) ** 2).mean(-1)
        hidden = (restore >= seen).float()
        loss = (error * hidden).sum() / hidden.sum()
        if not self.contrasts:
            return loss
        slots = F.one_hot(order[:, :seen], noise.shape[1]).float()
        where = self.location(visible[:, 1:]).float()
        loss = loss + c.location * ((where - slots) ** 2).sum(-1).mean()
        with torch.no_grad():
            rest = self.encoder(tokens, order[:, seen:])
            keys = self.key(key, key_noise)
        own = F.normalize(self.projector(self.mean(visible, rest, restore)).float(), dim=1)
        answers = torch.arange(len(own), device=own.device)
        return loss + c.contrast * F.cross_entropy(own @ keys.t() / c.tau, answers)


def arguments():
    p = argparse.ArgumentParser(description="times pretraining steps in PyTorch")
    p.add_argument("method", choices=["mae", "cmae"])
    p.add_argument("size", choices=SIZES)
    p.add_argument("kind", choices=["plain", "fused", "compile"])
    p.add_argument("steps", type=int)
    for name in ("side", "patch", "batch"):
        p.add_argument("--" + name, type=int)
    p.add_argument("--bf16", action="store_true")
    p.add_argument("--dry", action="store_true")
    o = p.parse_args()
    c = SIZES[o.size] | {k: v for k in ("side", "patch", "batch") if (v := getattr(o, k))}
    if o.dry:
        width, _, heads = c["decoder"]
        c |= dict(side=2 * c["patch"], batch=2, depth=1, decoder=(width, 1, heads))
    return o, SimpleNamespace(**c)


def main():
    o, c = arguments()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")
    model = CMAE(c, o.method, o.kind == "plain").to(device)
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], 1e-5, betas=(0.9, 0.95),
        weight_decay=0.05, fused=True)
    images = torch.randn(2, c.batch, 3, c.side, c.side, device=device)
    noise = torch.rand(2, c.batch, (c.side // c.patch) ** 2, device=device)
    forward = torch.compile(model) if o.kind == "compile" else model

    def step():
        start = time.perf_counter()
        model.update_momentum()
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=o.bf16):
            loss = forward(*images, *noise)
        loss.backward()
        optimizer.step()
        loss = loss.item()  # waits for the device, as cmae's step does
        return time.perf_counter() - start, loss

    first = step()[0]
    step()
    runs = [step() for _ in range(o.steps)]
    seconds = statistics.median(t for t, _ in runs)
    print(json.dumps({
        "torch": torch.__version__, "kind": o.kind, "batch_size": c.batch, "image_size": c.side,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "step_ms": 1e3 * seconds, "images_per_second": c.batch / seconds,
        "first_step_ms": 1e3 * first, "loss": runs[-1][1],
        "memory_bytes": torch.cuda.max_memory_allocated() if device == "cuda" else 0,
    }))


if __name__ == "__main__":
    main()
