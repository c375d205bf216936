"""Runs, registry and promotion in MLflow: the only room that imports mlflow."""
