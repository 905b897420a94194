"""Times whole MoCo steps of resnet.py's network in PyTorch: the peer of `cmae bench` with a MoCo configuration.

OMP_NUM_THREADS=2 GOMP_SPINCOUNT=0 python3 moco_speed.py {1,2} BATCH GROUPS STEPS [compile] [--bf16]

1 is MoCo-v1 with ResNet-18 (small stem, 32 px), 2 is MoCo-v2 with ResNet-50 (ImageNet's stem,
64 px). A step: momentum update, keys, query, InfoNCE with a queue of 4096, SGD. compile is under
torch.compile, --bf16 computes under autocast.
"""
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "model" / "testdata"))
import resnet  # noqa: E402

version, batch, groups, steps = map(int, sys.argv[1:5])
if groups == 1:
    resnet.SplitBatchNorm = nn.BatchNorm2d  # the batch in one part, as PyTorch does it best
else:
    resnet.SplitBatchNorm.groups = groups


def network():
    depth, stem, width = (18, "small", 512) if version == 1 else (50, "imagenet", 2048)
    net = resnet.ResNet(depth, stem, 64, 128)
    if version == 2:
        net.fc = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 128))
    return net.to(memory_format=torch.channels_last).train()


side = 32 if version == 1 else 64
query, key = network(), network()
key.load_state_dict(query.state_dict())
query_of, key_of = (torch.compile(n) if "compile" in sys.argv[5:] else n for n in (query, key))
queue = F.normalize(torch.randn(4096, 128), dim=1)
optimizer = torch.optim.SGD(query.parameters(), 0.03, momentum=0.9, weight_decay=1e-4, foreach=True)
xq, xk = (torch.randn(batch, 3, side, side).to(memory_format=torch.channels_last) for _ in range(2))
def low():
    return torch.autocast("cpu", torch.bfloat16, enabled="--bf16" in sys.argv[5:])


times = []
for _ in range(steps + 2):
    start = time.perf_counter()
    with torch.no_grad():
        for k, q in zip(key.parameters(), query.parameters()):
            k.lerp_(q, 0.01)
        with low():
            zk = F.normalize(key_of(xk)[1].float(), dim=1)
    with low():
        zq = F.normalize(query_of(xq)[1].float(), dim=1)
    logits = torch.cat([(zq * zk).sum(1, keepdim=True), zq @ queue.T], 1) / 0.2
    optimizer.zero_grad()
    F.cross_entropy(logits, torch.zeros(batch, dtype=torch.long)).backward()
    optimizer.step()
    queue = torch.cat([queue[batch:], zk])
    times.append(time.perf_counter() - start)
step = statistics.median(times[2:])
print(f"{torch.__version__} moco-v{version} {step * 1e3:.0f} ms {batch / step:.1f} images/s")
