"""How a command ends with an error: one message on the console, the traceback of a fault in a file."""

from __future__ import annotations

import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from components.addresses import masked
from components.errors import AtelierError, SettingsError
from components.failures import explained
from flows.console import errors

MENDABLE, FAULT = 2, 1
"""Exit codes: what a person can mend, and what must be a fault of ours."""


def report_failure(exc: Exception) -> int:
    """Print what went wrong in one message, and return the exit code.

    The traceback of whatever is neither an AtelierError nor the disk's own is added to logs/errors.log below
    home; where that cannot be written, to a file in the system's temporary folder.
    """
    error = explained(exc)
    is_plain = error is not None and isinstance(exc, AtelierError | OSError)
    log = None if is_plain else _keep_traceback(exc)
    kept = f" The traceback is in {log}." if log else ""
    if error is None:
        text = f"{type(exc).__name__}: {masked(str(exc))}".rstrip(": .")
        _print(f"Unexpected error, a fault in Atelier: {text}.{kept or ' ' + _traceback(exc)}")
        return FAULT
    _print(f"{error}{kept}")
    return MENDABLE


def _print(text: str) -> None:
    errors.print("[bold red]✗[/] ", end="")
    errors.print(text, markup=False, highlight=False)


def _keep_traceback(exc: Exception) -> Path | None:
    """Add the traceback to a file that its owner alone may read; None where no disk takes it."""
    text = f"{datetime.now(UTC).isoformat(timespec='seconds')} {_traceback(exc)}\n"
    for folder in (_logs(), Path(tempfile.gettempdir()) / f"atelier-{os.getuid()}"):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / "errors.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return folder / "errors.log"
    return None


def _logs() -> Path | None:
    from components.settings import Settings  # `--help` does not wait for pydantic

    try:
        return Settings.load().home / "logs"
    except SettingsError:
        return None


def _traceback(exc: Exception) -> str:
    return masked("".join(traceback.format_exception(exc)))
