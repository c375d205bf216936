"""Where the pictures of a saved manifest lie: a root that may move, and paths below it.

<folder>/manifest.json    `root`, absolute, or relative to <folder> where both are in one home; `rows`, a file
<folder>/rows.parquet     `path` of each work, relative to the root
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from components.storage import key_of, write_atomically

ABOUT, ROWS = "manifest.json", "rows.parquet"


def kept_root(root: Path, folder: Path) -> str:
    """What a manifest saved in `folder` says of its root, so that a home can be moved as a whole."""
    home = folder.absolute().parents[2]  # <home>/collections/versions/<fingerprint>
    inside = root.is_absolute() and root.is_relative_to(home)
    return os.path.relpath(root, folder.absolute()) if inside else str(root)


def present_root(root: str, folder: Path) -> Path:
    """The root of the manifest saved in `folder`, of what it says about it."""
    return Path(os.path.normpath(folder.absolute() / root))


def relocate(folder: Path, root: Path, paths: Mapping[str, Collection[str]]) -> bool:
    """Let the manifest saved in `folder` find its pictures below another root; True if it changed.

    It changes only if each of its works is there. The rows get a file of another name before the manifest
    names it, so that a reader never sees the one without the other.

    Args:
        folder: of the saved manifest.
        root: where pictures lie now.
        paths: below `root`, by the SHA-256 of their bytes.
    """
    import pandas as pd

    about = json.loads((folder / ABOUT).read_text())
    rows = folder / about.get("rows", ROWS)
    works = pd.read_parquet(rows, columns=["path", "sha256"])
    if not all(sha256 in paths for sha256 in works["sha256"]):
        return False
    present = [
        path if path in paths[sha256] else min(paths[sha256])
        for path, sha256 in zip(works["path"], works["sha256"], strict=True)
    ]
    renamed = present != list(works["path"])
    if not renamed and present_root(about["root"], folder) == root:
        return False
    if renamed:
        about["rows"] = f"rows-{key_of(present)}.parquet"
        frame = pd.read_parquet(rows).assign(path=present)
        write_atomically(folder / about["rows"], frame.to_parquet(index=False))
    about["root"] = kept_root(root, folder)
    write_atomically(folder / ABOUT, json.dumps(about, indent=1, ensure_ascii=False))
    return True
