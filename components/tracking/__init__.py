"""Runs, registry and promotion: the only room that knows MLflow."""
