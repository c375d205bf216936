"""Pictures in horizontal strips: what is computed strip by strip needs a strip's memory, not a picture's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PIL import Image

PIXELS = 1 << 20
"""Of a strip, about: smaller pictures are one strip."""


def strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The picture's strips from top to bottom, each with the row at which it begins."""
    rows = max(1, PIXELS // max(1, image.width))
    if image.height <= rows:
        yield 0, image
        return
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def converted(image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """`convert` applied to every strip, put together again.

    Args:
        image: loaded.
        mode: of what `convert` returns.
        convert: a function of single pixels, so that a strip needs to know nothing of the others.
    """
    if image.width * image.height <= PIXELS:
        return convert(image)
    whole = Image.new(mode, image.size, None)
    for top, strip in strips(image):
        whole.paste(convert(strip), (0, top))
    return whole
