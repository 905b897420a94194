"""Writes the files here and, beside each, what Pillow makes of it in RGB, as NAME.png. Needs Pillow,
NumPy and cjpeg (libjpeg-turbo-progs). It takes a part of the names as arguments to make these only."""
import io, os, subprocess, sys
import numpy as np
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))


def picture(seed, width, height):
    """A smooth random picture in colours."""
    small = np.random.default_rng(seed).integers(0, 256, (5, 5, 3)).astype(np.uint8)
    return Image.fromarray(small).resize((width, height), Image.BICUBIC)


base = picture(1, 27, 22)
made = []


def wanted(name):
    made.append(name)
    return len(sys.argv) < 2 or any(part in name for part in sys.argv[1:])


def expect(name, image=None):
    """Pillow's picture, upright and without transparency."""
    image = image or Image.open(os.path.join(HERE, name))
    ImageOps.exif_transpose(image).convert("RGB").save(os.path.join(HERE, name + ".png"), optimize=True)


def write(name, data, image=None):
    if wanted(name):
        open(os.path.join(HERE, name), "wb").write(data)
        expect(name, image)


def save(name, image, expected=None, **options):
    if wanted(name):
        image.save(os.path.join(HERE, name), **options)
        expect(name, expected)


def cjpeg(image, *options):
    ppm = io.BytesIO()
    image.save(ppm, "ppm")
    return subprocess.run(["cjpeg", "-quality", "88", *options], input=ppm.getvalue(), stdout=subprocess.PIPE, check=True).stdout


# JPEG: every way of sampling, coding and marking
for name, options in {
    "420": "-sample 2x2", "422": "-sample 2x1", "440": "-sample 1x2", "411": "-sample 4x1", "410": "-sample 4x2",
    "441": "-sample 1x4", "3x1": "-sample 3x1", "mixed1": "-sample 2x2,1x1,1x2", "mixed2": "-sample 2x2,2x1,1x1",
    "chroma": "-sample 1x1,2x2,2x2", "arithmetic": "-arithmetic", "arithmetic-progressive": "-arithmetic -progressive",
    "arithmetic-restart": "-arithmetic -restart 1", "progressive": "-progressive", "progressive-restart": "-progressive -restart 1",
    "restart": "-restart 3B", "gray": "-grayscale", "gray-2x2": "-grayscale -sample 2x2", "rgb": "-rgb", "444": "-sample 1x1",
}.items():
    write(f"{name}.jpg", cjpeg(base, *options.split()))
for width, height in ((1, 1), (2, 3), (3, 2), (5, 9), (16, 17)):
    write(f"{width}x{height}.jpg", cjpeg(picture(2, width, height), "-sample", "2x2"))
plain, restart = cjpeg(base, "-sample", "2x2"), cjpeg(base, "-restart", "1")
at = restart.index(b"\xff\xd0")
write("restart-wrong.jpg", restart[:at + 1] + b"\xd2" + restart[at + 2:])
write("trailing.jpg", plain + b"junk")
write("fill.jpg", plain[:2] + b"\xff\xff\xff" + plain[2:])
tables, p = plain[:2], 2
while plain[p:p + 2] != b"\xff\xda":
    n = 2 + int.from_bytes(plain[p + 2:p + 4], "big")
    tables += b"" if plain[p:p + 2] == b"\xff\xc4" else plain[p:p + n]
    p += n
write("no-tables.jpg", tables + plain[p:])
save("cmyk.jpg", base.convert("CMYK"), quality=95)

# orientation: the same picture stored in eight ways
turns = {2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
         6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}
for tag, turn in turns.items():
    exif = Image.Exif()
    exif[0x0112] = tag
    save(f"turned{tag}.jpg", base.transpose(turn), exif=exif, quality=95, subsampling=0)
    if tag in (5, 6):
        for kind in ("png", "webp", "tif"):
            save(f"turned{tag}.{kind}", base.transpose(turn), exif=exif, **({"lossless": True} if kind == "webp" else {}))
xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'
save("turned-xmp.jpg", base.transpose(Image.ROTATE_270), xmp=xmp, quality=95, subsampling=0)

# WebP: lossy ones in limited range, of odd and even sides, animations
save("lossy.webp", base, quality=80)
save("lossy-even.webp", picture(3, 16, 12), quality=80)
save("lossy-1x1.webp", picture(3, 1, 1), quality=80)
save("lossy-2x3.webp", picture(3, 2, 3), quality=80)
save("lossless.webp", base, lossless=True)
save("animated.webp", base, save_all=True, append_images=[picture(9, 27, 22)], quality=80)
save("animated-lossless.webp", base, save_all=True, append_images=[picture(9, 27, 22)], lossless=True)
for name, colour in (("black", (0, 0, 0)), ("white", (255, 255, 255))):
    save(f"{name}.webp", Image.new("RGB", (16, 16), colour), quality=90)

# others that are read by Go's own decoders
save("animated.gif", base.quantize(64), save_all=True, append_images=[picture(9, 27, 22).quantize(64)])
save("palette.png", base.quantize(16))
save("bits1.png", base.convert("1"))
save("animated.png", base, save_all=True, append_images=[picture(9, 27, 22)])
save("plain.bmp", base)
