"""The step that cmae bench times, in PyTorch: MAE on ViT-B/16, 224 px, batch 256, a decoder of 512 x 8, bf16 autocast, AdamW.

Usage: mae_torch.py eager|compile [--dry]. It needs torch alone and prints one object of JSON. --dry is a small model on any device.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """A pre-norm transformer layer."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, d)
        x = x + self.proj(mixed)
        return x + self.mlp(self.norm2(x))


class MAE(nn.Module):
    """Pixels of hidden patches, from the patches that are left."""

    def __init__(self, side, depth, decoder_depth, patch=16, width=768, decoder=512, keep=0.25):
        super().__init__()
        self.patch, count = patch, (side // patch) ** 2
        self.count, self.seen, pixels = count, int(count * keep), 3 * patch * patch
        self.embed, self.cls = nn.Linear(pixels, width), nn.Parameter(torch.zeros(1, 1, width))
        self.register_buffer("position", torch.randn(1, count + 1, width) * 0.02)
        self.register_buffer("decoder_position", torch.randn(1, count + 1, decoder) * 0.02)
        self.encoder = nn.Sequential(*[Block(width, 12) for _ in range(depth)], nn.LayerNorm(width, eps=1e-6))
        self.narrow, self.mask = nn.Linear(width, decoder), nn.Parameter(torch.zeros(1, 1, decoder))
        self.decoder = nn.Sequential(*[Block(decoder, 16) for _ in range(decoder_depth)], nn.LayerNorm(decoder, eps=1e-6))
        self.pixels = nn.Linear(decoder, pixels)

    def patches(self, images):
        b, c, h, w = images.shape
        p = self.patch
        return images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(b, self.count, p * p * c)

    def forward(self, images, noise):
        target = self.patches(images)
        order = noise.argsort(1)
        restore, seen = order.argsort(1), order[:, : self.seen]
        x = self.embed(target) + self.position[:, 1:]
        x = x.gather(1, seen[..., None].expand(-1, -1, x.shape[2]))
        cls = (self.cls + self.position[:, :1]).expand(len(x), -1, -1)
        x = self.narrow(self.encoder(torch.cat([cls, x.to(cls.dtype)], 1)))
        hidden = self.mask.to(x.dtype).expand(len(x), self.count - self.seen, -1)
        y = torch.cat([x[:, 1:], hidden], 1).gather(1, restore[..., None].expand(-1, -1, x.shape[2]))
        y = self.pixels(self.decoder(torch.cat([x[:, :1], y], 1) + self.decoder_position))[:, 1:].float()
        error = ((y - target) ** 2).mean(2)
        weight = (restore >= self.seen).float()
        return (error * weight).sum() / weight.sum()


def main():
    mode, dry = sys.argv[1], "--dry" in sys.argv
    device = "cuda" if torch.cuda.is_available() else "cpu"
    side, batch, depth, decoder_depth, steps = (32, 2, 1, 1, 1) if dry else (224, 256, 12, 8, 20)
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")
    model = MAE(side, depth, decoder_depth).to(device)
    images, noise = torch.randn(batch, 3, side, side, device=device), torch.rand(batch, (side // 16) ** 2, device=device)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-5, betas=(0.9, 0.95), weight_decay=0.05, fused=device == "cuda")
    forward = torch.compile(model) if mode == "compile" else model

    def step():
        with torch.autocast(device, torch.bfloat16):
            loss = forward(images, noise)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss

    def timed():
        start = time.perf_counter()
        loss = step().item()  # waits for the device, as cmae's step does
        return time.perf_counter() - start, loss

    first = timed()[0]
    for _ in range(2):
        step()
    runs = [timed() for _ in range(steps)]
    seconds = sorted(t for t, _ in runs)[len(runs) // 2]
    print(json.dumps({
        "torch": torch.__version__, "device": torch.cuda.get_device_name() if device == "cuda" else "cpu", "mode": mode,
        "batch_size": batch, "image_size": side, "step_ms": 1e3 * seconds, "images_per_second": batch / seconds,
        "first_step_ms": 1e3 * first, "loss": runs[-1][1],
        "memory_bytes": torch.cuda.max_memory_allocated() if device == "cuda" else 0,
    }))


if __name__ == "__main__":
    main()
