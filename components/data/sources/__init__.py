"""Collections: each layout has a reader in a file of its own, and a line in SOURCES."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from components.data.manifest import Manifest, Task
from components.data.sources import s3
from components.data.spelling import is_utf8, printable
from components.errors import DataError, SettingsError

if TYPE_CHECKING:
    from components.settings import Settings

SOURCES: dict[str, str] = {
    "synthetic": "the synthetic gallery, drawn by code",
    "folder": "one folder a class, named for it; also in train/, val/, test/ (see `layout`)",
    "best_artworks": "Kaggle's Best Artworks of All Time: artists.csv, pictures named for their artist",
    "painter_by_numbers": "Kaggle's Painter by Numbers: all_data_info.csv, train/ and test/",
    "pandora": "Pandora 7K and 18K: numbered movement folders, artists below them",
    "wikiart": "WikiArt (ArtGAN): style folders, files named artist_title",
}
"""The name of a file of this package, which has `read(root, task) -> Manifest`, and what it reads."""


def local_folder(root: str | Path, settings: Settings) -> Path:
    """The local folder of a collection: `root` itself, or the mirror of an s3:// address, brought up to date.

    Raises:
        SettingsError: no such folder, or an address that cannot be used.
        DataError: the folder is empty.
        AtelierError: S3 refused or broke off, or nothing lies there.
    """
    return s3.mirror_collection(root, settings) if s3.is_address(root) else _checked(Path(root))


SEVERAL = {"best_artworks": Task.STYLE}
"""The sources that know several labels of a work, each with the task that the labels belong to."""


def read(source: str, root: Path, task: Task, *, several: bool = False) -> Manifest:
    """Read a collection into a manifest without label and split.

    The lineage of a mirrored collection begins with where it came from.

    Args:
        source: a name in SOURCES.
        root: the collection's folder, as `local_folder` gives it.
        task: the label that the class folders of `folder` name; the other sources know theirs.
        several: keep works of several labels with all of them (see `labels`), where the source knows them.

    Raises:
        SettingsError: no such source, or no such folder.
        DataError: the folder does not hold what the source expects.
    """
    if source not in SOURCES:
        raise SettingsError(f"{source!r} is no source; expected one of {', '.join(SOURCES)}.")
    root = _checked(root)
    multi_label = several and SEVERAL.get(source) is task
    options = {"several": True} if multi_label else {}
    manifest: Manifest = import_module(f"{__name__}.{source}").read(root, task, **options)
    manifest = replace(manifest, multi_label=multi_label)
    address = s3.address_of(root)
    return replace(manifest, lineage=(f"mirrored from {address}", *manifest.lineage)) if address else manifest


def _checked(root: Path) -> Path:
    root = root.expanduser().resolve()
    if not is_utf8(str(root)):
        raise SettingsError(
            f"{printable(str(root))}: the path is not UTF-8. Rename the folder, so that the collection can "
            "be named in reports and in MLflow."
        )
    if not root.is_dir():
        raise SettingsError(
            f"{root}: no such folder. Give the folder, or the s3:// address, that holds the collection."
        )
    if not any(root.iterdir()):
        raise DataError(f"{root}: the folder is empty. Put the collection into it, or give another folder.")
    return root
