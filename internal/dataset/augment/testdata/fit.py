"""Writes fit.json: evaluation views by Pillow, of float images so that nothing is rounded between.

crop is torchvision's Resize(int(S/share)) and CenterCrop(S), as in MAE's evaluation (share .875);
pad is ImageOps.pad's geometry. Needs pillow and numpy: python3 fit.py
"""
import json

import numpy as np
from PIL import Image, ImageOps

BACKGROUND = (255, 128, 0)


def pattern(width, height, c):
    y, x = np.mgrid[:height, :width]
    return ((7 * x + 13 * y + 50 * c + x * y) % 256).astype(np.float32)


def resize(plane, width, height):
    out = Image.fromarray(plane, "F").resize((width, height), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(out), 0, 255)


def crop(plane, side, share):
    height, width = plane.shape
    short = int(side / share)
    if width <= height:
        size = short, int(short * height / width)
    else:
        size = int(short * width / height), short
    out = resize(plane, *size)
    left, top = int(round((size[0] - side) / 2)), int(round((size[1] - side) / 2))
    return out[top:top + side, left:left + side]


def pad(plane, side, colour):
    height, width = plane.shape
    size = ImageOps.contain(Image.new("L", (width, height)), (side, side)).size
    shown = ImageOps.pad(Image.new("L", (width, height), 255), (side, side), color=0)
    out = np.full((side, side), colour, np.float32)
    out[np.asarray(shown) == 255] = resize(plane, *size).ravel()
    return out


cases = []
for width, height in [(40, 20), (9, 23), (16, 16), (61, 17), (30, 28)]:
    for side in (14, 9):
        for how, share in [("crop", 1), ("crop", .875), ("crop", .6), ("squash", 1), ("pad", 1)]:
            view = []
            for c in range(3):
                plane = pattern(width, height, c)
                if how == "crop":
                    out = crop(plane, side, share)
                elif how == "squash":
                    out = resize(plane, side, side)
                else:
                    out = pad(plane, side, BACKGROUND[c])
                view += [round(float(v), 2) for v in out.ravel()]
            cases.append({"width": width, "height": height, "side": side, "how": how,
                          "share": share, "view": view})
with open("fit.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
