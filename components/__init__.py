"""Plain Python that does the work; knows no Prefect, FastAPI or Streamlit."""
