"""Paired tests: whether one run is better than another on the same test works, beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from components.errors import DataError
from components.evaluation.answers import Numbers, WorkAnswer
from components.evaluation.intervals import (
    Interval,
    confusion_matrix,
    f1_of,
    interval_of,
    resampled,
    widened,
)
from components.evaluation.resample_metrics import macro_f1
from components.formatting import TOO_FEW

PairedRow = TypedDict(
    "PairedRow",
    {
        "run": str,
        "macro-F1": float,
        "difference": str,
        "p": float | Literal[""],
        "right only here": int | Literal[""],
        "right only in the best": int | Literal[""],
        "p (McNemar)": float | Literal[""],
    },
)
"""A run beside the best one, as a row of the logged table; the best run's own cells are empty."""


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same works; a difference is the second less the first.

    Attributes:
        works: how many.
        first_macro_f1: of the first run; second_macro_f1: of the second.
        difference: of macro-F1, with the 95 % interval of the paired bootstrap.
        p_value: two-sided, of "no difference in macro-F1"; below .05 where the interval leaves out 0.
        only_first: works that only the first run has right; only_second: that only the second has.
        mcnemar_p: two-sided, of "no difference in accuracy", by McNemar's exact test; a group counts once.
        same_answers: the runs answer alike on every work.
    """

    works: int
    first_macro_f1: float
    second_macro_f1: float
    difference: Interval
    p_value: float
    only_first: int
    only_second: int
    mcnemar_p: float
    same_answers: bool

    @property
    def verdict(self) -> str:
        """One sentence: which is better, or that it cannot be told."""
        if self.p_value >= 0.05 and self.difference.low is None and not self.same_answers:
            return f"No difference can be told on {self.works} works: {TOO_FEW}."
        if self.p_value >= 0.05:
            return f"No difference can be told on {self.works} works (p = {self.p_value:.2g})."
        better = "second" if self.difference.point > 0 else "first"
        return f"The {better} is better on {self.works} works (p = {self.p_value:.2g})."

    @property
    def difference_text(self) -> str:
        """The difference with its interval, as "0.021 [-0.004, 0.046]"."""
        return f"{self.difference.point:.3f}, the same answers" if self.same_answers else str(self.difference)

    def row(self) -> dict[str, float | int | str]:
        """The comparison as a table's row."""
        return {
            "works": self.works,
            "first macro-F1": round(self.first_macro_f1, 4),
            "second macro-F1": round(self.second_macro_f1, 4),
            "difference": self.difference_text,
            "p": round(self.p_value, 4),
            "right only in first": self.only_first,
            "right only in second": self.only_second,
            "p (McNemar)": round(self.mcnemar_p, 4),
            "verdict": self.verdict,
        }


