"""A collection in figures, before anything learns from it: what is there, how alike, how it looks.

Bounded however large the collection is: whatever can be told by the manifest is, and only the pictures
that a figure shows are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from components.data.explore import sheets, spread
from components.data.groups import duplicates
from components.data.manifest import Manifest
from components.progress import track

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SECTIONS = ("Classes", "Sizes", "Light", "Duplicates", "Set aside", "Augmentation", "Works")
_CLASSES = 60
"""Classes that get a contact sheet: the largest."""


@dataclass(frozen=True)
class Drawn:
    """A figure of a collection.

    Attributes:
        name: of its file, without the ending.
        section: one of SECTIONS.
        title: a few words for a person.
        caption: what is to be seen in it, a sentence.
        figure: as matplotlib has it.
    """

    name: str
    section: str
    title: str
    caption: str
    figure: Figure


_Planned = tuple[str, str, str, str, "Callable[[], Figure]"]


def figures(
    manifest: Manifest, pairs: pd.DataFrame | None = None, *, seed: int = 0, augmented: bool = True
) -> Iterator[Drawn]:
    """Every figure of a collection, drawn one after the other.

    Args:
        manifest: a collection; with labels it has figures of its classes, split ones of their parts.
        pairs: its near-duplicates, as `duplicates.pairs` finds them; looked for if None.
        seed: of which works are shown, and of augmentation.
        augmented: also the sheets of augmentation, which need Keras.
    """
    if not len(manifest):
        return
    found = duplicates.pairs(manifest) if pairs is None else pairs
    plans = [*_spread(manifest), *_pairs(manifest, found), *_set_aside(manifest)]
    plans += [*_augmentation(manifest, seed)] if augmented else []
    plans += [*_works(manifest, seed)]
    for name, section, title, caption, draw in track(plans, "Drawing figures"):
        yield Drawn(name, section, title, caption, draw())


def _spread(manifest: Manifest) -> Iterator[_Planned]:
    if manifest.class_names:
        yield (
            "classes",
            "Classes",
            "Works of each class",
            "A class with few works is learnt badly, and its figures are uncertain.",
            partial(spread.classes, manifest),
        )
    told = "Every work is a point, the larger the more works share its size."
    yield "sizes", "Sizes", "Width and height", told, partial(spread.sizes, manifest)
    told = "Training stretches every picture to one shape: what is far from it is distorted most."
    yield "shapes", "Sizes", "Widths, heights and shapes", told, partial(spread.shapes, manifest)
    told = "Red: the limits beyond which a picture is set aside."
    yield "light", "Light", "Brightness, contrast, sharpness", told, partial(spread.light, manifest)
    told = "A dark, a middling and a light work in grey, and how much of each grey there is in it."
    yield "intensity", "Light", "Pixel intensities", told, partial(sheets.intensity, manifest)
    told = "The works nearest to the limits. Are they paintings?"
    yield (
        "extremes",
        "Light",
        "The darkest, the lightest, the softest",
        told,
        partial(sheets.extremes, manifest),
    )


def _pairs(manifest: Manifest, pairs: pd.DataFrame) -> Iterator[_Planned]:
    if pairs.empty:
        return
    labels = dict(zip(manifest.frame["path"], manifest.frame["label"], strict=True))
    parted = pairs[pairs["path_a"].map(labels) != pairs["path_b"].map(labels)]
    least = pairs.iloc[::-1].head(sheets.PAIRS)
    sheet = partial(sheets.duplicates, manifest)
    if len(parted):
        title = "Pairs" if len(parted) > 1 else "A pair"
        title = f"{title} under different labels: {min(len(parted), sheets.PAIRS)} of {len(parted):,}"
        told = "The same picture under two labels: at least one of them is wrong."
        yield (
            "duplicates-labels",
            "Duplicates",
            "One picture, two labels",
            told,
            partial(sheet, parted.head(sheets.PAIRS), title),
        )
    told = "Where these show two different works, the threshold is too low."
    title = f"The least alike of {len(pairs):,} pairs taken for one work"
    yield "duplicates-least", "Duplicates", "The least alike pairs", told, partial(sheet, least, title)
    if len(pairs) > len(least):
        title = f"The most alike of {len(pairs):,} pairs taken for one work"
        told = "Copies. None of them may stand in training and test at once: they share a group."
        yield (
            "duplicates-most",
            "Duplicates",
            "The most alike pairs",
            told,
            partial(sheet, pairs.head(sheets.PAIRS), title),
        )


def _set_aside(manifest: Manifest) -> Iterator[_Planned]:
    if manifest.rejected:
        told = "What was left out, and why. Nothing learns from it."
        yield (
            "set-aside",
            "Set aside",
            "What was left out",
            told,
            partial(sheets.set_aside, manifest, manifest.rejected),
        )


def _augmentation(manifest: Manifest, seed: int) -> Iterator[_Planned]:
    from components.data.explore import augmentation

    images = augmentation.originals(manifest, seed)
    for name in augmentation.SHEETS:
        if len(images) > 1 or name not in ("mixup", "cutmix"):
            told = "What is still recognised here for what it is may be taught so."
            draw = partial(augmentation.sheet, images, name, seed)
            yield f"augmentation-{name}", "Augmentation", name, told, draw


def _works(manifest: Manifest, seed: int) -> Iterator[_Planned]:
    counts = manifest.a_row_a_label()["label"].value_counts()
    for number, label in enumerate(sorted(counts.index[:_CLASSES]) or [""]):
        told = "Drawn at random. What does not belong here is mislabelled."
        draw = partial(sheets.contact, manifest, label, seed)
        yield f"works-{number:02}", "Works", label or "All works", told, draw
