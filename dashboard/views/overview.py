"""Overview: what answers now, how good it is, what it learnt from, and what happened lately."""

from __future__ import annotations

import streamlit as st

from components.formatting import TOO_FEW
from components.settings import Settings
from dashboard import champions as answering
from dashboard import formatting, queries, report_view, tables, validation_reports, widgets
from dashboard.champions import Champion, figure_title

_LATEST = 5
_DECISIONS = 8


def page() -> None:
    """Draw the page."""
    settings = widgets.load_settings()
    st.title("Atelier")
    st.markdown("Models that look at a painting and name its **artist**, **style** or **genre**.")
    training = queries.runs(settings, kind="training")
    champions = _champions(settings)
    if any(champion.synthetic for champion in champions) or any(run.synthetic for run in training[:_LATEST]):
        widgets.synthetic_banner()
    if training or champions:
        _show_champions(settings, champions)
        _show_latest(settings)
        report_view.show(settings, champions)
        _show_decisions(settings)
        return
    widgets.empty("Nothing has been trained yet", "make demo", "atelier pipeline")
    if validation_reports.newest(settings):  # it may be why nothing was trained
        report_view.show(settings, [])


def _champions(settings: Settings) -> list[Champion]:
    served = queries.served(settings)
    if served:
        return answering.real_first(answering.from_service(task, model) for task, model in served.items())
    if served is None:
        widgets.service_away(settings)
    return queries.registered_champions(settings)


def _show_champions(settings: Settings, champions: list[Champion]) -> None:
    st.header("Champions", help=formatting.HELP["champion"])
    if not champions:
        widgets.empty("No champion yet", "atelier promote", why="Runs are there, but none was promoted.")
        return
    for column, champion in zip(st.columns(max(2, len(champions))), champions, strict=False):
        with column.container(border=True, height="stretch"):
            _card(settings, champion)


def _card(settings: Settings, champion: Champion) -> None:
    title, meaning = formatting.TASKS.get(champion.task, (formatting.titled(champion.task), ""))
    st.subheader(title, help=f"Names {meaning}." if meaning else None)
    widgets.learnt_from(champion.source, synthetic=champion.synthetic)
    st.metric(
        figure_title(champion),
        formatting.figure(champion.macro_f1),
        delta=_range(champion),
        delta_color="off",
        delta_arrow="off",
        help=f"{formatting.HELP['macro_f1']}\n\n{formatting.HELP['interval']}\n\n{formatting.HELP[champion.judged_on]}",
    )
    st.markdown(
        f"**{formatting.family_title(champion.family)}**, version {champion.version}  \n"
        f"made {formatting.moment(champion.since, widgets.time_zone())}"
    )
    if champion.refit != "none":
        st.caption(formatting.plain(champion.judgement))
    if champion.run_id:
        st.link_button(
            "How it was trained", tables.run_url(settings, champion.run_id), icon=":material/open_in_new:"
        )


def _range(champion: Champion) -> str:
    spread = formatting.interval(champion.low, champion.high)
    return f"{spread} for a 95 % range" if spread == TOO_FEW else f"95 % range {spread}"


def _show_latest(settings: Settings) -> None:
    st.header("Latest runs")
    for task in formatting.TASKS:
        runs = queries.runs(settings, task=task, kind="training")
        if not runs:
            continue
        st.subheader(formatting.task_title(task))
        st.dataframe(
            tables.latest(runs, settings, widgets.time_zone(), limit=_LATEST),
            hide_index=True,
            column_config={
                "Macro-F1": st.column_config.TextColumn(
                    help=f"On the test works, where not said otherwise. {formatting.HELP['macro_f1']}\n\n"
                    f"In brackets, {formatting.HELP['interval']}"
                ),
                "Details": st.column_config.LinkColumn(display_text="Open in MLflow"),
            },
        )
        for line in tables.failures(runs, limit=_LATEST):
            st.caption(f":material/error: {formatting.plain(line)}")


def _show_decisions(settings: Settings) -> None:
    st.header("Decisions", help="Which model may answer is decided by its macro-F1 on the same works.")
    journal = queries.decisions(settings)
    if not journal:
        widgets.empty("No decision has been taken yet", "make demo", "atelier promote")
        return
    st.table(
        [tables.decision_row(entry, widgets.time_zone()) for entry in journal[:_DECISIONS]],
        border="horizontal",
        hide_index=True,
    )


if __name__ == "__main__":
    page()
