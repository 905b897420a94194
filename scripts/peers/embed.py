"""Times embedding JPEG files with timm's ViT, decoding included: the peer of `cmae embed`.

embed.py small|base plain|fused|compile FOLDER [--bf16]

The files have 224 x 224 pixels. Pillow decodes them in a DataLoader without workers and in one with
two, and the faster counts. The clock starts when the loader does: importing, making the model and,
with compile, compiling it come before. --bf16 computes under autocast.
"""

import os
import sys
import time
from pathlib import Path

size, kind, folder = sys.argv[1:4]
os.environ["TIMM_FUSED_ATTN"] = "0" if kind == "plain" else "1"

import numpy as np
import timm
import torch
from PIL import Image

BATCH = 32
FILES = sorted(Path(folder).rglob("*.jpg"))
MEAN, DEVIATION = (torch.tensor(v).view(3, 1, 1) for v in ((.485, .456, .406), (.229, .224, .225)))


class Folder(torch.utils.data.Dataset):
    def __len__(self):
        return len(FILES)

    def __getitem__(self, i):
        with Image.open(FILES[i]) as image:
            pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)
        return (pixels / 255 - MEAN) / DEVIATION


@torch.inference_mode()
def main():
    model = timm.create_model(f"vit_{size}_patch16_224", num_classes=0).eval()
    forward = torch.compile(model) if kind == "compile" else model
    forward(torch.randn(min(BATCH, len(FILES)), 3, 224, 224))
    best = float("inf")
    for workers in (0, 2):
        start = time.perf_counter()
        loader = torch.utils.data.DataLoader(Folder(), BATCH, num_workers=workers)
        features = torch.cat([forward(images) for images in loader])
        np.save(os.path.join(folder, "..", "peer.npy"), features.float().numpy())
        best = min(best, time.perf_counter() - start)
    print(f"timm {timm.__version__} {size} {kind} {len(FILES) / best:.2f} images/s")


if __name__ == "__main__":
    with torch.autocast("cpu", torch.bfloat16, enabled="--bf16" in sys.argv[4:]):
        main()
