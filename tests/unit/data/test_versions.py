from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data.manifest import Manifest, Rejected, Task
from components.data.select import Selection, select_works
from components.data.splits.split import PROTOCOLS, assign, find_protocol
from components.data.version_difference import Change, difference
from components.data.versions import Versions
from components.errors import DataError
from tests.tiny_collections import manifest

THREE = PROTOCOLS["81/9/10"]


def made(counts: dict[str, int], protocol: str = "81/9/10", wanted: Selection | None = None) -> Manifest:
    """A data version, made as the flow makes it."""
    chosen = select_works(manifest(counts), Task.STYLE, wanted or Selection())
    return assign(chosen, find_protocol(protocol))


def kept_at(versions: Versions, whole: Manifest, second: int) -> Manifest:
    """Kept, and dated, so that which one came first does not hang on the clock."""
    file = versions.keep(whole) / "manifest.json"
    about = json.loads(file.read_text())
    about["created"] = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC).isoformat()
    file.write_text(json.dumps(about))
    return whole


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "versions")


def test_nothing_is_kept_yet(versions: Versions) -> None:
    assert list(versions.list()) == []
    assert versions.previous(made({"a": 9, "b": 9})) is None
    with pytest.raises(DataError, match="none yet"):
        versions.get("abc")


def test_a_version_is_kept_once_and_told_without_its_rows(versions: Versions) -> None:
    whole = replace(made({"a": 20, "b": 10}), rejected=(Rejected("x.jpg", "torn"),), synthetic=True)
    folder = versions.keep(whole)
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert versions.keep(whole) == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == before
    (folder / "rows.parquet").unlink()
    (one,) = versions.list()
    assert one.fingerprint == whole.fingerprint == folder.name
    assert (one.source, one.task, one.protocol) == ("tiny", "style", "81/9/10")
    assert (one.works, one.classes, one.synthetic, one.rejected) == (30, {"a": 20, "b": 10}, True, 1)
    assert one.parts == Counter(whole.frame["split"])
    assert one.lineage == ("select style: all classes", "split 81/9/10, seed 0")
    assert one.parents == whole.parents
    assert one.parents


def test_the_newest_comes_first_and_a_broken_one_hides_no_other(versions: Versions) -> None:
    first = kept_at(versions, made({"a": 10, "b": 10}), 1)
    second = kept_at(versions, made({"a": 11, "b": 10}), 2)
    broken = versions.keep(made({"a": 12, "b": 10}))
    (broken / "manifest.json").write_text("{")
    (versions.folder / ".half.part").mkdir()
    assert [one.fingerprint for one in versions.list()] == [second.fingerprint, first.fingerprint]
    with pytest.raises(DataError, match=r"no readable data version.*Delete it"):
        versions.get(broken.name)


def test_a_version_is_found_by_its_first_digits(versions: Versions) -> None:
    there = {}
    for size in range(5, 30):  # more than 16 versions: two begin with the same digit
        whole = made({"a": size, "b": 9})
        versions.keep(whole)
        there[whole.fingerprint] = whole
    one = next(iter(there))
    assert versions.get(one).fingerprint == one
    assert versions.get(one[:12].upper()).fingerprint == one
    (digit, _), *_ = Counter(name[0] for name in there).most_common(1)
    with pytest.raises(DataError, match=r"data versions begin so .*more digits"):
        versions.get(digit)
    for absent in ("", "zz", "../x"):
        with pytest.raises(DataError, match=r"no data version begins so; the newest: .*atelier data list"):
            versions.find(absent)


def test_what_was_added_removed_relabelled_and_moved() -> None:
    earlier = made({"a": 20, "b": 20})
    frame = earlier.frame.copy()
    frame["path"] = "renamed/" + frame["path"]  # is no change
    frame.loc[0, "label"] = "b"
    moved = frame.index[(frame["split"] == "train") & (frame["label"] == "b")][3]
    frame.loc[moved, "split"] = "test"
    new = frame.iloc[[9]].assign(path="new.jpg", sha256="f" * 64)
    later = earlier.with_frame(pd.concat([frame.drop(index=[1, 2]), new]))
    found = difference(earlier, later)
    assert found.added == (Change("new.jpg", "f" * 64, "", "a"),)
    assert [one.path for one in found.removed] == ["a/1-0.jpg", "a/2-0.jpg"]
    assert [(one.before, one.after) for one in found.relabelled] == [("a", "b")]
    assert [(one.path, one.before, one.after) for one in found.moved] == [
        (frame.loc[moved, "path"], "train", "test")
    ]
    assert found.kept == 38
    assert (found.earlier, found.later) == (earlier.fingerprint, later.fingerprint)


def test_copies_of_the_same_bytes_are_counted_one_by_one() -> None:
    frame = manifest({"a": 2, "b": 1}).frame.assign(sha256="a" * 64)
    frame["path"] = ["x", "y", "z"]
    earlier = manifest({"a": 1}).with_frame(frame)
    later = earlier.with_frame(frame.iloc[[1, 2]])
    found = difference(earlier, later)
    assert [one.path for one in found.removed] == ["x"]
    assert (found.added, found.relabelled, found.kept) == ((), (), 2)
    renamed = difference(earlier, later.with_frame(later.frame.assign(path=["y", "new name"])))
    assert [one.path for one in renamed.removed] == ["z"]
    assert [(one.path, one.before, one.after) for one in renamed.relabelled] == [("new name", "a", "b")]


