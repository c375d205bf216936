"""How figures are written wherever they are shown: consoles, Markdown, drawings, pages."""

from __future__ import annotations

import math

TOO_FEW = "too few works"
"""Stands where an interval cannot vary: every resample of so few works gives the same figure."""

OTHER_PART = "other"
"""Prefix of figures on another collection's works."""
PARTS = {
    "train": "training",
    "validation": "validation",
    "test": "test",
    OTHER_PART: "another collection",
}
"""What a part of a collection is called, by the prefix of its figures."""


FIGURES = {
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
"""What figures are called, by the name they are logged under without the part."""


def varies(low: float | None, high: float | None) -> bool:
    """Whether two ends are an interval at all: both known, and apart."""
    return low is not None and high is not None and math.isfinite(low) and low < high < math.inf


def share(value: float | None, digits: int = 3) -> str:
    """A share without its leading zero, as in .873; "" for none."""
    return "" if value is None else f"{value:.{digits}f}".removeprefix("0")


def brackets(low: float | None, high: float | None, digits: int = 3, *, leading_zero: bool = True) -> str:
    """An interval as "[0.841, 0.902]" or "[.841, .902]"; "[too few works]" where it cannot vary."""
    if low is None or high is None or not varies(low, high):
        return f"[{TOO_FEW}]"
    ends = (f"{end:.{digits}f}" if leading_zero else share(end, digits) for end in (low, high))
    return f"[{', '.join(ends)}]"


def macro_f1_text(value: float, low: float | None, high: float | None, digits: int = 2) -> str:
    """As "macro-F1 0.87 [0.84, 0.90]"."""
    return f"macro-F1 {value:.{digits}f} {brackets(low, high, digits)}"


def duration(seconds: float) -> str:
    """Seconds as "4.2 s", "48 s", "3 min 20 s" or "2 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
