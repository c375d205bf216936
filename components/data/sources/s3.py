"""Collections that lie below an s3:// prefix are mirrored to a local folder, which is then read."""

from __future__ import annotations

import json
import re
from pathlib import Path

from components.settings import Settings
from components.storage import key_of, mirror
from components.storage.mirroring import INDEX

_ADDRESS = re.compile(r"s3:/+", re.IGNORECASE)


def is_address(root: str | Path) -> bool:
    """True for s3://bucket/prefix, also as a Path, which swallows a slash."""
    return _ADDRESS.match(str(root)) is not None


def mirror_collection(root: str | Path, settings: Settings) -> Path:
    """The local folder that equals what lies below the address, brought up to date.

    Raises:
        SettingsError: the address cannot be used.
        AtelierError: S3 refused or broke off, or nothing lies there.
    """
    address = _ADDRESS.sub("s3://", str(root), count=1).rstrip("/")
    folder = settings.collections / "s3" / key_of(address, settings.s3_endpoint_url)
    return mirror(address, folder, settings.s3_endpoint_url)


def address_of(root: Path) -> str:
    """The s3:// address that `root` is the mirror of; "" where it is none."""
    try:
        return (
            str(json.loads((root.parent.parent / INDEX).read_text())["address"]) if _is_inside(root) else ""
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _is_inside(root: Path) -> bool:
    return root.parent.name == "files" and root.parent.parent.parent.name == "s3"
