"""Pictures nothing can be learnt from are set aside, each with its reason and what was measured.

The limits are wide: none of 6,725 works of Best Artworks (Malevich's squares, Miró's blue, Turner's mist
and pencil drawings among them) or of 1,150 photographs of paintings in the Louvre lies beyond one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.images.padding import content_box
from components.data.images.reader import read_rgb
from components.data.manifest import Manifest, Rejected
from components.data.threads import in_order

if TYPE_CHECKING:
    import pandas as pd


EMPTIED = "no work is left of"
PADDED = "are padded"
"""In the line of a lineage that says so."""
_LOOKED_AT = 100
"""Works that are looked at for padding: enough to tell a museum's way, and quickly read."""
_MANY = 0.1
"""Share of padded works from which on a person should know."""


@dataclass(frozen=True)
class Limits:
    """The limits that a picture must keep to; the measures are those of `stats.ImageStats`.

    Attributes:
        smallest_side: pixels of the shorter side.
        widest: longer side to shorter side.
        least_contrast: standard deviation of the greyscale, 0 to .5; below it a picture is near-blank.
        darkest: mean of the greyscale, 0 to 1; below it a picture is under-exposed.
        brightest: the same; above it a picture is over-exposed.
        least_sharpness: 0 to 1; a blur of 6 pixels on a 256-pixel painting leaves .04 to .09.
    """

    smallest_side: int = 32
    widest: float = 5.0
    least_contrast: float = 0.02
    darkest: float = 0.03
    brightest: float = 0.96
    least_sharpness: float = 0.055


def apply_limits(manifest: Manifest, limits: Limits = Limits()) -> Manifest:
    """Set aside the works beyond a limit; the first limit that a work breaks is the kind of its rejection."""
    frame = manifest.frame
    broken = _broken(frame, limits)
    bad = [
        Rejected(path, "; ".join(reasons.values()), next(iter(reasons)))
        for path, reasons in zip(frame["path"], broken, strict=True)
        if reasons
    ]
    texts = ", ".join(f"{name} {value:g}" for name, value in asdict(limits).items())
    kept = frame[[not reasons for reasons in broken]]
    emptied = _emptied(frame, kept)
    lost = f"; {EMPTIED} {', '.join(emptied)}" if emptied else ""
    return manifest.derived(kept, f"quality: {len(bad)} set aside ({texts}){lost}", bad)


def with_padding_noted(manifest: Manifest) -> Manifest:
    """The manifest, with a line in its lineage where many works have even padding along a side.

    Padding tells museums apart, so that a network may know the museum and not the painting. A sample is
    looked at, by their content's hash, so that it is the same wherever the files lie.

    Raises:
        ImageError: a picture cannot be read any more.
    """
    sample = manifest.frame.sort_values("sha256").head(_LOOKED_AT)
    paths = [manifest.root / path for path in sample["path"]]
    count = sum(in_order(_is_padded, paths, None))
    if count < _MANY * len(paths):
        return manifest
    step = f"padding: {count} of {len(paths)} works that were looked at {PADDED} along a side"
    return manifest.derived(manifest.frame, step)


def _is_padded(path: Path) -> bool:
    image = read_rgb(path)
    return content_box(image) != (0, 0, *image.size)


def _emptied(frame: pd.DataFrame, kept: pd.DataFrame) -> list[str]:
    """The artists, styles and genres of which no work is left."""
    columns = ("artist", "style", "genre")
    return [name for column in columns for name in sorted(set(frame[column]) - set(kept[column]))]


def _broken(frame: pd.DataFrame, limits: Limits) -> list[dict[str, str]]:
    """For each row the limits that it breaks: kind and reason."""
    shorter, longer = frame[["width", "height"]].min(axis=1), frame[["width", "height"]].max(axis=1)
    aspect = longer / shorter
    rules = (
        ("too small", shorter < limits.smallest_side, shorter, f"pixels, {limits.smallest_side} expected"),
        (
            "near-blank",
            frame["contrast"] < limits.least_contrast,
            frame["contrast"],
            f"of contrast, {limits.least_contrast} expected",
        ),
        (
            "extreme aspect",
            aspect > limits.widest,
            aspect.round(1),
            f"times as long as short, at most {limits.widest:g} expected",
        ),
        (
            "under-exposed",
            frame["brightness"] < limits.darkest,
            frame["brightness"],
            f"of full brightness, {limits.darkest} expected",
        ),
        (
            "over-exposed",
            frame["brightness"] > limits.brightest,
            frame["brightness"],
            f"of full brightness, at most {limits.brightest} expected",
        ),
        (
            "blurred",
            frame["sharpness"] < limits.least_sharpness,
            frame["sharpness"],
            f"of sharpness, {limits.least_sharpness} expected",
        ),
    )
    broken: list[dict[str, str]] = [{} for _ in range(len(frame))]
    for kind, fails, measured, expected in rules:
        for place in fails.to_numpy().nonzero()[0]:
            broken[place][kind] = f"{kind}: {measured.iloc[place]:g} {expected}"
    return broken
