"""Even padding along a picture's sides: found where it ends in a sharp, straight edge, and never guessed.

Museums that pad their photographs on white teach a network to know the museum. What is taken for padding is
one colour, as even as only a program makes it, and nearly all of its inner end is a step to other colours:
so skies, snow and monochrome works stay whole. The picture is read in bands along its sides, from outside
inwards and no further than the padding, so a picture without any costs four lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

Box = tuple[int, int, int, int]
Side = Literal["top", "bottom", "left", "right"]
Levels = NDArray[np.uint8]

PADDING_VERSION = 1
"""Raised whenever the same picture would be cropped otherwise; the decode cache is keyed by it."""

NOISE = 14
"""Grey levels by which JPEG may move a pixel of padding; of nearly all of them, much less."""
EVENNESS = 1.5
"""Grey levels by which a line of padding departs from its colour on average, at most: paint, paper and skies
vary more."""
OUTLIERS = 0.01
"""Share of a line's pixels that may lie beyond the noise."""
STEP = 24
"""Grey levels, in any channel, by which the picture differs from its padding where it begins."""
SHARP = 4
"""Pixels within which that step is made: what resizing blurs. A sky's gradient takes longer."""
RISE = 18
"""Grey levels between the two sides of a step that is sharp."""
WOBBLE, WOBBLING = 2, 0.005
"""Pixels, and share of its length, by which an edge may leave a straight line: canvas and panels are cut by
hand. An oval leaves it further."""
STRAIGHT = 0.75
"""Share of the padding's inner end that has to be such a step."""
SLANT = 0.02
"""Share of the picture's side within which the step is made along the whole end: a canvas hangs askew."""
RINGING = 16
"""Pixels from an edge that JPEG's noise reaches: a block, where colours are kept at half the size."""
SMALLEST = 0.25
"""Share of a side that has to be left; else it is a picture with little on it, and stays whole."""

_MIXED = 0.7
"""Share of the step that the picture's first pixel has made, at least."""
_SAMPLES = 1024
"""Pixels of a line that are looked at, at most."""
_LINES = 32
"""Lines of a band that are read at once."""
_FRAMES = 3
"""Paddings one within the other that are taken off: white around black, say."""
_FEW = 32
"""Places a side at which what is left is looked at: whether it is more than one colour."""
_SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")


def without_padding(image: Image.Image) -> Image.Image:
    """The picture without even padding along its sides; itself where it has none.

    Args:
        image: RGB, loaded and upright.
    """
    box = content_box(image)
    return image if box == (0, 0, *image.size) else image.crop(box)


def content_box(image: Image.Image) -> Box:
    """What the padding leaves of an RGB picture: left, top, right and bottom in pixels, as Pillow's crop.

    Each side is judged by itself. The whole picture where less than `SMALLEST` of a side would be left, or
    nothing but one colour: then it is a work with little on it.
    """
    whole = box = (0, 0, *image.size)
    for _ in range(_FRAMES):
        inside = _without_padding(image, box)
        if inside is None:
            return whole
        if inside == box:
            break
        box = inside
    return whole if box != whole and _is_blank(image, box) else box


def _without_padding(image: Image.Image, box: Box) -> Box | None:
    """The box without its outermost padding; None where next to nothing would be left.

    Where even lines end is found on all sides first, and a side's inner end is looked at between the
    paddings beside it. A side that turns out to be none then no longer bounds the others: else a tree in
    the snow would have paddings on all its sides.
    """
    edges = [_Edge(image, box, side) for side in _SIDES]
    depths = [edge.even_lines() for edge in edges]
    if not any(depths):
        return box
    if _is_small(_inside(box, depths), image):
        return None
    while True:
        inner = _inside(box, depths)
        confirmed = [edge.depth(inner) if depth else 0 for edge, depth in zip(edges, depths, strict=True)]
        if all(map(bool, confirmed)) or [*map(bool, confirmed)] == [*map(bool, depths)]:
            return _inside(box, confirmed)
        depths = [depth if is_padding else 0 for depth, is_padding in zip(depths, confirmed, strict=True)]


def _inside(box: Box, depths: Sequence[int]) -> Box:
    """The box without so many lines at its left, top, right and bottom."""
    left, top, right, bottom = depths
    return box[0] + left, box[1] + top, box[2] - right, box[3] - bottom


def _is_small(box: Box, image: Image.Image) -> bool:
    return box[2] - box[0] < image.width * SMALLEST or box[3] - box[1] < image.height * SMALLEST


def _is_blank(image: Image.Image, box: Box) -> bool:
    few = np.asarray(image.resize((_FEW, _FEW), Image.Resampling.NEAREST, box=box))
    return bool(np.ptp(few, axis=(0, 1)).max() <= NOISE)


