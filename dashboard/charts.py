"""The dashboard's charts. Colours come from Okabe and Ito's palette; no meaning rests on colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

BLUE, VERMILION = "#0072B2", "#D55E00"
_Rows = Sequence[dict[str, Any]]


def interval_chart(rows: _Rows) -> alt.LayerChart | alt.FacetChart:
    """Macro-F1 of each run as a point with its 95 % interval: `rows` as `tables.intervals` makes them."""
    frame = pd.DataFrame(rows)
    order = list(frame["model"].unique())
    scale = alt.Scale(domain=_framed(frame["low"].min(), frame["high"].max()), nice=False)
    base = alt.Chart(frame).encode(
        y=alt.Y("model:N", sort=order, title=None, axis=_words(340)),
        yOffset=alt.YOffset("part:N", sort=["Validation", "Test"]),
        color=alt.Color(
            "part:N",
            title=None,
            sort=["Validation", "Test"],
            scale=alt.Scale(domain=["Validation", "Test"], range=[VERMILION, BLUE]),
            legend=alt.Legend(orient="top", direction="vertical", labelFontSize=13),
        ),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("part:N", title="Measured on"),
            alt.Tooltip("shown:N", title="Macro-F1 (95 % range)"),
        ],
    )
    bars = base.mark_rule(strokeWidth=2.5, strokeCap="round").encode(
        x=alt.X(
            "low:Q",
            title="Macro-F1 (95 % range)",
            scale=scale,
            axis=alt.Axis(format=".2f", tickCount=8, labelFontSize=12),
        ),
        x2="high:Q",
    )
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        x="value:Q",
        shape=alt.Shape(
            "part:N",
            scale=alt.Scale(domain=["Validation", "Test"], range=["diamond", "circle"]),
            legend=None,
        ),
    )
    return alt.layer(bars, points).properties(height=70 * len(order) + 130)


def curve_chart(rows: _Rows, *, step: str = "Epoch", height: int = 340) -> alt.Chart:
    """Lines over epochs: a colour a `name`; of two `series` the second is dashed."""
    frame = pd.DataFrame(rows)
    names, series = list(frame["name"].unique()), list(frame["series"].unique())
    encoding: dict[str, Any] = {
        "x": alt.X(
            "epoch:Q",
            title=step,
            scale=alt.Scale(zero=False, nice=False),
            axis=alt.Axis(tickMinStep=1, format="d", grid=False),
        ),
        "y": alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
        "tooltip": [
            alt.Tooltip("name:N", title="Run"),
            alt.Tooltip("series:N", title="Figure"),
            alt.Tooltip("epoch:Q", title=step),
            alt.Tooltip("value:Q", title="Value", format=".4g"),
        ],
        "color": alt.Color("name:N", sort=names, legend=_legend() if len(names) > 1 else None),
    }
    if len(series) > 1:
        encoding["strokeDash"] = alt.StrokeDash("series:N", sort=series, legend=None)
    lines = alt.Chart(frame).mark_line(strokeWidth=2.2, point=alt.OverlayMarkDef(size=24))
    chart: alt.Chart = lines.encode(**encoding).properties(height=height)
    return chart


def series_chart(rows: _Rows, *, step: str = "Epoch", height: int = 300) -> alt.Chart:
    """Lines over epochs of one run: a colour a `series`."""
    renamed = [{**row, "name": row["series"], "series": ""} for row in rows]
    return curve_chart(renamed, step=step, height=height)


def probability_chart(rows: _Rows) -> alt.LayerChart | alt.FacetChart:
    """Ranked labels as bars: rows of `label`, `probability` (0..1) and `shown`.

    The first stands out, or those that have `applies`, where several labels may.
    """
    frame = pd.DataFrame(rows)
    frame["best"] = frame.get("applies", frame.index == 0)
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_words(220)),
        x=alt.X("probability:Q", title=None, scale=alt.Scale(domain=[0, 1.12]), axis=None),
    )
    bars = base.mark_bar(height=22, cornerRadiusEnd=3).encode(
        color=alt.Color(
            "best:N", scale=alt.Scale(domain=[True, False], range=[BLUE, "#A9B4BC"]), legend=None
        ),
        tooltip=[alt.Tooltip("label:N", title="Label"), alt.Tooltip("shown:N", title="Probability")],
    )
    figures = base.mark_text(align="left", dx=6, fontSize=13).encode(text="shown:N")
    return alt.layer(bars, figures).properties(height=max(80, 38 * len(frame)))


def _words(limit: int) -> alt.Axis:
    return alt.Axis(labelLimit=limit, labelFontSize=13, ticks=False, domain=False)


def _legend() -> alt.Legend:
    return alt.Legend(orient="bottom", title=None, labelLimit=320, labelFontSize=12, columns=1)


def _framed(low: float, high: float) -> tuple[float, float]:
    margin = max(0.02, (high - low) * 0.08)
    return max(0.0, low - margin), min(1.0, high + margin)
