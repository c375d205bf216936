"""A validation report as one HTML page that needs nothing else: verdict, failed checks, classes, files."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from components.data.html import document, table

if TYPE_CHECKING:
    from components.data.gate.report import Check, Report

_LISTED = 500
"""Files left out that the page names, so that it stays quick to open."""


def page(report: Report) -> str:
    """The whole page; every text that came from a collection is escaped."""
    sections = [
        _head(report),
        _checks("What did not pass", [check for check in report.checks if not check.passed], hint=True),
        _changes(report),
        _classes(report),
        _checks("What passed", [check for check in report.checks if check.passed], hint=False),
        _rejected(report),
    ]
    return document(f"Validation of {report.source}", sections)


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
    return f"<h2>{title}</h2>" + table(("", "Before", "Now", "Distance", "Allowed", "Measured as"), rows)


def _checks(title: str, checks: list[Check], *, hint: bool) -> str:
    if not checks:
        return ""
    ordered = sorted(checks, key=lambda check: check.severity != "critical")
    rows = [
        (
            escape(check.name),
            _mark(check),
            escape(check.expected),
            escape(check.observed) + (f'<span class="hint soft">{escape(check.hint)}</span>' if hint else ""),
        )
        for check in ordered
    ]
    return f"<h2>{title}</h2>" + table(("Check", "", "Expected", "Observed"), rows)


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
    return "<h2>Classes</h2>" + table(("Class", "", "Works", *parts), rows, numbers_from=2)


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
    return head + table(("File", "Kind", "Why"), rows) + rest


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
