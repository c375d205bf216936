from __future__ import annotations

from pathlib import Path

import pytest

from components.data import sources
from components.data.manifest import Manifest, Task
from components.data.sources import best_artworks, folder
from components.errors import DataError, SettingsError
from components.progress import reporting
from tests import tiny_collections
from tests.tiny_collections import save


@pytest.mark.parametrize("nested", [True, False], ids=["nested", "flat"])
def test_best_artworks_gives_artist_and_single_movement(tmp_path: Path, nested: bool) -> None:
    read = sources.read("best_artworks", tiny_collections.best_artworks(tmp_path, nested=nested), Task.STYLE)
    assert len(read) == 18
    assert read.files == 18
    assert (read.source, read.synthetic, read.rejected) == ("best-artworks", False, ())
    styles = dict(zip(read.frame["artist"], read.frame["style"], strict=True))
    assert styles == {
        "Amedeo Modigliani": "Expressionism",
        "Albrecht Dürer": "Northern Renaissance",
        "Henri de Toulouse-Lautrec": "Post-Impressionism",
        "Henri Matisse": "",  # two movements: study B1 drops them
        "Pablo Picasso": "Cubism",
        "Pablo": "Realism",
    }
    assert (read.frame["genre"] == "").all()
    assert (read.frame["group"] == read.frame["sha256"]).all()
    assert set(read.frame["width"]) == {40}
    assert list(read.frame["path"]) == sorted(read.frame["path"])


def test_best_artworks_beside_the_csv(tmp_path: Path) -> None:
    tiny_collections.best_artworks(tmp_path, nested=False)
    for path in (tmp_path / "resized").iterdir():
        path.rename(tmp_path / path.name)
    (tmp_path / "resized").rmdir()
    assert len(best_artworks.read(tmp_path)) == 18


@pytest.mark.parametrize(
    "name",
    [
        "Albrecht_DuΓòá├¬rer",
        "Albrecht_Dürer",
        "Albrecht_Du\u0308rer",
        "Albrecht_Durer",
        "Albrecht_DÃ¼rer",
        "Albrecht_Du╠êrer",
    ],
)
def test_durer_however_he_was_spelt(tmp_path: Path, name: str) -> None:
    tiny_collections.best_artworks(tmp_path, nested=True)
    save(tmp_path / "images" / "images" / name / f"{name}_77.jpg", 777)
    read = best_artworks.read(tmp_path)
    assert (read.frame["artist"] == "Albrecht Dürer").sum() == 4


def test_kaggles_own_tree(tmp_path: Path) -> None:
    """Dürer twice over, the resized works beside the full ones, and what does not belong there."""
    root = tiny_collections.best_artworks(tmp_path, nested=True)
    (root / "resized").mkdir()
    tiny_collections.best_artworks(root / "resized", nested=False)
    (root / "resized" / "artists.csv").unlink()
    plain = root / "images" / "images" / "Albrecht_Durer"
    twice, once = plain.with_name("Albrecht_DuΓòá├¬rer"), plain.with_name("Albrecht_Du╠êrer")
    once.mkdir()
    for path in plain.iterdir():
        (once / path.name.replace("Durer", "Du╠êrer")).write_bytes(path.read_bytes())
        path.rename(path.with_name(path.name.replace("Durer", "DuΓòá├¬rer")))
    plain.rename(twice)
    save(root / "notes" / "x.jpg", 99)
    read = best_artworks.read(root)
    assert (len(read), (read.frame["artist"] == "Albrecht Dürer").sum()) == (21, 6)
    assert read.frame.loc[read.frame["artist"] == "Albrecht Dürer", "group"].nunique() == 3
    assert [(line.path, line.kind) for line in read.rejected] == [("notes/x.jpg", "outside")]


@pytest.mark.parametrize(
    ("stem", "artist"),
    [
        ("Pablo_Picasso_3", "Pablo Picasso"),
        ("Pablo_3", "Pablo"),
        ("pablo picasso 12 (copy)", "Pablo Picasso"),
        ("Henri_de_Toulouse-Lautrec_1", "Henri de Toulouse-Lautrec"),
        ("Pablo_Nobody_3", None),
        ("Pablo", None),
        ("Unknown_1", None),
    ],
)
def test_the_longest_name_before_a_number_wins(stem: str, artist: str | None) -> None:
    artists = {best_artworks.tokens_of(name): name for name in tiny_collections.ARTISTS}
    assert best_artworks.artist_of(Path("resized") / f"{stem}.jpg", artists) == artist


def test_a_folder_names_the_artist_where_the_file_does_not(tmp_path: Path) -> None:
    tiny_collections.best_artworks(tmp_path, nested=True)
    save(tmp_path / "images" / "images" / "Pablo_Picasso" / "scan.jpg", 99)
    assert (best_artworks.read(tmp_path).frame["artist"] == "Pablo Picasso").sum() == 4


