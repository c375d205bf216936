from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from components.data.gate import drift
from components.data.gate.validate import validate
from components.data.manifest import Manifest
from components.data.splits.split import PROTOCOLS, assign
from tests.tiny_collections import manifest

THREE = PROTOCOLS["81/9/10"]


def version(counts: dict[str, int]) -> Manifest:
    """A split version whose works differ in light and size."""
    works = manifest(counts)
    rng = np.random.default_rng(0)
    frame = works.frame.assign(
        brightness=rng.uniform(0.3, 0.6, len(works)),
        contrast=rng.uniform(0.1, 0.3, len(works)),
        sharpness=rng.uniform(0.2, 0.9, len(works)),
        width=rng.integers(200, 600, len(works)),
        height=rng.integers(200, 600, len(works)),
    )
    return assign(works.with_frame(frame), THREE)


@pytest.fixture(scope="module")
def before() -> Manifest:
    return version({"Cubism": 120, "Pop Art": 80})


def failed(previous: Manifest, now: Manifest) -> dict[str, str]:
    report = validate(now, previous=previous)
    assert report.previous == previous.fingerprint
    return {check.name: check.observed for check in report.checks if not check.passed}


def test_the_same_version_has_not_drifted(before: Manifest) -> None:
    assert failed(before, before) == {}
    assert (drift.drift(before, before)["distance"] == 0).all()


def test_growth_by_works_of_the_same_kind_is_no_drift(before: Manifest) -> None:
    grown = version({"Cubism": 130, "Pop Art": 86})
    frame = grown.frame.merge(before.frame[["sha256", "split"]], "left", "sha256", suffixes=("", "_old"))
    kept = frame["split_old"].fillna(frame["split"])
    assert failed(before, grown.with_frame(grown.frame.assign(split=kept))) == {}


def test_darker_scans_are_told_with_both_medians(before: Manifest) -> None:
    darker = before.with_frame(before.frame.assign(brightness=before.frame["brightness"] * 0.5))
    (name, observed), *others = failed(before, darker).items()
    assert (name, others) == ("spread of labels and looks", [])
    assert "1 of 6: brightness (median 0.4" in observed
    changes = {change.property: change for change in validate(darker, previous=before).changes}
    assert changes["brightness"].distance > changes["brightness"].allowed
    assert changes["labels"].distance == 0


def test_a_test_work_that_is_trained_on_stops_the_flow_and_is_named(before: Manifest) -> None:
    frame = before.frame.copy()
    moved = frame.index[frame["split"] == "test"][0]
    frame.loc[moved, "split"] = "train"
    report = validate(before.with_frame(frame), previous=before)
    (check,) = report.failed("critical")
    assert check.name == "test works stay out of training"
    assert f"{frame.loc[moved, 'path']} (test → train)" in check.observed
    assert not report.passed


def test_another_protocol_places_works_anew_and_is_not_held_to_the_old(before: Manifest) -> None:
    other = assign(before, PROTOCOLS["80/20"])
    assert not drift.split_alike(before, other)
    assert "test works stay out of training" not in {
        check.name for check in validate(other, previous=before).checks
    }


def test_works_gone_relabelled_and_a_class_gone(before: Manifest) -> None:
    frame = before.frame[before.frame["label"] == "Cubism"].reset_index(drop=True)
    frame.loc[:39, "label"] = "Kubism"
    found = failed(before, before.with_frame(frame))
    assert found["works gone"] == "40 %"
    assert "40 of 120" in found["works relabelled"]
    assert "(Cubism → Kubism)" in found["works relabelled"]
    assert "Pop Art (80 → 0 works)" in found["classes gone or new"]
    assert "labels" in found["spread of labels and looks"]


@pytest.mark.parametrize("size", [5, 50, 500])
def test_the_distance_is_scipys(size: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(size)
    one, other = rng.normal(size=size).round(1), rng.normal(0.3, size=2 * size).round(1)
    assert drift.ks_distance(one, other) == pytest.approx(stats.ks_2samp(one, other).statistic)
    assert drift.ks_distance(one, one[:0]) == 0


def test_small_samples_of_one_distribution_are_allowed_to_differ() -> None:
    rng = np.random.default_rng(1)
    pairs = [(rng.normal(size=30), rng.normal(size=40)) for _ in range(400)]
    beyond = sum(drift.ks_distance(one, other) > drift.by_chance(30, 40) for one, other in pairs)
    assert beyond <= 2


def test_an_empty_version_is_compared_without_a_traceback(before: Manifest) -> None:
    empty = replace(before, frame=before.frame[:0])
    for previous, now in ((before, empty), (empty, before)):
        assert not any("could not be made" in one.observed for one in validate(now, previous=previous).checks)
