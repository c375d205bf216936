"""An interval that cannot vary says "too few works" wherever intervals are shown, of new and old runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from matplotlib.figure import Figure

from components import formatting
from components.evaluation import folds, multilabel
from components.evaluation.figures.confusion_matrix import confusion_matrix
from components.evaluation.figures.per_class import per_class, per_label
from components.evaluation.intervals import Interval
from components.evaluation.metrics import Scores, evaluate
from components.evaluation.published import Compared, beside
from components.inference.release import ReleaseCard
from components.studies.catalog import find_study
from components.tracking.promotion.decision import Contender, decide
from components.tracking.registry import _description, _tags
from components.tracking.runs import RunRecord
from flows.run_table import run_rows
from flows.study.results import RowDone
from flows.study.table import line, table
from serving.schemas import ModelInfo
from tests.tiny_collections import manifest
from tests.tiny_releases import card

OLD = {"test/macro_f1": 0.018, "test/macro_f1_low": 0.018, "test/macro_f1_high": 0.018, "test/accuracy": 0.5}
NEW = {"test/macro_f1": 0.018, "test/accuracy": 0.5, "test/different_works": 1.0}


def _scores() -> Scores:
    return evaluate(np.array([0, 1, 2]), np.eye(3)[[0, 0, 1]], ["a", "b", "c"])


def _record(metrics: dict[str, float]) -> RunRecord:
    return RunRecord("1", "", "", "FINISHED", datetime.now(UTC), 1.0, {}, {}, metrics, artifact_uri="")


def _written(figure: Figure) -> str:
    titles = [title for axes in figure.axes for title in (axes.get_title(), axes.get_title(loc="left"))]
    legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return "\n".join([*titles, *legends])


@pytest.mark.parametrize(("low", "high"), [(None, None), (0.018, 0.018), (float("nan"), float("nan"))])
def test_in_brackets(low: float | None, high: float | None) -> None:
    assert not formatting.varies(low, high)
    assert formatting.brackets(low, high) == "[too few works]"
    assert formatting.brackets(0.5, 0.6, 2, leading_zero=False) == "[.50, .60]"


def test_in_figures() -> None:
    for figure in (confusion_matrix(_scores()), per_class(_scores())):
        assert "macro-F1 0.22 [too few works]" in _written(figure)
    assert "too few works for an interval" in _written(per_class(_scores()))
    several = multilabel.evaluate_multilabel(np.eye(3), np.eye(3), ["a", "b", "c"])
    assert (several.macro_f1_low, several.macro_f1_high) == (None, None)
    assert "macro-F1 1.000 [too few works]" in _written(per_label(several))
    assert beside([Compared("A3", {}, {"accuracy": Interval(1.0, None, None)})], "Study A").axes


@pytest.mark.parametrize("metrics", [OLD, NEW])
def test_in_tables_of_runs_of_folds_and_of_a_study(metrics: dict[str, float]) -> None:
    (row,) = run_rows([_record(metrics)])
    assert "learnt from" not in row, "all learnt from the training works, as is usual"
    assert "data" not in run_rows([_record(metrics)], with_data=False)[0]
    assert row["test F1"] == ".018 [too few works]"
    assert folds.rows([metrics], [1], _scores())[0]["95 % interval"] == "[too few works]"
    done = RowDone(
        replace(find_study("A").row("A3"), published={}), _record(metrics), manifest({"a": 1, "b": 1})
    )
    shown = {one["figure"]: one["ours [95 %]"] for one in table([line(done)])}
    assert shown["macro-F1 (test)"] == ".018 [too few works]"


def test_in_a_decision() -> None:
    few = Contender("2", "cnn", 0.9, None, None, synthetic=False, source="louvre", works=3)
    decision = decide(few, replace(few, version="1", macro_f1=0.8))
    assert decision.promote
    assert decision.reason == (
        "macro-F1 0.900 [too few works] beats the champion's 0.800 on the same 3 test works; too few works "
        "to be certain of the gain"
    )


@pytest.mark.parametrize("ends", [{"macro_f1_low": 0.9, "macro_f1_high": 0.9}, {}])
def test_on_a_card_in_the_registry_and_from_the_api(ends: dict[str, float]) -> None:
    values = card().model_dump(exclude={"macro_f1_low", "macro_f1_high"}) | ends
    about = ReleaseCard.model_validate(values)
    assert about.macro_f1_interval is None
    assert "0.900 [too few works]" in _description(about)
    assert ModelInfo.of(about).macro_f1_interval is None
    assert ReleaseCard.model_validate_json(about.model_dump_json()) == about
    assert ("macro_f1_low" in _tags(about)) is bool(ends)
