"""A parameter of a search as written on the command line."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from components.errors import SettingsError
from components.training.search.space import Parameter, Value


def parameter(text: str) -> Parameter:
    """Read one.

    "options.dense_1=128:64:512" (from, step, to, as the studies write it; 128:512:64 is understood, too:
    only one of the two readings has steps in it), "options.dropout=0,0.5" (these values),
    "stages.0.learning_rate=log:1e-5..1e-2", "options.dropout=0.2..0.8" (real numbers),
    "options.nodes=whole:64..1024", "options.nodes=whole-log:64..1024".

    Raises:
        SettingsError: it is none of these.
    """
    name, _, given = (part.strip() for part in text.partition("="))
    try:
        return _ADAPTER.validate_python({"name": name} | _read(given))
    except ValueError as exc:
        wrong = exc.errors()[0]["msg"] if isinstance(exc, ValidationError) else str(exc)
        wrong = wrong.removeprefix("Value error, ")
        raise SettingsError(
            f"{text!r} is no parameter ({wrong}). Expected one of name=128:64:512 (from:step:to), "
            f"name=0,0.5 (values), name=0.2..0.8, name=log:1e-5..1e-2, name=whole:64..1024, "
            f"name=whole-log:64..1024."
        ) from exc


_ADAPTER: TypeAdapter[Parameter] = TypeAdapter(Parameter)


def _read(given: str) -> dict[str, Any]:
    if ".." in given:
        kind, _, ends = given.rpartition(":")
        low, _, high = ends.partition("..")
        match kind:
            case "":
                return {"kind": "uniform", "low": float(low), "high": float(high)}
            case "log":
                return {"kind": "log-uniform", "low": float(low), "high": float(high)}
            case "whole" | "whole-log":
                return {"kind": "whole", "low": int(low), "high": int(high), "log": kind == "whole-log"}
            case _:
                raise ValueError(f"{kind!r} is none of log, whole and whole-log")
    if given.count(":") == 2:
        start, middle, last = (_number(part) for part in given.split(":"))
        step, end = (last, middle) if 0 < last <= middle - start else (middle, last)
        return {"kind": "steps", "low": start, "high": end, "step": step}
    if not given:
        raise ValueError("no values are given")
    return {"kind": "choice", "values": tuple(_value(part.strip()) for part in given.split(","))}


def _value(text: str) -> Value:
    if text in {"true", "false"}:
        return text == "true"
    try:
        return _number(text)
    except ValueError:
        return text


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
