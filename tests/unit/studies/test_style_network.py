"""What sees the pictures of study D's style transfer where VGG19's ImageNet weights are not there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.settings import Settings
from components.studies.study import StyleTransferRow
from components.studies.weights import WeightsUsed
from components.tracking.runs import RunRecord
from flows.study.context import StudyContext
from flows.study.plan import StudyPlan
from flows.study.results import RowDone, RowFailed, RowResult
from flows.study.rows import seen_by_vgg16_edges
from tests.tiny_collections import manifest


def _d6(weights: WeightsUsed | None) -> RowResult:
    row = StudyPlan.of(study="D").wanted.row("D6")
    if weights is None:
        return RowFailed(row, "no weights")
    record = RunRecord("1", "", "", "FINISHED", datetime.now(UTC), 1.0, {}, {}, {}, artifact_uri="")
    return RowDone(row, record, manifest({"Cubism": 4}), weights)


@pytest.mark.parametrize(
    ("row", "size", "weights", "expected"),
    [
        ("D7a", "cpu", WeightsUsed("MobileNetV2"), True),
        ("D7a", "full", None, True),  # D6 could not be done
        ("D7a", "cpu", WeightsUsed(), False),
        ("D7a", "quick", WeightsUsed(random=True), False),
        ("D7b", "cpu", WeightsUsed("MobileNetV2"), False),  # the network trained here is what it is about
    ],
)
def test_vgg16_for_edges_stands_in_for_vgg19_alone(
    settings: Settings, row: str, size: str, weights: WeightsUsed | None, *, expected: bool
) -> None:
    plan = StudyPlan.of(study="D", size=size)
    context = StudyContext(plan.wanted, plan, settings, "", None)  # type: ignore[arg-type]  # nothing is logged
    context.results["D6"] = _d6(weights)
    work = plan.wanted.row(row).work
    assert isinstance(work, StyleTransferRow)
    assert seen_by_vgg16_edges(work, context) is expected
