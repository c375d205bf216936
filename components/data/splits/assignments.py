"""Where each work stood, by SHA-256: what keeps a split stable from one version to the next."""

from __future__ import annotations

import json
from pathlib import Path

from filelock import FileLock

from components.data.manifest import Manifest
from components.data.splits import split
from components.data.splits.protocols import Protocol
from components.errors import DataError
from components.storage import key_of, write_atomically


def assigned(manifest: Manifest, protocol: Protocol, *, seed: int, folder: Path, of: str = "") -> Manifest:
    """`split.assign` that keeps works where an earlier version had them, and remembers the new ones.

    Works that are not in `manifest` stay in the ledger: one that comes back is where it was. Two processes
    take turns, so that neither forgets what the other has placed.

    Args:
        manifest: labelled works.
        protocol: how to part them; the folds of one k share a ledger.
        seed: another seed, another ledger.
        folder: where ledgers are kept.
        of: which of a collection's works these are, where they are split by themselves and so have a ledger
            of their own; "" for all that the task learns from.

    Raises:
        DataError: as `split.assign`, or the ledger cannot be read.
    """
    name = f"{manifest.source}-{manifest.task}-{key_of(protocol.scheme, seed, *filter(None, [of]))}.json"
    file = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{name}.lock"):
        before = _read(file)
        parts, places = split.placed(manifest, protocol, seed=seed, keep=before)
        now = before | places
        if now != before:
            write_atomically(file, json.dumps(now))
    return parts


def _read(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    try:
        places = json.loads(file.read_text())
        return {str(content): str(place) for content, place in places.items()}
    except (OSError, ValueError, AttributeError) as exc:
        raise DataError(
            f"{file}: no readable record of the split ({exc}). Without it, works could move between parts. "
            f"Restore it, or delete it to split anew, which starts all figures over."
        ) from exc
