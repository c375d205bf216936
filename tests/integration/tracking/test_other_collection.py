"""A study's networks judged on another collection: a tiny network that trains nothing, MLflow in earnest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.data.images.scan import Work, manifest_of
from components.data.manifest import Manifest, Task
from components.data.select import select_works, with_classes_of
from components.data.splits.split import assign, find_protocol
from components.errors import DataError, SettingsError
from components.settings import Settings
from components.studies.catalog import find_study
from components.tracking.runs import Tracker
from flows.study.context import StudyContext
from flows.study.other_collection import judged_on_other, other_works
from flows.study.plan import StudyPlan
from flows.study.results import RowDone
from flows.study.table import line, table
from tests.tiny_releases import COLOURS, SIZE, card, write_release

pytestmark = pytest.mark.integration

SAMPLE = np.zeros((1, SIZE, SIZE, 3), np.uint8)


def painted(folder: Path, seeds: range) -> Path:
    """A folder a colour: noise whose colour is the strongest; the same seed, the same work."""
    for place, colour in enumerate(COLOURS):
        (folder / colour.upper()).mkdir(parents=True)
        for seed in seeds:
            random = np.random.default_rng((place, seed))
            coarse = Image.fromarray(random.integers(0, 200, (6, 6, 3), dtype=np.uint8))
            pixels = np.asarray(coarse.resize((96, 96), Image.Resampling.BICUBIC)).copy()
            pixels[..., place] = np.maximum(pixels[..., place], 150)
            Image.fromarray(pixels).save(folder / colour.upper() / f"{seed}.png")
    return folder


@pytest.fixture
def learnt(tmp_path: Path) -> Manifest:
    root = painted(tmp_path / "own", range(8))
    works = [Work(file, style=file.parent.name.capitalize()) for file in sorted(root.rglob("*.png"))]
    whole = select_works(manifest_of(works, root=root, source="own"), Task.STYLE)
    return assign(whole, find_protocol("81/9/10"), seed=0)


def test_other_figures_stand_beside_the_row_s_own_without_works_that_were_learnt(
    learnt: Manifest, tmp_path: Path
) -> None:
    settings = Settings.load(home=tmp_path / "home")
    plan = StudyPlan.of(study="D", also_judge_on=str(painted(tmp_path / "other", range(4, 14))))
    other = other_works(plan, learnt.class_names, settings)
    assert other is not None
    with Tracker(settings).start("style · own", "colours", "key", {"atelier.kind": "training"}) as run:
        release = card(run_id=run.id, class_names=COLOURS)
        run.log_release(write_release(tmp_path / "release", release), release, SAMPLE)
        run.metrics({"test/macro_f1": 0.9, "test/accuracy": 0.9, "test/different_works": 6})
    record = Tracker(settings).run(run.id)
    row = find_study("D").row("D3")
    with Tracker(settings).start("style · own", "study", "study-key", {"atelier.kind": "study"}) as parent:
        context = StudyContext(find_study("D"), plan, settings, "style · own", parent, other=other)
        results = [judged_on_other(RowDone(row, record, learnt), context) for _ in range(2)]
    judged = results[0].other
    assert judged is not None
    assert results[1].other == judged  # found, not measured again
    known = learnt.frame[learnt.frame["split"] != "test"]["path"]
    repeated = sum(int(Path(path).stem) >= 4 for path in known)
    assert judged.metrics["other/left_out"] == repeated > 0
    assert judged.metrics["other/works"] == 30 - repeated
    assert judged.metrics["other/accuracy"] == 1.0
    assert (judged.kind, judged.tags["atelier.network"]) == ("other-collection", record.id)
    assert judged.tags["atelier.data_version"] == with_classes_of(other, COLOURS).fingerprint
    assert f"{repeated} near-duplicates of works that were learnt from left out" in results[0].note
    shown = [cells["figure"] for cells in table([line(results[0])])]
    assert shown[-2:] == ["accuracy (another collection)", "macro-F1 (another collection)"]


def test_other_classes_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    settings = Settings.load(home=tmp_path / "home")
    root = painted(tmp_path / "other", range(2))
    plan = StudyPlan.of(study="D", also_judge_on=str(root))
    with pytest.raises(DataError, match=r"Expected: Cubism, Red\. Received: BLUE, GREEN, RED\."):
        other_works(plan, ["Cubism", "Red"], settings)
    merged = plan.replace(also_judge_on_merge={"BLUE+GREEN": "Cubism"})
    works = other_works(merged, ["Cubism", "Red"], settings)
    assert works is not None
    assert len(works) == 6
    assert other_works(StudyPlan(study="D"), ["Cubism", "Red"], settings) is None
    with pytest.raises(SettingsError, match="give also_judge_on, too"):
        other_works(StudyPlan.of(study="D", also_judge_on_merge=["A=B"]), ["Cubism"], settings)