def test_unknown_artists_and_broken_files_are_listed(tmp_path: Path) -> None:
    tiny_collections.best_artworks(tmp_path, nested=False)
    save(tmp_path / "resized" / "Somebody_Else_1.jpg", 50)
    whole = (tmp_path / "resized" / "Pablo_Picasso_1.jpg").read_bytes()
    (tmp_path / "resized" / "Pablo_Picasso_8.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "resized" / ".DS_Store").write_bytes(b"x")
    read = best_artworks.read(tmp_path)
    assert (len(read), read.files) == (18, 20)
    reasons = {line.path: line.reason for line in read.rejected}
    assert "cannot be decoded" in reasons["resized/Pablo_Picasso_8.jpg"]
    assert "no artist of artists.csv" in reasons["resized/Somebody_Else_1.jpg"]


def test_a_missing_column_is_named_with_those_found(tmp_path: Path) -> None:
    (tmp_path / "artists.csv").write_text("id,name,movement\n0,Somebody,Cubism\n")
    with pytest.raises(DataError, match=r"artists\.csv.*\['genre'\].*\['id', 'name', 'movement'\]"):
        best_artworks.read(tmp_path)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    save(tmp_path / "resized" / "Pablo_1.jpg", 1)
    with pytest.raises(DataError, match=r"artists\.csv: missing"):
        best_artworks.read(tmp_path)


def test_copies_share_a_group(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        save(tmp_path / "Cubism" / f"{name}.png", 1 if name != "c" else 2)
    save(tmp_path / "Realism" / "d.png", 3)
    assert folder.read(tmp_path, Task.STYLE).frame["group"].nunique() == 3


@pytest.mark.parametrize("task", list(Task))
def test_folder_fills_the_tasks_column(tmp_path: Path, task: Task) -> None:
    save(tmp_path / "Cubism" / "a.png", 1)
    save(tmp_path / "Pop Art" / "deep" / "b.png", 2)
    read = sources.read("folder", tmp_path, task)
    assert sorted(read.frame[task.value]) == ["Cubism", "Pop Art"]
    assert all((read.frame[other.value] == "").all() for other in Task if other is not task)


def test_folder_reads_the_parts_of_others_together(tmp_path: Path) -> None:
    for seed, part in enumerate(("train", "val", "Test")):
        for place, name in enumerate(("Cubism", "Realism")):
            save(tmp_path / part / name / "a.png", 10 * seed + place)
    read = folder.read(tmp_path, Task.STYLE)
    assert read.frame["style"].value_counts().to_dict() == {"Cubism": 3, "Realism": 3}
    assert (read.frame["split"] == "").all()


def test_folder_lists_what_is_outside_a_class(tmp_path: Path) -> None:
    for name in ("Cubism", "Realism"):
        save(tmp_path / name / "a.png", len(name))
    save(tmp_path / "loose.png", 9)
    (tmp_path / "Empty").mkdir()
    assert {line.path: line.reason for line in folder.read(tmp_path, Task.STYLE).rejected} == {
        "Empty": "a folder without pictures is no class",
        "loose.png": "outside any class folder",
    }


def test_one_class_is_too_few(tmp_path: Path) -> None:
    save(tmp_path / "Cubism" / "a.png", 1)
    with pytest.raises(DataError, match=r"at least 2 classes are needed, found \['Cubism'\]"):
        folder.read(tmp_path, Task.STYLE)


def test_nothing_readable_says_why(tmp_path: Path) -> None:
    for name in ("Cubism", "Realism"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").write_text("no picture")
    with pytest.raises(DataError, match=r"not one of 2 files.*Cubism/a\.jpg: no picture"):
        folder.read(tmp_path, Task.STYLE)


@pytest.mark.parametrize("source", ["folder", "best_artworks"])
def test_an_empty_folder_is_named(tmp_path: Path, source: str) -> None:
    with pytest.raises(DataError, match=str(tmp_path)):
        sources.read(source, tmp_path, Task.STYLE)


def test_wrong_names_are_answered_with_the_right_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'louvre' is no source; expected one of synthetic, folder"):
        sources.read("louvre", tmp_path, Task.STYLE)
    with pytest.raises(SettingsError, match="no such folder"):
        sources.read("folder", tmp_path / "gone", Task.STYLE)


def test_the_manifest_keeps_what_was_left_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for seed in range(3):
        save(root / f"class{seed}" / "a.png", seed)
    (root / "class0" / "b.png").write_bytes(b"broken")
    read = folder.read(root, Task.GENRE)
    read.save(tmp_path / "kept")
    again = Manifest.load(tmp_path / "kept")
    assert again.rejected == read.rejected
    assert (again.files, again.fingerprint) == (4, read.fingerprint)


def test_progress_is_reported(tmp_path: Path) -> None:
    from contextlib import contextmanager

    progress: list[tuple[str, int | None, int]] = []

    @contextmanager
    def reporter(title, total):  # type: ignore[no-untyped-def]
        done = [0]

        def advance(steps: int = 1, /, note: str = "") -> None:
            done[0] += steps

        yield advance
        progress.append((title, total, done[0]))

    for name in ("Cubism", "Realism"):
        save(tmp_path / name / "a.png", len(name))
    with reporting(reporter):
        folder.read(tmp_path, Task.STYLE)
    assert progress == [("Reading paintings", 2, 2)]
