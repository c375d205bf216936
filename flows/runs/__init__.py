"""Runs in MLflow as the steps see them: found by their key or begun, taken up again when finished."""
