"""The image reader under mutated files: never a crash, never a hang, never unbounded memory.

    python -m tests.fuzz_images --files 30000 --seed 7

Bytes of small pictures of every format and mode are changed, most of them in the headers, where sizes,
offsets and counts stand; parts are cut off or put in twice. Whatever the reader makes of one, it must
return a picture or raise ImageError, and ingest's quicker reader must come to the same. Prints JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from components.data.images.reader import read_rgb, skim
from components.errors import ImageError

ORIENTATION = 0x0112
SPOTS = (64, 400)
VALUES = (0, 255, 127, 128)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    chance, seeds = random.Random(given.seed), pictures()
    counts: dict[str, float] = {"files": given.files, "read": 0, "refused": 0, "slowest_cpu_s": 0.0}
    for _ in range(given.files):
        data = mutated(chance.choice(seeds), chance)
        started = time.process_time()
        size = size_read(data)
        counts["slowest_cpu_s"] = max(counts["slowest_cpu_s"], round(time.process_time() - started, 3))
        counts["read" if size else "refused"] += 1
        if size != size_skimmed(data):
            sys.exit(f"read_rgb and skim disagree on {data.hex()}")
    counts["peak_mib"] = peak_mib()
    sys.stdout.write(json.dumps(counts) + "\n")


def peak_mib() -> int:
    """The most memory this program held; `ru_maxrss` would count what its parent held when it was started."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) // 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def size_read(data: bytes) -> tuple[int, int] | None:
    """The picture's size, None where it is refused; anything else that is raised ends the run."""
    try:
        return read_rgb(data).size
    except ImageError:
        return None


def size_skimmed(data: bytes) -> tuple[int, int] | None:
    try:
        seen = skim(data).probe
    except ImageError:
        return None
    return seen.width, seen.height


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        spot = min(len(changed), chance.choice((*SPOTS, len(changed))))
        changed[chance.randrange(spot)] = chance.choice((*VALUES, chance.randrange(256)))
    if chance.random() < 0.2:
        del changed[chance.randrange(1, len(changed)) :]
    if chance.random() < 0.1:
        place = chance.randrange(len(changed))
        changed[place:place] = changed[: chance.randrange(len(changed))]
    return bytes(changed)


def pictures() -> list[bytes]:
    """One small file of each format, mode and compression that is read."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    turned = Image.Exif()
    turned[ORIENTATION] = 6
    return [
        encoded(image, "JPEG", exif=turned),
        encoded(image, "JPEG", progressive=True),
        encoded(image.convert("CMYK"), "JPEG"),
        encoded(image, "MPO", save_all=True, append_images=[image.rotate(9)]),
        encoded(image, "PNG"),
        encoded(image, "PNG", exif=turned),
        encoded(image.quantize(16), "PNG"),
        encoded(image.convert("RGBA"), "PNG"),
        encoded(image, "GIF"),
        encoded(image, "GIF", save_all=True, append_images=[image.rotate(9)]),
        encoded(image, "WEBP"),
        encoded(image, "AVIF"),
        encoded(image, "TIFF"),
        encoded(image, "TIFF", compression="tiff_lzw"),
        encoded(image, "TIFF", compression="jpeg"),
        encoded(Image.new("I;16", (30, 30), 999), "TIFF"),
        encoded(image.convert("F"), "TIFF"),
        encoded(image.convert("I"), "TIFF"),
        encoded(image, "PNG", pnginfo=long_text()),
        encoded(image, "BMP"),
        encoded(image, "PPM"),
    ]


def long_text() -> PngInfo:
    """More than Pillow takes of a PNG's metadata, in a few bytes."""
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", "<step/>" * 200_000, zip=True)
    return text


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


if __name__ == "__main__":
    main()
