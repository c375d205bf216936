import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from components import theme
from components.errors import DataError
from components.evaluation.figures import misclassified, reliability
from components.evaluation.figures.by_class import by_class
from components.evaluation.figures.confusion_matrix import confusion_matrix
from components.evaluation.figures.curves import curves
from components.evaluation.figures.per_class import per_class
from components.evaluation.metrics import Scores, evaluate


def _scores(classes: int) -> Scores:
    rng = np.random.default_rng(0)
    truth = np.arange(20 * classes) % classes
    predicted = np.where(rng.random(len(truth)) < 0.7, truth, rng.integers(0, classes, len(truth)))
    predicted[predicted == classes - 1] = 0  # the last class is never found
    return evaluate(
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
    heads = [text for axes in figure.axes for text in (axes._left_title, axes.xaxis.label)]
    return "\n".join(text.get_text() for text in [*figure.texts, *legends, *inside, *heads])


def _whole(figure: Figure) -> bool:
    """Whether nothing runs out of the figure: it would leave ink on its outermost pixels."""
    edge = np.asarray(_drawn(figure).convert("L"))
    return bool(min(edge[0].min(), edge[-1].min(), edge[:, 0].min(), edge[:, -1].min()) == 255)


def _answers(works: int = 60, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Far too sure; the last class is never found."""
    rng = np.random.default_rng(0)
    truth = np.arange(works) % classes
    odds = rng.normal(size=(works, classes))
    odds[np.arange(works), truth] += 1
    odds[:, -1] -= 6
    probabilities = np.exp(3 * odds)
    return truth, probabilities / probabilities.sum(axis=1, keepdims=True)


def _names(classes: int = 3) -> list[str]:
    return [f"A movement with a long name {n}" for n in range(classes)]


def test_curves_mark_rate_cuts_in_red_and_the_best_epoch_in_black() -> None:
    figure = curves(_history(12), [5, 9], 7)
    _drawn(figure)
    for axes in figure.axes:
        marks = [
            (line.get_xdata()[0], to_hex(line.get_color()))
            for line in axes.lines
            if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]
        ]
        assert marks == [(5.5, theme.RED.lower()), (9.5, theme.RED.lower()), (7, theme.BLACK)]
    assert "best epoch: 7" in _texts(figure)
    assert "learning rate cut after epoch 5, 9" in _texts(figure)


def test_curves_of_one_epoch() -> None:
    assert _drawn(curves(_history(1), [], 1)).width > 600


@pytest.mark.parametrize("classes", [2, 6, 50])
def test_no_name_is_cut_off(classes: int) -> None:
    for draw in (confusion_matrix, per_class):
        assert _whole(draw(_scores(classes)))


def test_confusion_matrix_counts_and_says_how_sure_the_figure_is() -> None:
    scores = _scores(3)
    text = _texts(confusion_matrix(scores))
    assert str(scores.confusion[0, 0]) in text
    assert f"macro-F1 {scores.macro_f1:.2f} [{scores.macro_f1_low:.2f}" in text


def test_a_class_with_no_hit_is_shown_as_such() -> None:
    assert "no work of it found" in _texts(per_class(_scores(3)))


def test_no_figure_is_kept_by_pyplot() -> None:
    assert per_class(_scores(2)).canvas.manager is None


def test_confusion_matrix_lists_what_is_most_often_confused() -> None:
    scores = _scores(3)
    text = _texts(confusion_matrix(scores))
    worst = scores.confusion[2, 0]
    assert f"{worst} ({worst / 20:.0%}): A movement with a" in text
    sure = evaluate(np.arange(4) % 2, np.eye(2)[np.arange(4) % 2], _names(2))
    assert "none" in _texts(confusion_matrix(sure))


def test_confusion_matrix_of_many_classes_says_which_counts_it_leaves_out() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(40), 50)
    predicted = np.where(rng.random(2000) < 0.3, truth, rng.integers(0, 40, 2000))
    figure = confusion_matrix(evaluate(truth, np.eye(40)[predicted], _names(40)))
    assert "are not written" in _texts(figure)
    assert len(figure.axes[0].texts) < 500


def test_reliability_before_and_after_scaling() -> None:
    truth, probabilities = _answers()
    figure = reliability.diagram(truth, probabilities, 2.5)
    text = _texts(figure)
    assert "calibration error with temperature 2.50" in text
    assert "on so few works (60)" in text
    assert {"as sure as right", "as it is", "with temperature 2.50"} <= set(text.splitlines())
    assert _whole(figure)
    assert "temperature" not in _texts(reliability.diagram(truth, probabilities))


def test_reliability_of_answers_all_right_and_sure() -> None:
    assert _whole(reliability.diagram(np.arange(6) % 2, np.eye(2)[np.arange(6) % 2], 0.05))


def test_gallery_shows_the_surest_mistakes_first() -> None:
    truth, probabilities = _answers()
    images = np.broadcast_to(np.arange(60, dtype=np.uint8)[:, None, None, None], (60, 8, 8, 3))
    places = misclassified.mistakes(truth, probabilities)
    assert len(places) == 12
    assert (np.diff(probabilities.max(axis=1)[places]) <= 0).all()
    assert (probabilities.argmax(axis=1)[places] != truth[places]).all()
    figure = misclassified.misclassified(images, truth, probabilities, _names())
    shown = [int(axes.images[0].get_array()[0, 0, 0]) for axes in figure.axes if axes.images]
    assert shown == list(places)
    wrong = (probabilities.argmax(axis=1) != truth).sum()
    text = figure.get_suptitle()
    assert f"{wrong} of 60 works are taken for another class" in text
    assert _whole(figure)


def test_gallery_tells_truth_answer_and_both_probabilities() -> None:
    probabilities = np.array([[0.82, 0.18, 0.0]])
    figure = misclassified.misclassified(
        np.zeros((1, 40, 20, 3), np.uint8), np.array([2]), probabilities, ["Cubism", "Pop Art", "$A$ and $B$"]
    )
    assert figure.axes[0].get_title(loc="left") == "82%: Cubism"
    assert figure.axes[0].get_xlabel() == r"is \$A\$ and \$B\$ (under 1%)"
    assert _whole(figure)


def test_gallery_cuts_endless_names_but_no_probability() -> None:
    names = ["An endless name of a movement " * 4, "Pop Art"]
    figure = misclassified.misclassified(
        np.zeros((1, 8, 8, 3), np.uint8), np.array([0]), np.array([[0.3, 0.7]]), names
    )
    below = figure.axes[0].get_xlabel()
    assert below.endswith("… (30%)")
    assert below.count("\n") <= 1


def test_gallery_without_a_mistake_says_so() -> None:
    figure = misclassified.misclassified(np.zeros((2, 8, 8, 3), np.uint8), np.arange(2), np.eye(2), _names(2))
    assert "no mistake" in _texts(figure)


def test_gallery_takes_pictures_as_they_are_decoded() -> None:
    with pytest.raises(DataError, match=r"received \(2, 8, 8, 3\) of float32"):
        misclassified.misclassified(np.zeros((2, 8, 8, 3), np.float32), np.arange(2), np.eye(2), _names(2))


def test_runs_side_by_side_with_the_best_in_bold() -> None:
    poor, good = (
        evaluate(*_answers(), _names()),
        evaluate(np.arange(60) % 3, np.eye(3)[np.arange(60) % 3], _names()),
    )
    figure = by_class({"simple CNN": poor, "fine-tuned": good})
    cells = {text.get_text(): text.get_fontweight() for text in figure.axes[0].texts}
    assert cells["no hit"] == "normal"
    assert cells["1.000"] == "bold"
    assert "A movement with a long name 2 (20)" in _texts(figure)
    assert _whole(figure)
