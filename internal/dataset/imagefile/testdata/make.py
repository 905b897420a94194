"""Writes the files here and, beside each, what Pillow makes of it in RGB, as NAME.png; where Pillow
cannot read a file, or would cut its values, the picture that was stored. Needs Pillow, NumPy,
tifffile, imagecodecs and cjpeg (libjpeg-turbo-progs). Arguments are parts of names: only these are made."""
import io, os, struct, subprocess, sys
import imagecodecs
import numpy as np
import tifffile
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
    """Pillow's picture, upright and over white."""
    image = ImageOps.exif_transpose(image or Image.open(os.path.join(HERE, name)))
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image.convert("RGB").save(os.path.join(HERE, name + ".png"), optimize=True)


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
marked = open(os.path.join(HERE, "cmyk.jpg"), "rb").read()
at = marked.index(b"\xff\xee")
write("cmyk-unmarked.jpg", marked[:at] + marked[at + 2 + int.from_bytes(marked[at + 2:at + 4], "big"):])

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


def chunks(data):
    at, found = 12, []
    while at < len(data):
        n = int.from_bytes(data[at + 4:at + 8], "little")
        found.append((data[at:at + 4], data[at + 8:at + 8 + n]))
        at += 8 + n + n % 2
    return found


def container(name, flags, parts, size=(27, 22)):
    """A file whose header says flags, and a size, of what it holds."""
    w, h = (v - 1 for v in size)
    header = bytes([flags, 0, 0, 0]) + w.to_bytes(3, "little") + h.to_bytes(3, "little")
    body = b"WEBP"
    for kind, data in [(b"VP8X", header)] + parts:
        body += kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    write(name + ".webp", b"RIFF" + struct.pack("<I", len(body)) + body)


def webp(image, **options):
    out = io.BytesIO()
    image.save(out, "webp", **options)
    return [c for c in chunks(out.getvalue()) if c[0] != b"VP8X"]


veil = base.copy()
veil.putalpha(Image.linear_gradient("L").rotate(90).resize((27, 22)))
exact = {"lossless": True, "exact": True}
save("alpha.webp", veil, quality=80)
save("alpha-lossless.webp", veil, **exact)
container("alpha-flag", 0x10, webp(base, quality=80))
container("alpha-chunk", 0, webp(veil, quality=80))
container("alpha-flag-lossless", 0x10, webp(base, **exact))
container("alpha-lossless-flag", 0, webp(veil, **exact))
frames = webp(veil, save_all=True, append_images=[veil.transpose(Image.FLIP_TOP_BOTTOM)], **exact)
container("alpha-frame", 0x12, frames, (35, 30))
container("frame", 0x02, frames, (35, 30))

# others that are read by Go's own decoders
save("animated.gif", base.quantize(64), save_all=True, append_images=[picture(9, 27, 22).quantize(64)])


def gif(name, canvas, corner, colours=True, **options):
    """A frame of 27x22 on a canvas of another size."""
    data = bytearray(gif_of(base.quantize(64) if colours else base.convert("L"), **options))
    data[6:10] = struct.pack("<HH", *canvas)
    at = 13 + 3 * (2 << (data[10] & 7))
    if not colours:
        data[10] &= 0x7f
        del data[13:at]
    at = data.index(b"\x2c\0\0\0\0", 13 if not colours else at)
    data[at + 1:at + 5] = struct.pack("<HH", *corner)
    write(name + ".gif", bytes(data))


def gif_of(image, **options):
    out = io.BytesIO()
    image.save(out, "gif", **options)
    return out.getvalue()


gif("frame", (40, 30), (5, 6))
gif("frame-transparent", (40, 30), (13, 8), transparency=3)
gif("frame-beyond", (20, 40), (10, 2), interlace=0)
gif("frame-gray", (30, 25), (2, 1), colours=False)
save("palette.png", base.quantize(16))
save("bits1.png", base.convert("1"))
save("animated.png", base, save_all=True, append_images=[picture(9, 27, 22)])
save("plain.bmp", base)

