"""Writes resnet18.safetensors, resnet50.safetensors and resnet_expected.safetensors: ResNets as MoCo publishes them, only narrow, and what
PyTorch makes of them.

Written from the definition of the model, with torch alone: python3 resnet.py
"""
import torch
import torch.nn.functional as F

from vit import MEAN, STD, write

WIDTH, CLASSES = 2, 6
STAGES = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}


def parameters(depth, kernel):
    """Random values under torchvision's names, running statistics far from their initial values."""
    p = {}

    def conv_norm(conv, norm, out, into, side):
        p[conv + ".weight"] = torch.randn(out, into, side, side) * (2 / (into * side * side)) ** .5
        p[norm + ".weight"], p[norm + ".bias"] = .5 + torch.randn(out) * .1, torch.randn(out) * .1
        p[norm + ".running_mean"], p[norm + ".running_var"] = torch.randn(out) * .2, .5 + torch.rand(out)
        p[norm + ".num_batches_tracked"] = torch.tensor(7)

    conv_norm("conv1", "bn1", WIDTH, 3, kernel)
    into = WIDTH
    for stage, count in enumerate(STAGES[depth]):
        inner = WIDTH << stage
        out = inner if depth == 18 else 4 * inner
        layers = [(inner, 3), (inner, 3)] if depth == 18 else [(inner, 1), (inner, 3), (out, 1)]
        for i in range(count):
            block, before = "layer%d.%d" % (1 + stage, i), into
            for j, (width, side) in enumerate(layers):
                conv_norm("%s.conv%d" % (block, 1 + j), "%s.bn%d" % (block, 1 + j), width, before, side)
                before = width
            if i == 0 and (stage > 0 or into != out):
                conv_norm(block + ".downsample.0", block + ".downsample.1", out, into, 1)
            into = out
    p["fc.weight"], p["fc.bias"] = torch.randn(CLASSES, into), torch.randn(CLASSES)
    return p


def encode(p, depth, kernel, pixels):
    """Feature [B,D] of 8-bit images [B,S,S,3]: the mean of the last map."""
    def conv_norm(x, conv, norm, stride):
        w = p[conv + ".weight"]
        x = F.conv2d(x, w, stride=stride, padding=w.shape[-1] // 2)
        return F.batch_norm(x, p[norm + ".running_mean"], p[norm + ".running_var"], p[norm + ".weight"], p[norm + ".bias"], False, eps=1e-5)

    x = ((pixels.float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
    x = F.relu(conv_norm(x, "conv1", "bn1", 1 if kernel == 3 else 2))
    if kernel == 7:
        x = F.max_pool2d(x, 3, 2, 1)
    for stage, count in enumerate(STAGES[depth]):
        for i in range(count):
            block, stride = "layer%d.%d" % (1 + stage, i), 2 if i == 0 and stage > 0 else 1
            y, convs = x, 2 if depth == 18 else 3
            for j in range(convs):
                at = stride if j == convs - 2 else 1  # the first of two 3x3, the only one of three
                y = conv_norm(y, "%s.conv%d" % (block, 1 + j), "%s.bn%d" % (block, 1 + j), at)
                y = F.relu(y) if j < convs - 1 else y
            if block + ".downsample.0.weight" in p:
                x = conv_norm(x, block + ".downsample.0", block + ".downsample.1", stride)
            x = F.relu(x + y)
    return x.mean((2, 3))


torch.manual_seed(11)
expected = {}
for depth, kernel, side in ((18, 3, 16), (50, 7, 40)):
    p = parameters(depth, kernel)
    others = {"module.encoder_k.layer1.0.conv1.weight": torch.zeros_like(p["layer1.0.conv1.weight"]), "module.queue": torch.randn(CLASSES, 3)}
    write("resnet%d.safetensors" % depth, {**{"module.encoder_q." + n: t for n, t in p.items()}, **others})
    pixels = torch.randint(0, 256, (3, side, side, 3), dtype=torch.uint8)
    expected.update({"%d.pixels" % depth: pixels, "%d.mean" % depth: encode(p, depth, kernel, pixels)})
write("resnet_expected.safetensors", expected)
