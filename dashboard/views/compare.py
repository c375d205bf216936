"""Compare runs: figures with their intervals, learning curves side by side, one run in detail."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.settings import Settings
from components.tracking.registry import VersionRecord
from components.tracking.runs import RunRecord
from dashboard import champions, charts, dataset_names, formatting, queries, tables, widgets

_OVERLAID = 3
_MEASURED = f"{{}}\n\n{formatting.HELP['macro_f1']}\n\nIn brackets, {formatting.HELP['interval']}"
_LOSSES = {"epoch/loss": "Training works", "epoch/val_loss": "Validation works"}
_F1 = {"epoch/val_macro_f1": "Validation works"}
_FIGURES = {
    "Confusion matrix": (
        "figures/confusion_matrix.png",
        "Which classes the model takes for which: each row holds the works of one class, each column "
        "counts what the model called them. On the {} works.",
    ),
    "Class by class": ("figures/per_class.png", "How well each class is found, on the {} works."),
    "How sure it is": (
        "figures/reliability.png",
        "How often answers are right, by how sure the model was of them, on the {} works. On the diagonal a "
        "probability means what it says. Blue: as the network answers. Orange: with the temperature that the "
        "release answers with.",
    ),
    "Learning curves": (
        "figures/curves.png",
        "How loss and scores changed from epoch to epoch. Red lines: the learning rate was cut. "
        "Black line: the epoch whose weights were kept.",
    ),
}


def page() -> None:
    """Draw the page."""
    settings = widgets.load_settings()
    st.title("Compare runs")
    st.markdown("Which kind of model names paintings best, and how sure can we be?")
    finished = [run for run in queries.runs(settings, kind="training") if run.status == "FINISHED"]
    if not finished:
        widgets.empty("No finished training yet", "make demo", "atelier pipeline")
        return
    task, chosen = _chosen(settings, finished)
    runs = tables.best_first(chosen)
    if any(run.synthetic for run in runs):
        widgets.synthetic_banner()
    versions = queries.versions(settings, task)
    labels = tables.labels(runs, versions)
    _show_figures(settings, runs, versions, labels)
    _show_curves(settings, runs, labels)
    _show_run(settings, runs, labels)


def _chosen(settings: Settings, finished: Sequence[RunRecord]) -> tuple[str, list[RunRecord]]:
    tasks = [task for task in formatting.TASKS if any(run.task == task for run in finished)]
    registered = queries.registered_champions(settings)
    left, right = st.columns(2)
    task = left.segmented_control(
        "Task",
        tasks,
        format_func=formatting.task_title,
        default=champions.run_to_open_on(finished, registered).task,
        required=True,
        help="Style: which movement. Artist: who painted it. Genre: what it shows.",
    )
    runs = [run for run in finished if run.task == task]
    titles = dataset_names.titles_of(runs, queries.data_versions(settings))
    opening = dataset_names.version_of(champions.run_to_open_on(runs, registered))
    version = right.selectbox(
        "Learnt from",
        list(titles),
        index=list(titles).index(opening),
        format_func=lambda fingerprint: titles[fingerprint],
        help="Figures can only be compared between runs on the same paintings, split alike.",
    )
    return task, [run for run in runs if dataset_names.version_of(run) == version]


def _show_figures(
    settings: Settings, runs: list[RunRecord], versions: Sequence[VersionRecord], labels: dict[str, str]
) -> None:
    st.header("How good they are", help=f"{formatting.HELP['macro_f1']}\n\n{formatting.HELP['interval']}")
    points = tables.intervals(runs, versions, labels)
    if points:
        widgets.draw(charts.interval_chart(points), "Macro-F1 of each run with its 95 % interval")
    column = st.column_config
    st.dataframe(
        tables.comparison(runs, versions, labels, settings),
        hide_index=True,
        column_config={
            "Standing": column.TextColumn(help=formatting.HELP["champion"]),
            "Validation F1": column.TextColumn(help=_MEASURED.format(formatting.HELP["validation"])),
            "Test F1": column.TextColumn(help=_MEASURED.format(formatting.HELP["test"])),
            "Accuracy": column.TextColumn(help=formatting.HELP["accuracy"]),
            "Training": column.TextColumn(help=formatting.HELP["seconds"]),
            "Size": column.TextColumn(help=formatting.HELP["parameters"]),
            "Details": column.LinkColumn(display_text="MLflow"),
        },
    )


def _show_curves(settings: Settings, runs: list[RunRecord], labels: dict[str, str]) -> None:
    st.header("Learning curves", help="An epoch is one pass over all training works.")
    st.caption("How the runs got better from epoch to epoch, and whether they went on learning at the end.")
    by_id = {run.id: run for run in runs}
    chosen = st.multiselect(
        "Runs to lay over each other",
        list(by_id),
        default=list(by_id)[:_OVERLAID],
        format_func=lambda run_id: labels[run_id],
    )
    histories = {labels[run_id]: queries.history(settings, run_id) for run_id in chosen}
    losses, scores = tables.curves(histories, _LOSSES), tables.curves(histories, _F1)
    if not losses and not scores:
        st.caption("Choose a run above to see how it learnt.")
        return
    left, right = st.columns(2, gap="medium")
    if losses:
        with left:
            st.subheader("Loss", help=formatting.HELP["loss"])
            st.caption("Solid: on the training works. Dashed: on the validation works.")
            widgets.draw(charts.curve_chart(losses), "Loss by epoch")
    if scores:
        with right:
            st.subheader("Macro-F1", help=f"{formatting.HELP['macro_f1']}\n\n{formatting.HELP['validation']}")
            st.caption("On the validation works.")
            widgets.draw(charts.curve_chart(scores), "Validation macro-F1 by epoch")


def _show_run(settings: Settings, runs: list[RunRecord], labels: dict[str, str]) -> None:
    st.header("A closer look")
    by_id = {run.id: run for run in runs}
    run = by_id[
        st.selectbox(
            "Run", list(by_id), format_func=lambda run_id: f"{labels[run_id]} ({_started(by_id[run_id])})"
        )
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        widgets.learnt_from(run.source, synthetic=run.synthetic)
        st.link_button("Open in MLflow", tables.run_url(settings, run.id), icon=":material/open_in_new:")
    *tabs, last = st.tabs([*_FIGURES, "Settings"])
    for tab, (path, caption) in zip(tabs, _FIGURES.values(), strict=True):
        with tab:
            picture = queries.artifact(settings, run.id, path)
            if picture is None:
                st.caption("This run left no such figure.")
            else:
                text = caption.format(run.judged_on)
                st.caption(text)
                st.image(str(picture), width=760, alt=text)
    last.dataframe(tables.parameter_rows(run.params), hide_index=True)


def _started(run: RunRecord) -> str:
    return formatting.moment(run.started, widgets.time_zone())


if __name__ == "__main__":
    page()
