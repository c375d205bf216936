"""Examples that the API's documentation shows: a champion, and answers of each kind."""

from __future__ import annotations

from typing import Any

from components.inference.novelty import LIKE_TRAINING, UNLIKE_TRAINING

SYNTHETIC = "synthetic gallery (drawn by code, not real paintings)"

MODEL: dict[str, Any] = {
    "name": "atelier-style",
    "version": "3",
    "family": "simple_cnn",
    "trained_on": SYNTHETIC,
    "synthetic": True,
    "data_version": "5b2c0e4a9d7f1368",
    "judged_on": "test",
    "macro_f1": 0.91,
    "macro_f1_interval": [0.86, 0.95],
    "judgement": "Macro-F1 on the test works 0.910 [0.860, 0.950].",
    "refit": "none",
    "refit_of": "",
    "cross_validated": None,
    "classes": ["Cubism", "Impressionism", "Pop Art"],
    "multi_label": False,
    "calibrated": True,
    "temperature": 1.62,
    "calibration_error_before": 0.094,
    "calibration_error": 0.031,
    "image_size": [64, 64],
    "run_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "created": "2026-01-31T09:30:00Z",
}

_NOT_CALIBRATED: dict[str, Any] = {
    "calibrated": False,
    "temperature": None,
    "calibration_error_before": None,
    "calibration_error": None,
}

_FAMILIAR: dict[str, Any] = {
    "score": 0.71,
    "threshold": 1.0,
    "unlike_training": False,
    "message": LIKE_TRAINING,
}
_UNLIKE: dict[str, Any] = _FAMILIAR | {"score": 2.34, "unlike_training": True, "message": UNLIKE_TRAINING}

_TIMING = {"read": 3.1, "infer": 1.4, "total": 4.9}

ANSWERS: list[Any] = [
    {
        "task": "style",
        "predictions": [
            {"label": "Impressionism", "probability": 0.874211},
            {"label": "Pop Art", "probability": 0.083107},
            {"label": "Cubism", "probability": 0.042682},
        ],
        "novelty": _FAMILIAR,
        "model": MODEL,
        "timing_ms": _TIMING,
    },
    {
        "task": "style",
        "predictions": [
            {"label": "Pop Art", "probability": 0.512044},
            {"label": "Cubism", "probability": 0.301877},
            {"label": "Impressionism", "probability": 0.186079},
        ],
        "novelty": _UNLIKE,
        "model": MODEL,
        "timing_ms": _TIMING,
    },
    {
        "task": "style",
        "predictions": [
            {
                "label": "Impressionism",
                "probability": 0.912004,
                "applies": True,
                "threshold": 0.44,
            },
            {"label": "Realism", "probability": 0.587312, "applies": True, "threshold": 0.51},
            {"label": "Cubism", "probability": 0.020118, "applies": False, "threshold": 0.38},
        ],
        "novelty": None,
        "model": MODEL
        | {"classes": ["Cubism", "Impressionism", "Realism"], "multi_label": True}
        | _NOT_CALIBRATED,
        "timing_ms": _TIMING,
    },
]
