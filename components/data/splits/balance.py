"""The same number of works in each class: by taking fewer (study D4), or by drawing rare ones again (C9)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from components.data.splits.stratify import ranked
from components.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def subset(frame: pd.DataFrame, *, per_class: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Rows with exactly the same number of works of each class, in whole groups.

    Groups come in the order of a hash of (seed, content), so a collection that grows by n works keeps all
    but n of those taken before. Where the groups of a class cannot add up to the number, the largest number
    that all classes can reach is taken. Groups that bear several labels are left out.

    Args:
        frame: rows with `label`, `group` and `sha256`.
        per_class: works of each; as many as the smallest class has when None.
        seed: another seed, other works.

    Raises:
        DataError: classes that have fewer than `per_class` works, or no number that all can reach.
    """
    sizes = _sizes(frame)
    works = {label: sum(sizes.get(label, {}).values()) for label in sorted(set(frame["label"]))}
    needed = 1 if per_class is None else max(1, per_class)
    short = [f"{label} ({count})" for label, count in works.items() if count < needed]
    if short:
        raise DataError(
            f"{needed} works of each class are asked for; fewer are there of {', '.join(short)}. "
            f"Ask for fewer, or leave those classes out (--classes, --top)."
        )
    wanted = per_class or min(works.values())
    common = (2 << wanted) - 2  # bit n: n works can be reached; never 0
    for groups in sizes.values():
        common &= _sums(list(groups.values()), wanted)[0]
    if not common:
        raise DataError(
            f"no number up to {wanted} can be reached by whole groups in each of {', '.join(sorted(sizes))}. "
            f"Ask for more of each, or leave classes of few large groups out (--classes)."
        )
    number = common.bit_length() - 1
    taken = {name for groups in sizes.values() for name in _taken(groups, number, seed)}
    return frame[frame["group"].isin(taken)]


def topped_up(labels: Sequence[int] | NDArray[np.int64], least: int, seed: int) -> NDArray[np.int64]:
    """Training rows, those of rare classes drawn again until each class has at least `least` (study C9).

    Every row comes once, in order; behind them the rows drawn again, those of a class equally often within
    one. What tells the copies apart is augmentation: without any they merely weigh more. For training works
    alone: a validation or test work must count once.

    Args:
        labels: (N,) class numbers of the training works.
        least: works of each class that is there at all.
        seed: of which rows are drawn once more than others.

    Returns:
        (M,) row numbers, M >= N.

    Raises:
        DataError: `least` is negative.
    """
    import numpy as np

    if least < 0:
        raise DataError(f"at least {least} works of each class cannot be had; give 0 or more.")
    numbers = np.asarray(labels)
    generator = np.random.default_rng(seed)
    rows = [np.arange(len(numbers))]
    for label in np.unique(numbers):
        rows_of_label = generator.permutation(np.flatnonzero(numbers == label))
        rows.append(np.resize(rows_of_label, max(0, least - len(rows_of_label))))
    return np.concatenate(rows).astype(np.int64)


def _sizes(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Works of each group, named by its group, by label; in the order of the groups' smallest SHA-256."""
    labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for group, label in zip(frame["group"], frame["label"], strict=True):
        labels[group][label] += 1
    first = frame.groupby("group")["sha256"].min()
    sizes: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for group in sorted(labels, key=first.__getitem__):
        if len(labels[group]) == 1:
            ((label, count),) = labels[group].items()
            sizes[label][group] = count
    return dict(sizes)


def _sums(counts: Sequence[int], most: int) -> list[int]:
    """Bit n of entry i: some of counts[i:] add up to n, for n up to `most`."""
    mask = (2 << most) - 1
    reached = [1]
    for count in reversed(counts):
        reached.append((reached[-1] | reached[-1] << count) & mask)
    return reached[::-1]


def _taken(groups: Mapping[str, int], number: int, seed: int) -> list[str]:
    """Groups of exactly `number` works, the first in the seed's order that allow it."""
    order = sorted(groups, key=lambda group: ranked(f"{seed}.subset", group))
    sums = _sums([groups[group] for group in order], number)
    taken: list[str] = []
    for group, rest in zip(order, sums[1:], strict=True):
        left = number - groups[group]
        if left >= 0 and rest >> left & 1:
            taken.append(group)
            number = left
    return taken
