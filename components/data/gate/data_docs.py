"""Great Expectations' Data Docs made fit to keep: no page loads, runs or sends anything.

As they are built, the pages take style sheets, scripts, icons and a logo from eight other hosts, and the
index is drawn by such a script. Here each page loses all of it, gets a style sheet of its own and a
content policy under which a browser loads nothing, and an index is written that needs no script.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.data.gate.report import Check
    from components.data.manifest import Manifest

INDEX = "index.html"

_GONE = (
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

_STYLE = """
:root { --ink: #22252b; --soft: #6a6f7a; --line: #e3e1dc; --paper: #fbfaf7; --card: #fff; --good: #1d6b43;
        --bad: #a32020; --warn: #80560a; --link: #1F5A6B; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e4df; --soft: #a3a5aa; --line: #3a3c42;
        --paper: #1b1c20; --card: #24262b; --good: #8fd6ab; --bad: #f2a29c; --warn: #eecb83;
        --link: #86bccb; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper);
       color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header.trail { margin-bottom: 1.5rem; color: var(--soft); }
h1 { font: 600 1.9rem/1.2 Georgia, serif; margin: 0 0 .25rem; }
h4, h5 { font: 600 1.2rem/1.3 Georgia, serif; margin: 0 0 .4rem; } h6 { font-size: 1em; margin: .6rem 0 0; }
a { color: var(--link); } p { margin: 0 0 .5rem; } .soft, .lead { color: var(--soft); }
.ge-section { margin: 0 0 1.25rem; padding: 1rem 1.25rem; background: var(--card);
              border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0; }
th, td { text-align: left; padding: .45rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top;
         overflow-wrap: anywhere; }
tr:last-child > td { border-bottom: 0; } th { font-size: .85rem; color: var(--soft); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.badge { display: inline-block; padding: 0 .5rem; border: 1px solid var(--line); border-radius: 6px;
         font-size: .88em; }
.collapse { display: none; } .collapse:target { display: block; } i { font-style: normal; font-weight: 700; }
.text-success, .good { color: var(--good); } .text-danger, .bad { color: var(--bad); }
.text-warning, .warn { color: var(--warn); } .cooltip .top { display: none; }
.fa-times::before { content: "\\2717"; } .fa-check-circle::before { content: "\\2713"; }
.fa-exclamation-triangle::before, .fa-exclamation-circle::before { content: "!"; }
.fa-question-circle { display: none; } ul { margin: 0; padding-left: 1.2rem; } pre { overflow-x: auto; }
.sticky ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
.sticky .card-header { display: none; } .sticky { margin: 0 0 1rem; }
"""


def tidy(docs: Path, manifest: Manifest, checks: Iterable[Check]) -> None:
    """Make a site that Great Expectations has just built whole in itself, and write its index.

    Args:
        docs: the site's folder; its static files (4 MB of pictures and fonts that no page shows) go.
        manifest: what was examined.
        checks: how it fared, for the index.
    """
    shutil.rmtree(docs / "static", ignore_errors=True)
    for page in sorted(docs.rglob("*.html")):
        home = "../" * (len(page.relative_to(docs).parts) - 1) + INDEX
        page.write_text(alone(page.read_text(encoding="utf-8"), home), encoding="utf-8")
    (docs / INDEX).write_text(_index(docs, manifest, list(checks)), encoding="utf-8")


def alone(page: str, home: str) -> str:
    """A page without scripts, foreign files or links to other hosts; `home` leads to the index."""
    for gone in _GONE:
        page = gone.sub("", page)
    page = _TAG_OF_LINK.sub(r"\1", page)
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>Data Docs</title><style>{_STYLE}</style></head>"
    )
    page = page.replace("</head>", head, 1)
    trail = f'<body><header class="trail"><a href="{home}">All suites</a> · Great Expectations</header>'
    return re.sub(r"<body[^>]*>", lambda _: trail, page, count=1)


def unlinked(page: str) -> str:
    """A page whose links lead nowhere but to its own places: for where no page lies beside it."""
    return _LINK_AWAY.sub(r"\1", page)


def pages(docs: Path) -> dict[str, Path]:
    """The pages of results by the title of their suite, in its order; empty where there are none."""
    found = sorted(docs.glob("validations/**/*.html"))
    return {page.relative_to(docs).parts[1]: page for page in found}


def _index(docs: Path, manifest: Manifest, checks: list[Check]) -> str:
    rows = "".join(_row(docs, suite, page) for suite, page in pages(docs).items())
    failed = sum(not check.passed for check in checks)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>Data Docs of {escape(manifest.source)}</title><style>{_STYLE}</style></head><body>"
        '<header class="trail"><a href="../report.html">The report</a> · Data Docs by Great Expectations'
        f"</header><h1>{escape(manifest.source)}</h1>"
        f'<p class="soft">Data version <code>{escape(manifest.fingerprint)}</code> · '
        f"{len(manifest):,} works · {len(checks)} expectations, {failed} not met</p>"
        '<div class="ge-section"><table><thead><tr><th>Suite</th><th>Expectations met</th><th></th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div></body></html>"
    )


def _row(docs: Path, suite: str, page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    made, met = (_statistic(text, name) for name in ("Evaluated Expectations", "Successful Expectations"))
    look = "good" if made == met else "warn"
    link = escape(page.relative_to(docs).as_posix())
    suite_page = escape(f"expectations/{suite}.html")
    return (
        f'<tr><td><a href="{link}">{escape(suite)}</a></td><td class="{look}">{met} of {made}</td>'
        f'<td><a href="{suite_page}">what is expected</a></td></tr>'
    )


def _statistic(page: str, name: str) -> str:
    """A number from the page's table of statistics."""
    found = re.search(rf"{name}</div></td>.*?<div[^>]*>\s*([\d,]+)\s*</div>", page, re.S)
    return unescape(found[1]) if found else "?"
