"""When two written names are one: signs composed (NFC), blanks and capitals put aside."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Mapping

_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF))
"""Soft hyphen, zero-width space, marks of direction, word joiner, byte-order mark."""


def is_utf8(name: str) -> bool:
    """False for a name of the system whose bytes are not UTF-8: Python holds those as surrogates."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(name: str) -> str:
    """A name of the system that can be written anywhere: bytes that are not UTF-8 in hexadecimal."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def clean_name(text: str | None) -> str:
    """Composed (NFC), with single spaces and none around, without signs that take no room; "" for None."""
    return unicodedata.normalize("NFC", " ".join((text or "").translate(_INVISIBLE).split()))


def name_key(name: str) -> str:
    """What two spellings of one name share: they differ in capitals and blanks alone."""
    return clean_name(name).casefold()


def choose_spellings(names: Mapping[str, int]) -> dict[str, str]:
    """The spelling that each name is read as: of those alike the most frequent, ties by the alphabet.

    Args:
        names: how often each occurs, as written.
    """
    counts: dict[str, Counter[str]] = {}
    for name, count in names.items():
        counts.setdefault(name_key(name), Counter())[clean_name(name)] += count
    chosen = {
        key: min(spellings, key=lambda name: (-spellings[name], name)) for key, spellings in counts.items()
    }
    return {name: chosen[name_key(name)] for name in names}
