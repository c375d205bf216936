"""Pages for people, whole in one file: the house's look, and tables."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_STYLE = """
:root { --ink: #22252b; --soft: #6a6f7a; --line: #e3e1dc; --paper: #fbfaf7; --card: #fff;
        --good: #1d6b43; --good-back: #e4f1e8; --bad: #a32020; --bad-back: #fae6e4;
        --warn: #80560a; --warn-back: #fbf0d6; --bar: #3f6c9b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e4df; --soft: #a3a5aa; --line: #3a3c42; --paper: #1b1c20; --card: #24262b;
          --good: #8fd6ab; --good-back: #1f3a2b; --bad: #f2a29c; --bad-back: #46211f;
          --warn: #eecb83; --warn-back: #423418; --bar: #7ba7d4; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font: 600 1.9rem/1.2 Georgia, serif; margin: 0 0 .25rem; }
h2 { font: 600 1.25rem/1.3 Georgia, serif; margin: 2.5rem 0 .75rem; }
.soft { color: var(--soft); } code { font: .9em ui-monospace, monospace; }
.verdict { margin: 1.5rem 0 0; padding: 1rem 1.25rem; border-radius: 10px; border-left: 6px solid; }
.verdict b { display: block; font-size: 1.2rem; }
.good { color: var(--good); background: var(--good-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.warn { color: var(--warn); background: var(--warn-back); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .55rem .9rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th { font-size: .82rem; color: var(--soft); font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td { overflow-wrap: anywhere; } td:first-child { min-width: 9rem; }
.mark { display: inline-block; padding: 0 .6rem; border-radius: 99px; font-size: .85rem;
        white-space: nowrap; }
.bar { display: block; height: .7rem; border-radius: 3px; background: var(--bar); min-width: 2px;
       margin-top: .4rem; }
a { color: inherit; }
.hint { display: block; margin-top: .25rem; }
figure { margin: 0 0 1.75rem; } figcaption { color: var(--soft); margin: .25rem 0 .5rem; }
figure img { max-width: 100%; border: 1px solid var(--line); border-radius: 10px; background: #fff; }
"""


def document(title: str, sections: Iterable[str]) -> str:
    """A page of these sections, which are HTML already; the title is escaped."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(sections)}</main></body></html>"
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]], *, numbers_from: int = 99) -> str:
    """A table of cells that are HTML already; columns from `numbers_from` on stand to the right."""
    number = ' class="number"'

    def line(cells: Iterable[str], tag: str) -> str:
        shown = (
            f"<{tag}{number if place >= numbers_from else ''}>{cell}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(shown)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f'<div class="scroll"><table><thead>{line(head, "th")}</thead><tbody>{body}</tbody></table></div>'
