"""Connected components: rows tied to each other, directly or through other rows, get one group id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    import pandas as pd

Places = NDArray[np.intp]
Pairs = tuple[Places, Places]
"""Row numbers, pair by pair."""


def equal(values: pd.Series[str]) -> Pairs:
    """Each row with the first one of the same value."""
    _, first, number = np.unique(values.to_numpy(dtype=object), return_index=True, return_inverse=True)
    return first[number], np.arange(len(values))


def named(contents: pd.Series[str], ties: Iterable[Pairs]) -> list[str]:
    """For each row the smallest content among all rows that it is tied to, itself included."""
    first, second = (np.concatenate(places) for places in zip(*ties, strict=True))
    count = len(contents)
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    smallest: list[str] = contents.groupby(component).transform("min").tolist()
    return smallest
