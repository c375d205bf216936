"""One page that shows an exploration and needs no other file: it can be mailed, and MLflow shows it."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from components.data.explore import SECTIONS
from components.data.explore.figure_files import ABOUT, FIGURES, SUSPECTS
from components.data.explore.suspected import SHEET, TABLE
from components.data.html import render
from components.errors import DataError
from components.storage import key_of, write_atomically

INDEX = "index.html"
_QUALITY = 85
"""Of the JPEG that a sheet of pictures becomes within the page."""
_KINDS = {"bytes": "the same file", "pixels": "the same picture", "near": "near-duplicates"}
_HEAD = 4096
"""Bytes from the page's start within which it says what it was made of."""


@dataclass(frozen=True)
class _Figure:
    """A figure and its picture as an address of its own."""

    title: str
    caption: str
    source: str


@dataclass(frozen=True)
class _Section:
    name: str
    figures: list[_Figure]


@dataclass(frozen=True)
class _Suspects:
    """The suspected label errors: a summary, the table to download and the sheet."""

    summary: str
    caption: str
    table: str
    table_source: str
    sheet_source: str


def refresh(folder: Path) -> Path:
    """Write `folder`/index.html unless it shows what is in `folder` already.

    So a page that is missing, because a run was killed before it was written, comes with the next run, and
    one of older figures gives way.

    Raises:
        DataError: nothing was explored there.
    """
    try:
        with (folder / INDEX).open(encoding="utf-8") as page:
            is_current = _content_mark(folder) in page.read(_HEAD)
    except OSError:
        is_current = False
    return folder / INDEX if is_current else write(folder)


def write(folder: Path) -> Path:
    """Write `folder`/index.html of what is there: figures, suspects, or both.

    Raises:
        DataError: neither is.
    """
    figures, suspects = _about(folder / FIGURES), _about(folder / SUSPECTS)
    facts = figures.get("facts") or suspects.get("facts")
    if not facts:
        raise DataError(f"{folder}: nothing was explored there. Run `atelier data explore`.")
    page = render(
        "exploration.html",
        facts=facts,
        kinds=_KINDS,
        content_mark=_content_mark(folder),
        suspects=_suspects(folder / SUSPECTS, suspects) if suspects else None,
        sections=_sections(folder / FIGURES, figures),
    )
    return write_atomically(folder / INDEX, page)


def _content_mark(folder: Path) -> str:
    """What the page is made of: it is the same as long as the figures and suspects are."""
    return key_of("exploration page", _about(folder / FIGURES), _about(folder / SUSPECTS))


def _about(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def _sections(folder: Path, about: dict[str, Any]) -> list[_Section]:
    """Those that have figures; duplicates always, which the page lists."""
    sections = []
    for name in SECTIONS:
        figures = [
            _Figure(figure["title"], figure["caption"], _embedded(folder / f"{figure['name']}.png"))
            for figure in about.get("figures", [])
            if figure["section"] == name
        ]
        if figures or name == "Duplicates":
            sections.append(_Section(name, figures))
    return sections


def _suspects(folder: Path, about: dict[str, Any]) -> _Suspects:
    csv = base64.b64encode((folder / TABLE).read_bytes()).decode()
    return _Suspects(
        summary=about["told"],
        caption=about["caption"],
        table=TABLE,
        table_source=f"data:text/csv;base64,{csv}",
        sheet_source=_embedded(folder / SHEET),
    )


def _embedded(path: Path) -> str:
    """The picture as an address of its own: as JPEG where that is smaller (photographs are)."""
    png, jpeg = path.read_bytes(), io.BytesIO()
    with Image.open(path) as picture:
        picture.convert("RGB").save(jpeg, "JPEG", quality=_QUALITY, subsampling=0)
    kind, data = ("jpeg", jpeg.getvalue()) if jpeg.tell() < len(png) else ("png", png)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
