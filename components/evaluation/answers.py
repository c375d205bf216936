"""What a classifier answered: the truth beside its probabilities, checked once for every measure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import numpy as np
from numpy.typing import NDArray

from components.errors import DataError

Numbers = NDArray[np.integer]
Floats = NDArray[np.float64]


class WorkAnswer(TypedDict):
    """The answer to one work, as a row of a run's table "tables/test_works.json".

    Attributes:
        work: its path below the collection's root.
        group: name shared by copies of one picture; tables of earlier versions have none.
        true: its class.
        predicted: the class of the largest probability.
        probability: of the predicted class; a run of several labels has a column for each class instead.
        probability_of_true: of its class; the same.
    """

    work: str
    group: NotRequired[str]
    true: str
    predicted: str
    probability: NotRequired[float]
    probability_of_true: NotRequired[float]


def checked(
    truth: Numbers, probabilities: NDArray[np.floating], class_names: Sequence[str]
) -> tuple[Numbers, Floats]:
    """The two as arrays, the probabilities in double precision.

    Args:
        truth: (N,) class numbers, places in `class_names`.
        probabilities: (N, C), each row summing to 1.
        class_names: C of them.

    Raises:
        DataError: the shapes do not go together, a class number has no name, or a row is no distribution.
    """
    truth = np.asarray(truth)
    distributions: Floats = np.asarray(probabilities, np.float64)
    expected = (len(truth), len(class_names))
    if truth.ndim != 1 or not len(truth) or distributions.shape != expected:
        raise DataError(
            f"expected class numbers (N,) with N > 0 and probabilities (N, {len(class_names)}); received "
            f"{truth.shape} and {distributions.shape}. Score a model with the class names it learnt."
        )
    if not np.issubdtype(truth.dtype, np.integer) or truth.min() < 0 or truth.max() >= len(class_names):
        raise DataError(
            f"expected integer class numbers 0..{len(class_names) - 1}; received {truth.dtype} "
            f"{truth.min()}..{truth.max()}."
        )
    sums = distributions.sum(axis=1)
    if not np.allclose(sums, 1, atol=1e-2) or distributions.min() < 0:
        raise DataError(
            "expected rows of probabilities that sum to 1 (a softmax's output); received sums "
            f"{sums.min():.3f}..{sums.max():.3f}. A training that diverged gives such: lower its rate."
        )
    return truth, distributions


def of_truth(truth: Numbers, probabilities: NDArray[np.floating]) -> Floats:
    """Each work's probability of its true class, (N,)."""
    picked: Floats = np.asarray(probabilities, np.float64)[np.arange(len(truth)), truth]
    return picked


def work_rows(
    works: Sequence[str],
    truth: Numbers,
    probabilities: NDArray[np.floating],
    class_names: Sequence[str],
    groups: Sequence[str] | None = None,
) -> list[WorkAnswer]:
    """A row for each work: what `paired.of_tables` later compares two runs by.

    Args:
        works: N names, each once.
        truth: (N,) class numbers, places in `class_names`.
        probabilities: (N, C), each row summing to 1.
        class_names: C of them.
        groups: N names; None: each work is its own.

    Raises:
        DataError: as `checked`; or names that are not N, or not each once.
    """
    truth, probabilities = checked(truth, probabilities, class_names)
    groups = works if groups is None else groups
    if len(works) != len(truth) or len(groups) != len(truth) or len(set(works)) != len(works):
        raise DataError(
            f"expected a name of its own and a group for each of {len(truth)} works; received {len(works)} "
            f"names ({len(set(works))} different) and {len(groups)} groups."
        )
    predicted, true = probabilities.argmax(axis=1), of_truth(truth, probabilities)
    return [
        {
            "work": work,
            "group": group,
            "true": class_names[label],
            "predicted": class_names[answer],
            "probability": round(float(highest), 4),
            "probability_of_true": round(float(of_label), 4),
        }
        for work, group, label, answer, highest, of_label in zip(
            works, groups, truth, predicted, probabilities.max(axis=1), true, strict=True
        )
    ]


def logged_answers(path: Path) -> list[WorkAnswer]:
    """The answers that a run logged, as in "tables/test_works.json".

    Raises:
        DataError: the file holds no table of one answer for each work.
    """
    rows = logged_rows(path)
    needed = WorkAnswer.__required_keys__
    if missing := sorted(needed - rows[0].keys()) if rows else []:
        raise DataError(
            f"{path}: a table of answers is expected; the columns {', '.join(missing)} are missing."
        )
    return cast("list[WorkAnswer]", rows)


def logged_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a table as a run keeps it (JSON: columns, data), as in "tables/test_works.json".

    Raises:
        DataError: the file holds no such table.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise DataError(
            f'{path}: expected a table, JSON of "columns" and "data"; {type(exc).__name__}: {exc}. Name a '
            f"table that a run logged."
        ) from exc
