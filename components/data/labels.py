"""Several labels to a work, in the manifest's one column: "Impressionism + Post-Impressionism" (study C9).

Only the labels of a manifest whose `multi_label` is true are written so; any other label is the name of one
class, whatever signs it holds ("Oil + Canvas"). A name's own plus between blanks is written with one plus
more ("Oil ++ Canvas"), so that names come back from a label as they went in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from components.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SEPARATOR = " + "


def join_names(names: Iterable[str]) -> str:
    """One label of several names, each once, sorted; "" of none."""
    return SEPARATOR.join(escaped(name) for name in sorted({name for name in names if name}))


def split_names(label: str) -> tuple[str, ...]:
    """The names that `join_names` made a label of; none of ""."""
    return tuple(_unescaped(name) for name in label.split(SEPARATOR) if name)


def escaped(name: str) -> str:
    """A name as it stands in a label of several."""
    return " ".join(f"{word}+" if _is_plus(word) else word for word in name.split(" "))


def map_names(column: pd.Series[str], change: Callable[[str], str]) -> pd.Series[str]:
    """A column of joined labels with each name changed; a name that becomes "" is left out."""
    changed = {label: join_names(map(change, split_names(label))) for label in column.unique()}
    return column.map(changed)


def class_numbers(column: Sequence[str], class_names: Sequence[str]) -> NDArray[np.int64]:
    """(N,): the place of each label in `class_names`.

    Raises:
        DataError: a label is not among them.
    """
    import numpy as np

    places = {name: place for place, name in enumerate(class_names)}
    if unknown := sorted(set(column) - places.keys()):
        raise DataError(_unknown(unknown[0], class_names))
    return np.array([places[label] for label in column], np.int64)


def multi_hot(works: Sequence[Sequence[str]], class_names: Sequence[str]) -> NDArray[np.float32]:
    """(N, C): 1 where the work has the class, 0 elsewhere.

    Args:
        works: the names of each of N works.
        class_names: C of them.

    Raises:
        DataError: a work has a name that is not among `class_names`.
    """
    import numpy as np

    places = {name: place for place, name in enumerate(class_names)}
    hot = np.zeros((len(works), len(class_names)), np.float32)
    for row, names in enumerate(works):
        for name in names:
            if name not in places:
                raise DataError(_unknown(name, class_names))
            hot[row, places[name]] = 1
    return hot


def _unknown(name: str, class_names: Sequence[str]) -> str:
    return (
        f"{name!r} is none of the classes {', '.join(map(repr, class_names))}. Give every class of the data "
        f"version, or select fewer works."
    )


def _is_plus(word: str) -> bool:
    return word != "" and not word.strip("+")


def _unescaped(name: str) -> str:
    return " ".join(word[1:] if _is_plus(word) else word for word in name.split(" "))
