"""What a run writes while it goes on."""

from __future__ import annotations

import json
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.addresses import masked
from components.storage import without_drafts
from components.tracking.connection import translated

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from mlflow.tracking import MlflowClient
    from numpy.typing import NDArray
    from PIL import Image

    from components.data.manifest import Manifest
    from components.inference.release import ReleaseCard

_BATCH = 100
"""MLflow takes so many parameters at once; metrics ten times as many."""
_PARAM_CHARACTERS = 6000
_DATASET_CHARACTERS = 500
"""Of a data set's name; its digest may have 36 characters, its source 64 Ki, its profile 16 Mi."""


class Run:
    """A run in progress; made by `Tracker.start`. Names of files may hold "/" for folders."""

    def __init__(self, client: MlflowClient, run_id: str, key: str = "") -> None:
        """`key`: of everything that the run depends on."""
        self.id = run_id
        self.key = key
        self._client = client

    def params(self, values: Mapping[str, Any]) -> None:
        """Parameters; nested mappings become dotted names, lists JSON. A parameter never changes again."""
        from mlflow.entities import Param

        params = [Param(name, text[:_PARAM_CHARACTERS]) for name, text in _flat(values)]
        for start in range(0, len(params), _BATCH):
            with translated("Logging parameters"):
                self._client.log_batch(self.id, params=params[start : start + _BATCH])

    def epoch(self, number: int, metrics: Mapping[str, float]) -> None:
        """One epoch's figures at step `number`, in one call; named `epoch/<name>` where they are not yet."""
        self._log({f"epoch/{name.removeprefix('epoch/')}": value for name, value in metrics.items()}, number)

    def metrics(self, values: Mapping[str, float]) -> None:
        """Figures of the whole run, as in "test/macro_f1"."""
        self._log(values, 0)

    def tags(self, values: Mapping[str, str]) -> None:
        """Tags, on top of those the run began with."""
        from mlflow.entities import RunTag

        with translated("Logging tags"):
            self._client.log_batch(self.id, tags=[RunTag(name, str(text)) for name, text in values.items()])

    def figure(self, name: str, figure: Figure) -> None:
        """A figure, as in "figures/confusion_matrix.png"."""
        with translated(f"Logging {name}"):
            self._client.log_figure(self.id, figure, name, save_kwargs={"dpi": 144})

    def image(self, name: str, image: Image.Image) -> None:
        """A picture, as in "grids/epoch-010.png"."""
        with translated(f"Logging {name}"):
            self._client.log_image(self.id, image, artifact_file=name)

    def text(self, name: str, text: str) -> None:
        """A text file, as in "recipe.json"."""
        with translated(f"Logging {name}"):
            self._client.log_text(self.id, text, name)

    def traceback(self, error: BaseException, name: str = "traceback.txt") -> None:
        """Where an error came from, without secrets, as a text file."""
        self.text(name, masked("".join(traceback.format_exception(error))))

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of equal keys, as in "tables/per_class.json"; MLflow's UI shows it as a table."""
        columns = {key: [row[key] for row in rows] for key in rows[0]} if rows else {}
        with translated(f"Logging {name}"):
            self._client.log_table(self.id, columns, name)

    def files(self, folder: Path, to: str = "") -> None:
        """Everything in `folder` but drafts that were left there, below the artifact folder `to`."""
        with translated(f"Logging {folder}"), without_drafts(folder) as whole:
            self._client.log_artifacts(self.id, str(whole), to or None)

    def dataset(self, manifest: Manifest, context: str = "training") -> None:
        """The data version: MLflow shows it beside the run and on its Datasets page.

        Its digest is the fingerprint; its profile has the size, the protocol, the lineage and the parents.
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag

        profile = manifest.profile | {
            "synthetic": manifest.synthetic,
            "task": manifest.task,
            "protocol": manifest.protocol,
            "lineage": manifest.lineage,
            "parents": manifest.parents,
            "left out": dict(sorted(Counter(one.kind for one in manifest.rejected).items())),
        }
        entity = Dataset(
            name=manifest.source[:_DATASET_CHARACTERS],
            digest=manifest.fingerprint,
            source_type="local",
            source=json.dumps({"uri": str(manifest.root)}, ensure_ascii=False),
            profile=json.dumps(profile, ensure_ascii=False),
        )
        given = DatasetInput(entity, tags=[InputTag("mlflow.data.context", context)])
        with translated("Logging the data version"):
            self._client.log_inputs(self.id, datasets=[given])

    def log_release(self, folder: Path, card: ReleaseCard, sample: NDArray[np.uint8]) -> str:
        """Log the release in `folder` as this run's model "model"; its id.

        Args:
            folder: a whole release (graph, weights, card).
            card: the same card; becomes the model's tags.
            sample: uint8 (N, H, W, 3); the first becomes the input example.

        Raises:
            RegistryError: the release does not load.
        """
        from components.tracking.models import log

        return log(self._client, self.id, folder, card, sample)

    def _log(self, values: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, float(value), now, step) for name, value in values.items()]
        with translated("Logging metrics"):
            self._client.log_batch(self.id, metrics=metrics)


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            pairs += _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            pairs.append((f"{prefix}{name}", json.dumps(value, default=str, ensure_ascii=False)))
        else:
            pairs.append((f"{prefix}{name}", str(value)))
    return pairs
