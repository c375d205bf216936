"""A release as an MLflow model: any MLflow tool loads it, and it answers as serving does.

MLflow's model is a folder that names this module as its loader and holds the release as data, so that
nothing is pickled. It is written locally and then logged with the client alone: MLflow's `log_model`
needs the global tracking address, and takes its time to guess requirements.
"""

from __future__ import annotations

import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.errors import RegistryError
from components.inference.predictor import Predictor
from components.inference.release import ReleaseCard
from components.tracking.connection import translated

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.models import ModelSignature
    from mlflow.tracking import MlflowClient
    from numpy.typing import NDArray

NAME = "model"
RELEASE = "data/release"
"""Where a model's release lies below its artifacts."""
_REQUIREMENTS = ("atelier-art", "mlflow", "openvino", "numpy", "pillow")


class Model:
    """What `mlflow.pyfunc.load_model` gives: uint8 (N, H, W, 3) in, probabilities (N, C) out."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def predict(self, images: NDArray[np.uint8], params: dict[str, Any] | None = None) -> NDArray[np.float32]:  # noqa: ARG002
        """Probabilities (N, C), a column a class of the card; calibrated, as those that serving gives."""
        return self._predictor.probabilities(np.asarray(images, np.uint8))


def _load_pyfunc(data_path: str) -> Model:
    # MLflow calls it by this name.
    return Model(Predictor.load(Path(data_path)))


def log(client: MlflowClient, run_id: str, folder: Path, card: ReleaseCard, sample: NDArray[np.uint8]) -> str:
    """Log the release in `folder` as a model of the run; its id. See `Run.log_release`."""
    from mlflow.entities import LoggedModelOutput

    answer = Predictor.load(folder).probabilities(sample[:1])
    tags = {"family": card.family, "task": str(card.task), "source": card.source}
    with translated(f"Logging the {card.family} release"):
        run = client.get_run(run_id)
        model = client.create_logged_model(
            run.info.experiment_id,
            name=NAME,
            source_run_id=run_id,
            tags=tags | {"synthetic": str(card.synthetic).lower(), "data_version": card.data_version},
            params={name: value[:250] for name, value in run.data.params.items()},
            model_type=card.family,
        )
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
        with tempfile.TemporaryDirectory() as draft:
            _write(Path(draft) / NAME, model, folder, sample[:1], _signature(sample[:1], answer))
            client.log_model_artifacts(model.model_id, str(Path(draft) / NAME))
        _link_metrics(client, run_id, model.model_id)
        client.finalize_logged_model(model.model_id, "READY")
    return str(model.model_id)


def of_run(client: MlflowClient, run_id: str) -> LoggedModel:
    """The whole model that a run logged last.

    Raises:
        RegistryError: it logged none.
    """
    from mlflow.entities import LoggedModelStatus

    with translated(f"Reading the models of the run {run_id}"):
        outputs = client.get_run(run_id).outputs
        ids = [output.model_id for output in outputs.model_outputs] if outputs else []
        ready = [
            model for model in map(client.get_logged_model, ids) if model.status == LoggedModelStatus.READY
        ]
    if not ready:
        raise RegistryError(f"The run {run_id} has no finished model. Train it again: `atelier train`.")
    return max(ready, key=lambda model: model.creation_timestamp)


def fetch(uri: str, location: str, folder: Path) -> Path:
    """Copy a model's release from `location`, wherever MLflow keeps it; where below `folder` it then lies.

    Raises:
        RegistryError: its files are gone.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        return Path(
            download_artifacts(
                artifact_uri=f"{location}/{RELEASE}", dst_path=str(folder), tracking_uri=uri, registry_uri=uri
            )
        )
    except (MlflowException, OSError) as exc:
        raise RegistryError(
            f"{location}: the release cannot be fetched ({exc}). Restore MLflow's artifacts, or train and "
            "register again: `atelier train`, `atelier promote`."
        ) from exc


def _write(
    path: Path, model: LoggedModel, folder: Path, example: NDArray[np.uint8], signature: ModelSignature
) -> None:
    import mlflow.pyfunc
    from mlflow.models import Model as Description

    release = path.parent / "release"
    release.symlink_to(folder.resolve(), target_is_directory=True)  # MLflow keeps the folder's name
    mlflow.pyfunc.save_model(
        path=str(path),
        loader_module=__name__,
        data_path=str(release),
        mlflow_model=Description(
            artifact_path=model.artifact_location,
            run_id=model.source_run_id,
            model_uuid=model.model_id,
            model_id=model.model_id,
        ),
        signature=signature,
        input_example=example,
        pip_requirements=_requirements(),
    )


def _signature(example: NDArray[np.uint8], answer: NDArray[np.float32]) -> ModelSignature:
    # The number of works is open, which MLflow's inference would only assume.
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    return ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.uint8), (-1, *example.shape[1:]))]),
        outputs=Schema([TensorSpec(np.dtype(np.float32), (-1, answer.shape[1]))]),
    )


def _requirements() -> list[str]:
    pinned = []
    for name in _REQUIREMENTS:
        try:
            pinned.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            continue  # run from a checkout that is not installed
    return pinned


def _link_metrics(client: MlflowClient, run_id: str, model_id: str) -> None:
    """Show the run's final figures on the model's page, too; its curves stay with the run."""
    from mlflow.entities import Metric

    names = [name for name in client.get_run(run_id).data.metrics if not name.startswith("epoch/")]
    # With its first time and step, or the run would show each figure twice.
    figures = [client.get_metric_history(run_id, name)[-1] for name in names]
    linked = [
        Metric(figure.key, figure.value, figure.timestamp, figure.step, model_id=model_id, run_id=run_id)
        for figure in figures
    ]
    if linked:
        client.log_batch(run_id, metrics=linked)
