from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data import labels, sources
from components.data.gate.drift import classes_before
from components.data.gate.expectations.sources import of_source
from components.data.manifest import Manifest, Split, Task
from components.data.select import Selection, select_works
from components.data.splits.split import assign, find_protocol
from components.data.summaries import classes, works_by_part
from components.errors import DataError, SettingsError
from tests.tiny_collections import best_artworks, manifest

COUNTS = {"Cubism": 20, "Cubism + Realism": 10, "Realism": 30, "Pop Art": 12, "Pop Art + Realism": 8, "": 3}
SEVERAL = Selection(several=True)


def chosen(**wanted: object) -> Manifest:
    return select_works(
        replace(manifest(COUNTS), multi_label=True), Task.STYLE, Selection(several=True, **wanted)
    )  # type: ignore[arg-type]


def test_names_are_joined_to_a_label_and_come_back() -> None:
    assert labels.join_names(["Realism", "Cubism", "Realism", ""]) == "Cubism + Realism"
    assert labels.split_names("Cubism + Realism") == ("Cubism", "Realism")
    assert labels.split_names("Art Nouveau (Modern)") == ("Art Nouveau (Modern)",)
    assert (labels.join_names([]), labels.split_names("")) == ("", ())


@given(st.sets(st.text("AB +,", min_size=1, max_size=6), min_size=1, max_size=4))
def test_names_with_plus_signs_of_their_own_come_back_too(names: set[str]) -> None:
    assert labels.split_names(labels.join_names(names)) == tuple(sorted(names))


def test_each_label_is_a_class() -> None:
    works = chosen()
    assert works.class_names == ["Cubism", "Pop Art", "Realism"]
    hot = works.targets(works.class_names)
    assert hot.sum(axis=0).tolist() == [30, 20, 48]
    rows = works.frame["label"] == "Cubism + Realism"
    np.testing.assert_array_equal(hot[rows.to_numpy()], np.tile([1, 0, 1], (10, 1)))
    with pytest.raises(DataError, match="'Realism' is none of the classes 'Cubism', 'Pop Art'"):
        works.targets(["Cubism", "Pop Art"])


def test_classes_are_chosen_and_merged_one_by_one() -> None:
    assert chosen(classes=["Cubism", "Pop Art"]).profile["classes"] == {"Cubism": 30, "Pop Art": 20}
    assert chosen(top=2).profile["classes"] == {"Realism": 48, "Cubism": 30}
    merged = chosen(merge={"Cubism": "Modern", "Pop Art": "Modern"})
    assert merged.profile["classes"] == {"Modern": 50, "Realism": 48}
    with pytest.raises(DataError, match="Fauvism"):
        chosen(classes=["Fauvism", "Cubism"])
    with pytest.raises(SettingsError, match="cannot be counted out"):
        chosen(balanced=True)
    # By one label a work, nothing has changed.
    assert select_works(manifest(COUNTS), Task.STYLE).class_names == sorted(set(COUNTS) - {""})


def test_every_label_has_its_share_of_each_part() -> None:
    works = assign(chosen(), find_protocol("80/20"), seed=3)
    names = works.class_names
    whole = works.targets(names).sum(axis=0)
    part = works.part(Split.VALIDATION).targets(names).sum(axis=0)
    np.testing.assert_allclose(part, 0.2 * whole, atol=1.5)


def test_the_gate_counts_each_label() -> None:
    counts = works_by_part(chosen()).sum(axis=1)
    assert counts.to_dict() == {"Cubism": 30, "Pop Art": 20, "Realism": 48}
    assert classes(chosen())["class"].tolist() == ["Cubism", "Pop Art", "Realism"]


def test_best_artworks_gives_all_of_an_artists_movements(tmp_path: Path) -> None:
    root = best_artworks(tmp_path, nested=False)
    both = "Impressionism + Post-Impressionism"
    several = sources.read("best_artworks", root, Task.STYLE, several=True)
    assert several.multi_label
    assert both in set(several.frame["style"])
    assert not sources.read("best_artworks", root, Task.ARTIST, several=True).multi_label
    plain = sources.read("best_artworks", root, Task.STYLE)
    assert not plain.multi_label
    assert set(plain.frame.loc[plain.frame["artist"] == "Henri Matisse", "style"]) == {""}


ODD = ("Oil + Canvas", "A, B", "R&B <b>")


def test_a_plus_in_a_class_name_makes_no_second_label() -> None:
    works = select_works(manifest(dict.fromkeys(ODD, 20)), Task.STYLE)
    assert not works.multi_label
    assert works.class_names == sorted(ODD)
    assert works.profile["classes"] == dict.fromkeys(ODD, 20)
    assert works_by_part(works).index.tolist() == sorted(ODD)
    assert classes(works)["class"].tolist() == sorted(ODD)
    split = assign(works, find_protocol("81/9/10"))
    assert works_by_part(split).loc["Oil + Canvas"].to_dict() == {"test": 2, "train": 16, "validation": 2}
    assert split.targets(sorted(ODD)).tolist() == [sorted(ODD).index(label) for label in split.frame["label"]]
    changed = classes_before(works, split)
    assert sorted(changed["class"]) == sorted(ODD)


def test_a_source_of_one_label_keeps_its_names_where_several_are_learnt() -> None:
    works = select_works(manifest(dict.fromkeys(ODD, 4)), Task.STYLE, SEVERAL)
    assert works.multi_label
    assert works.class_names == sorted(ODD)
    assert works.targets(sorted(ODD)).sum(axis=0).tolist() == [4, 4, 4]
    few = select_works(manifest(dict.fromkeys(ODD, 4)), Task.STYLE, Selection(several=True, classes=ODD[:2]))
    assert few.class_names == ["A, B", "Oil + Canvas"]


def test_versions_of_one_and_of_several_labels_are_told_apart() -> None:
    rows = manifest({"Cubism": 3, "Realism": 3})
    single, several = (select_works(rows, Task.STYLE, one) for one in (Selection(), SEVERAL))
    assert single.fingerprint != several.fingerprint
    assert single.fingerprint == "7a2441d28cb60c00"  # as before there was such a field


def test_a_version_kept_before_the_field_was_there_keeps_its_fingerprint(tmp_path: Path) -> None:
    for name, works in {"several": chosen(), "single": select_works(manifest(COUNTS), Task.STYLE)}.items():
        works.save(tmp_path / name)
        file = tmp_path / name / "manifest.json"
        about = json.loads(file.read_text())
        del about["multi_label"]
        file.write_text(json.dumps(about | {"fingerprint": "0123456789abcdef"}))
        loaded = Manifest.load(tmp_path / name)
        assert loaded.multi_label is (name == "several")
        assert loaded.fingerprint == "0123456789abcdef"


def test_the_way_out_that_a_split_names_can_be_typed() -> None:
    works = select_works(manifest({"A, B": 20, "Oil + Canvas": 20, "Few": 1}), Task.STYLE)
    with pytest.raises(DataError, match=re.escape("""--classes '"A, B",Oil + Canvas'""")):
        assign(works, find_protocol("81/9/10"))


def test_a_movement_with_a_plus_is_documented_only_where_works_have_several() -> None:
    for several in (False, True):
        checks = of_source("best-artworks", several=several)
        rule = next(one.rule for one in checks if one.name == "movements are the documented ones")
        pattern = rule.arguments["regex"]
        assert re.match(pattern, "Cubism")
        assert bool(re.match(pattern, "Cubism + Realism")) is several
