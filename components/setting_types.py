"""Types of settings: folders and addresses that are checked where they are given, and refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from components.addresses import is_http, masked


def variable_of(field: str) -> str:
    """The environment variable of a setting, which pydantic names by itself or by its alias."""
    return field if field.startswith("ATELIER_") else f"ATELIER_{field.upper()}"


def without_password(value: object) -> str:
    """A refused value as it may be shown, also where the scheme of an address was forgotten."""
    return masked(f"x://{value}").removeprefix("x://")


def _usable_folder(home: Path) -> Path:
    home = _resolved(home)
    try:
        nearest = next(place for place in (home, *home.parents) if place.exists())
    except OSError as exc:  # no permission to look
        raise ValueError(f"this folder cannot be looked up: {exc}") from exc
    if not nearest.is_dir():
        raise ValueError(f"a folder is expected, but {nearest} is a file")
    if "?" in str(home) or not str(home).isprintable():
        raise ValueError(
            "the folder's path may hold neither '?', which ends the path in the address of a "
            "database, nor unprintable characters"
        )
    return home


def _absolute(root: str) -> str:
    return root.rstrip("/") if "://" in root or not root else str(_resolved(Path(root)))


def _resolved(path: Path) -> Path:
    # Servers are started in other folders: a relative path would mean another place there.
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError) as exc:  # an unknown ~user, a link to itself
        raise ValueError(f"this folder cannot be looked up: {exc}") from exc


def _http(address: str) -> str:
    if address and not is_http(address):
        raise ValueError("an address that begins with http:// or https:// and names a host is expected")
    return address


def _database(address: str) -> str:
    scheme, separator, _ = address.partition("://")
    if address and (not (scheme and separator) or scheme in {"http", "https"}):
        raise ValueError(
            "the address of a database is expected, such as sqlite:////folder/file.db or "
            "postgresql://user:password@host/name"
        )
    return address


def _tracking(address: str) -> str:
    scheme, separator, _ = address.partition("://")
    if address and (not (scheme and separator) or (scheme in {"http", "https"} and not is_http(address))):
        raise ValueError(
            "an address with its scheme is expected, such as http://host:5000, sqlite:////folder/file.db or "
            "postgresql://user:password@host/name"
        )
    return address


HomeFolder = Annotated[Path, AfterValidator(_usable_folder)]
"""An absolute path whose nearest existing part is a folder, and that stands in the address of a database."""
FolderOrAddress = Annotated[str, AfterValidator(_absolute)]
"""An absolute path, or an address such as s3://bucket/prefix without a slash at its end; "" for none."""
HttpAddress = Annotated[str, AfterValidator(_http)]
"""http://... or https://...; "" for none."""
DatabaseAddress = Annotated[str, AfterValidator(_database)]
"""sqlite:///..., postgresql://... and the like; "" for none."""
TrackingAddress = Annotated[str, AfterValidator(_tracking)]
"""That of an MLflow server or of a database; "" for none."""
