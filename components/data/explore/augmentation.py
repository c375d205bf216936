"""What training would see: originals beside their augmented variants. Needs Keras."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from components.data.explore.tiles import Sheet, Tile
from components.data.feeding.augment import POLICIES, preview
from components.data.images.reader import read_rgb, resize
from components.data.manifest import Manifest, Split
from components.errors import ImageError

SHEETS: dict[str, tuple[str, str]] = {name: (name, "none") for name in POLICIES} | {
    "mixup": ("none", "mixup"),
    "cutmix": ("none", "cutmix"),
}
"""Name of a sheet: policy and mix."""

_WORKS, _VARIANTS, _PIXELS = 4, 6, 144


def originals(manifest: Manifest, seed: int) -> NDArray[np.uint8]:
    """A few training works of different classes, (N, 144, 144, 3), stretched as training stretches them."""
    train = manifest.part(Split.TRAIN)
    frame = (train if len(train) else manifest).frame.sample(frac=1, random_state=seed)
    turn = frame.groupby("label").cumcount()
    pictures = []
    for path in frame.assign(turn=turn).sort_values("turn", kind="stable")["path"]:
        try:
            pictures.append(resize(read_rgb(manifest.root / path), (_PIXELS, _PIXELS)))
        except ImageError:
            continue
        if len(pictures) == _WORKS:
            break
    return np.stack(pictures)


def sheet(images: NDArray[np.uint8], name: str, seed: int) -> Figure:
    """One policy: a work a row, the original first (A2, B2; RandAugment, MixUp, CutMix)."""
    policy, mix = SHEETS[name]
    variants = preview(images, policy, mix=mix, variants=_VARIANTS, seed=seed)
    inches = 1.3
    across, down = inches + 0.06, inches + 0.06
    shown = Sheet((_VARIANTS + 1) * across + 0.32, len(images) * down + 0.36, f"Augmentation: {name}")
    for row, original in enumerate(images):
        for column, pixels in enumerate((original, *variants[:, row])):
            left = 0.1 + column * across + (0.14 if column else 0)
            shown.show(Tile(pixels), (left, 0.3 + row * down), inches)
    shown.write(0.1, 0.24, "as it is", fontsize=9)
    shown.write(0.24 + across, 0.24, "as training would see it, six times", fontsize=9)
    return shown.figure()
