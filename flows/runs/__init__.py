"""Runs in MLflow as the steps use them: found by their key or begun, and finished ones loaded again."""
