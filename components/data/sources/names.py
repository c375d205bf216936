"""Repairs names of people and files that unpackers and table writers garbled."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DOS_PAGES = ("cp437", "cp850", "cp866")
_PAGES = ("cp1252", "latin-1")
"""What UTF-8 was taken for: DOS's pages by unzip programs, the others by Windows and old tables."""

_BOXES = re.compile("[\u2500-\u257f]")
"""What the first byte of an accented letter becomes in DOS's pages; no name has one otherwise.
Where it was done twice, undoing one shows it."""

_DEPTH = 3
"""How often a name is repaired at most; Best Artworks has one folder that was garbled twice."""

_OF = {"af", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du", "of", "van"}
_THE = {"al", "el", "la", "le", "los", "the", "vom", "von", "ten", "ter", "to", "zu", "zum", "zur"}
"""Words that stay small within a name."""


@lru_cache(maxsize=4096)
def repair_name(name: str) -> str:
    """Undo UTF-8 that was read as another encoding, as often as it was done: "DuΓòá├¬rer" → "Dürer".

    A name that was never garbled stays as it is: hardly any other text happens to be UTF-8 in disguise.
    The result is composed (NFC).
    """
    for _ in range(_DEPTH):
        repaired = _repaired_once(name)
        if repaired == name:
            break
        name = repaired
    return unicodedata.normalize("NFC", name)


def ascii_key(name: str) -> str:
    """The repaired name in lower-case ASCII without accents, to compare names by."""
    return unicodedata.normalize("NFKD", repair_name(name)).encode("ascii", "ignore").decode().lower()


def person_name(slug: str) -> str:
    """A name of a file name's words: "vincent-van-gogh" → "Vincent van Gogh", "m.c.-escher" → "M.C. Escher".

    Hyphens that belonged to the name are lost: "henri-de-toulouse-lautrec" → "Henri de Toulouse Lautrec".
    """
    words = repair_name(slug).replace("_", "-").split("-")
    capital = [
        word if place and word in _OF | _THE else re.sub(r"(^|[.'])(\w)", lambda part: part[0].upper(), word)
        for place, word in enumerate(filter(None, words))
    ]
    return " ".join(capital)


def _repaired_once(name: str) -> str:
    if name.isascii():
        return name
    for page in (*_DOS_PAGES, *_PAGES):
        try:
            repaired = name.encode(page).decode("utf-8")
        except UnicodeError:
            continue
        if page in _PAGES or _BOXES.search(name + repaired):
            return repaired
    return name
