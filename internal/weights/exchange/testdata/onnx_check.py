"""Holds an exported ONNX file against cmae's own features, by hand:

    cmae embed RUN FOLDER --out f.npy && cmae export RUN --out e.onnx --normalize
    python3 onnx_check.py e.onnx FOLDER f.npy

FOLDER has square images of the run's size, so that nothing is resized. Needs onnx, onnxruntime,
numpy and pillow. Fails above 1e-4.
"""
import sys

import numpy
import onnx
import onnxruntime
from PIL import Image

path, folder, features = sys.argv[1:]
onnx.checker.check_model(onnx.load(path), full_check=True)
names = open(features.replace(".npy", ".paths.txt")).read().splitlines()
images = numpy.stack([
    numpy.asarray(Image.open(f"{folder}/{name}").convert("RGB"), "f4").transpose(2, 0, 1) / 255
    for name in names
])
outputs = onnxruntime.InferenceSession(path).run(None, {"images": images})
off = abs(outputs[0] - numpy.load(features)).max()
print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}: {len(names)} images, "
      f"largest difference {off:.1e}")
sys.exit(off > 1e-4)
