import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from components.evaluation import figures
from components.evaluation.metrics import Scores, score


def _scores(classes: int) -> Scores:
    rng = np.random.default_rng(0)
    truth = np.arange(20 * classes) % classes
    predicted = np.where(rng.random(len(truth)) < 0.7, truth, rng.integers(0, classes, len(truth)))
    predicted[predicted == classes - 1] = 0  # the last class is never found
    return score(
        truth, np.eye(classes)[predicted], [f"A movement with a long name {n}" for n in range(classes)]
    )


def _history(epochs: int) -> list[dict[str, float]]:
    return [
        {"loss": 1 / (1 + n), "val_loss": 1.1 / (1 + n), "val_macro_f1": n / epochs} for n in range(epochs)
    ]


def _drawn(figure: Figure) -> Image.Image:
    file = io.BytesIO()
    figure.savefig(file)
    return Image.open(file)


def _texts(figure: Figure) -> str:
    legends = [text for legend in figure.legends for text in legend.get_texts()]
    inside = [text for axes in figure.axes for text in [*axes.texts, axes.title, *axes.get_yticklabels()]]
    return "\n".join(text.get_text() for text in [*legends, *inside])


def test_curves_mark_rate_cuts_in_red_and_the_best_epoch_in_black() -> None:
    figure = figures.curves(_history(12), [5, 9], 7)
    _drawn(figure)
    for axes in figure.axes:
        marks = [
            (line.get_xdata()[0], to_hex(line.get_color()))
            for line in axes.lines
            if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]
        ]
        assert marks == [(5.5, figures.RED.lower()), (9.5, figures.RED.lower()), (7, figures.BLACK)]
    assert "best epoch: 7" in _texts(figure)
    assert "learning rate cut after epoch 5, 9" in _texts(figure)


def test_curves_of_one_epoch() -> None:
    assert _drawn(figures.curves(_history(1), [], 1)).width > 600


@pytest.mark.parametrize("classes", [2, 6, 50])
def test_no_name_is_cut_off(classes: int) -> None:
    for draw in (figures.confusion_matrix, figures.per_class):
        figure = draw(_scores(classes))
        edge = np.asarray(_drawn(figure).convert("L"))
        # A name that runs out of the figure leaves ink on its outermost pixels.
        assert min(edge[0].min(), edge[-1].min(), edge[:, 0].min(), edge[:, -1].min()) == 255


def test_confusion_matrix_counts_and_says_how_sure_the_figure_is() -> None:
    scores = _scores(3)
    text = _texts(figures.confusion_matrix(scores))
    assert str(scores.confusion[0, 0]) in text
    assert f"macro-F1 {scores.macro_f1:.2f} [{scores.macro_f1_low:.2f}" in text


def test_a_class_with_no_hit_is_shown_as_such() -> None:
    assert "no work of it found" in _texts(figures.per_class(_scores(3)))


def test_no_figure_is_kept_by_pyplot() -> None:
    assert figures.per_class(_scores(2)).canvas.manager is None
