"""Figures of a search say which trial was best, and where it lies."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from components.evaluation.search.figures import curves, heat_map, history, importances
from components.evaluation.search.parallel_coordinates import parallel_coordinates
from components.evaluation.search.points import Axis, Point

WIDTH, DEPTH = Axis("options.dense_1", (4, 8, 16)), Axis("options.dense_2", (0, 2))
METRIC = "val_macro_f1"


def grid(value: float = 0.1) -> list[Point]:
    """Six cells, better by `value` each; the second failed, the third ended early."""
    states = {1: "failed", 2: "pruned"}
    cells = [(wide, deep) for wide in WIDTH.grid or () for deep in DEPTH.grid or ()]
    return [
        Point(
            number,
            states.get(number, "finished"),
            {"options.dense_1": wide, "options.dense_2": deep},
            float("nan") if number == 1 else 0.2 + value * number,
            [0.1, 0.2 + value * number][: 1 if number == 2 else 2],
        )
        for number, (wide, deep) in enumerate(cells)
    ]


def words(figure: Figure) -> str:
    """Everything written in it."""
    figure.canvas.draw()
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    for axes in figure.axes:
        texts += [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
        texts += [text.get_text() for text in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    return "|".join(texts + [text.get_text() for legend in figure.legends for text in legend.get_texts()])


@pytest.mark.parametrize(("maximised", "best"), [(True, 5), (False, 0)])
def test_each_names_the_best_trial(maximised: bool, best: int) -> None:
    points = grid()
    value = 0.2 + 0.1 * best
    assert f"best: trial {best}|" in words(history(points, METRIC, maximised=maximised)) + "|"
    assert f"best: trial {best}|" in words(curves(points, METRIC, maximised=maximised)) + "|"
    drawn = parallel_coordinates(points, [WIDTH, DEPTH], METRIC, maximised=maximised)
    assert f"best: trial {best}, {value:.3f}" in words(drawn)
    told = words(heat_map(points, WIDTH, DEPTH, METRIC, maximised=maximised))
    cell = "dense 1 16, dense 2 2" if maximised else "dense 1 4, dense 2 0"
    assert f"best {value:.3f} at {cell} (framed)" in told
    assert "failed" in told
    assert "early end" in told


def test_states_are_counted() -> None:
    told = words(history(grid(), METRIC, maximised=True))
    assert all(
        text in told for text in ("finished (4)", "ended early (1)", "failed (1)", "validation macro-F1")
    )


def test_trials_that_are_all_as_good() -> None:
    points = grid(value=0.0)
    assert "best: trial 0, 0.200" in words(parallel_coordinates(points, [WIDTH], METRIC, maximised=True))
    assert ".200" in words(heat_map(points, WIDTH, DEPTH, METRIC, maximised=True))


def test_axes_of_every_kind() -> None:
    rates = np.geomspace(1e-6, 1e-2, 9)
    points = [
        Point(number, "finished", {"stages.1.learning_rate": rate, "stages.0.optimizer": name, "x": 7}, rate)
        for number, (rate, name) in enumerate(zip(rates, ["adam", "sgd", None] * 3, strict=True))
    ]
    axes = [
        Axis("stages.1.learning_rate", log=True),
        Axis("stages.0.optimizer", ("adam", "sgd", None)),
        Axis("x"),
    ]
    told = words(parallel_coordinates(points, axes, "val_loss", maximised=False))
    assert all(text in told for text in ("1e-05", "0.0001", "learning rate, stage 2", "None", "sgd", "7"))


def test_importances_are_shares() -> None:
    told = words(importances({"options.dense_1": 0.8, "options.dense_2": 0.2}))
    assert "80%" in told
    assert "dense 1" in told