def at(root: Path, whole: Manifest, names: str = "{}") -> Manifest:
    """The same collection at another place, its files perhaps under other names."""
    frame = whole.frame.assign(path=[names.format(path) for path in whole.frame["path"]])
    return replace(whole.with_frame(frame), root=root)


@pytest.mark.parametrize("names", ["{}", "renamed/{}"])
def test_a_version_finds_its_pictures_where_the_collection_was_read_last(
    versions: Versions, tmp_path: Path, names: str
) -> None:
    first = made({"a": 10, "b": 10})
    folder = versions.keep(first)
    other = versions.keep(replace(made({"a": 5, "c": 5}), source="other"))
    before = versions.find(first.fingerprint)
    collection = manifest({"a": 12, "b": 10})  # it has grown since, and has no labels and parts yet
    assert versions.relocate(at(tmp_path / "new", collection, names)) == [first.fingerprint]
    assert versions.relocate(at(tmp_path / "new", collection, names)) == []
    moved = versions.get(first.fingerprint)
    assert moved.paths() == at(tmp_path / "new", first, names).paths()
    assert moved.fingerprint == first.fingerprint
    assert replace(versions.find(first.fingerprint), root=before.root) == before
    assert versions.get(other.name).root == first.root  # its works are not all there
    assert versions.keep(at(tmp_path / "third", first)) == folder
    assert versions.get(first.fingerprint).paths() == at(tmp_path / "third", first).paths()


def test_a_version_stays_where_it_was_unless_all_its_works_are_found(
    versions: Versions, tmp_path: Path
) -> None:
    first = made({"a": 10, "b": 10})
    versions.keep(first)
    assert versions.relocate(at(tmp_path / "new", manifest({"a": 10, "b": 9}))) == []
    assert versions.get(first.fingerprint).root == first.root
    assert versions.relocate(at(tmp_path, replace(manifest({"a": 10, "b": 10}), source="renamed"))) == [
        first.fingerprint  # for its old root is gone
    ]


def test_a_home_that_is_moved_takes_its_pictures_with_it(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    drawn = replace(made({"a": 10, "b": 10}), root=old / "collections" / "gallery")
    Versions(old / "collections" / "versions").keep(drawn)
    old.rename(new)
    versions = Versions(new / "collections" / "versions")
    assert versions.get(drawn.fingerprint).root == new / "collections" / "gallery"
    assert versions.find(drawn.fingerprint).root == str(new / "collections" / "gallery")


rows = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from("ab"), st.sampled_from(["train", "test"])), max_size=12
)


def of_rows(some: list[tuple[int, str, str]]) -> Manifest:
    """Works of few different bytes, so that many are copies."""
    frame = manifest({"a": max(len(some), 1)}).frame.iloc[: len(some)]
    contents, labels, parts = zip(*some, strict=True) if some else ((), (), ())
    sha = [f"{content:064x}" for content in contents]
    return manifest({"a": 1}).with_frame(frame.assign(sha256=sha, label=labels, split=parts))


@settings(deadline=None, max_examples=25)
@given(before=rows, after=rows)
def test_a_difference_accounts_for_every_work_and_turns_round(
    before: list[tuple[int, str, str]], after: list[tuple[int, str, str]]
) -> None:
    earlier, later = of_rows(before), of_rows(after)
    there, back = difference(earlier, later), difference(later, earlier)
    assert there.kept + len(there.removed) == len(before)
    assert there.kept + len(there.added) == len(after)
    assert (len(there.added), len(there.removed)) == (len(back.removed), len(back.added))
    contents = Counter(row[0] for row in before), Counter(row[0] for row in after)
    assert there.kept == (contents[0] & contents[1]).total()
    labels = Counter(row[1] for row in before)
    for changes in (there.removed, there.relabelled):
        labels.subtract(one.before for one in changes)
    for changes in (there.added, there.relabelled):
        labels.update(one.after for one in changes)
    assert +labels == Counter(row[1] for row in after)
    same = difference(earlier, earlier)
    assert (same.added, same.removed, same.relabelled, same.moved) == ((), (), (), ())


def test_the_previous_version_is_of_the_same_collection_task_selection_and_protocol(
    versions: Versions,
) -> None:
    first = kept_at(versions, made({"a": 10, "b": 10}), 1)
    second = kept_at(versions, made({"a": 12, "b": 10}), 2)
    kept_at(versions, made({"a": 12, "b": 10}, "80/20"), 3)
    kept_at(versions, made({"a": 15, "b": 10, "c": 4}, wanted=Selection(top=2)), 4)
    kept_at(versions, replace(made({"a": 14, "b": 10}), source="another"), 5)
    now = made({"a": 13, "b": 10})
    found = versions.previous(now)
    assert found is not None
    assert found.fingerprint == second.fingerprint
    again = versions.previous(second)
    assert again is not None
    assert again.fingerprint == first.fingerprint
    assert versions.previous(first) is None
    assert versions.previous(made({"a": 13, "b": 10}, "3-fold:1")) is None
    kept_at(versions, made({"a": 12, "b": 10}, "80/20"), 6)
    unsplit = versions.previous(select_works(manifest({"a": 13, "b": 10}), Task.STYLE))
    assert unsplit is not None
    assert unsplit.protocol == "80/20"
