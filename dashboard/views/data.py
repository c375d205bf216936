"""Data: the paintings that models learn from, as exploring them drew them."""

from __future__ import annotations

import streamlit as st

from components.settings import Settings
from components.tracking.runs import RunRecord
from dashboard import exploration, formatting, queries, tables, widgets
from dashboard.exploration import Exploration, Facts, LabelErrorNote

_FOLDER = "exploration/figures"
_SUSPECTS = "exploration/suspects"


def page() -> None:
    """Draw the page."""
    settings = widgets.load_settings()
    st.title("Data")
    st.markdown(
        "The paintings that the models learn from: how many there are, what they look like, which of them "
        "are copies, and what was set aside."
    )
    runs = [run for run in queries.runs(settings, kind="exploration") if run.status == "FINISHED"]
    explorations = {run.id: document for run in runs if (document := _exploration(settings, run))}
    if not explorations:
        widgets.empty("No collection has been explored yet", "make demo", "atelier data explore")
        return
    by_id = {run.id: run for run in runs if run.id in explorations}
    if any(run.synthetic for run in by_id.values()):
        widgets.synthetic_banner()
    chosen = by_id[
        st.selectbox("Which collection", list(by_id), format_func=lambda run_id: _title(by_id[run_id]))
    ]
    _show_facts(settings, chosen, explorations[chosen.id].facts)
    _show_label_errors(settings, chosen, runs)
    _show_figures(settings, chosen, explorations[chosen.id])


def _exploration(settings: Settings, run: RunRecord) -> Exploration | None:
    """The figures that a run keeps; None where it keeps none."""
    path = queries.artifact(settings, run.id, f"{_FOLDER}/about.json")
    return exploration.read(Exploration, path) if path else None


def _title(run: RunRecord) -> str:
    source = formatting.source_title(run.source)
    task = formatting.task_title(run.task).lower()
    return f"{source} by {task}, {formatting.moment(run.started, widgets.time_zone())}"


def _show_facts(settings: Settings, run: RunRecord, facts: Facts) -> None:
    figures = {
        "Works": (facts.works, "Paintings that models may learn from."),
        "Different works": (facts.different, "Copies and near-duplicates of a work count once."),
        "Classes": (facts.classes, "The labels that a model learns to tell apart."),
        "Set aside": (
            sum(facts.set_aside.values()),
            "Files that nothing learns from, with a reason each.",
        ),
    }
    for column, (name, (value, meaning)) in zip(st.columns(len(figures)), figures.items(), strict=True):
        column.metric(name, formatting.count(value), help=meaning)
    st.link_button("Open in MLflow", tables.run_url(settings, run.id), icon=":material/open_in_new:")


def _show_figures(settings: Settings, run: RunRecord, document: Exploration) -> None:
    sections = document.sections
    section = st.segmented_control("What to look at", sections, default=sections[0], required=True)
    by_name = {figure.name: figure for figure in document.figures if figure.section == section}
    if section in ("Works", "Augmentation"):
        label = "Class" if section == "Works" else "Policy"
        name = st.selectbox(label, list(by_name), format_func=lambda key: by_name[key].title)
        by_name = {name: by_name[name]}
    for name, figure in by_name.items():
        st.subheader(formatting.plain(figure.title))
        st.caption(formatting.plain(figure.caption))
        picture = queries.artifact(settings, run.id, f"{_FOLDER}/{name}.png")
        if picture is None:
            st.caption("This figure is gone.")
        else:
            st.image(str(picture), alt=figure.title)


def _show_label_errors(settings: Settings, run: RunRecord, runs: list[RunRecord]) -> None:
    """Suspected label errors of the same data version, where they were looked for."""
    version = run.data_version
    for other in (other for other in runs if other.data_version == version):
        about = queries.artifact(settings, other.id, f"{_SUSPECTS}/about.json")
        sheet = queries.artifact(settings, other.id, f"{_SUSPECTS}/suspects.png")
        table = queries.artifact(settings, other.id, f"{_SUSPECTS}/suspects.csv")
        if about and sheet and table:
            with st.expander("Suspected label errors", icon=":material/rule:"):
                st.markdown(formatting.plain(exploration.read(LabelErrorNote, about).text))
                st.image(str(sheet), alt="The most suspicious works")
                st.download_button("The table", table.read_bytes(), file_name="suspects.csv", mime="text/csv")
            return


if __name__ == "__main__":
    page()
