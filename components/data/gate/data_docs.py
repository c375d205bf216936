"""Great Expectations' Data Docs made fit to keep: no page loads, runs or sends anything.

As they are built, the pages take style sheets, scripts, icons and a logo from eight other hosts, and the
index is drawn by such a script. Here each page loses all of it, gets a style sheet of its own and a
content policy under which a browser loads nothing, and an index is written that needs no script.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.html import render

if TYPE_CHECKING:
    from components.data.gate.report import Check
    from components.data.manifest import Manifest

INDEX = "index.html"

_REMOVED = (
    re.compile(r"<script\b.*?</script>", re.S | re.I),
    re.compile(r"<link\b[^>]*>", re.I),
    re.compile(r"<style>.*?</style>", re.S | re.I),
    re.compile(r"<img\b[^>]*>", re.I),
    re.compile(r"<footer\b.*?</footer>", re.S | re.I),
    re.compile(r"<nav class=\"navbar.*?</nav>\s*</div>\s*</nav>", re.S | re.I),
    re.compile(r'<div class="card mb-3">\s*<div class="card-header p-2">\s*<strong>Actions.*?</label>\s*'
               r"</div>\s*</div>\s*</div>\s*</div>\s*</div>", re.S),
    re.compile(r"<title>.*?</title>", re.S | re.I),
    re.compile(r"""\s(?:onclick|onload|data-toggle)=(?:"[^"]*"|'[^']*')""", re.I),
    re.compile(r"<br>\s*Data asset: None", re.I),
)  # fmt: skip
_TAG_OF_LINK = re.compile(r"""<a\b[^>]*href=["']?https?://[^>]*>(.*?)</a>""", re.S | re.I)
_LINK_AWAY = re.compile(r"""<a\b[^>]*href=["'][^"'#][^>]*>(.*?)</a>""", re.S | re.I)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class _Suite:
    """A row of the index; `page` is relative to it, the numbers are as the page shows them."""

    name: str
    page: str
    evaluated: str
    met: str


def tidy(docs: Path, manifest: Manifest, checks: Iterable[Check]) -> None:
    """Make a site that Great Expectations has just built independent of other hosts, and write its index.

    Args:
        docs: the site's folder; its static files (4 MB of pictures and fonts that no page shows) go.
        manifest: what was examined.
        checks: their results, for the index.
    """
    shutil.rmtree(docs / "static", ignore_errors=True)
    for page in sorted(docs.rglob("*.html")):
        home = "../" * (len(page.relative_to(docs).parts) - 1) + INDEX
        page.write_text(alone(page.read_text(encoding="utf-8"), home), encoding="utf-8")
    (docs / INDEX).write_text(_index(docs, manifest, list(checks)), encoding="utf-8")


def alone(page: str, home: str) -> str:
    """A page without scripts, foreign files or links to other hosts; `home` leads to the index."""
    for removed in _REMOVED:
        page = removed.sub("", page)
    page = _TAG_OF_LINK.sub(r"\1", page)
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>Data Docs</title><style>{render('data_docs.css')}</style></head>"
    )
    page = page.replace("</head>", head, 1)
    trail = f'<body><header class="trail"><a href="{home}">All suites</a> · Great Expectations</header>'
    return re.sub(r"<body[^>]*>", lambda _: trail, page, count=1)


def unlinked(page: str) -> str:
    """A page whose links lead nowhere but to its own places: for where no page lies beside it."""
    return _LINK_AWAY.sub(r"\1", page)


def pages(docs: Path) -> dict[str, Path]:
    """The pages of results by the title of their suite, in its order; empty where there are none."""
    results = sorted(docs.glob("validations/**/*.html"))
    return {page.relative_to(docs).parts[1]: page for page in results}


def _index(docs: Path, manifest: Manifest, checks: list[Check]) -> str:
    return render(
        "data_docs_index.html",
        source=manifest.source,
        fingerprint=manifest.fingerprint,
        works=len(manifest),
        expectations=len(checks),
        failed=sum(not check.passed for check in checks),
        policy=_POLICY,
        suites=[_suite(docs, name, page) for name, page in pages(docs).items()],
    )


def _suite(docs: Path, name: str, page: Path) -> _Suite:
    text = page.read_text(encoding="utf-8")
    return _Suite(
        name,
        page.relative_to(docs).as_posix(),
        _statistic(text, "Evaluated Expectations"),
        _statistic(text, "Successful Expectations"),
    )


def _statistic(page: str, name: str) -> str:
    """A number from the page's table of statistics."""
    number = re.search(rf"{name}</div></td>.*?<div[^>]*>\s*([\d,]+)\s*</div>", page, re.S)
    return unescape(number[1]) if number else "?"
