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


@dataclass(frozen=True)
class _Plan:
    """A figure that is not drawn yet; the fields are those of Drawn."""

    name: str
    section: str
    title: str
    caption: str
    draw: Callable[[], Figure]


def figures(
    manifest: Manifest, pairs: pd.DataFrame | None = None, *, seed: int = 0, augmented: bool = True
) -> Iterator[Drawn]:
    """Every figure of a collection, drawn one after the other.

    Args:
        manifest: a collection; with labels it has figures of its classes, split ones of their parts.
        pairs: its near-duplicates, as `duplicates.pairs` finds them; looked for if None.
        seed: decides which works are shown, and the augmentation.
        augmented: also draw the sheets of augmentation, which need Keras.
    """
    if not len(manifest):
        return
    pairs = duplicates.pairs(manifest) if pairs is None else pairs
    plans = [*_spread(manifest), *_pairs(manifest, pairs), *_set_aside(manifest)]
    plans += [*_augmentation(manifest, seed)] if augmented else []
    plans += [*_works(manifest, seed)]
    for plan in track(plans, "Drawing figures"):
        yield Drawn(plan.name, plan.section, plan.title, plan.caption, plan.draw())


def _spread(manifest: Manifest) -> Iterator[_Plan]:
    if manifest.class_names:
        caption = "A class with few works is learnt badly, and its figures are uncertain."
        yield _Plan("classes", "Classes", "Works of each class", caption, partial(spread.classes, manifest))
    caption = "Every point is a size; the larger the point, the more works have it."
    yield _Plan("sizes", "Sizes", "Width and height", caption, partial(spread.sizes, manifest))
    caption = "Training stretches every picture to one shape: those far from it are distorted most."
    yield _Plan("shapes", "Sizes", "Widths, heights and shapes", caption, partial(spread.shapes, manifest))
    caption = "Red: the limits beyond which a picture is set aside."
    title = "Brightness, contrast, sharpness"
    yield _Plan("light", "Light", title, caption, partial(spread.light, manifest))
    caption = "A dark, a middling and a light work in grey, with the share of each grey level."
    yield _Plan("intensity", "Light", "Pixel intensities", caption, partial(sheets.intensity, manifest))
    caption = "The works nearest to the limits. Are they paintings?"
    title = "The darkest, the lightest, the softest"
    yield _Plan("extremes", "Light", title, caption, partial(sheets.extremes, manifest))


def _pairs(manifest: Manifest, pairs: pd.DataFrame) -> Iterator[_Plan]:
    if pairs.empty:
        return
    labels = dict(zip(manifest.frame["path"], manifest.frame["label"], strict=True))
    differing = pairs[pairs["path_a"].map(labels) != pairs["path_b"].map(labels)]
    least, most = pairs.iloc[::-1].head(sheets.PAIRS), pairs.head(sheets.PAIRS)
    sheet = partial(sheets.duplicates, manifest)
    if len(differing):
        above = "Pairs" if len(differing) > 1 else "A pair"
        above = f"{above} under different labels: {min(len(differing), sheets.PAIRS)} of {len(differing):,}"
        caption = "The same picture under two labels: at least one of them is wrong."
        draw = partial(sheet, differing.head(sheets.PAIRS), above)
        yield _Plan("duplicates-labels", "Duplicates", "One picture, two labels", caption, draw)
    caption = "If these show two different works, the threshold is too low."
    draw = partial(sheet, least, f"The least alike of {len(pairs):,} pairs taken for one work")
    yield _Plan("duplicates-least", "Duplicates", "The least alike pairs", caption, draw)
    if len(pairs) > len(least):
        caption = "Copies share a group, so that none stands in training and another in test."
        draw = partial(sheet, most, f"The most alike of {len(pairs):,} pairs taken for one work")
        yield _Plan("duplicates-most", "Duplicates", "The most alike pairs", caption, draw)


def _set_aside(manifest: Manifest) -> Iterator[_Plan]:
    if manifest.rejected:
        caption = "What was left out, and why. Nothing learns from it."
        draw = partial(sheets.set_aside, manifest, manifest.rejected)
        yield _Plan("set-aside", "Set aside", "What was left out", caption, draw)


def _augmentation(manifest: Manifest, seed: int) -> Iterator[_Plan]:
    from components.data.explore import (
        augmentation,
    )  # Keras, which exploring without augmentation does not need

    images = augmentation.originals(manifest, seed)
    for name in augmentation.SHEETS:
        if len(images) > 1 or name not in ("mixup", "cutmix"):
            caption = "If a person cannot name the class here any more, the augmentation is too strong."
            draw = partial(augmentation.sheet, images, name, seed)
            yield _Plan(f"augmentation-{name}", "Augmentation", name, caption, draw)


def _works(manifest: Manifest, seed: int) -> Iterator[_Plan]:
    counts = manifest.frame["label"].value_counts()
    for number, label in enumerate(sorted(counts.index[:_CLASSES])):
        caption = "Works drawn at random. One that does not belong here has a wrong label."
        draw = partial(sheets.contact, manifest, label, seed)
        yield _Plan(f"works-{number:02}", "Works", label or "All works", caption, draw)
