"""Writes the files here and, beside each, what Pillow (AVIF) or pillow-heif (HEIC) makes of it, as
NAME.png. Needs Pillow with AVIF, pillow-heif and NumPy."""
import os
import numpy as np
import pillow_heif
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
pillow_heif.register_heif_opener()


def picture(seed, width, height):
    small = np.random.default_rng(seed).integers(0, 256, (5, 5, 3)).astype(np.uint8)
    return Image.fromarray(small).resize((width, height), Image.BICUBIC)


def save(name, image, **options):
    path = os.path.join(HERE, name)
    image.save(path, **options)
    ImageOps.exif_transpose(Image.open(path)).convert("RGB").save(path + ".png", optimize=True)


base = picture(1, 70, 52)
exif = Image.Exif()
exif[0x0112] = 6
for ratio in ("4:2:0", "4:2:2", "4:4:4", "4:0:0"):
    save(f"{ratio.replace(':', '')}.avif", base, quality=80, subsampling=ratio)
save("odd.avif", picture(2, 67, 65), quality=80)
save("limited.avif", base, quality=80, range="limited")
save("turned.avif", base.rotate(90, expand=True), quality=90, exif=exif)
for ratio in ("420", "444"):
    save(f"{ratio}.heic", base, quality=85, chroma=int(ratio))
save("turned.heic", base.rotate(90, expand=True), quality=90, exif=exif)
