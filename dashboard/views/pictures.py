"""Pictures: what the generator draws as it learns, and photographs repainted in a painting's style."""

from __future__ import annotations

import re

import streamlit as st

from components.settings import Settings
from components.tracking.runs import RunRecord
from dashboard import charts, formatting, queries, tables, widgets

_GAN_LOSSES = {
    "epoch/generator_loss": "The one that draws",
    "epoch/discriminator_loss": "The one that judges",
}
_STYLE_LOSSES = {
    "epoch/content_loss": ("Content", "How far the result is from the photograph's content."),
    "epoch/style_loss": ("Style", "How far the result is from the painting's style."),
    "epoch/total_variation_loss": ("Roughness", "How grainy the result is. (Total variation.)"),
}


def page() -> None:
    """Draw the page."""
    settings = widgets.load_settings()
    st.title("Pictures")
    st.markdown("New pictures that the machines made: drawn from nothing, or repainted after a painting.")
    drawn = _finished(settings, "gan")
    repainted = _finished(settings, "style-transfer")
    if any(run.synthetic for run in [*drawn, *repainted]):
        widgets.synthetic_banner()
    first, second = st.tabs(["Drawn from nothing", "Repainted photographs"])
    with first:
        _show_gan(settings, drawn)
    with second:
        _show_style(settings, repainted)


def _finished(settings: Settings, kind: str) -> list[RunRecord]:
    return [run for run in queries.runs(settings, kind=kind) if run.status == "FINISHED"]


def _pick(label: str, runs: list[RunRecord]) -> RunRecord:
    by_id = {run.id: run for run in runs}
    return by_id[st.selectbox(label, list(by_id), format_func=lambda run_id: _called(by_id[run_id]))]


def _called(run: RunRecord) -> str:
    source = formatting.source_title(run.source)
    return f"{source}, {formatting.moment(run.started, widgets.where())}"


def _show_gan(settings: Settings, runs: list[RunRecord]) -> None:
    st.caption(
        "A network learns to draw from a collection, and draws without any model.",
        help=formatting.HELP["gan"],
    )
    if not runs:
        widgets.empty("No pictures have been drawn yet", "make demo", "atelier pipeline")
        return
    run = _pick("Which session", runs)
    grids = _grids(settings, run.id)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if not grids:
            st.caption("This run left no sample pictures.")
        else:
            _slide(settings, run.id, grids)
    with right:
        widgets.learnt_from(run.source, synthetic=run.synthetic)
        losses = tables.curves({"": queries.history(settings, run.id)}, _GAN_LOSSES)
        if losses:
            st.subheader("The contest", help=f"{formatting.HELP['gan']} Neither should win for good.")
            widgets.draw(charts.series_chart(losses), "Losses of both networks by epoch")
        st.link_button("Open in MLflow", tables.run_url(settings, run.id), icon=":material/open_in_new:")


def _grids(settings: Settings, run_id: str) -> dict[int, str]:
    found = (
        (re.search(r"epoch_(\d+)\.png$", path), path) for path in queries.artifacts(settings, run_id, "grids")
    )
    return dict(sorted((int(match[1]), path) for match, path in found if match))


def _slide(settings: Settings, run_id: str, grids: dict[int, str]) -> None:
    epochs = list(grids)
    epoch = epochs[-1]
    if len(epochs) > 1:
        epoch = st.select_slider(
            "After how many passes over the collection (epochs)",
            epochs,
            value=epochs[-1],
            key=f"epoch-{run_id}",
        )
    picture = queries.artifact(settings, run_id, grids[epoch])
    if picture:
        st.image(
            str(picture),
            width="stretch",
            caption=f"Samples after epoch {epoch}",
            alt=f"Samples after epoch {epoch}",
        )


def _show_style(settings: Settings, runs: list[RunRecord]) -> None:
    st.caption(
        "A photograph's content is kept while a painting's colours and strokes are laid over it.",
        help="Neural style transfer (Gatys et al. 2015), with a network that was trained here.",
    )
    if not runs:
        widgets.empty("No photograph has been repainted yet", "make demo", "atelier pipeline")
        return
    run = _pick("Which picture", runs)
    widgets.learnt_from(run.source, synthetic=run.synthetic)
    shown = {
        name: queries.artifact(settings, run.id, path)
        for name, path in (
            ("The photograph", "content.png"),
            ("The painting", "style.png"),
            ("Repainted", "result.png"),
        )
    }
    if all(shown.values()):
        for column, (name, path) in zip(st.columns(3), shown.items(), strict=True):
            column.image(str(path), caption=name, width="stretch", alt=name)
    elif both := queries.artifact(settings, run.id, "before_after.png"):
        st.image(str(both), width="stretch", alt="Before and after")
    else:
        st.caption("This run left no pictures.")
    _show_style_losses(settings, run)


def _show_style_losses(settings: Settings, run: RunRecord) -> None:
    history = {"": queries.history(settings, run.id)}
    columns = st.columns(len(_STYLE_LOSSES))
    for column, (metric, (title, meaning)) in zip(columns, _STYLE_LOSSES.items(), strict=True):
        losses = tables.curves(history, {metric: title})
        if losses:
            with column:
                st.subheader(title, help=meaning)
                widgets.draw(charts.series_chart(losses, step="Step", height=220), f"{title} by step")
    st.link_button("Open in MLflow", tables.run_url(settings, run.id), icon=":material/open_in_new:")


if __name__ == "__main__":
    page()
