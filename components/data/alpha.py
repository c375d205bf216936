"""What becomes of transparency: a name that recipes, caches and releases carry."""

from __future__ import annotations

from enum import StrEnum


class Alpha(StrEnum):
    """What becomes of transparency; a model is trained and served with the same."""

    WHITE = "white"
    """Laid on white, as a browser shows it."""
    BLACK = "black"
    """Laid on black."""
    DROP = "drop"
    """Left out: the colours that lie beneath, whatever they are (study C1)."""
