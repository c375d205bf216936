from __future__ import annotations

import pytest

from components.data.manifest import Task
from components.data.select import labelled
from components.errors import DataError
from tests.tiny_collections import manifest

COUNTS = {"Cubism": 5, "Realism": 9, "Pop Art": 5, "": 4}


def test_the_label_is_filled_and_works_without_one_are_left_out() -> None:
    chosen = labelled(manifest(COUNTS), Task.STYLE)
    assert chosen.class_names == ["Cubism", "Pop Art", "Realism"]
    assert len(chosen) == 19
    assert (chosen.frame["label"] == chosen.frame["style"]).all()
    assert list(chosen.frame.index) == list(range(19))


def test_only_the_classes_named() -> None:
    assert labelled(manifest(COUNTS), Task.STYLE, classes=["Cubism", "Realism"]).class_names == [
        "Cubism",
        "Realism",
    ]


def test_the_largest_classes_ties_by_name() -> None:
    assert labelled(manifest(COUNTS), Task.STYLE, top=2).class_names == ["Cubism", "Realism"]


def test_an_absent_class_is_named_with_those_there() -> None:
    with pytest.raises(DataError, match=r"\['Cubsm'\].*Realism \(9\), Cubism \(5\), Pop Art \(5\)"):
        labelled(manifest(COUNTS), Task.STYLE, classes=["Cubsm", "Realism"])


@pytest.mark.parametrize(
    ("task", "top"), [(Task.STYLE, 1), (Task.STYLE, 0), (Task.ARTIST, None)], ids=["one", "none", "unknown"]
)
def test_fewer_than_two_classes_is_an_error(task: Task, top: int | None) -> None:
    with pytest.raises(DataError, match="at least 2 classes"):
        labelled(manifest(COUNTS), task, top=top)
