"""Writes resnet.safetensors: two finetuning steps of a small ResNet by PyTorch, the reference of reference_test.go. The network is that of
internal/model/testdata/resnet.py, which torchvision's confirms.

Run as: python3 resnet.py, in this folder (torch 2; float64 inside, float32 in the file)
"""
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, "../../model/testdata")
from resnet import ResNet, noise, save, start  # noqa: E402

B, S, C, lr, layer_decay = 4, 8, 5, 3e-3, 0.65
net = ResNet(18, "small", 2, C).double().train()
state = {n: v for n, v in net.state_dict().items() if v.is_floating_point()}
with torch.no_grad():
    for n, v in state.items():
        v.copy_(start(n, v).float().double())
images, targets = noise("images", (B, 3, S, S)).float().double(), (noise("targets", (B, C)) + 1).float().double()


def layer(name):
    root = name.split(".")[0]
    return 0 if root in ("conv1", "bn1") else int(root[5:]) if root.startswith("layer") else 5


optimizer = torch.optim.SGD(
    [{"params": [v], "lr": lr * layer_decay ** (5 - layer(n))} for n, v in net.named_parameters()], momentum=0.9, weight_decay=1e-4)
out = {"images": images, "targets": targets} | {"start." + n: v.clone() for n, v in state.items()}
losses = []
for step in (1, 2):
    optimizer.zero_grad()
    loss = (-targets * F.log_softmax(net(images)[1], -1)).sum(-1).mean()
    loss.backward()
    losses.append(loss.item())
    if step == 1:
        out |= {"grad." + n: v.grad.clone() for n, v in net.named_parameters()}
    optimizer.step()
out |= {"end." + n: v for n, v in net.state_dict().items() if v.is_floating_point()}
out |= {"eval.logits": net.eval()(images)[1], "losses": torch.tensor(losses)}
save("resnet.safetensors", {}, out)
