"""Refit: the recipe that was chosen, trained again on more of the works than chose it."""

from __future__ import annotations

from enum import StrEnum

from components.data.manifest import Manifest, Split


class Refit(StrEnum):
    """Which works a training learns from, beyond the training works."""

    NONE = "none"
    """The training works alone; validation works choose the epoch, test works judge it."""
    VALIDATION = "validation"
    """Training and validation works; the test works still judge it."""
    ALL = "all"
    """Every work; none is left to judge it."""

    @property
    def parts(self) -> tuple[Split, ...]:
        """The parts that are learnt from."""
        match self:
            case Refit.NONE:
                return (Split.TRAIN,)
            case Refit.VALIDATION:
                return (Split.TRAIN, Split.VALIDATION)
            case Refit.ALL:
                return (Split.TRAIN, Split.VALIDATION, Split.TEST)

    @property
    def works(self) -> str:
        """The works that are learnt from, in words."""
        match self:
            case Refit.NONE:
                return "the training works"
            case Refit.VALIDATION:
                return "the training and validation works"
            case Refit.ALL:
                return "all works"

    def learnt(self, manifest: Manifest) -> Manifest:
        """The works of a split data version that are learnt from, in row order."""
        return manifest.with_frame(manifest.frame[manifest.frame["split"].isin(self.parts)])
