"""Small collections drawn for tests: random pixels, so that no two pictures are alike."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from components.data.manifest import Manifest

ARTISTS = {
    "Amedeo Modigliani": "Expressionism",
    "Albrecht Dürer": "Northern Renaissance",
    "Henri de Toulouse-Lautrec": "Post-Impressionism",
    "Henri Matisse": "Impressionism,Post-Impressionism",
    "Pablo Picasso": "Cubism",
    "Pablo": "Realism",
}
"""As in Best Artworks: an accent, a hyphen, several movements; and a name that begins another."""


def picture(seed: int, size: tuple[int, int] = (40, 32)) -> Image.Image:
    """An RGB picture of (width, height) pixels."""
    width, height = size
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def save(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed).save(path)
    return path


def best_artworks(root: Path, *, nested: bool, works: int = 3) -> Path:
    """The layout of Kaggle's set, in miniature."""
    with (root / "artists.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "years", "genre", "nationality", "bio", "wikipedia", "paintings"])
        for number, (name, genre) in enumerate(ARTISTS.items()):
            writer.writerow([number, name, "1800 - 1900", genre, "French", "One, two.", "http://", works])
    seed = 0
    for name in ARTISTS:
        plain = name.replace(" ", "_").replace("ü", "u")
        for number in range(1, works + 1):
            seed += 1
            folder = root / "images" / "images" / plain if nested else root / "resized"
            save(folder / f"{plain}_{number}.jpg", seed)
    return root


def manifest(counts: dict[str, int], *, copies: int = 1, root: Path = Path("/nowhere")) -> Manifest:
    """Rows without files: `counts` groups a class, each of `copies` works."""
    rows = [
        {
            "path": f"{label}/{number}-{copy}.jpg",
            "artist": "",
            "style": label,
            "genre": "",
            "label": label,
            "sha256": hashlib.sha256(f"{label}/{number}-{copy}".encode()).hexdigest(),
            "phash": "0" * 16,
            "thumbnail": b"",
            "width": 64,
            "height": 48,
            "mode": "RGB",
            "brightness": 0.5,
            "contrast": 0.2,
            "sharpness": 0.1,
            "group": f"{label}-{number}",
            "split": "",
        }
        for label, count in counts.items()
        for number in range(count)
        for copy in range(copies)
    ]
    return Manifest(frame=pd.DataFrame(rows), source="tiny", root=root)


def painter_by_numbers(
    root: Path, names: dict[str, str], *, rows: list[dict[str, str]] | None = None
) -> Path:
    """Kaggle's layout in miniature: `names` gives each file's folder; `rows` more rows of the table."""
    columns = "artist,title,style,genre,source,pixelsx,pixelsy,size_bytes,date,artist_group,in_train"
    with (root / "all_data_info.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*columns.split(","), "new_filename"], restval="")
        writer.writeheader()
        for number, name in enumerate(names):
            row = {"artist": f"Artist {number % 3}", "title": 'A "work", untitled', "source": "wikiart"}
            row |= {
                "style": "Impressionism" if number % 2 else "",
                "genre": "" if number % 2 else "landscape",
            }
            row |= {
                "pixelsx": "9999.0",
                "pixelsy": "1.0",
                "size_bytes": "7",
                "date": "c.1880",
                "in_train": "True",
            }
            writer.writerow(row | {"artist_group": "train_only", "new_filename": name})
        writer.writerows(rows or [])
    for seed, (name, folder) in enumerate(names.items(), 1):
        save(root / folder / name, seed)
    return root


def pandora(root: Path, movements: tuple[str, ...] = ("01_Byzantin_Iconography", "16_AbstractArt")) -> Path:
    """Numbered movements with two artists of two works each."""
    seed = 0
    for movement in movements:
        for artist in ("Albrecht_Du\u0308rer", "Andrei Rublev"):
            for work in ("one", "two"):
                seed += 1
                save(root / movement / artist / f"{work}.jpg", seed)
    return root


def wikiart(root: Path) -> Path:
    """ArtGAN's layout: styles, files named for artist and title, one of them garbled by an unpacker."""
    names = (
        "Impressionism/claude-monet_water-lilies-1916.jpg",
        "Impressionism/vincent-van-gogh_the-sower-1888.jpg",
        "Art_Nouveau_Modern/m.c.-escher_hand.jpg",
        "Realism/ferdinand-georg-waldm├╝ller_the-dachstein.jpg",
        "Realism/untitled.jpg",
    )
    for seed, name in enumerate(names, 1):
        save(root / name, seed)
    return root