class _Edge:
    """One side of a box, whose lines are counted from outside inwards."""

    def __init__(self, image: Image.Image, box: Box, side: Side) -> None:
        self._image, self._box, self._side = image, box, side
        left, top, right, bottom = box
        self._size = bottom - top if side in ("top", "bottom") else right - left
        line = np.asarray(image.crop(self._part(box, 0, 1))).reshape(-1, 3)
        red, green, blue = np.median(line, axis=0).astype(int).tolist()
        self._colour = (red, green, blue)
        self._even = 0

    def even_lines(self) -> int:
        """How many lines are all of the outermost line's colour."""
        self._even = self._size
        if not _even(self._departures(self._box, 0, 1))[0]:
            self._even = 0
            return 0
        for start in range(0, self._size, _LINES):
            even = _even(self._departures(self._box, start, _LINES))
            if not even.all():
                self._even = start + int(even.argmin())
                break
        return self._even

    def depth(self, even: Box) -> int:
        """Lines of padding: those up to where the picture begins with a sharp, straight edge; else 0.

        Args:
            even: what even lines on all sides leave of the box.
        """
        if not self._even:
            return 0
        start = max(0, self._even - SHARP)
        reach = RINGING + SHARP + round(self._size * SLANT)
        between = self._between(even)
        length = max(between[2] - between[0], between[3] - between[1])
        step = _step(self._departures(between, start, reach), length)
        return 0 if step is None else start + step

    def _between(self, even: Box) -> Box:
        """The box between the paddings beside this side, and a little less: JPEG blurs where they end."""
        left, top, right, bottom = self._box
        if self._side in ("top", "bottom"):
            low, high = _shortened(even[0], even[2])
            return low, top, high, bottom
        low, high = _shortened(even[1], even[3])
        return left, low, right, high

    def _departures(self, box: Box, start: int, lines: int) -> Levels:
        """Grey levels between pixels and the colour, in the channel where they are most: (lines, samples).

        Of the lines `start` and following, as many as there are.
        """
        band = self._image.crop(self._part(box, start, lines))
        apart = ImageChops.difference(band, Image.new("RGB", band.size, self._colour))
        red, green, blue = apart.split()
        most: Levels = np.asarray(ImageChops.lighter(ImageChops.lighter(red, green), blue))
        if self._side in ("left", "right"):
            most = most.T
        if self._side in ("bottom", "right"):
            most = most[::-1]
        return most[:, :: max(1, most.shape[1] // _SAMPLES)]

    def _part(self, box: Box, start: int, lines: int) -> Box:
        """Where the lines `start` and following lie in the picture."""
        left, top, right, bottom = box
        end = min(start + lines, self._size)
        match self._side:
            case "left":
                return left + start, top, left + end, bottom
            case "top":
                return left, top + start, right, top + end
            case "right":
                return right - end, top, right - start, bottom
            case "bottom":
                return left, bottom - end, right, bottom - start


def _shortened(low: int, high: int) -> tuple[int, int]:
    less = min(2 * RINGING, (high - low) // 4)
    return low + less, high - less


def _step(departures: Levels, length: int) -> int | None:
    """The line at which the picture begins; None where no sharp, straight edge says so.

    Args:
        departures: (lines, samples) from the padding's colour, from outside inwards.
        length: of the whole edge, in pixels.
    """
    has_begun = departures > STEP
    begins = has_begun.argmax(axis=0)
    samples = np.arange(departures.shape[1])
    before, at, after = (
        departures[np.clip(begins + lines, 0, len(departures) - 1), samples].astype(int)
        for lines in (-SHARP, 0, 2)
    )
    is_step = has_begun.any(axis=0) & (after - before >= RISE)
    if is_step.mean() < STRAIGHT:
        return None
    places = samples[is_step]
    straight = (
        np.polyval(np.polyfit(places, begins[is_step], 1), places) if len(places) > 1 else begins[is_step]
    )
    is_straight = np.abs(begins[is_step] - straight) <= max(WOBBLE, WOBBLING * length)
    if is_straight.sum() < STRAIGHT * len(samples):
        return None
    is_mixed = at < _MIXED * after  # a pixel of both, as resizing leaves them
    return int(np.median((begins + is_mixed)[is_step]))


def _even(departures: Levels) -> NDArray[np.bool_]:
    """Which of the lines (lines, samples) are of one colour."""
    outliers = np.count_nonzero(departures > NOISE, axis=1)
    sums = departures.sum(axis=1, dtype=np.uint32)
    samples = departures.shape[1]
    is_even: NDArray[np.bool_] = (outliers <= OUTLIERS * samples) & (sums <= EVENNESS * samples)
    return is_even
