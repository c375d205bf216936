"""The Predict page's words: one label, several, or none."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from dashboard.charts import probability_chart
from dashboard.client import Prediction
from dashboard.views.predict import _bar, _calibration, _summary

MODEL = {
    "version": "1",
    "family": "simple_cnn",
    "trained_on": "tiny",
    "synthetic": True,
    "macro_f1": 0.8,
    "macro_f1_interval": (0.7, 0.9),
    "created": "2026-01-31T09:30:00Z",
    "run_id": "run-1",
}


def answer(
    *labels: tuple[str, float],
    threshold: float | None = None,
    novelty: dict[str, object] | None = None,
    **model: object,
) -> Prediction:
    ranked = [
        {"label": label, "probability": probability}
        | ({} if threshold is None else {"applies": probability >= threshold, "threshold": threshold})
        for label, probability in labels
    ]
    about = {"novelty": novelty, "model": MODEL | model, "timing_ms": {"total": 3.0}}
    return Prediction.model_validate({"predictions": ranked} | about)


def test_one_label_is_named_as_before() -> None:
    one = answer(("Cubism", 0.87), ("Realism", 0.13))
    assert _summary(one) == ("Cubism", "The model is 87 % sure.")
    assert _bar(one.predictions[0]) == {"label": "Cubism", "probability": 0.87, "shown": "87 %"}


def test_several_labels_are_named_together() -> None:
    two = answer(("Cubism", 0.87), ("Realism", 0.6), ("Baroque", 0.1), threshold=0.5)
    named, told = _summary(two)
    assert named == "Cubism, Realism"
    assert "Several labels may be right" in told
    bars = [_bar(label) for label in two.predictions]
    assert [bar["applies"] for bar in bars] == [True, True, False]
    assert bars[1]["shown"] == "60 % (from 50 %)"
    assert probability_chart(bars).to_dict()["layer"]


def test_where_no_label_applies_the_nearest_is_told() -> None:
    named, told = _summary(answer(("Cubism", 0.3), ("Realism", 0.1), threshold=0.5))
    assert named == "None of its labels"
    assert "Cubism" in told
    assert "30 %" in told


def test_whether_probabilities_can_be_believed_is_told() -> None:
    assert "the network's own" in _calibration(answer(("Cubism", 0.9)).model)
    figures = {"calibrated": True, "calibration_error_before": 0.094, "calibration_error": 0.031}
    told = _calibration(answer(("Cubism", 0.9), **figures).model)
    assert "3.1 percentage points" in told
    assert "9.4 before" in told


def _shown() -> None:
    """The page's answer to noise, as Streamlit draws it in a script of its own."""
    from PIL import Image

    from dashboard.views.predict import _Picture, _show
    from tests.unit.dashboard.test_dashboard_predict import answer

    novelty = {"score": 2.3, "threshold": 1.4, "unlike_training": True, "message": "Unlike anything it saw."}
    odd = answer(("Cubism", 0.99), ("Realism", 0.01), novelty=novelty)
    _show(_Picture("noise.png", b""), Image.new("RGB", (40, 30)), odd)


def test_a_picture_unlike_the_training_works_gets_a_warning_instead_of_a_confident_answer() -> None:
    app = AppTest.from_function(_shown).run(timeout=60)
    assert not app.exception
    assert [one.value for one in app.header] == ["Unlike anything it learnt from"]
    assert [one.value for one in app.warning] == ["Unlike anything it saw."]
    assert [one.label for one in app.expander] == ["What it would say all the same"]
    assert "99 % sure" not in " ".join(one.value for one in app.markdown)
