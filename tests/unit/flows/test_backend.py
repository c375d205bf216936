"""Keras's backend is named before Keras is imported, and what needs no Keras imports none."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("backend", ["", "jax"])
def test_the_backend_is_named_as_a_process_begins_and_keras_waits_for_work(
    monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """A pipeline or study whose steps are found done would otherwise wait ten seconds for TensorFlow."""
    monkeypatch.setenv("ATELIER_BACKEND", backend)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    code = (
        "import os, sys, flows.pipeline, flows.study.flow, flows.search.run\n"
        "print(os.environ['KERAS_BACKEND'], 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [backend or "tensorflow", "False"]
