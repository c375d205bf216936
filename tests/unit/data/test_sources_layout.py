"""What is passed over, followed and refused as a collection's folder is walked through."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from components.data import sources
from components.data.manifest import Manifest, Task
from components.data.sources import folder, layout, pandora, wikiart
from components.data.sources.walk import walk
from components.errors import DataError, SettingsError
from tests.tiny_collections import save


def draw(root: Path, *folders: str) -> Path:
    """One picture in each folder, no two alike."""
    for seed, name in enumerate(folders):
        save(root / name / f"claude-monet_{seed}.png", seed)
    return root


def classes(manifest: Manifest) -> dict[str, int]:
    return {str(name): int(count) for name, count in manifest.frame["style"].value_counts().items()}


def kinds(manifest: Manifest) -> dict[str, str]:
    return {line.path: line.kind for line in manifest.rejected}


@pytest.mark.parametrize("name", ["__MACOSX", "@eaDir", ".cache", "#recycle", "$RECYCLE.BIN", "lost+found"])
def test_folders_of_archives_and_systems_are_passed_over(tmp_path: Path, name: str) -> None:
    draw(tmp_path, "A", "B", f"{name}/A", f"A/{name}", f"A/{name.upper()}/deep")
    for file in ("Thumbs.db", "desktop.ini", "A/._claude.png", "A/SYNOFILE_THUMB_M.png"):
        (tmp_path / file).write_bytes(b"x")
    read = folder.read(tmp_path, Task.STYLE)
    assert (classes(read), read.rejected) == ({"A": 1, "B": 1}, ())


@pytest.mark.parametrize(
    "parts",
    [
        ("train", "val"),
        ("training_set", "test_set"),
        ("Train", "VALIDATION_SET"),
        ("valid", "testing"),
        ("train_1", "train_2"),
        ("test-set", "dev"),
    ],
)
@pytest.mark.parametrize("source", ["folder", "wikiart", "pandora"])
def test_parts_of_others_are_read_together_whatever_lies_beside_them(
    tmp_path: Path, source: str, parts: tuple[str, str]
) -> None:
    names = ("01_Cubism", "02_Realism") if source == "pandora" else ("Cubism", "Realism")
    draw(tmp_path, *(f"{part}/{name}" for part in parts for name in names), "__MACOSX/train/Cubism")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "licence.txt").write_text("free")
    assert classes(sources.read(source, tmp_path, Task.STYLE)) == {"Cubism": 2, "Realism": 2}


def test_parts_in_parts_as_an_archive_unpacked_into_a_folder_of_its_name(tmp_path: Path) -> None:
    draw(tmp_path, "train/train/A", "train/train/B", "val/val/A", "val/val/B")
    assert classes(folder.read(tmp_path, Task.STYLE)) == {"A": 2, "B": 2}


@pytest.mark.parametrize("source", ["folder", "wikiart", "pandora"])
def test_parts_beside_classes_are_refused(tmp_path: Path, source: str) -> None:
    draw(tmp_path, "train/01_Cubism", "train/02_Realism", "test/01_Cubism", "03_Rococo")
    with pytest.raises(DataError, match=r"'test', 'train' .*beside '03_Rococo'.*rename them"):
        sources.read(source, tmp_path, Task.STYLE)


@pytest.mark.parametrize("read", [lambda root: folder.read(root, Task.STYLE), wikiart.read])
def test_folders_that_all_hold_the_same_folders_are_parts_under_other_names(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    draw(tmp_path, *(f"{year}/{name}" for year in ("2019", "2020") for name in ("Cubism", "Realism")))
    with pytest.raises(DataError, match=r"'2019', '2020' all hold the same folders \('Cubism', 'Realism'\)"):
        read(tmp_path)


def test_folders_that_each_hold_parts_are_collections(tmp_path: Path) -> None:
    parts = ("training_set", "validation_set")
    for archive in ("dataset", "musemart"):
        draw(tmp_path, *(f"{archive}/updated/{part}/{name}" for part in parts for name in ("A", "B")))
    with pytest.raises(DataError, match=r"'dataset', 'musemart' all hold the same folders \('updated'\)"):
        folder.read(tmp_path, Task.STYLE)
    with pytest.raises(DataError, match=r"Perhaps --root \S*updated is meant"):
        folder.read(tmp_path / "dataset", Task.STYLE)


@pytest.mark.parametrize("inner", [("images",), ("train", "test")])
def test_classes_may_hold_one_folder_or_parts_of_their_own(tmp_path: Path, inner: tuple[str, ...]) -> None:
    draw(tmp_path, *(f"{name}/{part}" for name in ("Cubism", "Realism") for part in inner))
    assert classes(folder.read(tmp_path, Task.STYLE)) == {"Cubism": len(inner), "Realism": len(inner)}


@pytest.mark.parametrize("name", ["Trains", "Testament", "Valley", "Set", "Development plans", "Test piece"])
def test_names_that_only_begin_like_a_part_are_classes(name: str) -> None:
    assert not layout.is_part(name)


def test_a_folder_of_tables_and_texts_is_no_class_and_gets_a_line(tmp_path: Path) -> None:
    draw(tmp_path, "A", "B")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "LICENCE.txt").write_text("free")
    (tmp_path / "docs" / "labels.CSV").write_text("a,b")
    read = folder.read(tmp_path, Task.STYLE)
    assert (classes(read), kinds(read)) == ({"A": 1, "B": 1}, {"docs": "empty"})


def test_a_folder_too_high_is_answered_with_the_one_below(tmp_path: Path) -> None:
    draw(tmp_path, "archive/train/A", "archive/test/A", "archive/test/B")
    with pytest.raises(DataError, match=r"found \['archive'\].*Perhaps --root \S*archive is meant"):
        folder.read(tmp_path, Task.STYLE)


def test_linked_folders_and_files_are_read_and_their_changes_are_noticed(tmp_path: Path) -> None:
    store = draw(tmp_path / "store", "more", "C")
    root = draw(tmp_path / "root", "A", "B")
    (root / "A" / "more").symlink_to(store / "more")
    (root / "C").symlink_to(store / "C")
    (root / "B" / "linked.png").symlink_to(save(store / "loose.png", 40))
    assert classes(folder.read(root, Task.STYLE)) == {"A": 2, "B": 2, "C": 1}
    before = walk(root).listing()
    assert walk(root).listing() == before
    for changed in (store / "more" / "new.png", store / "C" / "new.png", store / "loose.png"):
        save(changed, changed.stat().st_ino if changed.exists() else 50)
        after = walk(root).listing()
        assert after != before
        before = after


def test_links_that_lead_nowhere_or_round_in_circles_get_a_line(tmp_path: Path) -> None:
    root = draw(tmp_path / "root", "A", "B")
    (root / "A" / "again").symlink_to(root)
    (root / "A" / "lost.png").symlink_to(tmp_path / "gone.png")
    (root / "B" / "to-A").symlink_to(root / "A")  # A's pictures in B as well, and A's loop there
    (root / "A" / "to-B").symlink_to(root / "B")
    os.mkfifo(root / "B" / "pipe.png")
    read = folder.read(root, Task.STYLE)
    assert classes(read) == {"A": 2, "B": 2}
    assert kinds(read) == {
        "A/again": "link to a folder above",
        "A/lost.png": "link to nothing",
        "A/to-B/pipe.png": "not a file",
        "A/to-B/to-A": "link to a folder above",
        "B/pipe.png": "not a file",
        "B/to-A/again": "link to a folder above",
        "B/to-A/lost.png": "link to nothing",
        "B/to-A/to-B": "link to a folder above",
    }


def test_names_that_are_not_utf8_are_set_aside_with_how_to_rename_them(tmp_path: Path) -> None:
    root = draw(tmp_path / "root", "A", "B", "C")
    latin = os.fsdecode("Dürer".encode("latin-1"))
    (root / "A" / "claude-monet_0.png").rename(root / "A" / f"{latin}.png")
    save(root / "A" / "good.png", 9)
    (root / "C").rename(root / latin)
    read = folder.read(root, Task.STYLE)
    assert (classes(read), kinds(read)) == (
        {"A": 1, "B": 1},
        {"A/D\\xfcrer.png": "name is not UTF-8", "D\\xfcrer/claude-monet_2.png": "name is not UTF-8"},
    )
    assert all("convmv" in line.reason for line in read.rejected)
    read.save(tmp_path / "kept")
    assert Manifest.load(tmp_path / "kept").rejected == read.rejected
    assert walk(root).listing() == walk(root).listing()


def test_a_root_whose_name_is_not_utf8_is_refused(tmp_path: Path) -> None:
    root = draw(tmp_path / os.fsdecode("Dürer".encode("latin-1")), "A", "B")
    with pytest.raises(SettingsError, match=r"D\\xfcrer: the path is not UTF-8"):
        sources.read("folder", root, Task.STYLE)


def test_spellings_of_one_class_are_one_class_and_a_line(tmp_path: Path) -> None:
    draw(tmp_path, "Cubism", " Cubism", "Cubism ", "cubism", "Pop  Art", "Caf\u00e9", "Cafe\u0301")
    save(tmp_path / "Cubism" / "more.png", 20)
    read = folder.read(tmp_path, Task.STYLE)
    assert classes(read) == {"Cubism": 5, "Caf\u00e9": 2, "Pop Art": 1}
    lines = [line for line in read.lineage if "differ in capitals or blanks" in line]
    assert len(lines) == 2
    assert "' Cubism' (1 works), 'Cubism' (2 works), 'Cubism ' (1 works), 'cubism' (1 works)" in lines[1]
    assert lines[1].endswith("are read as 'Cubism'")


def test_pandoras_movements_in_parts_count_once(tmp_path: Path) -> None:
    draw(tmp_path, "train/01_Rococo", "test/01_Rococo")
    with pytest.raises(DataError, match="at least 2 numbered movement folders"):
        pandora.read(tmp_path)
