"""The gate's verdict on a page: what was found, the report, and Great Expectations' Data Docs."""

from __future__ import annotations

import streamlit as st

from components.data.gate.data_docs import unlinked
from components.settings import Settings
from dashboard import formatting, queries, validation_reports, widgets
from dashboard.validation_reports import ValidationReport

ASKED = "report"
"""In the page's address: the data version whose report is to be opened, as Prefect's links have it."""
_HEIGHT = 560


def show(settings: Settings) -> None:
    """The newest verdict, or what to run where there is none; the report that the address asks for."""
    st.header("Check of the paintings", help="Every collection is examined before anything learns from it.")
    verdict = validation_reports.newest(settings)
    if verdict is None:
        widgets.empty("No collection has been examined yet", "make demo", "atelier validate")
    else:
        _verdict(verdict)
        _ways(settings, verdict)
    asked = st.query_params.pop(ASKED, "")
    if asked:
        _asked(settings, asked)


def _verdict(verdict: ValidationReport) -> None:
    report = verdict.report
    text = (
        f"{formatting.source_title(report.source)}, {formatting.count(report.works)} works: "
        f"{verdict.passed} of {len(report.checks)} checks passed, "
        f"{formatting.moment(verdict.when, widgets.where())}."
    )
    warnings = len(report.failed("warning"))
    if not report.passed:
        st.error(text, icon=":material/block:", title="The collection was stopped: nothing learns from it")
    elif warnings:
        title = f"The collection may be learnt from, with {warnings} warning{'s' if warnings > 1 else ''}"
        st.warning(text, icon=":material/rule:", title=title)
    else:
        st.success(text, icon=":material/verified:", title="The collection may be learnt from")
    for line in verdict.open:
        st.markdown(f"- {formatting.plain(line)}")


def _ways(settings: Settings, verdict: ValidationReport) -> None:
    """Buttons to the report and the Data Docs, and a link to the copy that MLflow keeps with a run."""
    if not verdict.page:
        return
    with st.container(horizontal=True):
        if st.button("Read the report", icon=":material/description:"):
            _report(verdict)
        if verdict.docs and st.button("Data Docs", icon=":material/fact_check:"):
            _docs(verdict)
        kept = validation_reports.in_mlflow(
            settings, queries.runs(settings, kind="training"), verdict.report.fingerprint
        )
        if kept:
            st.link_button("In MLflow", kept, icon=":material/open_in_new:")


def _asked(settings: Settings, fingerprint: str) -> None:
    verdict = validation_reports.of(settings, fingerprint)
    if verdict and verdict.page:
        _report(verdict)
    else:
        st.warning(f"No report on the data version {formatting.plain(fingerprint)} is kept here.")


@st.dialog("Report of the check", width="large", icon=":material/description:")
def _report(verdict: ValidationReport) -> None:
    text = verdict.page.read_text(encoding="utf-8") if verdict.page else ""
    st.iframe(unlinked(text), height=_HEIGHT)
    st.download_button("Keep a copy", text, file_name="validation-report.html", mime="text/html")


@st.dialog("Data Docs by Great Expectations", width="large", icon=":material/fact_check:")
def _docs(verdict: ValidationReport) -> None:
    suite = st.selectbox("Suite", list(verdict.docs))
    st.iframe(unlinked(verdict.docs[suite].read_text(encoding="utf-8")), height=_HEIGHT)
