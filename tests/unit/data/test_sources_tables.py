"""Tables as spreadsheets leave them are read where they can be read in one way only."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.data.sources import best_artworks, painter_by_numbers
from components.data.sources.tables import read_table
from components.errors import DataError
from tests import tiny_collections
from tests.tiny_collections import save

ROWS = (
    ("ID", "Name ", "GENRE"),
    ("0", "Albrecht Dürer", "Northern Renaissance"),
    ("1", "Ann, One", "Cubism"),
)


def written(
    path: Path, delimiter: str = ",", encoding: str = "utf-8", rows: tuple[tuple[str, ...], ...] = ROWS
) -> Path:
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows]
    path.write_bytes("\r\n".join(delimiter.join(row) for row in quoted).encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp850"]
)
def test_every_usual_way_to_save_a_table_is_read(tmp_path: Path, delimiter: str, encoding: str) -> None:
    table = written(tmp_path / "artists.csv", delimiter, encoding)
    rows = read_table(table, ("name", "genre"))
    assert [(row["name"], row["genre"], row.line) for row in rows] == [
        ("Albrecht Dürer", "Northern Renaissance", 2),
        ("Ann, One", "Cubism", 3),
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            "name,genre\nEugène,Realism\n".encode("latin-1"),
            "line 2 may read 'Eugène,Realism' or 'Eugčne,Realism'",
        ),
        (b"name,genre\nA\x96B,Realism\n", "line 2 may read"),
        (b"name,genre\n\xd0\xe5\xef\xe8\xed,Realism\n", "not a readable UTF-8 table"),
        (b"PK\x03\x04rest of an xlsx", "a spreadsheet's own file"),
        (b"name|genre\nAnn|Cubism\n", r"\['name', 'genre'\] are missing; found \['name\|genre'\]"),
        (b"name,genre,Name\nAnn,Cubism,Bo\n", "more than once"),
        (b"name,genre\nAnn\n", "line 2 has 1 cells, the header 2"),
        (b"name,genre\nAnn,Pop, Op\n", "line 2 has 3 cells.*quotes"),
        (b'name,genre\n"Ann,Cubism\n', "unexpected end of data"),
        (b'"name,genre\n' + b"x" * 200_000, r"\['name', 'genre'\] are missing; found \[\]"),
        (b"name,genre\n\0\0\xff\0A", "a UTF-8 CSV|not a readable UTF-8 table|are missing"),
        (b"", r"are missing; found \[\]"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_the_line(
    tmp_path: Path, data: bytes, problem: str
) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(DataError, match=problem):
        read_table(tmp_path / "t.csv", ("name", "genre"))


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_every_end_of_line_is_read(tmp_path: Path, end: str) -> None:
    (tmp_path / "t.csv").write_bytes(end.join(("name,genre", "Ann,Cubism", "", "Bo,", ",,")).encode())
    rows = read_table(tmp_path / "t.csv", ("name", "genre"))
    assert [(row["name"], row["genre"]) for row in rows] == [("Ann", "Cubism"), ("Bo", "")]


def test_a_table_that_cannot_be_read_is_answered_with_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / "artists.csv").write_bytes("id,name,genre\n0,Eugène,X\n".encode("latin-1"))
    with pytest.raises(DataError, match=r'not a readable UTF-8 table.*"CSV UTF-8 \(Comma delimited\)"'):
        best_artworks.read(tmp_path)


@pytest.mark.parametrize("second", ["Ann One", "ann  one", "Änn One"])
def test_an_artist_twice_with_other_movements_is_refused_with_both_lines(tmp_path: Path, second: str) -> None:
    rows = (("name", "genre"), ("Ann One", "Cubism"), ("Bo Two", "Fauvism"), (second, "Realism"))
    table = written(tmp_path / "artists.csv", rows=rows)
    with pytest.raises(
        DataError, match=r"line 2 gives 'Ann One' .*'Cubism', line 4 .*'Realism'. Keep one row"
    ):
        best_artworks.read_artists(table)


def test_an_artist_twice_with_the_same_movements_is_one_under_the_first_name(tmp_path: Path) -> None:
    rows = (
        ("name", "genre"),
        ("Ann One", "Cubism,Realism"),
        ("ann one", "realism, Cubism"),
        ("Bo", "cubism"),
    )
    table = written(tmp_path / "artists.csv", rows=rows)
    assert best_artworks.read_artists(table, several=True) == {"Ann One": "Cubism + Realism", "Bo": "Cubism"}


def test_painter_by_numbers_in_a_spreadsheets_table(tmp_path: Path) -> None:
    rows = (("New_Filename", "Artist", "Style", "Genre"), ("1.jpg", "Käthe", "Cubism", "portrait"))
    written(tmp_path / "all_data_info.csv", ";", "utf-16", rows)
    save(tmp_path / "train" / "1.jpg", 1)
    read = painter_by_numbers.read(tmp_path)
    assert read.frame[["artist", "style", "genre"]].values.tolist() == [["Käthe", "Cubism", "portrait"]]


def test_best_artworks_in_a_spreadsheets_table(tmp_path: Path) -> None:
    root = tiny_collections.best_artworks(tmp_path, nested=False)
    plain = (root / "artists.csv").read_text(encoding="utf-8")
    whole = best_artworks.read(root)
    (root / "artists.csv").write_bytes(plain.replace("name,", "Name,", 1).encode("latin-1"))
    assert best_artworks.read(root).fingerprint == whole.fingerprint
