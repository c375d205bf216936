"""Checks of each source: what its documentation promises of a collection."""

from __future__ import annotations

import re
from dataclasses import replace

from components.data.gate.expectations.rules import FILLED, Expectation, Severity, between, like, one_of
from components.data.labels import SEPARATOR

BEST_ARTWORKS_MOVEMENTS = (
    *("Abstract Expressionism", "Baroque", "Byzantine Art", "Cubism", "Early Renaissance", "Expressionism"),
    *("High Renaissance", "Impressionism", "Mannerism", "Neoplasticism", "Northern Renaissance", "Pop Art"),
    *("Post-Impressionism", "Primitivism", "Proto Renaissance", "Realism", "Romanticism", "Suprematism"),
    *("Surrealism", "Symbolism"),
)
"""Of the artists of one movement alone, in artists.csv."""
BEST_ARTWORKS_SHARED = ("Abstractionism", "Art Nouveau", "Muralism", "Social Realism")
"""Movements that stand in artists.csv beside others only."""
GALLERY_MOVEMENTS = (
    *("Abstract Expressionism", "Byzantine Art", "Cubism", "Expressionism", "Impressionism", "Pop Art"),
)
_LAYOUT = "Check that the folder is that collection's, whole and as it was published; then ingest again."


def _movements(names: tuple[str, ...], severity: Severity, *, several: bool) -> Expectation:
    return Expectation(
        "movements are the documented ones",
        severity,
        "rows",
        "style",
        like(_any_of(names, several=several)),
        expected=f"each movement one of {', '.join(names)}, or not known",
        hint="Correct the movement at the source, or read the collection as another source.",
    )


def _any_of(names: tuple[str, ...], *, several: bool) -> str:
    """None of these names or one of them; or several of them joined."""
    one = "|".join(map(re.escape, names))
    more = rf"(?:{re.escape(SEPARATOR)}(?:{one}))*" if several else ""
    return rf"^(?:(?:{one}){more})?$"


def _at_most(count: int, what: str, column: str) -> Expectation:
    return Expectation(
        f"number of {what}",
        "warning",
        "whole",
        column,
        between(most=count),
        expected=f"at most {count:,} {what}, as published",
        hint=_LAYOUT,
    )


def _known(column: str, least: float, severity: Severity) -> Expectation:
    of = "every work" if least == 100 else f"at least {least:g} % of the works"
    return Expectation(
        f"{column} is known",
        severity,
        "collection",
        f"{column} known",
        between(least=least),
        expected=f"the {column} of {of}",
        hint=_LAYOUT,
    )


_ONE_MOVEMENT = Expectation(
    "one movement an artist",
    "critical",
    "artists",
    "movements",
    between(most=1),
    expected="no artist stands under two movements: the source labels artists, not works",
    hint="Correct artists.csv and ingest again.",
)

_SYNTHETIC = (
    Expectation(
        "marked as drawn by code",
        "critical",
        "whole",
        "synthetic",
        one_of(["yes"]),
        expected="the collection says that it is synthetic",
        hint="Read it as the source `synthetic`, so that it is never passed off as real.",
    ),
    _known("artist", 100, "critical"),
    _known("style", 100, "critical"),
    _ONE_MOVEMENT,
)

_WIKIART = (
    _known("style", 100, "critical"),
    _known("artist", 95, "warning"),
    _at_most(27, "styles", "styles"),
)

_PANDORA = (
    _known("style", 100, "critical"),
    _at_most(18, "movements", "styles"),
    _at_most(18_040, "works", "works"),
)
"""Both editions: 7K has 12 of the movements, 18K all of them."""

_FOLDER = (
    Expectation(
        "names of classes are filled",
        "critical",
        "classes",
        "class",
        FILLED,
        expected="a class folder has a name",
        hint="Name each class folder as its label is to read.",
    ),
)
"""Of a plain folder nothing is documented but that its folders are the labels."""

SOURCES: dict[str, tuple[Expectation, ...]] = {
    "synthetic": _SYNTHETIC,
    "best-artworks": (
        _known("artist", 100, "critical"),
        _ONE_MOVEMENT,
        _at_most(50, "artists", "artists"),
    ),
    "painter-by-numbers": (
        _known("artist", 95, "warning"),
        _known("style", 90, "warning"),
        _known("genre", 90, "warning"),
        _at_most(44, "genres", "genres"),
    ),
    "pandora": _PANDORA,
    "wikiart": _WIKIART,
}
"""Checks by the beginning of a source's name, the longest that fits; any other is a plain folder."""

DOCUMENTED_MOVEMENTS: dict[str, tuple[tuple[str, ...], Severity]] = {
    "synthetic": (GALLERY_MOVEMENTS, "critical"),
    "best-artworks": ((*BEST_ARTWORKS_MOVEMENTS, *BEST_ARTWORKS_SHARED), "warning"),
}
"""The movements of a source in SOURCES, and how serious another one is."""


def of_source(source: str, *, by_hand: bool = False, several: bool = False) -> tuple[Expectation, ...]:
    """The checks of a collection of that name.

    Args:
        source: the collection's name.
        by_hand: a person put labels right, work by work, so that an artist may stand under several.
        several: works may have several movements, joined as `labels.join_names` does.
    """
    plain = source.lower().replace("_", "-")
    names = [name for name in SOURCES if plain.startswith(name)]
    name = max(names, key=len, default="")
    checks = SOURCES.get(name, _FOLDER)
    if name in DOCUMENTED_MOVEMENTS:
        checks += (_movements(*DOCUMENTED_MOVEMENTS[name], several=several),)
    softer = replace(_ONE_MOVEMENT, severity="warning")
    return tuple(softer if by_hand and one is _ONE_MOVEMENT else one for one in checks)
