"""What several pages draw: the synthetic badge, empty states, links, and the viewer's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from urllib.parse import urlsplit

import altair as alt
import streamlit as st

from components.errors import AtelierError
from components.settings import Settings
from dashboard import formatting


def load_settings() -> Settings:
    """The settings, with links that this viewer's browser can open.

    Where the servers listen on every address and no ATELIER_PUBLIC_HOST names one of them, it is the
    one by which the browser came here.
    """
    settings = Settings.load()
    host = urlsplit(st.context.url or "").hostname
    if settings.listens_everywhere and not settings.public_host and host:
        return Settings.load(public_host=host)
    return settings


def synthetic_banner() -> None:
    """The permanent, prominent word that what is shown was learnt from drawn pictures."""
    st.warning(
        "The models and figures marked so learnt from a small gallery that a program draws to try "
        "the platform out. They say nothing about real art.",
        icon=":material/palette:",
        title=formatting.SYNTHETIC,
    )


def learnt_from(source: str, *, synthetic: bool) -> None:
    """Name the collection a model learnt from; a badge where it is no collection of paintings."""
    if synthetic:
        st.badge(formatting.SYNTHETIC, icon=":material/palette:", color="orange")
    else:
        st.badge(f"Learnt from {formatting.source_title(source)}", icon=":material/museum:", color="green")


def empty(title: str, *commands: str, why: str = "") -> None:
    """Nothing to show yet: say what to run."""
    ways = " or ".join(f"`{command}`" for command in commands)
    st.info(f"{why} Run {ways} in a terminal, then reload this page.".strip(), title=title)


def service_away(settings: Settings) -> None:
    """Say that the prediction service does not answer, and how to start it."""
    st.warning(
        f"It should answer at {settings.serving_url}. Start it with `make up` (everything) or "
        "`atelier serve` (the service alone), then reload this page.",
        icon=":material/cloud_off:",
        title="The prediction service is not running",
    )


@contextmanager
def friendly() -> Iterator[None]:
    """Show an error that a person can correct as one message; the rest of the page stands."""
    try:
        yield
    except AtelierError as exc:
        st.error(formatting.plain(str(exc)), icon=":material/error:")


def draw(chart: alt.Chart | alt.LayerChart | alt.FacetChart, alt_text: str) -> None:
    """Show a chart at full width, its words in the page's own ink (Streamlit's grey is too pale to read)."""
    ink = "#EDE8E0" if st.context.theme.type == "dark" else "#2B2926"
    inked = chart.configure_axis(labelColor=ink, titleColor=ink).configure_legend(labelColor=ink)
    inked = inked.configure_text(color=ink)
    st.altair_chart(inked, width="stretch", alt=alt_text)


def time_zone() -> tzinfo | None:
    """The viewer's time zone, as the browser tells it."""
    return formatting.zone(st.context.timezone)
