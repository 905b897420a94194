"""Makes JPEG files of 224 x 224 pixels of a folder's first images, for rows that embed.

jpegs.py FROM COUNT TO
"""

import sys
from pathlib import Path

from PIL import Image, ImageOps

KINDS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def main():
    source, count, to = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    files = sorted(f for f in source.rglob("*") if f.suffix.lower() in KINDS)[:count]
    if not files:
        sys.exit(f"jpegs: {source} has no images; name a folder that has some with --images")
    to.mkdir()
    for i in range(count):  # fewer images are taken several times
        with Image.open(files[i % len(files)]) as image:
            ImageOps.fit(image.convert("RGB"), (224, 224)).save(to / f"{i:05}.jpg", quality=90)


if __name__ == "__main__":
    main()
