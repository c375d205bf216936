import numpy as np
import pytest
from sklearn import metrics as reference

from components.errors import DataError
from components.evaluation import tables
from components.evaluation.calibration import expected_calibration_error
from components.evaluation.metrics import evaluate

NAMES = ["Cubism", "Impressionism", "Pop Art", "Byzantine Art"]


def _answers(works: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(NAMES), works)
    scores = rng.normal(size=(works, len(NAMES)))
    scores[np.arange(works), truth] += 1
    probabilities = np.exp(scores)
    return truth, probabilities / probabilities.sum(axis=1, keepdims=True)


def test_agrees_with_scikit_learn() -> None:
    truth, probabilities = _answers()
    predicted = probabilities.argmax(axis=1)
    scores = evaluate(truth, probabilities, NAMES)
    precision, recall, f1, support = reference.precision_recall_fscore_support(truth, predicted)
    assert scores.macro_f1 == pytest.approx(f1.mean())
    assert scores.weighted_f1 == pytest.approx(reference.f1_score(truth, predicted, average="weighted"))
    assert scores.accuracy == pytest.approx(reference.accuracy_score(truth, predicted))
    assert scores.top2_accuracy == pytest.approx(reference.top_k_accuracy_score(truth, probabilities, k=2))
    assert scores.log_loss == pytest.approx(reference.log_loss(truth, probabilities))
    assert (scores.confusion == reference.confusion_matrix(truth, predicted)).all()
    assert [one.name for one in scores.per_class] == NAMES
    assert [one.precision for one in scores.per_class] == pytest.approx(precision)
    assert [one.recall for one in scores.per_class] == pytest.approx(recall)
    assert [one.f1 for one in scores.per_class] == pytest.approx(f1)
    assert [one.support for one in scores.per_class] == list(support)
    assert scores.works == 200
    assert scores.macro_f1_low < scores.macro_f1 < scores.macro_f1_high


def test_counts_a_class_that_never_occurs_as_nought() -> None:
    truth, probabilities = np.array([0, 1, 0, 1]), np.eye(4)[[0, 1, 0, 1]]
    scores = evaluate(truth, probabilities, NAMES)
    labels = range(4)
    expected = reference.f1_score(truth, [0, 1, 0, 1], labels=labels, average="macro", zero_division=0)
    assert scores.macro_f1 == pytest.approx(expected) == pytest.approx(0.5)
    assert scores.accuracy == 1


def test_names_metrics_as_they_are_logged_and_rows_as_they_are_shown() -> None:
    scores = evaluate(*_answers(), NAMES)
    assert scores.as_metrics("test")["test/macro_f1"] == scores.macro_f1
    assert {"test/macro_f1_low", "test/macro_f1_high", "test/accuracy"} <= scores.as_metrics("test").keys()


@pytest.mark.parametrize(
    ("truth", "probabilities", "said"),
    [
        (np.array([0, 1]), np.full((3, 4), 0.25), "received .2,. and .3, 4."),
        (np.array([0, 1]), np.full((2, 3), 1 / 3), "received .2,. and .2, 3."),
        (np.array([], int), np.empty((0, 4)), "N > 0"),
        (np.array([0, 4]), np.full((2, 4), 0.25), "class numbers 0..3"),
        (np.array([0.0, 1.0]), np.full((2, 4), 0.25), "float64"),
        (np.array([0, 1]), np.full((2, 4), np.nan), "diverged"),
        (np.array([0, 1]), np.full((2, 4), 0.5), "sum to 1"),
    ],
)
def test_says_what_is_wrong(truth: np.ndarray, probabilities: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=said):
        evaluate(truth, probabilities, NAMES)


def test_scores_that_ask_more_than_the_first_answer_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(400) % 7
    probabilities = rng.dirichlet(np.ones(8), 400)  # the eighth class has no works
    names = [*"abcdefgh"]
    scores = evaluate(truth, probabilities, names)
    predicted = probabilities.argmax(axis=1)
    labels = np.arange(8)
    top5 = reference.top_k_accuracy_score(truth, probabilities, k=5, labels=labels)
    assert scores.top5_accuracy == pytest.approx(top5)
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        assert scores.balanced_accuracy == pytest.approx(reference.balanced_accuracy_score(truth, predicted))
    assert scores.brier == pytest.approx(
        reference.brier_score_loss(truth, probabilities, labels=labels, scale_by_half=False)
    )
    assert scores.ece == expected_calibration_error(truth, probabilities)
    logged = scores.as_metrics("test")
    for name in ("balanced_accuracy", "top5_accuracy", "brier", "ece"):
        assert logged[f"test/{name}"] == getattr(scores, name)


def test_no_top_five_of_so_few_classes() -> None:
    truth, probabilities = _answers()
    scores = evaluate(truth, probabilities, NAMES)
    assert scores.top5_accuracy is None
    assert "test/top5_accuracy" not in scores.as_metrics("test")


def _two_runs() -> dict[str, object]:
    """The first finds no Pop Art; nothing is Byzantine."""
    truth = np.repeat([0, 1, 2], [10, 20, 10])
    first = np.repeat([0, 1, 0, 1], [8, 22, 4, 6])
    second = np.repeat([0, 1, 2], [9, 20, 11])
    return {name: evaluate(truth, np.eye(4)[run], NAMES) for name, run in (("CNN", first), ("tuned", second))}


