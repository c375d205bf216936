"""Suspected label errors for a person: a table to put right and give back, and a sheet to look at."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.explore.figure_files import ABOUT, facts_of, save
from components.data.explore.tiles import Tile, named, small, wall
from components.data.groups import duplicates
from components.data.manifest import Manifest
from components.storage import building

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from components.data.groups.label_errors import LabelErrors

TABLE, SHEET = "suspects.csv", "suspects.png"
_SHOWN = 32
_CAPTION = "The label, and what the model takes the work for; the least likely labels first."


def summary(label_errors: LabelErrors, features: str) -> str:
    """How many labels are suspected, and how far that can be trusted.

    Args:
        label_errors: as `label_errors.find` returns them.
        features: by which the works were told apart, as in "MobileNetV2's features".
    """
    count = len(label_errors.table)
    text = (
        f"{count:,} of {label_errors.examined:,} labels are suspected, by {features}: a model that never saw "
        f"the work names {label_errors.accuracy:.0%} as their labels do.".replace("%", " %")
    )
    if label_errors.too_small:
        classes = ", ".join(f"{name} ({works})" for name, works in label_errors.too_small.items())
        text += f" Classes of too few works to be examined: {classes}."
    return text


def write(folder: Path, label_errors: LabelErrors, manifest: Manifest, text: str) -> None:
    """Write suspects.csv, suspects.png and about.json into `folder`, in place of others, all or none.

    The table's `label` is the one that the collection carries (before classes were merged), so that a
    person's corrections of it are corrections of the collection.
    """
    with building(folder) as draft:
        rows = label_errors.table
        if manifest.task:
            given = dict(zip(manifest.frame["path"], manifest.frame[manifest.task], strict=True))
            rows = rows.assign(label=rows["path"].map(given))
        rows.to_csv(draft / TABLE, index=False, encoding="utf-8-sig")  # spreadsheets ask for the mark
        save(sheet(label_errors, manifest), draft / SHEET)
        pairs = duplicates.pairs(manifest)
        about = {"told": text, "caption": _CAPTION, "facts": asdict(facts_of(manifest, pairs))}
        (draft / ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)


def sheet(label_errors: LabelErrors, manifest: Manifest) -> Figure:
    """The most suspicious works over their label and the one suggested."""
    first = label_errors.table.head(_SHOWN)
    pictures = small([manifest.root / path for path in first["path"]])
    tiles = [
        Tile(pixels, (f"labelled {label}", f"looks like {suggested}", named(path)))
        for path, label, suggested, pixels in zip(
            first["path"], first["label"], first["suggested"], pictures, strict=True
        )
    ]
    shown = f"the {len(first)} most suspicious of {len(label_errors.table):,}" if tiles else "none"
    return wall(tiles, 6, f"Suspected label errors: {shown}", inches=1.55)
