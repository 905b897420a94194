"""Times a training step, forward and backward, of resnet.py's network: the peer of BenchmarkResNet.

OMP_NUM_THREADS=2 GOMP_SPINCOUNT=0 python3 resnet_speed.py {18,50} {contiguous,channels_last} STEPS, in this folder. Prints the best step.
"""
import sys
import time

import torch
import torch.nn as nn

import resnet

resnet.SplitBatchNorm = nn.BatchNorm2d  # the batch in one part, as PyTorch does it best
depth, layout, steps = int(sys.argv[1]), getattr(torch, {"contiguous": "contiguous_format"}.get(sys.argv[2], sys.argv[2])), int(sys.argv[3])
stem, batch, side = ("small", 128, 32) if depth == 18 else ("imagenet", 64, 64)
net = resnet.ResNet(depth, stem, 64, 128).to(memory_format=layout)
images = torch.randn(batch, 3, side, side).to(memory_format=layout)
best = float("inf")
for step in range(steps + 1):
    start = time.perf_counter()
    net.zero_grad()
    (0.5 * net(images)[1].pow(2).sum()).backward()
    if step > 0:
        best = min(best, time.perf_counter() - start)
print(f"{torch.__version__} resnet{depth} {sys.argv[2]} {best * 1e3:.0f} ms {batch / best:.1f} images/s")
