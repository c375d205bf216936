"""What exploring a collection leaves: figures as PNG, what they are as JSON, and one page that shows all.

figures/NAME.png, figures/figures.json    built whole or not at all
suspects/suspects.csv, .png, .json        the same; there once suspects were looked for
index.html                                written last: needs no other file
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.explore import Drawn
from components.data.manifest import Manifest
from components.storage import building

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FIGURES, SUSPECTS = "figures", "suspects"
ABOUT = "about.json"
_LISTED = 100
"""Pairs and suspects that the page names; the files have all."""


@dataclass(frozen=True)
class Facts:
    """A collection in numbers.

    Attributes:
        source: its name.
        synthetic: drawn by code.
        fingerprint: its data version.
        works: how many.
        different: how many different ones: near-duplicates count once.
        classes: how many.
        pairs: near-duplicate pairs by kind.
        set_aside: files left out by kind.
        listed: the least alike pairs first: both paths, kind, similarity.
    """

    source: str
    synthetic: bool
    fingerprint: str
    works: int
    different: int
    classes: int
    pairs: dict[str, int]
    set_aside: dict[str, int]
    listed: list[tuple[str, str, str, float]]


def facts_of(manifest: Manifest, pairs: pd.DataFrame) -> Facts:
    """The facts of a collection, given `duplicates.pairs` of it."""
    last = pairs.iloc[::-1].head(_LISTED)[["path_a", "path_b", "kind", "similarity"]]
    return Facts(
        source=manifest.source,
        synthetic=manifest.synthetic,
        fingerprint=manifest.fingerprint,
        works=len(manifest),
        different=int(manifest.frame["group"].nunique()),
        classes=len(manifest.class_names),
        pairs=dict(Counter(pairs["kind"].tolist()).most_common()),
        set_aside=dict(Counter(rejected.kind for rejected in manifest.rejected).most_common()),
        listed=[(a, b, kind, round(alike, 3)) for a, b, kind, alike in last.itertuples(index=False)],
    )


def kept(folder: Path, key: str) -> bool:
    """Whether `folder` (figures or suspects) is there and answers to `key`."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and about.get("key") == key


def save_figures(folder: Path, drawn: Iterable[Drawn], facts: Facts, key: str) -> None:
    """Write every figure and what it is into `folder`, in place of others, whole or not at all."""
    with building(folder) as draft:
        listed = []
        for figure in drawn:
            save(figure.figure, draft / f"{figure.name}.png")
            texts = {"section": figure.section, "title": figure.title, "caption": figure.caption}
            listed.append({"name": figure.name, **texts})
        about = {"key": key, "facts": asdict(facts), "figures": listed}
        (draft / ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)  # a name in another script
        figure.savefig(path, pil_kwargs={"compress_level": 1})
