"""Does a release load and answer in a process that has nothing but the serving packages?

    python -m components.inference.smoke FOLDER [IMAGE]

answers with JSON on stdout; without IMAGE, on a grey picture. A challenger must pass this before it
can become champion.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from components.errors import AtelierError, RegistryError

if TYPE_CHECKING:
    from components.inference.predictor import Ranked

TIMEOUT_SECONDS = 120


def answers_in_fresh_process(folder: Path, image: Path | None = None) -> None:
    """Load the release in a new Python and let it answer once.

    Raises:
        RegistryError: it does not load or does not answer; says what that process said.
    """
    command = [sys.executable, "-m", __name__, str(folder), *([str(image)] if image else [])]
    try:
        done = subprocess.run(  # noqa: S603 (our own module)
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise RegistryError(
            f"{folder}: no answer from a fresh process within {TIMEOUT_SECONDS} s. "
            f"See for yourself: python -m {__name__} {folder}"
        ) from exc
    if done.returncode != 0:
        output = (done.stderr or done.stdout).strip().splitlines()
        reason = output[-1] if output else "it printed nothing"
        raise RegistryError(
            f"{folder}: does not answer in a fresh process ({reason}). "
            f"See for yourself: python -m {__name__} {folder}"
        )


def _answer(folder: Path, image: Path | None) -> dict[str, object]:
    from components.inference.predictor import Predictor

    predictor = Predictor.load(folder)
    grey = np.full((*predictor.card.image_size, 3), 127, np.uint8)
    named = predictor.name(grey if image is None else predictor.read(image))
    ranked = named.labels
    if named.novelty and not np.isfinite(named.novelty.score):
        raise RegistryError(f"{folder}: a score of novelty is expected; received {named.novelty}.")
    several = predictor.card.multi_label
    if several and not all(0 <= answer.probability <= 1 for answer in ranked):
        raise RegistryError(f"{folder}: probabilities within 0 and 1 are expected; received {ranked}.")
    if not several and not np.isclose(sum(answer.probability for answer in ranked), 1, atol=1e-3):
        raise RegistryError(f"{folder}: probabilities that sum to 1 are expected; received {ranked}.")
    return {"task": predictor.card.task, "predictions": [_as_dict(answer) for answer in ranked]}


def _as_dict(ranked: Ranked) -> dict[str, object]:
    values = {name: value for name, value in asdict(ranked).items() if value is not None}
    return values if ranked.applies is None else values | {"applies": ranked.applies}


def main(arguments: list[str]) -> int:
    """0 and the answer on stdout, or 2 and one line on stderr."""
    if len(arguments) not in {1, 2}:
        print(f"usage: python -m {__spec__.name if __spec__ else 'smoke'} FOLDER [IMAGE]", file=sys.stderr)  # noqa: T201
        return 2
    folder, *image = map(Path, arguments)
    try:
        print(json.dumps(_answer(folder, image[0] if image else None)))  # noqa: T201
    except AtelierError as exc:
        print(exc, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
