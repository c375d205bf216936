"""What share of pictures that are no works of its kind a release calls unlike its training works.

    python -m tests.benchmarks.out_of_collection [RELEASE] [--paintings FOLDER] [--photographs FOLDER]
        [--other FOLDER] [--each 60]

RELEASE is a folder with release.json, or a task whose champion of ATELIER_HOME is taken; "style" if left
out. Noise, pages of text, flat colours, screens and charts are drawn here. PAINTINGS should be works that
the release has not learnt from: the share called unlike is its false alarms; without a folder, the test
works of its data version, where this machine has it. PHOTOGRAPHS are of everyday
scenes; without a folder, scikit-learn's two. OTHER: works of another collection or task. Each photograph is
asked as it is and in three variants (cut, mirrored, coloured otherwise); all kinds also as JPEG of 256
pixels, as many collections are, so that sharpness alone tells nothing.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import sklearn
from PIL import Image

from components.data.images.reader import read_rgb
from components.data.manifest import Task
from components.data.versions import Versions
from components.errors import AtelierError
from components.inference import release, releases
from components.inference.predictor import Named, Predictor
from components.inference.release import ReleaseCard
from components.settings import Settings
from tests.benchmarks.strange_pictures import DRAWN, photographs, pictures_in

_SMALL = 256
_VARIANTS = 4


def main() -> None:
    """Ask, and print one line a kind of picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", nargs="?", default="style")
    parser.add_argument("--paintings", type=Path)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--each", type=int, default=60)
    chosen = parser.parse_args()
    folder = _folder(chosen.release)
    if folder is None or not (folder / release.NOVELTY).is_file():
        print(f"{chosen.release}: no release that knows what its training works are like; train one first.")
        return
    predictor = Predictor.load(folder)
    card = predictor.card
    print(f"{card.family} {card.image_size}, {card.task} of {card.source}: {card.novelty} {card.temperature}")
    heading = ("pictures", "asked", "unlike", "unlike at 256 px", "median score", "median top label")
    print("".join(f"{text:>18}" for text in heading))
    for kind, pictures in _kinds(chosen, card):
        _show(kind, predictor, list(islice(pictures, chosen.each * _VARIANTS)))


def _folder(given: str) -> Path | None:
    if (Path(given) / release.CARD).is_file():
        return Path(given)
    return releases.current(Settings.load(), Task.named(given))


def _kinds(chosen: argparse.Namespace, card: ReleaseCard) -> Iterator[tuple[str, Iterable[Image.Image]]]:
    for number, (kind, draw) in enumerate(DRAWN.items()):
        random = np.random.default_rng(number)
        yield kind, [draw(random) for _ in range(chosen.each)]
    everyday = chosen.photographs or Path(sklearn.__file__).parent / "datasets" / "images"
    yield "photographs", photographs(everyday, _VARIANTS, np.random.default_rng(7))
    if chosen.other:
        yield "other works", pictures_in(chosen.other, chosen.each * _VARIANTS)
    if chosen.paintings:
        yield "paintings", pictures_in(chosen.paintings, chosen.each * _VARIANTS)
    else:
        yield "test works", _test_works(card, chosen.each * _VARIANTS)


def _test_works(card: ReleaseCard, count: int) -> Iterator[Image.Image]:
    try:
        held_out = Versions(Settings.load().collections / "versions").get(card.data_version).held_out
    except AtelierError:
        return
    paths = [held_out.root / str(path) for path in held_out.frame["path"]]
    for path in paths[:: max(1, len(paths) // count)][:count]:
        yield read_rgb(path, alpha=card.alpha)


def _show(kind: str, predictor: Predictor, pictures: list[Image.Image]) -> None:
    if not pictures:
        return
    named = [_asked(predictor, picture) for picture in pictures]
    small = [_asked(predictor, _as_small_jpeg(picture)) for picture in pictures]
    figures = (
        f"{len(named)}",
        f"{_unlike(named):.3f}",
        f"{_unlike(small):.3f}",
        f"{np.median([one.novelty.score for one in named if one.novelty]):.2f}",
        f"{np.median([one.labels[0].probability for one in named]):.2f}",
    )
    print("".join(f"{text:>18}" for text in (kind, *figures)), flush=True)


def _asked(predictor: Predictor, picture: Image.Image) -> Named:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return predictor.name(predictor.read(file.getvalue()))


def _as_small_jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.resize((_SMALL, _SMALL), Image.Resampling.LANCZOS).save(file, "JPEG", quality=90)
    return Image.open(file).convert("RGB")


def _unlike(named: list[Named]) -> float:
    return float(np.mean([one.novelty is not None and one.novelty.unlike_training for one in named]))


if __name__ == "__main__":
    main()
