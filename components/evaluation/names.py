"""What figures are called where they are shown."""

from __future__ import annotations

NAMES = {
    "accuracy": "accuracy",
    "top2_accuracy": "top-2 accuracy",
    "top5_accuracy": "top-5 accuracy",
    "macro_f1": "macro-F1",
    "weighted_f1": "weighted F1",
    "balanced_accuracy": "balanced accuracy",
    "subset_accuracy": "all classes right",
    "log_loss": "log-loss",
    "ece": "calibration error",
}
"""By the name they are logged under, without the part."""