def test_table_of_a_run_says_which_class_has_no_hit() -> None:
    rows = {row["class"]: row for row in tables.per_class(_two_runs()["CNN"])}
    assert rows["Cubism"]["accuracy"] == rows["Cubism"]["recall"] == 0.8
    assert (rows["Cubism"]["hits"], rows["Cubism"]["works"], rows["Cubism"]["note"]) == (8, 10, "")
    assert rows["Pop Art"]["note"] == "no hit"
    assert rows["Byzantine Art"]["note"] == "no works"


def test_runs_stand_side_by_side() -> None:
    runs = _two_runs()
    rows = {row["class"]: row for row in tables.side_by_side(runs)}
    assert rows["Cubism"] == {"class": "Cubism", "works": 10, "CNN": 0.8, "tuned": 0.9}
    assert (rows["Pop Art"]["CNN"], rows["Pop Art"]["tuned"]) == ("no hit", 1.0)
    assert rows["Byzantine Art"]["tuned"] == "no works"
    assert rows["accuracy"]["tuned"] == pytest.approx(38 / 40)
    assert rows["macro-F1"]["CNN"] == pytest.approx(runs["CNN"].macro_f1, abs=1e-4)
    text = tables.markdown(tables.side_by_side(runs)).splitlines()
    assert text[0] == "| class | works | CNN | tuned |"
    assert text[1] == "| --- | ---: | --- | --- |"
    assert text[4] == "| Pop Art | 10 | no hit | 1.000 |"
    assert tables.markdown([]) == ""


def test_random_split_stands_beside_artists_held_out() -> None:
    random, held_out = evaluate(*_answers(seed=1), NAMES), evaluate(*_answers(seed=2), NAMES)
    rows = {row["figure"]: row for row in tables.beside_held_out(random, held_out)}
    one = rows["macro-F1"]
    assert one["difference"] == pytest.approx(held_out.macro_f1 - random.macro_f1, abs=1e-4)
    low, high = map(float, one["interval"].strip("[]").split(","))
    assert low < one["difference"] < high
    assert rows["works"]["random split"] == 200
    assert "top-5 accuracy" not in rows


def test_pairs_most_confused_come_first() -> None:
    pairs = tables.most_confused(_two_runs()["CNN"])
    assert [(one.true, one.predicted, one.works) for one in pairs] == [
        ("Pop Art", "Impressionism", 6),
        ("Pop Art", "Cubism", 4),
        ("Cubism", "Impressionism", 2),
    ]
    assert str(pairs[0]) == "6 (60%): Pop Art → Impressionism"
    assert tables.most_confused(_two_runs()["CNN"], most=1) == pairs[:1]


def test_tables_say_what_is_wrong() -> None:
    truth, probabilities = _answers()
    other = evaluate(truth, probabilities, [*"abcd"])
    with pytest.raises(DataError, match=r"same classes; received .* of CNN and .* of other"):
        tables.side_by_side({"CNN": _two_runs()["CNN"], "other": other})
    with pytest.raises(DataError, match="at least one run"):
        tables.side_by_side({})


def test_intervals_of_headline_figures_draw_copies_together() -> None:
    truth, probabilities = _answers()
    groups = [str(number) for number in range(len(truth))]
    copies = np.repeat(truth, 4), np.repeat(probabilities, 4, axis=0)
    alone = evaluate(truth, probabilities, NAMES, groups).as_metrics("test")
    assert alone == evaluate(truth, probabilities, NAMES).as_metrics("test")
    honest = evaluate(*copies, NAMES, np.repeat(groups, 4)).as_metrics("test")
    fooled = evaluate(*copies, NAMES).as_metrics("test")
    assert honest["test/different_works"] == len(truth)
    for figure in ("macro_f1", "accuracy", "top2_accuracy"):
        name = f"test/{figure}"
        assert honest[name] == pytest.approx(alone[name])
        width, single, narrow = (one[f"{name}_high"] - one[f"{name}_low"] for one in (honest, alone, fooled))
        assert width == pytest.approx(single, rel=0.2)
        assert narrow < 0.7 * width


def test_an_interval_that_cannot_vary_is_not_logged() -> None:
    scores = evaluate(np.array([0, 1, 2]), np.eye(3)[[0, 0, 1]], ["a", "b", "c"])
    metrics = scores.as_metrics("test")
    assert (scores.macro_f1_low, scores.macro_f1_high) == (None, None)
    assert "test/macro_f1" in metrics
    assert not {"test/macro_f1_low", "test/macro_f1_high"} & metrics.keys()


def test_artists_held_out_beside_a_random_split_draw_copies_together() -> None:
    def pair(copies: int, groups: list[str] | None) -> float:
        answers = (
            (np.repeat(truth, copies), np.repeat(probable, copies, axis=0))
            for truth, probable in (_answers(seed=1), _answers(seed=2))
        )
        one, *_ = tables.beside_held_out(*(evaluate(*answer, NAMES, groups) for answer in answers))
        low, high = map(float, one["interval"].strip("[]").split(","))
        return high - low

    groups = [str(number // 4) for number in range(4 * len(_answers()[0]))]
    assert pair(4, groups) == pytest.approx(pair(1, None), rel=0.2)
    assert pair(4, None) < 0.7 * pair(1, None)
