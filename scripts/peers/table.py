"""Measures cmae and PyTorch in turn and prints a table in Markdown; scripts/peers.sh starts it.

Each measurement is a process of its own, which prints how many images a second it computed. A round
is cmae and then each kind of PyTorch.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
CMAE = os.environ["CMAE"]
KINDS = {"plain": "PyTorch", "fused": "fused attention", "compile": "`torch.compile`"}
EMBEDDED = 64  # images for each of --steps


class Failure(Exception):
    pass


@dataclass
class Finished:
    """A process that has ended well: what it printed, the most memory that it had, and its time."""

    text: str
    peak: int  # bytes
    seconds: float


@dataclass
class Measurement:
    rate: float  # images a second
    peak: int  # bytes


@dataclass
class Context:
    steps: int
    images: str  # a folder of any images, or none
    work: Path  # for what rows make
    precision: str = "f32"  # or bf16, PyTorch's being autocast

    def precision_flags(self):
        """What the scripts of PyTorch take for the precision."""
        return ["--bf16"] if self.precision == "bf16" else []

    def jpegs(self):
        if not self.images:
            raise Failure("it needs images; name a folder of some with --images")
        folder = self.work / "jpegs"
        if not folder.exists():
            count = str(EMBEDDED * self.steps)
            python("scripts/peers/jpegs.py", self.images, count, str(folder))
        return str(folder)

    def finetune_test(self):
        test = self.work / "finetune.test"
        if not test.exists():
            finished(["go", "test", "-c", "-o", str(test), "./internal/trainer/finetune"])
        return str(test)


def finished(command):
    """Runs a command to its end."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        try:
            process = subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT)
        except OSError as e:
            raise Failure(f"{command[0]}: {e.strerror}") from e
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # a signal: of the terminal, or to this process alone
            process.terminate()
            raise
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read())
    if process.returncode:
        lines = (texts[1].strip() or texts[0].strip() or "no message").splitlines()
        raise Failure(f"{Path(command[0]).name} ended with {process.returncode}: {lines[-1]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Finished(texts[0], usage.ru_maxrss * unit, seconds)


def python(*arguments):
    return finished([sys.executable, *arguments])


def measured(result):
    """Reads a rate and a peak; cmae bench knows its own, before its floor takes memory."""
    if result.text.startswith("{"):
        values = json.loads(result.text)
        peak = values.get("peak_rss_bytes", result.peak)
        return Measurement(values["images_per_second"], peak)
    rates = re.findall(r"([0-9.]+) images/s", result.text)
    if not rates:
        raise Failure("it printed no images/s")
    return Measurement(float(rates[-1]), result.peak)


@dataclass
class Bench:
    """Pretraining steps by `cmae bench`, beside pretrain.py or moco_speed.py."""

    what: str
    settings: list
    script: list  # with STEPS for their number
    kinds: tuple = ("plain", "fused", "compile")

    def cmae(self, c):
        bench = [CMAE, "bench", "--json", "--precision", c.precision, "--steps", str(c.steps)]
        return measured(finished([*bench, *self.settings]))

    def peer(self, c, kind):
        values = {"STEPS": str(c.steps), "KIND": kind}
        return measured(python(*(values.get(a, a) for a in self.script), *c.precision_flags()))


def pretraining(method, size):
    config, settings = f"configs/bench/{method}_{size}.yaml", []
    if size == "micro":
        config, settings = f"configs/mini/cifar10-{method}.yaml", ["--set", "data.image_size=32"]
    what = f"{method.upper()} {size}"
    script = ["scripts/peers/pretrain.py", method, size, "KIND", "STEPS"]
    return Bench(what, ["--config", config, *settings], script)


def moco(version, depth, batch):
    config = {1: "cifar10-moco-v1", 2: "tiny-imagenet-moco-v2"}[version]
    settings = ["--config", f"configs/mini/{config}.yaml", "--batch", str(batch)]
    for setting in ("model.width=64", "contrast.groups=8", "contrast.queue_size=4096"):
        settings += ["--set", setting]
    script = ["internal/method/moco/testdata/moco_speed.py", str(version), str(batch), "8"]
    what = f"MoCo-v{version}, ResNet-{depth}"
    return Bench(what, settings, [*script, "STEPS", "KIND"], ("plain", "compile"))


@dataclass
class Finetuning:
    """BenchmarkStep of package finetune, beside transformer_speed.py."""

    what: str
    kinds = ("plain", "fused", "compile")

    def cmae(self, c):
        flags = ["-test.run=^$", f"-test.bench=^BenchmarkStep$/^small$/^{c.precision}$"]
        command = [c.finetune_test(), *flags, f"-test.benchtime={c.steps}x"]
        return measured(finished(command))

    def peer(self, c, kind):
        script = "internal/trainer/finetune/testdata/transformer_speed.py"
        return measured(python(script, str(c.steps), "small", kind, *c.precision_flags()))


@dataclass
class Embedding:
    """The whole of `cmae embed`, its start included, beside embed.py."""

    what: str
    size: str
    kinds = ("plain", "fused", "compile")

    def cmae(self, c):
        settings = [f"model.size={self.size}", "model.patch_size=16", "data.image_size=224"]
        command = [CMAE, "embed", "--random", "--images", c.jpegs()]
        for setting in [*settings, f"precision={c.precision}", "probe.feature=cls"]:
            command += ["--set", setting]
        result = finished([*command, "--out", str(c.work / "own.npy")])
        return Measurement(EMBEDDED * c.steps / result.seconds, result.peak)

    def peer(self, c, kind):
        script = "scripts/peers/embed.py"
        return measured(python(script, self.size, kind, c.jpegs(), *c.precision_flags()))


ROWS = {
    "mae-tiny": pretraining("mae", "tiny"),
    "cmae-tiny": pretraining("cmae", "tiny"),
    "mae-base": pretraining("mae", "base"),
    "cmae-base": pretraining("cmae", "base"),
    "mae-micro": pretraining("mae", "micro"),
    "cmae-micro": pretraining("cmae", "micro"),
    "finetune-small": Finetuning("finetuning ViT-S/16, 224 px"),
    "embed-small": Embedding("embedding JPEG, ViT-S/16", "small"),
    "embed-base": Embedding("embedding JPEG, ViT-B/16", "base"),
    "moco-resnet18": moco(1, 18, 128),
    "moco-resnet50": moco(2, 50, 64),
}


def rounds(name, row, kinds, c, count):
    """Measures a row: a list for cmae and for each kind that it has."""
    found = {kind: [] for kind in ("cmae", *kinds) if kind == "cmae" or kind in row.kinds}
    for i in range(count):
        for kind, list_ in found.items():
            m = row.cmae(c) if kind == "cmae" else row.peer(c, kind)
            print(f"peers: {name} {i + 1}/{count} {kind}: {m.rate:.1f} images/s", file=sys.stderr)
            list_.append(m)
    return found


def cells(row, kinds, found):
    own, peers = found["cmae"], {k: v for k, v in found.items() if k != "cmae"}
    rates = [", ".join(f"{m.rate:.1f}" for m in found.get(k, [])) for k in ("cmae", *kinds)]
    fastest = [max(m.rate for m in turn) for turn in zip(*peers.values())]
    ratios = ", ".join(f"{m.rate / best:.2f}" for m, best in zip(own, fastest))
    yardstick = max(peers.values(), key=lambda v: median(m.rate for m in v))
    peaks = [f"{max(m.peak for m in v) / 1e9:.2f} GB" for v in (own, yardstick)]
    return [row.what, *rates, ratios, *peaks]


def line(values):
    print("| " + " | ".join(values) + " |", flush=True)


def arguments():
    p = argparse.ArgumentParser(prog="peers.sh", description="measures cmae and PyTorch in turn")
    p.add_argument("--list", action="store_true", help="print the names of the rows")
    p.add_argument("--row", action="append", choices=ROWS, metavar="NAME", help="one of the rows")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--steps", type=int, default=5)
    p.add_argument("--compile", action="store_true", help="torch.compile too")
    p.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    p.add_argument("--images", default="", metavar="FOLDER", help="images for rows that embed")
    o = p.parse_args()
    for name in ("rounds", "steps"):
        if getattr(o, name) < 1:
            p.error(f"--{name} {getattr(o, name)} must be at least 1")
    if o.images:
        o.images = str(Path(o.images).resolve())
    return o


def main():
    o = arguments()
    if o.list:
        for name, row in ROWS.items():
            print(f"{name:16}{row.what}")
        return 0
    kinds = [k for k in KINDS if k != "compile" or o.compile]
    line(["images/s", "cmae", *(KINDS[k] for k in kinds), "over the fastest", "peak memory",
          "PyTorch's"])
    line(["---"] * (len(kinds) + 5))
    failed = []
    with tempfile.TemporaryDirectory(prefix="peers-") as work:
        c = Context(o.steps, o.images, Path(work), o.precision)
        for name in o.row or ROWS:
            try:
                found = rounds(name, ROWS[name], kinds, c, o.rounds)
            except Failure as e:
                failed.append(name)
                print(f"peers: {name} failed: {e}", file=sys.stderr)
                continue
            line(cells(ROWS[name], kinds, found))
    if failed:
        print(f"peers: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
