"""What a data version is called by people. No Streamlit here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from components.data.versions import Version
from components.tracking.runs import RunRecord
from dashboard import formatting


def version_of(run: RunRecord) -> str:
    """Fingerprint of the works that a run learnt from; "" where it was not logged."""
    return run.data_version


def titles_of(runs: Iterable[RunRecord], known: Mapping[str, Version]) -> dict[str, str]:
    """A name for each data version of the runs, none twice: "Best Artworks: 10 artists, 2 110 works".

    Versions of the same size also get their split and the beginning of their fingerprint.
    """
    first = {version_of(run): run for run in reversed(list(runs))}
    titles = {version: _named(run, known.get(version)) for version, run in reversed(first.items())}
    counts = Counter(titles.values())
    return {
        version: name if counts[name] == 1 else f"{name} ({_apart(version, known.get(version))})"
        for version, name in titles.items()
    }


def _named(run: RunRecord, version: Version | None) -> str:
    source = formatting.source_title(run.source)
    if version is None:
        return source
    return f"{source}: {len(version.classes)} {version.task}s, {formatting.count(version.works)} works"


def _apart(fingerprint: str, version: Version | None) -> str:
    split = f"split {version.protocol}, " if version else ""
    return f"{split}version {fingerprint[:7]}"