def compare(  # noqa: PLR0913 (three of them are named options)
    truth: Numbers,
    first: Numbers,
    second: Numbers,
    num_classes: int,
    *,
    groups: ArrayLike | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare two runs' answers on the same works.

    Macro-F1 by a paired bootstrap (Efron & Tibshirani 1993): both runs are scored on the same resamples,
    drawn within each class, so what makes a work hard for both cancels. The p-value is twice the share of
    resamples on the far side of 0, as the percentile interval has it. Accuracy by McNemar's exact test
    (McNemar 1947; Dietterich 1998), which knows only the works that one run has right and the other wrong;
    a group counts once, for the run that has more of it right (a sign test). Where all resamples give the
    same difference, the bootstrap cannot tell and the sign test's p-value stands for both.

    Args:
        truth: (N,) class numbers below `num_classes`; as are `first` and `second`, the two runs' answers.
        first: (N,).
        second: (N,).
        num_classes: macro-F1 is the mean over all of them.
        groups: (N,) names of near-duplicates' groups, drawn together; None: each work is its own.
        resamples: how many; no p-value is below 2 / (resamples + 1).
        seed: the same seed, the same figures.

    Raises:
        DataError: there are no works, or not as many answers.
    """
    truth, first, second = np.asarray(truth), np.asarray(first), np.asarray(second)
    if not len(truth) or not truth.shape == first.shape == second.shape:
        raise DataError(
            f"expected two answers to each of at least one work; received {truth.shape} works, "
            f"{first.shape} and {second.shape} answers. Compare runs on the same test works."
        )
    scores = [macro_f1(truth, answers, num_classes) for answers in (first, second)]
    drawn = resampled(
        lambda weights: scores[1](weights) - scores[0](weights),
        len(truth),
        strata=truth,
        groups=groups,
        resamples=resamples,
        seed=seed,
    )
    ones = np.ones((1, len(truth)))
    before, after = (float(score(ones)[0]) for score in scores)
    only_first = int(((first == truth) & (second != truth)).sum())
    only_second = int(((second == truth) & (first != truth)).sum())
    difference = widened(interval_of(after - before, drawn))
    sign_p = mcnemar(*_ahead(first == truth, second == truth, groups))
    return Comparison(
        works=len(truth),
        first_macro_f1=before,
        second_macro_f1=after,
        difference=difference,
        p_value=sign_p if difference.low is None else _two_sided_p(drawn),
        only_first=only_first,
        only_second=only_second,
        mcnemar_p=sign_p,
        same_answers=bool((first == second).all()),
    )


def of_tables(
    first: Sequence[WorkAnswer], second: Sequence[WorkAnswer], class_names: Sequence[str]
) -> Comparison:
    """Compare two runs by their tables of works (`answers.work_rows`), in whatever order.

    Raises:
        DataError: the tables are of different works, or disagree about the truth.
    """
    others = {row["work"]: row for row in second}
    shared = [row for row in first if row["work"] in others and others[row["work"]]["true"] == row["true"]]
    if not len(shared) == len(first) == len(second):
        raise DataError(
            f"expected two runs on the same test works; received {len(first)} and {len(second)} works, of "
            f"which {len(shared)} are the same with the same label. Score both on one data version."
        )
    number = {name: place for place, name in enumerate(class_names)}
    first = sorted(first, key=lambda row: str(row["work"]))  # whichever comes first, the same draws
    pairs = [(row, others[row["work"]]) for row in first]
    try:
        answers = [[number[a["true"]], number[a["predicted"]], number[b["predicted"]]] for a, b in pairs]
    except KeyError as exc:
        raise DataError(f"expected classes {list(class_names)}; received {exc.args[0]!r} too.") from exc
    truth, before, after = np.array(answers, np.int64).reshape(-1, 3).T
    return compare(truth, before, after, len(class_names), groups=[str(row["group"]) for row in first])


def beside_best(runs: Mapping[str, Sequence[WorkAnswer]], class_names: Sequence[str]) -> list[PairedRow]:
    """A row a run, by macro-F1: the best, then each other's difference from it and whether that is luck.

    Each test stands for itself: of twenty runs that are as good as the best, one will show p < .05.

    Args:
        runs: tables of works (`answers.work_rows`) by the run's name; those of other works than the first's
            are left out.
        class_names: of the data version.

    Returns:
        The best run first; it has no p-values, since there is nothing to compare it with.
    """
    first = next(iter(runs.values()), [])
    works = {row["work"] for row in first}
    alike = {name: table for name, table in runs.items() if {row["work"] for row in table} == works}
    if len(alike) < 2:
        return []
    scores = {name: _macro_f1(table, class_names) for name, table in alike.items()}
    ranked = sorted(alike, key=lambda name: -scores[name])
    best = ranked[0]
    rows: list[PairedRow] = [
        {
            "run": best,
            "macro-F1": round(scores[best], 4),
            "difference": "",
            "p": "",
            "right only here": "",
            "right only in the best": "",
            "p (McNemar)": "",
        }
    ]
    for name in ranked[1:]:
        pair = of_tables(alike[best], alike[name], class_names)
        rows.append(
            {
                "run": name,
                "macro-F1": round(scores[name], 4),
                "difference": pair.difference_text,
                "p": round(pair.p_value, 4),
                "right only here": pair.only_second,
                "right only in the best": pair.only_first,
                "p (McNemar)": round(pair.mcnemar_p, 4),
            }
        )
    return rows


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p-value of McNemar's exact test; 1 where the runs never differ."""
    from scipy.stats import binomtest

    differing = only_first + only_second
    return float(binomtest(only_first, differing).pvalue) if differing else 1.0


def _macro_f1(rows: Sequence[WorkAnswer], class_names: Sequence[str]) -> float:
    number = {name: place for place, name in enumerate(class_names)}
    truth = np.array([number[row["true"]] for row in rows])
    predicted = np.array([number[row["predicted"]] for row in rows])
    return float(f1_of(confusion_matrix(truth, predicted, len(class_names))).mean())


def _ahead(first: NDArray[np.bool_], second: NDArray[np.bool_], groups: ArrayLike | None) -> tuple[int, int]:
    """Groups of which the first run has more right, and those of which the second has."""
    gain = second.astype(int) - first.astype(int)
    if groups is not None:
        group = np.unique(np.asarray(groups), return_inverse=True)[1]
        gain = np.bincount(group.reshape(-1), weights=gain).round()
    return int((gain < 0).sum()), int((gain > 0).sum())


def _two_sided_p(drawn: NDArray[np.float64]) -> float:
    """Two-sided p-value; never 0, which no finite number of resamples could show."""
    beyond = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (beyond + 1) / (len(drawn) + 1))
