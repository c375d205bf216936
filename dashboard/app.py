"""The dashboard: `streamlit run dashboard/app.py` (or `atelier dashboard`)."""

from __future__ import annotations

import streamlit as st

from components.errors import SettingsError
from components.settings import Settings
from dashboard import formatting, widgets

# Drawn here: Streamlit fetches icon names for the browser's tab from the network.
_MARK = """<svg viewBox="0 0 32 32"><rect x="3" y="3" width="26" height="26" rx="3" fill="#1F5A6B"/>
<rect x="7" y="7" width="18" height="18" fill="#F6F0E4"/><path d="M7 25 L14 14 L18.5 20 L21 17 L25 25 Z"
fill="#D55E00"/><circle cx="20.5" cy="11.5" r="2.4" fill="#E69F00"/></svg>"""


def _links(settings: Settings) -> None:
    pages = (
        ("MLflow: every run in detail", settings.mlflow_ui, ":material/science:"),
        ("Prefect: schedules and flows", settings.prefect_ui, ":material/account_tree:"),
        ("API documentation", settings.serving_ui, ":material/api:"),
    )
    with st.sidebar.container(gap=None):
        st.caption("Other tools")
        for title, url, icon in pages:
            st.link_button(title, url, icon=icon, type="tertiary")


def main() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(page_title="Atelier", page_icon=_MARK, layout="wide", initial_sidebar_state=270)
    st.logo(_MARK, size="large")
    pages = [
        st.Page("views/overview.py", title="Overview", icon=":material/home:", default=True),
        st.Page("views/compare.py", title="Compare runs", icon=":material/query_stats:"),
        st.Page("views/studies.py", title="Studies", icon=":material/menu_book:"),
        st.Page("views/predict.py", title="Predict", icon=":material/image_search:"),
        st.Page("views/pictures.py", title="Pictures", icon=":material/brush:"),
        st.Page("views/data.py", title="Data", icon=":material/photo_library:"),
    ]
    page = st.navigation(pages)
    try:
        settings = widgets.load_settings()
    except SettingsError as exc:
        st.error(formatting.plain(str(exc)), title="A setting cannot be used")
        st.stop()
    _links(settings)
    with widgets.friendly():
        page.run()


main()
