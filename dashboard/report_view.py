"""The gate's verdict on a page: what was found, the report, and Great Expectations' Data Docs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.data.gate.data_docs import unlinked
from components.settings import Settings
from dashboard import formatting, queries, validation_reports, widgets
from dashboard.champions import Champion
from dashboard.validation_reports import ValidationReport

ASKED = "report"
"""In the page's address: the data version whose report is to be opened, as Prefect's links have it."""
_HEIGHT = 560


def show(settings: Settings, champions: Sequence[Champion]) -> None:
    """The checks of what the champions learnt from, then a newer one; the report that the address asks for.

    Where nothing answers yet, the newest check stands alone, or what to run where there is none.
    """
    st.header("Check of the paintings", help="Every collection is examined before anything learns from it.")
    newest = validation_reports.newest(settings)
    learnt_from = _one_a_version(champions)
    checks = [_show_of(settings, champion, alone=len(learnt_from) == 1) for champion in learnt_from]
    if newest is None and not learnt_from:
        widgets.empty("No collection has been examined yet", "make demo", "atelier validate")
    elif newest and all(newest.is_newer_than(check) for check in checks if check):
        if learnt_from:
            st.subheader("The newest check", help="No champion learnt from this data version.")
        _show_check(settings, newest)
    asked = st.query_params.pop(ASKED, "")
    if asked:
        _open_asked(settings, asked)


def _one_a_version(champions: Sequence[Champion]) -> list[Champion]:
    """A champion for each data version that one learnt from."""
    return list({champion.data_version: champion for champion in reversed(champions)}.values())[::-1]


def _show_of(settings: Settings, champion: Champion, *, alone: bool) -> ValidationReport | None:
    """The check of the data version that the champion learnt from; None where it is not kept here."""
    if not alone:
        st.subheader(f"What the {champion.task} champion learnt from")
    check = validation_reports.of(settings, champion.data_version)
    if check:
        _show_check(settings, check)
        return check
    st.caption(
        f"The check of the data version that the {champion.task} champion learnt from is not kept here."
    )
    _link_to_mlflow(settings, champion.data_version)
    return None


def _show_check(settings: Settings, check: ValidationReport) -> None:
    _show_result(check)
    _show_buttons(settings, check)


def _show_result(check: ValidationReport) -> None:
    report = check.report
    text = (
        f"{formatting.source_title(report.source)}, {formatting.count(report.works)} works: "
        f"{check.passed} of {len(report.checks)} checks passed, "
        f"{formatting.moment(check.when, widgets.time_zone())}."
    )
    warnings = len(report.failed("warning"))
    if not report.passed:
        st.error(text, icon=":material/block:", title="The collection was stopped: nothing learns from it")
    elif warnings:
        title = f"The collection may be learnt from, with {warnings} warning{'s' if warnings > 1 else ''}"
        st.warning(text, icon=":material/rule:", title=title)
    else:
        st.success(text, icon=":material/verified:", title="The collection may be learnt from")
    for line in check.open:
        st.markdown(f"- {formatting.plain(line)}")


def _show_buttons(settings: Settings, check: ValidationReport) -> None:
    """Buttons to the report and the Data Docs, and a link to the copy that MLflow keeps with a run."""
    if not check.page:
        return
    fingerprint = check.report.fingerprint
    with st.container(horizontal=True):
        if st.button("Read the report", icon=":material/description:", key=f"report-{fingerprint}"):
            _report_dialog(check)
        if check.docs and st.button("Data Docs", icon=":material/fact_check:", key=f"docs-{fingerprint}"):
            _docs_dialog(check)
        _link_to_mlflow(settings, fingerprint)


def _link_to_mlflow(settings: Settings, fingerprint: str) -> None:
    """A link to the copy of the report that a training run keeps, where one does."""
    page = validation_reports.in_mlflow(settings, queries.runs(settings, kind="training"), fingerprint)
    if page:
        st.link_button("In MLflow", page, icon=":material/open_in_new:")


def _open_asked(settings: Settings, fingerprint: str) -> None:
    check = validation_reports.of(settings, fingerprint)
    if check and check.page:
        _report_dialog(check)
    else:
        st.warning(f"No report on the data version {formatting.plain(fingerprint)} is kept here.")


@st.dialog("Report of the check", width="large", icon=":material/description:")
def _report_dialog(check: ValidationReport) -> None:
    text = check.page.read_text(encoding="utf-8") if check.page else ""
    st.iframe(unlinked(text), height=_HEIGHT)
    st.download_button("Keep a copy", text, file_name="validation-report.html", mime="text/html")


@st.dialog("Data Docs by Great Expectations", width="large", icon=":material/fact_check:")
def _docs_dialog(check: ValidationReport) -> None:
    suite = st.selectbox("Suite", list(check.docs))
    st.iframe(unlinked(check.docs[suite].read_text(encoding="utf-8")), height=_HEIGHT)
