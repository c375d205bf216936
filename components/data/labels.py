"""Several labels to a work, in the manifest's one column: "Impressionism + Post-Impressionism" (study C9).

A label of one name reads the same either way, so that every room may ask here; names are joined as a
person joins classes to merge, with a plus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from components.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from components.data.manifest import Manifest

SEPARATOR = " + "


def joined(names: Iterable[str]) -> str:
    """One label of several names, each once, sorted; "" of none."""
    return SEPARATOR.join(sorted({name for name in names if name}))


def parted(label: str) -> tuple[str, ...]:
    """The names of a label; none of ""."""
    return tuple(name for name in label.split(SEPARATOR) if name)


def each(column: pd.Series[str], change: Callable[[str], str]) -> pd.Series[str]:
    """The column with each name of its labels changed; a name that becomes "" is left out."""
    changed = {label: joined(map(change, parted(label))) for label in column.unique()}
    return column.map(changed)


def one_a_row(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows with `label`, a work of several labels once for each."""
    if not frame["label"].str.contains(SEPARATOR, regex=False).any():
        return frame
    return frame.assign(label=frame["label"].map(lambda label: list(parted(label)))).explode("label")


def names_of(manifest: Manifest) -> list[str]:
    """The single names of its labels, sorted; a name's place here is its class number."""
    return sorted({name for label in manifest.frame["label"].unique() for name in parted(label)})


def multi_hot(manifest: Manifest, names: Sequence[str]) -> NDArray[np.float32]:
    """(N, C), in row order: 1 where the work bears the name, 0 elsewhere.

    Raises:
        DataError: a work bears a name that is not among `names`.
    """
    import numpy as np

    places = {name: place for place, name in enumerate(names)}
    hot = np.zeros((len(manifest), len(names)), np.float32)
    for row, label in enumerate(manifest.frame["label"]):
        for name in parted(label):
            if name not in places:
                raise DataError(
                    f"{manifest.source}: {name!r} is no class of {', '.join(names)}; give all the names that "
                    f"`names_of` finds, or select fewer works."
                )
            hot[row, places[name]] = 1
    return hot
