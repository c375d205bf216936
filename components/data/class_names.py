"""Names of classes as a person gives them, and the classes of a collection that they mean.

Several names are a row of CSV: parted by commas ("Cubism,Fauvism"), classes to merge by a plus
("Cubism+Fauvism=Modern"), a name that holds the sign in quotes ('"Pop, Op",Fauvism'). Where the collection
has a class of the whole text, the quotes may be left out: "Pop, Op,Fauvism" are two classes if it has
"Pop, Op". Capitals and blanks do not matter.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from components.data.spelling import clean_name, is_utf8, name_key, printable
from components.errors import SettingsError

_CLOSEST = 3
_SHOWN = 20
_MERGING = (
    'classes to merge are written as "A+B=C" (A and B become C), as in '
    '"Impressionism+Post-Impressionism=Impressionisms"; a name that holds a plus stands in quotes'
)


def parse_names(text: str, sign: str = ",") -> tuple[str, ...]:
    """The names in a row of CSV, tidy; "" where nothing stands between two signs.

    Raises:
        SettingsError: the quotes do not fit, or the text is not UTF-8.
    """
    if not is_utf8(text):
        raise SettingsError(f"{printable(text)}: the name is not UTF-8. Set the terminal to UTF-8.")
    try:
        cells = next(csv.reader([clean_name(text)], delimiter=sign, skipinitialspace=True, strict=True), [])
    except csv.Error as exc:
        raise SettingsError(
            f"{text!r}: the quotes do not fit ({exc}). A name that holds {sign!r} stands in quotes, as in "
            f"'\"Pop{sign} Op\"{sign}Fauvism'; a quote within them is written twice."
        ) from exc
    return tuple(map(clean_name, cells))


def parse_merges(texts: Sequence[str]) -> dict[str, str]:
    """Classes to merge, as a person writes them: "Cubism+Fauvism=Modern" → {"Cubism+Fauvism": "Modern"}.

    The left side stays as it is until the collection's classes are known: see `resolve_merges`.

    Raises:
        SettingsError: not of that shape, or the same classes are to become two.
    """
    merge: dict[str, str] = {}
    for text in texts:
        left, _, right = map(clean_name, text.rpartition("="))
        names, new = parse_names(left, "+"), parse_names(right, "=")
        if not all(names) or not names or len(new) != 1 or not new[0]:
            raise SettingsError(f"{text!r}: {_MERGING}.")
        if merge.setdefault(left, new[0]) != new[0]:
            raise SettingsError(_two(left, merge[left], new[0]))
    return merge


def resolve_names(names: Sequence[str], known: Iterable[str], sign: str = ",") -> tuple[str, ...]:
    """The known names that these mean; a name that means none stays as it is.

    Args:
        names: as `parse_names` gives them; neighbours that are one known name with the sign between them are
            taken together, the longest first.
        known: the classes there are.
        sign: what parted the names.
    """
    by_key = {_key(name, sign): name for name in known}
    resolved: list[str] = []
    at = 0
    while at < len(names):
        ends = range(len(names), at, -1)
        fitting = (end for end in ends if _key(sign.join(names[at:end]), sign) in by_key)
        end = next(fitting, at + 1)
        whole = sign.join(names[at:end])
        resolved.append(by_key.get(_key(whole, sign), whole))
        at = end
    return tuple(dict.fromkeys(resolved))


def resolve_merges(merge: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """The class that each class becomes.

    Args:
        merge: as `parse_merges` gives it; the left side is one class, or several with a plus between them.
        known: the classes there are.

    Raises:
        SettingsError: a class is to become two.
    """
    known = list(known)
    classes: dict[str, str] = {}
    for left, right in merge.items():
        whole = resolve_names((left,), known, "+")
        names = whole if whole[0] in known else resolve_names(parse_names(left, "+"), known, "+")
        (new,) = resolve_names((right,), [*known, *classes.values()], "=")
        for name in names:
            if classes.setdefault(name, new) != new:
                raise SettingsError(_two(name, classes[name], new))
    return classes


def absent_text(absent: Sequence[str], counts: Mapping[str, int]) -> str:
    """The closest names there are, and the classes with most works."""
    closest = closest_text(absent, counts)
    return f"{closest}; there: {listed(counts)}" if closest else f"there: {listed(counts)}"


def closest_text(absent: Sequence[str], known: Iterable[str]) -> str:
    """The closest of the known names, "" where none is close."""
    by_key = {name_key(name): name for name in known}
    close = [key for name in absent for key in get_close_matches(name_key(name), by_key, n=_CLOSEST)]
    return f"the closest: {', '.join(repr(by_key[key]) for key in dict.fromkeys(close))}" if close else ""


def listed(counts: Mapping[str, int]) -> str:
    """The first classes with their numbers of works: "Realism (9), Cubism (5)"."""
    text = ", ".join(f"{name} ({count})" for name, count in list(counts.items())[:_SHOWN]) or "none"
    return f"{text} and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else text


def _key(name: str, sign: str) -> str:
    return re.sub(rf"\s*{re.escape(sign)}\s*", sign, name_key(name))


def _two(name: str, first: str, second: str) -> str:
    return f"{name!r} would become two classes, {first!r} and {second!r}; choose one."
