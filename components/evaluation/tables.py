"""Scores as rows: class by class, several runs side by side, a random split beside artists held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.errors import DataError
from components.evaluation.intervals import interval_of, resampled_macro_f1
from components.evaluation.metrics import ClassScores, Scores
from components.formatting import FIGURES, brackets

Row = dict[str, Any]

NO_HIT, NO_WORKS = "no hit", "no works"
_RESAMPLES = 2000


@dataclass(frozen=True)
class Confused:
    """Works of one class taken for another. `share` is of the true class's works, 0..1."""

    true: str
    predicted: str
    works: int
    share: float

    def __str__(self) -> str:
        return f"{self.works} ({self.share:.0%}): {self.true} → {self.predicted}"


def per_class(scores: Scores) -> list[Row]:
    """A row a class: its accuracy (the share of its works that is found, its recall), precision, F1.

    `note` says "no hit" of a class whose works were all taken for others, "no works" of one without any.
    """
    hits = np.diag(scores.confusion)
    return [
        {
            "class": scored.name,
            "accuracy": round(scored.recall, 4),
            "precision": round(scored.precision, 4),
            "recall": round(scored.recall, 4),
            "f1": round(scored.f1, 4),
            "works": scored.support,
            "hits": int(hit),
            "note": _note(scored),
        }
        for scored, hit in zip(scores.per_class, hits, strict=True)
    ]


def side_by_side(runs: Mapping[str, Scores]) -> list[Row]:
    """Study B's table (B8): a row a class, its accuracy in a column a run; then the overall figures.

    A cell is a number 0..1, or "no hit" where the run found no work of the class, or "no works".

    Raises:
        DataError: no runs, or runs of other classes.
    """
    first = _alike(runs)
    rows: list[Row] = []
    for place, name in enumerate(first.class_names):
        row: Row = {"class": name, "works": first.per_class[place].support}
        for run, scores in runs.items():
            scored = scores.per_class[place]
            row[run] = _note(scored) or round(scored.recall, 4)
        rows.append(row)
    for figure in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"):
        cells = {run: round(getattr(scores, figure), 4) for run, scores in runs.items()}
        rows.append({"class": FIGURES[figure], "works": first.works} | cells)
    return rows


def beside_held_out(random: Scores, held_out: Scores) -> list[Row]:
    """What a random split promises beside what holds for artists never seen, figure by figure.

    Where the label goes by artist, a random split's model may know the hand and not the movement: the
    difference (held out less random) is what it owes to that. Macro-F1's has a 95 % interval by the
    bootstrap of two independent sets of works, stratified by class.

    Raises:
        DataError: the two are of other classes.
    """
    _alike({"the random split": random, "artists held out": held_out})
    rows: list[Row] = []
    for figure in (
        *("macro_f1", "weighted_f1", "accuracy", "balanced_accuracy"),
        *("top2_accuracy", "top5_accuracy", "log_loss", "ece"),
    ):
        before, after = getattr(random, figure), getattr(held_out, figure)
        if before is not None and after is not None:
            cells = {"random split": round(before, 4), "artists held out": round(after, 4)}
            rows.append(
                {"figure": FIGURES[figure]} | cells | {"difference": round(after - before, 4), "interval": ""}
            )
    before, after = (
        resampled_macro_f1(
            scored.truth,
            scored.predicted,
            len(scored.class_names),
            groups=scored.groups,
            resamples=_RESAMPLES,
            seed=seed,
        )
        for seed, scored in enumerate((random, held_out))
    )
    difference = interval_of(held_out.macro_f1 - random.macro_f1, after - before)
    rows[0]["interval"] = brackets(difference.low, difference.high)
    works = {"random split": random.works, "artists held out": held_out.works}
    rows.append({"figure": "works"} | works | {"difference": held_out.works - random.works, "interval": ""})
    return rows


def most_confused(scores: Scores, most: int = 8) -> list[Confused]:
    """The pairs of classes with most works of the one taken for the other, at most `most` of them."""
    wrong = scores.confusion - np.diag(np.diag(scores.confusion))
    support = scores.confusion.sum(axis=1)
    pairs = [
        Confused(
            scores.class_names[true], scores.class_names[predicted], int(works), float(works / support[true])
        )
        for (true, predicted), works in np.ndenumerate(wrong)
        if works
    ]
    return sorted(pairs, key=lambda pair: (-pair.works, -pair.share, pair.true, pair.predicted))[:most]


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of equal keys as a Markdown table; numbers to the right."""
    if not rows:
        return ""
    names = list(rows[0])
    right = [all(isinstance(row[name], int | float) for row in rows) for name in names]
    rule = ["---:" if number else "---" for number in right]
    cells = [[_cell(row[name]) for name in names] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in [names, rule, *cells])


def _cell(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    # A class's name is text: no markup, and no end of its cell.
    return text.replace("<", "\\<").replace("|", "\\|")


def _note(scores: ClassScores) -> str:
    if not scores.support:
        return NO_WORKS
    return "" if scores.recall else NO_HIT


def _alike(runs: Mapping[str, Scores]) -> Scores:
    """The first of them."""
    if not runs:
        raise DataError("expected the scores of at least one run; received none.")
    (name, first), *others = runs.items()
    for other, scores in others:
        if scores.class_names != first.class_names:
            raise DataError(
                f"expected runs of the same classes; received {list(first.class_names)} of {name} and "
                f"{list(scores.class_names)} of {other}. Score them on one data version."
            )
    return first
