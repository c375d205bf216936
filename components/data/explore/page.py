"""One page that shows an exploration and needs no other file: it can be mailed, and MLflow shows it."""

from __future__ import annotations

import base64
import io
import json
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from components.data.explore import SECTIONS
from components.data.explore.shelf import ABOUT, FIGURES, SUSPECTS
from components.data.explore.suspected import SHEET, TABLE
from components.data.html import document, table
from components.errors import DataError
from components.storage import write_atomically

INDEX = "index.html"
_QUALITY = 85
"""Of the JPEG that a sheet of pictures becomes within the page."""


def write(folder: Path) -> Path:
    """Write `folder`/index.html of what is there: figures, suspects, or both.

    Raises:
        DataError: neither is.
    """
    figures, suspects = _about(folder / FIGURES), _about(folder / SUSPECTS)
    facts = figures.get("facts") or suspects.get("facts")
    if not facts:
        raise DataError(f"{folder}: nothing was explored there. Run `atelier data explore`.")
    sections = [_head(facts)]
    if suspects:
        sections.append(_suspects(folder / SUSPECTS, suspects))
    for name in SECTIONS:
        here = [one for one in figures.get("figures", []) if one["section"] == name]
        extra = _pairs(facts) if name == "Duplicates" else ""
        if here or extra:
            shown = "".join(_figure(folder / FIGURES / f"{one['name']}.png", one) for one in here)
            sections.append(f'<h2 id="{escape(name)}">{escape(name)}</h2>{shown}{extra}')
    return write_atomically(folder / INDEX, document(f"{facts['source']}, explored", sections))


def _about(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _head(facts: dict[str, Any]) -> str:
    nature = "Synthetic pictures, drawn by code. " if facts["synthetic"] else ""
    copies = facts["works"] - facts["different"]
    rows = [
        ("works", f"{facts['works']:,}"),
        ("classes", f"{facts['classes']:,}"),
        ("copies and near-duplicates beyond one a work", f"{copies:,}"),
        *((f"pairs: {_KINDS.get(kind, kind)}", f"{count:,}") for kind, count in facts["pairs"].items()),
        *((f"set aside: {escape(kind)}", f"{count:,}") for kind, count in facts["set_aside"].items()),
    ]
    if not facts["set_aside"]:
        rows.append(("set aside", "0"))
    return (
        f"<h1>{escape(facts['source'])}</h1>"
        f'<div class="soft">{nature}Data version <code>{escape(facts["fingerprint"])}</code></div><br>'
        + table(("", "Number"), rows, numbers_from=1)
    )


_KINDS = {"bytes": "the same file", "pixels": "the same picture", "near": "near-duplicates"}


def _figure(path: Path, about: dict[str, str]) -> str:
    title, caption = escape(about["title"]), escape(about["caption"])
    source = _embedded(path)
    return (
        f'<figure><b>{title}</b><figcaption>{caption}</figcaption><img alt="{title}" src="{source}"></figure>'
    )


def _pairs(facts: dict[str, Any]) -> str:
    if not facts["listed"]:
        return '<p class="soft">No picture is there twice.</p>'
    rows = [
        (
            f"<code>{escape(a)}</code>",
            f"<code>{escape(b)}</code>",
            _KINDS.get(kind, escape(kind)),
            f"{alike:.2f}",
        )
        for a, b, kind, alike in facts["listed"]
    ]
    count = sum(facts["pairs"].values())
    said = f"The {len(rows)} least alike of {count:,} pairs" if count > len(rows) else f"All {count:,} pairs"
    return f'<p class="soft">{said}:</p>' + table(("One", "Other", "Tied as", "Alike"), rows, numbers_from=3)


def _suspects(folder: Path, about: dict[str, Any]) -> str:
    csv = base64.b64encode((folder / TABLE).read_bytes()).decode()
    link = f'<a download="{TABLE}" href="data:text/csv;base64,{csv}">{TABLE}</a>'
    return (
        f'<h2 id="suspects">Suspected label errors</h2><p>{escape(about["told"])}</p>'
        f"<p>{link}: put the labels right in it, leave out what is right already or not, and give it to "
        "<code>--corrections</code>.</p>"
        + _figure(folder / SHEET, {"title": "The most suspicious works", "caption": about["caption"]})
    )


def _embedded(path: Path) -> str:
    """The picture as an address of its own: as JPEG where that is smaller (photographs are)."""
    png, jpeg = path.read_bytes(), io.BytesIO()
    with Image.open(path) as picture:
        picture.convert("RGB").save(jpeg, "JPEG", quality=_QUALITY, subsampling=0)
    kind, data = ("jpeg", jpeg.getvalue()) if jpeg.tell() < len(png) else ("png", png)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
