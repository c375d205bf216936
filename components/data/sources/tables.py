"""Tables as people's programs leave them: commas, semicolons or tabs; UTF-8, UTF-16, or an older code page.

What can be read in one way only is read; all else is refused with how to save it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.data.spelling import clean_name
from components.errors import DataError

SAVE_AS = (
    'Save it as a UTF-8 CSV with commas: in Excel "Save As", "CSV UTF-8 (Comma delimited)"; in LibreOffice '
    '"Save As", "Text CSV", character set "Unicode (UTF-8)", field delimiter ",".'
)

DELIMITERS = (",", ";", "\t")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .ods, and .xls, begin."""
_CODE_PAGES = ("cp1252", "cp1250", "cp1254", "cp1257", "cp1251", "cp1253", "cp850", "cp852", "mac-roman")
"""What spreadsheets on Windows, DOS and old Macs write where they do not write Unicode."""


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        line: the line of the file that it ends on, counted from 1.
        values: of the columns that were needed; "" where a cell is empty.
    """

    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]


def read_table(path: Path, needed: Sequence[str], *, missing: str = "") -> list[Row]:
    """The rows of a table with a header; names of columns are compared in lower case.

    Args:
        path: the file.
        needed: columns that must be there, in lower case; others are passed over.
        missing: what to say where there is no such file.

    Raises:
        DataError: there is no such file, it cannot be read in one way only, a column is missing or there
            twice, or a row has more or fewer cells than the header.
    """
    text = read_text(path, missing=missing)
    headers = {sign: _columns(text, sign) for sign in DELIMITERS}
    fitting = [sign for sign, names in headers.items() if set(needed) <= set(names)]
    if not fitting:
        names = max(headers.values(), key=len)
        absent = [name for name in needed if name not in names]
        raise DataError(f"{path}: the column(s) {absent} are missing; found {names}. {SAVE_AS}")
    names = headers[fitting[0]]
    twice = [name for name in needed if names.count(name) > 1]
    if twice:
        raise DataError(f"{path}: the column(s) {twice} are there more than once; keep one of each.")
    return _rows(path, text, fitting[0], names, needed)


def read_text(path: Path, *, missing: str = "") -> str:
    """The text of a file, whatever it was encoded in, as far as that is certain.

    Raises:
        DataError: there is no such file, or its bytes could be read in several ways or in none.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as exc:
        raise DataError(f"{path}: missing; {missing or 'a UTF-8 CSV file is expected'}.") from exc
    except OSError as exc:
        raise DataError(
            f"{path}: not a readable table ({exc.strerror}). Check the path and its rights."
        ) from exc
    try:
        return _decoded(data)
    except UnicodeError as exc:
        raise DataError(f"{path}: not a readable UTF-8 table ({exc}). {SAVE_AS}") from exc


def _decoded(data: bytes) -> str:
    if data.startswith(_SPREADSHEETS):
        raise UnicodeError("it is a spreadsheet's own file, under another name")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding)
    if b"\0" in data:  # UTF-16 without a mark: Western tables have a null in every other place
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _of_a_code_page(data)


def _of_a_code_page(data: bytes) -> str:
    """The one reading in which all words that hold more than ASCII are Latin ones, in usual capitals.

    Raises:
        UnicodeError: there are several such readings or none; the first word that differs is shown.
    """
    everywhere = _words(data)
    pages = [page for page in _CODE_PAGES if _is_usual(everywhere, page)]
    if len({everywhere.decode(page) for page in pages}) == 1:
        return data.decode(pages[0])
    for number, line in enumerate(data.splitlines(), 1):
        words = _words(line)
        ways = sorted({words.decode(page) for page in pages}) or [str(words)]
        if len(ways) > 1 or (words and not pages):
            raise UnicodeError(f"line {number} may read {' or '.join(map(repr, ways))}")
    raise UnicodeError("its encoding is not known")


def _words(data: bytes) -> bytes:
    """The different words that hold more than ASCII, between blanks."""
    return b" ".join(sorted({word for word in data.split() if not word.isascii()}))


def _is_usual(words: bytes, page: str) -> bool:
    """Whether words are Latin ones in usual capitals, as far as they hold more than ASCII."""
    try:
        text = words.decode(page)
    except UnicodeDecodeError:
        return False
    letters = all(sign.isalpha() for sign in set(text) if not sign.isascii())
    return letters and all(word.isascii() or _is_latin(word) for word in re.findall(r"\w+", text))


def _is_latin(word: str) -> bool:
    usual = word.islower() or word.isupper() or (word[0].isupper() and word[1:].islower())
    return usual and all(unicodedata.name(sign, "").startswith("LATIN") for sign in word if sign.isalpha())


def delimiter_of(text: str) -> str:
    """The sign that parts the cells of the first line: of those in it the most frequent, else a comma."""
    first = text.split("\n", 1)[0]
    return max(DELIMITERS, key=first.count)


def _columns(text: str, delimiter: str) -> list[str]:
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:  # as of a quote that never ends: there is no such column
        return []
    return [clean_name(name).lower() for name in header]


def _rows(path: Path, text: str, delimiter: str, names: list[str], needed: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    places = {name: names.index(name) for name in needed}
    least = max(places.values()) + 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader, None)  # the header
        for cells in reader:
            if not any(map(str.strip, cells)):
                continue
            if len(cells) < least or any(map(str.strip, cells[len(names) :])):
                raise DataError(
                    f"{path}: line {reader.line_num} has {len(cells)} cells, the header {len(names)}. Put "
                    'quotes around a cell that holds the separator, as in "Pop, Op".'
                )
            rows.append(Row(reader.line_num, {name: cells[at] for name, at in places.items()}))
    except csv.Error as exc:
        raise DataError(f"{path}: line {reader.line_num}: not a readable table ({exc}). {SAVE_AS}") from exc
    return rows
