"""Class names with a plus, a comma and an angle bracket, one label a work: the whole road, in one process."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from components.data.summaries import works_by_part
from components.evaluation import tables
from components.evaluation.answers import logged_rows
from components.evaluation.paired import beside_best
from components.evaluation.published import scores_of
from components.inference import releases
from components.inference.predictor import Predictor
from components.settings import Settings
from components.tracking.runs import RunRecord, Tracker
from tests.tiny_collections import save

if TYPE_CHECKING:
    from components.data.manifest import Manifest
    from components.tracking.promotion.journal import Entry
    from flows.plan import Plan

pytestmark = [pytest.mark.integration, pytest.mark.slow]

NAMES = ("A, B", "Oil + Canvas", "R&B <b>")


class Walked(NamedTuple):
    """What the steps made."""

    plan: Plan
    settings: Settings
    manifest: Manifest
    runs: tuple[RunRecord, RunRecord]
    decisions: tuple[Entry, Entry]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    from flows.plan import Plan
    from flows.steps import ingest, promote, train

    root = tmp_path_factory.mktemp("tiny")
    for seed, (name, number) in enumerate(itertools.product((*NAMES, "not wanted"), range(12)), 1):
        save(root / name / f"{number}.png", seed)
    settings = Settings(home=tmp_path_factory.mktemp("odd") / "home")
    plan = Plan.of(
        source="folder",
        root=str(root),
        classes='"A, B",Oil + Canvas,R&B <b>',
        scale="smoke",
        families="simple_cnn",
    )
    works = ingest.prepared(plan, settings)
    other = plan.replace(seed=1)
    runs = tuple(train.train("simple_cnn", works, one, settings) for one in (plan, other))
    decisions = tuple(promote.promote([run], works, plan.task, settings) for run in runs)
    return Walked(plan, settings, works, runs, decisions)  # type: ignore[arg-type]


def test_each_folder_is_one_class_in_every_part(walked: Walked) -> None:
    assert not walked.manifest.multi_label
    assert walked.manifest.class_names == sorted(NAMES)
    counts = works_by_part(walked.manifest)
    assert counts.index.tolist() == sorted(NAMES)
    assert (counts > 0).all(axis=None)


def test_the_gates_page_shows_names_as_text(walked: Walked) -> None:
    pages = walked.settings.collections / "validation" / walked.manifest.fingerprint
    html = (pages / "report.html").read_text(encoding="utf-8")
    assert "R&B <b>" not in html


def test_the_second_model_meets_the_champion_on_the_same_works(walked: Walked) -> None:
    first, second = walked.decisions
    assert first.action == "promote"
    assert second.macro_f1 == pytest.approx(walked.runs[1].metrics["test/macro_f1"], abs=0.02)
    assert second.champion_macro_f1 == pytest.approx(walked.runs[0].metrics["test/macro_f1"], abs=0.02)
    assert "on the same" in second.reason


def test_the_champion_answers_with_the_names(walked: Walked) -> None:
    folder = releases.current(walked.settings, "style")
    assert folder is not None
    predictor = Predictor.load(folder)
    assert not predictor.card.multi_label
    ranked = predictor.predict(Path(walked.manifest.root) / walked.manifest.frame["path"].iloc[0])
    assert {one.label for one in ranked} == set(NAMES)
    assert {one.applies for one in ranked} == {None}


def test_runs_are_compared_class_by_class_and_work_by_work(walked: Walked) -> None:
    tracker = Tracker(walked.settings)
    answers = {
        name: logged_rows(tracker.artifact(run.id, "tables/test_works.json"))
        for name, run in zip(("first", "second"), walked.runs, strict=True)
    }
    assert {row["true"] for row in answers["first"]} == set(NAMES)
    scores = {name: scores_of(rows, walked.manifest.class_names) for name, rows in answers.items()}
    by_class = tables.side_by_side(scores)
    assert [row["class"] for row in by_class[:3]] == sorted(NAMES)
    assert "R&B \\<b>" in tables.markdown(by_class)
    assert [row["works"] for row in by_class[:3]] == [len(answers["first"]) // 3] * 3
    luck = beside_best(answers, walked.manifest.class_names)
    assert {row["run"] for row in luck} == {"first", "second"}
