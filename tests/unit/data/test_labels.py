from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.data import labels, sources
from components.data.gate.summaries import classes, works_by_part
from components.data.manifest import Manifest, Split, Task
from components.data.select import Selection, labelled
from components.data.splits.split import assign, find_protocol
from components.errors import DataError, SettingsError
from tests.tiny_collections import best_artworks, manifest

COUNTS = {"Cubism": 20, "Cubism + Realism": 10, "Realism": 30, "Pop Art": 12, "Pop Art + Realism": 8, "": 3}
SEVERAL = Selection(several=True)


def chosen(**wanted: object) -> Manifest:
    return labelled(manifest(COUNTS), Task.STYLE, Selection(several=True, **wanted))  # type: ignore[arg-type]


def test_labels_join_and_part() -> None:
    assert labels.joined(["Realism", "Cubism", "Realism", ""]) == "Cubism + Realism"
    assert labels.parted("Cubism + Realism") == ("Cubism", "Realism")
    assert labels.parted("Art Nouveau (Modern)") == ("Art Nouveau (Modern)",)
    assert (labels.joined([]), labels.parted("")) == ("", ())


def test_each_label_is_a_class() -> None:
    works = chosen()
    assert labels.names_of(works) == ["Cubism", "Pop Art", "Realism"]
    hot = labels.multi_hot(works, labels.names_of(works))
    assert hot.sum(axis=0).tolist() == [30, 20, 48]
    rows = works.frame["label"] == "Cubism + Realism"
    np.testing.assert_array_equal(hot[rows.to_numpy()], np.tile([1, 0, 1], (10, 1)))
    with pytest.raises(DataError, match="'Realism' is no class of Cubism, Pop Art"):
        labels.multi_hot(works, ["Cubism", "Pop Art"])


def test_classes_are_chosen_and_merged_one_by_one() -> None:
    assert chosen(classes=["Cubism", "Pop Art"]).profile["classes"] == {"Cubism": 30, "Pop Art": 20}
    assert chosen(top=2).profile["classes"] == {"Realism": 38, "Cubism": 20, "Cubism + Realism": 10}
    merged = chosen(merge={"Cubism": "Modern", "Pop Art": "Modern"})
    assert merged.profile["classes"] == {"Modern": 32, "Realism": 30, "Modern + Realism": 18}
    with pytest.raises(DataError, match="Fauvism"):
        chosen(classes=["Fauvism", "Cubism"])
    with pytest.raises(SettingsError, match="cannot be counted out"):
        chosen(balanced=True)
    # By one label a work, nothing has changed.
    assert labelled(manifest(COUNTS), Task.STYLE).class_names == sorted(set(COUNTS) - {""})


def test_every_label_has_its_share_of_each_part() -> None:
    works = assign(chosen(), find_protocol("80/20"), seed=3)
    names = labels.names_of(works)
    whole = labels.multi_hot(works, names).sum(axis=0)
    part = labels.multi_hot(works.part(Split.VALIDATION), names).sum(axis=0)
    np.testing.assert_allclose(part, 0.2 * whole, atol=1.5)


def test_the_gate_counts_each_label() -> None:
    counts = works_by_part(chosen()).sum(axis=1)
    assert counts.to_dict() == {"Cubism": 30, "Pop Art": 20, "Realism": 48}
    assert classes(chosen())["class"].tolist() == ["Cubism", "Pop Art", "Realism"]


def test_best_artworks_gives_all_of_an_artists_movements(tmp_path: Path) -> None:
    root = best_artworks(tmp_path, nested=False)
    both = "Impressionism + Post-Impressionism"
    assert both in set(sources.read("best_artworks", root, Task.STYLE, several=True).frame["style"])
    plain = sources.read("best_artworks", root, Task.STYLE)
    assert set(plain.frame.loc[plain.frame["artist"] == "Henri Matisse", "style"]) == {""}
