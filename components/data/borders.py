"""What becomes of padding around a picture: a name that recipes, caches and releases carry."""

from __future__ import annotations

from enum import StrEnum


class Borders(StrEnum):
    """What becomes of padding; a model is trained and served with the same."""

    KEEP = "keep"
    """The picture as the file has it."""
    CROP = "crop"
    """Without even padding along its sides, as `components.data.images.padding` finds it."""
