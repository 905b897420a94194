"""Writes the files here and, beside each, what Pillow (AVIF) or pillow-heif (HEIC) makes of it, as
NAME.png. Needs Pillow with AVIF, pillow-heif and NumPy. Only pillow-heif before 1.0 writes AVIF of
10 bits; others leave those files as they are."""
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
    expect(path)


def expect(path):
    image = ImageOps.exif_transpose(Image.open(path))
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    image.convert(mode).save(path + ".png", optimize=True)


def patches():
    """Even colours that fill their range, whose mistakes no edge excuses."""
    colours = [(128,) * 3, (240,) * 3, (190, 133, 138), (60, 120, 200), (20,) * 3, (90, 160, 70)]
    small = np.array(colours, np.uint8).reshape(2, 3, 3)
    return Image.fromarray(small.repeat(16, 0).repeat(16, 1))


def relabel(name, matrix):
    """Gives a file another matrix: by its colr box, which overrules the coded picture."""
    path = os.path.join(HERE, name)
    with open(path, "rb") as f:
        data = bytearray(f.read())
    at = data.index(b"nclx") + 8  # after primaries and transfer
    data[at:at + 2] = matrix.to_bytes(2, "big")
    with open(path, "wb") as f:
        f.write(data)
    expect(path)


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

for ratio in ("4:2:0", "4:2:2", "4:4:4", "4:0:0"):
    name = "patches-limited-" + ratio.replace(":", "") + ".avif"
    save(name, patches(), quality=95, subsampling=ratio, range="limited")
see_through = patches()
see_through.putalpha(Image.linear_gradient("L").resize(see_through.size))
save("patches-limited-alpha.avif", see_through, quality=95, range="limited")
# of full range: in limited range Pillow's blue of these matrices is off by up to 14
for matrix in (1, 9):
    save(f"patches-matrix{matrix}.avif", patches(), quality=95)
    relabel(f"patches-matrix{matrix}.avif", matrix)
if hasattr(pillow_heif, "register_avif_opener"):
    deep = np.asarray(patches()).astype(np.uint16) * 257
    file = pillow_heif.from_bytes("RGB;16", patches().size, deep.tobytes())
    path = os.path.join(HERE, "patches-limited-10.avif")
    file.save(path, format="AVIF", quality=95, chroma=420, matrix_coefficients=6,
              color_primaries=6, transfer_characteristics=13, full_range_flag=0)
    expect(path)