# BMP: headers of every length, and every way that pixels are coded
def rows(pixels):
    """From the last row, each up to whole words."""
    return b"".join(row.tobytes() + bytes(-len(row.tobytes()) % 4) for row in pixels[::-1])


def bmp(name, bits, data, header=40, compression=0, masks=(), palette=b"", height=22):
    if header == 12:
        head = struct.pack("<IHHHH", 12, 27, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", 40, 27, height, 1, bits, compression, len(data), 0, 0, len(palette) // 4, 0)
        masks = struct.pack(f"<{len(masks)}I", *masks)
        head = struct.pack("<I", header) + head[4:] + (masks + bytes(84))[:max(header - 40, len(masks))]
    start = 14 + len(head) + len(palette)
    write(name + ".bmp", b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + palette + data)


def runs(indices, per):
    """Run lengths, every third row as it is; per pixels in a byte."""
    out = bytearray()
    for y, row in enumerate(indices[::-1]):
        pair = lambda i: int(row[i]) if per == 1 else int(row[i]) << 4 | int(row[min(i + 1, 26)])
        if y % 3 == 0:
            plain = bytes(pair(i) for i in range(0, 27, per))
            out += bytes([0, 27]) + plain + bytes(len(plain) % 2)
        else:
            for i in range(0, 27, per):
                out += bytes([min(per, 27 - i), pair(i)])
        out += b"\0\0"
    return bytes(out[:-2] + b"\0\1")


colours = np.array(base).astype(np.uint32)
red, green, blue = np.moveaxis(colours, 2, 0)
veil = np.tile(np.arange(27, dtype=np.uint32) * 9, (22, 1))
four = ((veil << 24) | (red << 16) | (green << 8) | blue).astype("<u4")
three = np.array(base)[:, :, ::-1]
w555, w565 = ((red >> 3 << 10) | (green >> 3 << 5) | (blue >> 3)).astype("<u2"), ((red >> 3 << 11) | (green >> 2 << 5) | (blue >> 3)).astype("<u2")
rgb8, rgba8 = (0xff0000, 0xff00, 0xff), (0xff0000, 0xff00, 0xff, 0xff000000)
bmp("555", 16, rows(w555))
bmp("565", 16, rows(w565), compression=3, masks=(0xf800, 0x7e0, 0x1f))
bmp("555-fields", 16, rows(w555), header=108, compression=3, masks=(0x7c00, 0x3e0, 0x1f, 0x8000))
for header in (40, 56, 108, 124):
    bmp(f"32-{header}", 32, rows(four), header=header)
    bmp(f"fields-{header}", 32, rows(four), header=header, compression=3, masks=rgb8)
bmp("fields-52", 32, rows(four), header=52, compression=3, masks=rgb8)
bmp("fields-alpha-56", 32, rows(four), header=56, compression=3, masks=rgba8)
bmp("fields-alpha-124", 32, rows((four << 8) | (four >> 24)), header=124, compression=3, masks=(0xff000000, 0xff0000, 0xff00, 0xff))
bmp("core", 24, rows(three), header=12)
bmp("top-down", 24, rows(three[::-1]), height=-22)
for bits in (1, 4, 8):
    few = base.quantize(1 << bits)
    indices = np.array(few)
    table = np.zeros((1 << bits, 4), np.uint8)
    found = np.array(few.getpalette()).reshape(-1, 3)[:1 << bits]
    table[:len(found), :3] = found[:, ::-1]
    packed = np.zeros((22, (27 * bits + 7) // 8), np.uint8)
    for x in range(27):
        packed[:, x * bits // 8] |= indices[:, x] << (8 - bits - x * bits % 8)
    bmp(f"colours{1 << bits}", bits, rows(packed), palette=table.tobytes())
    bmp(f"core{1 << bits}", bits, rows(packed), header=12, palette=table[:, :3].tobytes())
    if bits > 1:
        bmp(f"runs{bits}", bits, runs(indices, 8 // bits), compression=3 - bits // 4, palette=table.tobytes())


# TIFF: how samples are laid out, packed and coloured
rgb, gray = np.array(base), np.array(base.convert("L"))


def tiff(name, array, expected=None, **options):
    if wanted(name + ".tif"):
        tifffile.imwrite(os.path.join(HERE, name + ".tif"), array, metadata=None, **options)
        expect(name + ".tif", None if expected is None else Image.fromarray(expected))


for packing in ("lzw", "zlib", "packbits", "zstd"):
    difference = {} if packing == "packbits" else {"predictor": True}
    tiff(f"{packing}-strips", rgb, photometric="rgb", compression=packing, rowsperstrip=5, **difference)
tiff("webp", rgb, rgb, photometric="rgb", compression="webp", compressionargs={"lossless": True})
tiff("tiles", rgb, photometric="rgb", tile=(16, 16), compression="zlib")
tiff("planes", np.moveaxis(rgb, 2, 0), photometric="rgb", planarconfig="separate", rowsperstrip=5)
tiff("plane-tiles", np.moveaxis(rgb, 2, 0), photometric="rgb", planarconfig="separate", tile=(16, 16), compression="lzw")
tiff("big", rgb, photometric="rgb", bigtiff=True)
tiff("big-endian", rgb, photometric="rgb", byteorder=">", compression="lzw")
tiff("jpeg-tiles", rgb, photometric="ycbcr", compression="jpeg", tile=(16, 16), subsampling=(2, 2))
tiff("jpeg-strips", rgb, photometric="ycbcr", compression="jpeg", subsampling=(1, 1), rowsperstrip=8)
tiff("jpeg-rgb", rgb, photometric="rgb", compression="jpeg")
tiff("jpeg-gray", gray, photometric="minisblack", compression="jpeg")
tiff("white-is-zero", 255 - gray, photometric="miniswhite")
tiff("pages", np.stack([gray, 255 - gray]), photometric="minisblack")
tiff("band", np.dstack([rgb, gray]), photometric="rgb", extrasamples=["unspecified"])
tiff("bands", np.dstack([rgb, gray, gray]), rgb, photometric="rgb", extrasamples=["unspecified"] * 2)
tiff("bands-gray", np.dstack([rgb, gray]), rgb, photometric="minisblack", planarconfig="contig")
tiff("inks", 255 - np.dstack([rgb, gray]), photometric="separated")
deep = gray.astype(np.uint16) * 257
for name, array, options in (
    ("deep16", deep, {}), ("deep16-big-endian", deep, {"byteorder": ">", "compression": "zlib", "predictor": True}),
    ("deep16-rgb", rgb.astype(np.uint16) * 257, {"photometric": "rgb", "tile": (16, 16), "compression": "lzw", "predictor": True}),
    ("signed16", gray.astype(np.int16), {}), ("int32", gray.astype(np.int32), {"compression": "zlib", "predictor": True}),
    ("float16", gray.astype(np.float16), {}), ("float32", gray.astype(np.float32), {}),
    ("float32-predicted", gray.astype(np.float32), {"compression": "zlib", "predictor": True}),
    ("float64-big-endian", gray.astype(np.float64), {"byteorder": ">", "compression": "lzw", "predictor": True}),
):
    tiff(name, array, rgb if array.ndim == 3 else gray, **options)
tiff("jpeg-planes", np.moveaxis(rgb, 2, 0), photometric="rgb", planarconfig="separate", compression="jpeg")
tiff("jpeg-plane-tiles", np.moveaxis(rgb, 2, 0), photometric="rgb", planarconfig="separate", tile=(16, 16), compression="jpeg")
tiff("webp-band", np.dstack([rgb, gray]), rgb, photometric="rgb", extrasamples=["unspecified"], compression="webp", compressionargs={"lossless": True})

# transparency: colours as they are, or multiplied by it; where they are more than it they are cut off
clear = np.tile(np.arange(27) * 255 // 26, (22, 1)).astype(np.uint8)
for name, colours in (("straight", rgb), ("associated", (rgb.astype(int) * clear[:, :, None] // 255).astype(np.uint8)), ("bright", rgb)):
    how = "unassalpha" if name == "straight" else "assocalpha"
    veiled = np.dstack([colours, clear])
    shown = colours.astype(float) * clear[:, :, None] / 255 if name == "straight" else np.minimum(colours, clear[:, :, None])
    shown = (shown + 255 - clear[:, :, None] + .5).astype(np.uint8)
    tiff(f"alpha-{name}", veiled, photometric="rgb", extrasamples=[how])
    tiff(f"alpha-{name}-planes", np.moveaxis(veiled, 2, 0), shown, photometric="rgb", planarconfig="separate", extrasamples=[how])
    tiff(f"alpha-{name}-webp", veiled, shown, photometric="rgb", extrasamples=[how], compression="webp", compressionargs={"lossless": True})
    tiff(f"alpha-{name}-gray", veiled[:, :, 2:], shown[:, :, 2], photometric="minisblack", planarconfig="contig", extrasamples=[how])
    for kind, array in (("16", veiled.astype(np.uint16) * 257), ("float", (veiled / np.float32(255)).astype(np.float32))):
        tiff(f"alpha-{name}-{kind}", array, shown, photometric="rgb", extrasamples=[how])
        tiff(f"alpha-{name}-{kind}-gray", array[:, :, 2:], shown[:, :, 2], photometric="minisblack", planarconfig="contig", extrasamples=[how])
for packing in ("group3", "group4", "packbits"):
    save(f"{packing}.tif", base.convert("1"), compression=packing)
    save(f"{packing}-black-is-zero.tif", base.convert("1"), compression=packing, tiffinfo={262: 1})
save("fax-rle.tif", base.convert("1"), compression="tiff_ccitt")
save("fax-2d.tif", base.convert("1"), compression="group3", tiffinfo={292: 1})
save("fax-2d-fill.tif", picture(4, 130, 9).convert("1"), compression="group3", tiffinfo={292: 5})
save("palette.tif", base.quantize(16))
save("pillow-zstd.tif", base, compression="zstd")
save("pillow-jpeg.tif", base, compression="jpeg")


def counts(name, value, expected=None, **options):
    """Strips whose sizes the file has wrong."""
    out = io.BytesIO()
    tifffile.imwrite(out, rgb, metadata=None, photometric="rgb", **options)
    data = bytearray(out.getvalue())
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tag = file.pages[0].tags[279]
    for i in range(tag.count):
        size = tag.valuebytecount // tag.count
        data[tag.valueoffset + i * size:tag.valueoffset + (i + 1) * size] = value.to_bytes(size, "little")
    write(name + ".tif", bytes(data), expected)


counts("counts-zero", 0)
counts("counts-large", 60000)
counts("counts-strips", 60000, rowsperstrip=5)
counts("counts-packed", 0, compression="zlib")

# JPEG of other depths: what was stored, or what libjpeg-turbo makes of it
for name, array, options in (
    ("12bit", gray.astype(np.uint16) * 16, {"bitspersample": 12}), ("12bit-420", rgb.astype(np.uint16) * 16, {"bitspersample": 12, "subsampling": "420"}),
    ("lossless", rgb, {"lossless": True, "predictor": 7}), ("lossless16", deep, {"lossless": True, "bitspersample": 16}),
):
    data = imagecodecs.jpeg_encode(array, level=95, **options)
    shift = {12: 4, 16: 8}.get(options.get("bitspersample"), 0)
    write(f"{name}.jpg", data, Image.fromarray((imagecodecs.jpeg_decode(data) >> shift).astype(np.uint8)))

# portable maps, as bytes and as text
save("pixels.ppm", base)
save("gray.pgm", base.convert("L"))
save("bits.pbm", base.convert("1"))
row = "\n".join(" ".join(map(str, line)) for line in gray)
write("text.pgm", f"P2\n# with a comment\n27 22\n255\n{row}\n".encode())
write("text.ppm", "P3 27 22 15\n{}".format(" ".join(str(v // 16) for v in rgb.flatten())).encode())
write("deep.pgm", b"P5 27 22 4095\n" + (gray.astype(np.uint16) * 16 + 15).astype(">u2").tobytes(), Image.fromarray(gray))
