"""A validation report as one HTML page that needs nothing else: verdict, failed checks, classes, files."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.data.report import Check, Report

_LISTED = 500
"""Files left out that the page names, so that it stays quick to open."""

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
.mend { display: block; margin-top: .25rem; }
"""


def page(report: Report) -> str:
    """The whole page; every text that came from a collection is escaped."""
    sections = [
        _head(report),
        _checks("What did not pass", [check for check in report.checks if not check.passed], mend=True),
        _changes(report),
        _classes(report),
        _checks("What passed", [check for check in report.checks if check.passed], mend=False),
        _rejected(report),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Validation of {escape(report.source)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(sections)}</main></body></html>"
    )


def _head(report: Report) -> str:
    critical, warnings = len(report.failed("critical")), len(report.failed("warning"))
    if critical:
        look, verdict = "bad", "Stopped at the gate"
        text = f"{_count(critical, 'critical check')} did not pass; nothing is trained on this data version."
    elif warnings:
        look, verdict = "warn", "Passed, with warnings"
        text = f"Training may go on; {_count(warnings, 'warning')} should be looked at."
    else:
        look, verdict, text = "good", "Passed", f"All {len(report.checks)} checks passed."
    nature = "Synthetic pictures, drawn by code. " if report.synthetic else ""
    return (
        f"<h1>{escape(report.source)}</h1>"
        f'<div class="soft">{nature}Data version <code>{escape(report.fingerprint)}</code> · '
        f"{report.works:,} works · {len(report.classes)} classes · "
        f"{_count(len(report.rejected), 'file')} left out · examined in {report.seconds:.1f} s"
        f"{_asked(report)}</div>"
        f'<div class="verdict {look}"><b>{verdict}</b>{text}</div>'
    )


def _asked(report: Report) -> str:
    told = [
        f"learnt: {escape(report.task)}" if report.task else "",
        f"split: {escape(report.protocol)}" if report.protocol else "",
        f'<a href="{escape(report.docs)}">Data Docs</a>' if report.docs else "",
    ]
    return "".join(f" · {one}" for one in told if one)


def _changes(report: Report) -> str:
    if not report.previous:
        return ""
    title = f"Since data version <code>{escape(report.previous)}</code>"
    if not report.changes:
        return f"<h2>{title}</h2>"
    rows = []
    for one in report.changes:
        look = "good" if one.distance <= one.allowed else "warn"
        said = f'<span class="mark {look}">{one.distance:.2f}</span>'
        told = (escape(one.property), escape(one.before), escape(one.now), said)
        rows.append((*told, f"{one.allowed:.2f}", escape(one.measure)))
    return f"<h2>{title}</h2>" + _table(("", "Before", "Now", "Distance", "Allowed", "Measured as"), rows)


def _checks(title: str, checks: list[Check], *, mend: bool) -> str:
    if not checks:
        return ""
    ordered = sorted(checks, key=lambda check: check.severity != "critical")
    rows = [
        (
            escape(check.name),
            _mark(check),
            escape(check.expected),
            escape(check.observed) + (f'<span class="mend soft">{escape(check.mend)}</span>' if mend else ""),
        )
        for check in ordered
    ]
    return f"<h2>{title}</h2>" + _table(("Check", "", "Expected", "Observed"), rows)


def _mark(check: Check) -> str:
    if check.passed:
        return '<span class="mark good">passed</span>'
    look = "bad" if check.severity == "critical" else "warn"
    return f'<span class="mark {look}">{check.severity}</span>'


def _classes(report: Report) -> str:
    if not report.classes:
        return ""
    found = {part for counts in report.classes.values() for part in counts}
    parts = [part for part in ("train", "validation", "test") if part in found]
    largest = max(sum(counts.values()) for counts in report.classes.values())
    rows = []
    for name, counts in sorted(report.classes.items(), key=lambda pair: -sum(pair[1].values())):
        works = sum(counts.values())
        bar = f'<span class="bar" style="width:{12 * works / largest:.2f}rem"></span>'
        rows.append((escape(name), bar, f"{works:,}", *(f"{counts.get(part, 0):,}" for part in parts)))
    total = [sum(counts.get(part, 0) for counts in report.classes.values()) for part in parts]
    rows.append(("<b>All</b>", "", f"<b>{report.works:,}</b>", *(f"<b>{count:,}</b>" for count in total)))
    return "<h2>Classes</h2>" + _table(("Class", "", "Works", *parts), rows, numbers_from=2)


def _rejected(report: Report) -> str:
    if not report.rejected:
        return "<h2>Files left out</h2><p class='soft'>None: every file became a row.</p>"
    counts = Counter(one.kind for one in report.rejected).most_common()
    kinds = ", ".join(f"{count:,} {escape(kind)}" for kind, count in counts)
    listed = report.rejected[:_LISTED]
    rows = [(f"<code>{escape(one.path)}</code>", escape(one.kind), escape(one.reason)) for one in listed]
    more = len(report.rejected) - len(listed)
    rest = f"<p class='soft'>and {more:,} more, all of them in report.json</p>" if more else ""
    head = f"<h2>Files left out</h2><p class='soft'>{kinds}</p>"
    return head + _table(("File", "Kind", "Why"), rows) + rest


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], *, numbers_from: int = 99) -> str:
    number = ' class="number"'

    def line(cells: Iterable[str], tag: str) -> str:
        shown = (
            f"<{tag}{number if place >= numbers_from else ''}>{cell}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(shown)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f'<div class="scroll"><table><thead>{line(head, "th")}</thead><tbody>{body}</tbody></table></div>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
