"""The dashboard: `streamlit run dashboard/app.py` (or `atelier dashboard`)."""

from __future__ import annotations

import streamlit as st

from components.errors import SettingsError
from components.settings import Settings
from dashboard import parts


def _links(settings: Settings) -> None:
    with st.sidebar:
        st.caption("The rooms behind")
        st.link_button(
            "MLflow: every run in detail", settings.mlflow_url, icon=":material/science:", type="tertiary"
        )
        st.link_button(
            "Prefect: schedules and flows",
            settings.prefect_url,
            icon=":material/account_tree:",
            type="tertiary",
        )
        st.link_button(
            "API documentation", f"{settings.serving_url}/docs", icon=":material/api:", type="tertiary"
        )


def main() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(page_title="Atelier", page_icon=":material/palette:", layout="wide")
    pages = [
        st.Page("views/overview.py", title="Overview", icon=":material/home:", default=True),
        st.Page("views/compare.py", title="Compare runs", icon=":material/query_stats:"),
        st.Page("views/predict.py", title="Predict", icon=":material/image_search:"),
        st.Page("views/pictures.py", title="Pictures", icon=":material/brush:"),
    ]
    page = st.navigation(pages)
    try:
        settings = Settings.load()
    except SettingsError as exc:
        st.error(str(exc), title="A setting cannot be used")
        st.stop()
    _links(settings)
    with parts.friendly():
        page.run()


main()
