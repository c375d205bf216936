"""Studies: five published works done again, what they reported beside what was measured here."""

from __future__ import annotations

import streamlit as st

from components.settings import Settings
from components.tracking.runs import RunRecord
from components.tracking.study_document import STUDY_DOCUMENT, StudyDocument
from dashboard import dataset_names, formatting, queries, study_tables, tables, widgets

_DOCUMENT, _FIGURE = "study.json", "figures/study.png"
_HELP = (
    "As published: the sizes and epochs of the source. CPU-sized: smaller, so that it runs without a "
    "graphics card. In miniature: a quick try of the same steps; its figures say nothing about the source."
)


def page() -> None:
    """Draw the page."""
    settings = widgets.load_settings()
    st.title("Studies")
    st.markdown("Five published works on naming paintings, done again: what they reported beside ours.")
    known = queries.runs(settings, kind="study")
    if not known:
        widgets.empty("No study has been run yet", "atelier study run A --quick")
        return
    left, right = st.columns([3, 2])
    newest = known[0].study
    name = left.selectbox(
        "Study",
        list(formatting.STUDIES),
        index=list(formatting.STUDIES).index(newest) if newest in formatting.STUDIES else 0,
        format_func=formatting.study_title,
    )
    documents = {run.id: document for run in known if (document := _document(settings, run, name))}
    if not documents:
        letter, _ = formatting.STUDIES[name]
        widgets.empty("This study has not been run yet", f"atelier study run {letter} --quick")
        return
    runs = [run for run in known if run.id in documents]
    sizes = [size for size in formatting.SIZES if any(_size(run) == size for run in runs)]
    size = right.segmented_control(
        "Size",
        sizes,
        format_func=lambda size: formatting.SIZES[size],
        default=sizes[0],
        required=True,
        help=_HELP,
        key=f"size-{name}",
    )
    runs = [run for run in runs if _size(run) == size]
    alike = [run for run in runs if dataset_names.version_of(run) == dataset_names.version_of(runs[0])]
    _show(settings, alike, [documents[run.id] for run in alike])


def _document(settings: Settings, run: RunRecord, name: str) -> StudyDocument | None:
    """The table that a run of the study left; None where it came to no row, or is of another study."""
    path = queries.artifact(settings, run.id, STUDY_DOCUMENT) if run.study == name else None
    return StudyDocument.load(path) if path else None


def _size(run: RunRecord) -> str:
    return run.scale


def _show(settings: Settings, runs: list[RunRecord], documents: list[StudyDocument]) -> None:
    """Runs of one size on the same works, the newest first, as one table and figure."""
    newest = runs[0]
    if newest.synthetic:
        widgets.synthetic_banner()
    works = dataset_names.titles_of(runs, queries.data_versions(settings))[dataset_names.version_of(newest)]
    started = formatting.moment(newest.started, widgets.time_zone())
    st.caption(
        f"On {formatting.plain(works)}. Newest run: {started}, "
        f"{tables.state(newest).lower()}. A row's name leads to its run in MLflow; "
        f"its size is how many numbers the model learnt."
    )
    lines = study_tables.newest_lines([document.lines for document in documents])
    st.header("Published beside ours", help=f"{formatting.HELP['macro_f1']}\n\n{formatting.HELP['interval']}")
    most = max(runs, key=lambda run: len(documents[runs.index(run)].lines))
    picture = queries.artifact(settings, most.id, _FIGURE)
    if picture is not None:
        st.image(str(picture), alt="Published figures beside ours, with 95 % intervals, a row a line")
    st.header("Row by row")
    st.table(study_tables.table(lines, settings), border="horizontal", hide_index=True)
    if left_open := documents[0].left_open:
        st.caption(f"Left open by the source, and what was taken: {formatting.plain(left_open)}.")


if __name__ == "__main__":
    page()
