"""Painter by Numbers, Pandora and WikiArt, on miniatures of their layouts; and how names are mended."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data import sources
from components.data.manifest import Manifest, Task
from components.data.sources import names, painter_by_numbers, pandora, wikiart
from components.data.spelling import clean_name
from components.errors import DataError, SettingsError
from components.settings import Settings
from tests import tiny_collections
from tests.tiny_collections import save


def kinds(manifest: Manifest) -> dict[str, str]:
    return {line.path: line.kind for line in manifest.rejected}


def rows(manifest: Manifest, *columns: str) -> dict[str, tuple[str, ...]]:
    picked = manifest.frame[["path", *columns]].itertuples(index=False)
    return {Path(path).name: tuple(values) for path, *values in picked}


def test_painter_by_numbers_finds_works_wherever_they_lie(tmp_path: Path) -> None:
    folders = {"1.jpg": "train", "2.jpg": "test", "3.jpg": "train_9", "4.jpg": "."}
    root = tiny_collections.painter_by_numbers(tmp_path, folders)
    (root / "submission_info.csv").write_text("image1,image2\n")
    read = sources.read("painter_by_numbers", root, Task.STYLE)
    assert rows(read, "artist", "style", "genre") == {
        "1.jpg": ("Artist 0", "", "landscape"),
        "2.jpg": ("Artist 1", "Impressionism", ""),
        "3.jpg": ("Artist 2", "", "landscape"),
        "4.jpg": ("Artist 0", "Impressionism", ""),
    }
    assert (read.source, read.rejected, read.files) == ("painter-by-numbers", (), 4)
    assert set(read.frame["width"]) == {40}  # measured, not the table's 9999


def test_painter_by_numbers_counts_missing_files_in_one_line(tmp_path: Path) -> None:
    absent = [{"new_filename": f"{number}.jpg"} for number in range(100, 130)]
    root = tiny_collections.painter_by_numbers(tmp_path, {"1.jpg": "train"}, rows=absent)
    read = painter_by_numbers.read(root)
    (line,) = read.rejected
    assert (line.path, line.kind) == ("all_data_info.csv", "missing")
    assert "30 of its 31 works have no file here: 100.jpg, 101.jpg" in line.reason
    assert line.reason.endswith("109.jpg, ...")


def test_painter_by_numbers_says_why_a_file_is_left_out(tmp_path: Path) -> None:
    folders = {"1.jpg": "train", "3917.jpg": "train", "18649.jpg": "test", "5.jpg": "train"}
    twice = [{"new_filename": "5.jpg", "artist": "Somebody else"}, {"new_filename": "20153.jpg"}]
    root = tiny_collections.painter_by_numbers(tmp_path, folders, rows=twice)
    save(root / "train" / "77.jpg", 77)
    save(root / "test" / "1.jpg", 78)
    save(root / "replacements_for_corrupted_files" / "test" / "18649.jpg", 79)
    read = painter_by_numbers.read(root)
    assert kinds(read) == {
        "all_data_info.csv": "missing",  # 20153.jpg
        "test/18649.jpg": "second",
        "train/1.jpg": "second",
        "train/3917.jpg": "known broken",
        "train/5.jpg": "ambiguous",
        "train/77.jpg": "unknown",
    }
    assert set(read.frame["path"]) == {"replacements_for_corrupted_files/test/18649.jpg", "test/1.jpg"}


def test_painter_by_numbers_does_not_mind_the_columns_order(tmp_path: Path) -> None:
    (tmp_path / "all_data_info.csv").write_text(
        "\ufeffmore,new_filename, genre ,style,artist\nx,1.jpg,portrait,Realism,Edgar  Degas\n",
        encoding="utf-8",
    )
    save(tmp_path / "1.jpg", 1)
    read = painter_by_numbers.read(tmp_path)
    assert rows(read, "artist", "style", "genre") == {"1.jpg": ("Edgar Degas", "Realism", "portrait")}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("filename,artist,style,genre\n", r"\['new_filename'\] are missing; found \['filename'"),
        ("", r"are missing; found \[\]"),
        ("new_filename,artist,style,genre\n1.jpg,a,b,c\n", "not one of 1 files"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "all_data_info.csv").write_text(table)
    with pytest.raises(DataError, match=message):
        painter_by_numbers.read(tmp_path)


@pytest.mark.parametrize("inner", [".", "Pandora_18k"])
def test_pandora_gives_movement_and_artist(tmp_path: Path, inner: str) -> None:
    tiny_collections.pandora(tmp_path / inner)
    save(tmp_path / inner / "16_AbstractArt" / "Lyrical" / "Hans_Hartung" / "t.jpg", 60)
    save(tmp_path / inner / "16_AbstractArt" / "loose.jpg", 61)
    save(tmp_path / inner / "notes" / "x.jpg", 62)
    (tmp_path / inner / "03_Rococo").mkdir()
    read = sources.read("pandora", tmp_path, Task.STYLE)
    assert read.frame["style"].value_counts().to_dict() == {"Abstract Art": 6, "Byzantin Iconography": 4}
    assert read.frame["artist"].value_counts().to_dict() == {
        "Albrecht Dürer": 4,
        "Andrei Rublev": 4,
        "Hans Hartung": 1,
        "": 1,
    }
    assert {Path(path).name: kind for path, kind in kinds(read).items()} == {
        "x.jpg": "outside",
        "03_Rococo": "empty",
    }


@pytest.mark.parametrize(
    ("folder", "style"),
    [
        ("01_Byzantin_Iconography", "Byzantin Iconography"),
        ("10_Post_Impressionism", "Post Impressionism"),
        ("18_PopArt", "Pop Art"),
        ("5. Baroque", "Baroque"),
        ("06Rococo", "Rococo"),
        ("12 - Surrealism", "Surrealism"),
    ],
)
def test_movements_in_words(folder: str, style: str) -> None:
    assert pandora.movement(folder) == style


def test_folders_without_numbers_are_no_pandora(tmp_path: Path) -> None:
    for name in ("Baroque", "Rococo", "18k"):
        save(tmp_path / name / "a.jpg", len(name))
    with pytest.raises(DataError, match=r"numbered movement folders.*found \['18k', 'Baroque', 'Rococo'\]"):
        pandora.read(tmp_path)


@pytest.mark.parametrize("inner", [".", "wikiart"])
def test_wikiart_gives_style_and_artist(tmp_path: Path, inner: str) -> None:
    tiny_collections.wikiart(tmp_path / inner)
    save(tmp_path / "loose.jpg", 50)
    read = sources.read("wikiart", tmp_path, Task.STYLE)
    found = sorted(read.frame[["style", "artist", "genre"]].itertuples(index=False, name=None))
    assert found == [
        ("Art Nouveau Modern", "M.C. Escher", ""),
        ("Impressionism", "Claude Monet", ""),
        ("Impressionism", "Vincent van Gogh", ""),
        ("Realism", "", ""),
        ("Realism", "Ferdinand Georg Waldmüller", ""),
    ]
    assert kinds(read) == {"loose.jpg": "outside"}


@pytest.mark.parametrize("place", [".", "Genre", "wikiart/Genre"])
@pytest.mark.parametrize("named", [True, False])
def test_wikiart_reads_artgans_genres(tmp_path: Path, place: str, named: bool) -> None:
    tiny_collections.wikiart(tmp_path / "wikiart")
    tables = tmp_path / place
    tables.mkdir(exist_ok=True)
    monet, van_gogh = (
        "Impressionism/claude-monet_water-lilies-1916.jpg",
        "Impressionism/vincent-van-gogh_the-sower-1888.jpg",
    )
    (tables / "genre_train.csv").write_text(f"{monet},4\n{van_gogh},2\n", encoding="utf-8")
    garbled = "Realism/ferdinand-georg-waldmÃ¼ller_the-dachstein.jpg"
    (tables / "genre_val.csv").write_text(
        f"{garbled},4\nRealism/not-here_x.jpg,9\n{van_gogh},4\n", encoding="utf-8"
    )
    if named:
        lines = [f"{number} {'hill' if number == 4 else 'a_b'}\n" for number in range(10)]
        (tables / "genre_class.txt").write_text("".join(lines))
    read = wikiart.read(tmp_path)
    genre = dict(zip(read.frame["artist"], read.frame["genre"], strict=True))
    assert genre["Claude Monet"] == genre["Ferdinand Georg Waldmüller"] == ("hill" if named else "landscape")
    assert genre["Vincent van Gogh"] == ""  # two genres
    assert read.rejected == ()


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_wikiarts_tables_may_have_gone_through_a_spreadsheet(tmp_path: Path, delimiter: str) -> None:
    tiny_collections.wikiart(tmp_path)
    row = delimiter.join(("Impressionism/claude-monet_water-lilies-1916.jpg", "4"))
    (tmp_path / "genre_train.csv").write_bytes(f"{row}\r\n".encode("utf-16"))
    assert sorted(wikiart.read(tmp_path).frame["genre"])[-1] == "landscape"


@pytest.mark.parametrize("row", ["Impressionism/a_b.jpg", "Impressionism/a_b.jpg,12", "x,y", "a,1,2"])
def test_a_broken_genre_table_is_named_with_its_line(tmp_path: Path, row: str) -> None:
    tiny_collections.wikiart(tmp_path)
    (tmp_path / "genre_train.csv").write_text(f"Realism/untitled.jpg,4\n{row}\n")
    with pytest.raises(DataError, match=r"genre_train\.csv: line 2: '<Style>"):
        wikiart.read(tmp_path)


def test_one_style_is_too_few(tmp_path: Path) -> None:
    save(tmp_path / "Realism" / "a_b.jpg", 1)
    with pytest.raises(DataError, match=r"at least 2 style folders are expected, found \['Realism'\]"):
        wikiart.read(tmp_path)


@pytest.mark.parametrize("encoding", ["cp437", "cp850", "cp866", "cp1252", "latin-1"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    "name", ["Albrecht_Dürer", "Albrecht_Du\u0308rer", "Joan Miró", "Kršinić", "claude-monet_nymphéas"]
)
def test_garbled_names_are_mended(name: str, encoding: str, times: int) -> None:
    garbled = name
    for _ in range(times):
        try:
            garbled = garbled.encode("utf-8").decode(encoding)
        except UnicodeDecodeError:
            pytest.skip(f"{encoding} cannot be taken for it")
    assert names.repair_name(garbled) == names.repair_name(name) == clean_name(name)


@pytest.mark.parametrize(
    "name", ["", "Plain", "Łempicka", "Рерих", "рек", "葛飾北斎", "Ñandú", "São João", "Øyvind Ås"]
)
def test_good_names_stay(name: str) -> None:
    assert names.repair_name(name) == name


@given(st.text(), st.sampled_from(["cp437", "cp850", "cp866", "cp1252", "latin-1"]))
def test_no_name_is_too_strange(name: str, encoding: str) -> None:
    mended = names.repair_name(name)
    assert unicodedata.is_normalized("NFC", mended)
    names.repair_name(name.encode("utf-8").decode(encoding, "ignore"))
    assert names.ascii_key(name).isascii()
    names.person_name(name)


def test_every_source_is_a_file_of_its_own() -> None:
    folder = Path(sources.__file__).parent
    helpers = {"__init__", "layout", "names", "s3", "tables", "walk"}
    assert {path.stem for path in folder.glob("*.py")} - helpers == set(sources.SOURCES)


def test_a_local_collection_is_where_it_is(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "here" / "a.jpg", 1)
    monkeypatch.chdir(tmp_path)
    assert sources.local_folder("here", settings) == (tmp_path / "here").resolve()
    with pytest.raises(SettingsError, match=r"gone: no such folder\. Give the folder, or the s3://"):
        sources.local_folder(tmp_path / "gone", settings)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="the folder is empty"):
        sources.local_folder(tmp_path / "empty", settings)
