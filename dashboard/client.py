"""The prediction service over HTTP. Its refusals become one sentence that says what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from components.errors import ServiceError

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 30.0
T = TypeVar("T")


class Unreachable(ServiceError):  # noqa: N818 (it names a state, as httpx's own do)
    """Nothing answers at the service's address."""


class _Answer(BaseModel):
    # What the service adds later is no error here.
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class ServedModel(_Answer):
    """A champion, as the service describes it."""

    version: str
    family: str
    trained_on: str
    synthetic: bool
    judged_on: str = "test"
    macro_f1: float
    macro_f1_interval: tuple[float, float] | None
    judgement: str = ""
    refit: str = "none"
    created: datetime
    run_id: str
    data_version: str = ""
    multi_label: bool = False
    calibrated: bool = False
    temperature: float | None = None
    calibration_error_before: float | None = None
    calibration_error: float | None = None


class Ranked(_Answer):
    """A label and how sure the model is of it (0..1); of a multi-label model, whether the work bears it."""

    label: str
    probability: float
    applies: bool | None = None
    threshold: float | None = None


class _Timing(_Answer):
    total: float


class Novelty(_Answer):
    """Whether a picture is unlike what the model learnt from, and what that means."""

    score: float
    threshold: float
    unlike_training: bool
    message: str


class Prediction(_Answer):
    """Ranked labels of one painting, the surest first; who answered, and in how many milliseconds."""

    predictions: tuple[Ranked, ...] = Field(min_length=1)
    novelty: Novelty | None = None
    model: ServedModel
    timing_ms: _Timing


class _TaskModel(_Answer):
    task: str
    champion: ServedModel | None


class Api:
    """The service at one address; holds no connection between calls."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def champions(self) -> dict[str, ServedModel]:
        """The models that answer now, by task; a task without one is left out.

        Raises:
            ServiceError: it cannot be reached (`Unreachable`), or its answer is not understood.
        """
        listed = _read(TypeAdapter(list[_TaskModel]), self._ask("GET", "/v1/models"))
        return {answer.task: answer.champion for answer in listed if answer.champion}

    def predict(self, task: str, name: str, image: bytes) -> Prediction:
        """Ask what a painting is.

        Raises:
            ServiceError: it cannot be reached (`Unreachable`), or refused; the text says why.
        """
        body = self._ask("POST", f"/v1/{task}/predict", files={"image": (name, image)})
        return _read(TypeAdapter(Prediction), body)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            with httpx.Client(timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)) as http:
                response = http.request(method, f"{self._url}{path}", **options)
        except httpx.HTTPError as exc:
            raise Unreachable(
                f"The prediction service does not answer at {self._url} ({exc}). "
                "Start it with `make up` or `atelier serve`."
            ) from exc
        try:
            body = response.json()
        except ValueError as exc:
            raise ServiceError(
                f"{self._url}{path} answered {response.status_code} with something that is not JSON. "
                "Is another program using that port? Set ATELIER_API_PORT or ATELIER_API_URL."
            ) from exc
        if response.is_error:
            raise ServiceError(_problem(body, response.status_code))
        return body


def _read(adapter: TypeAdapter[T], body: Any) -> T:
    try:
        return adapter.validate_python(body)
    except ValidationError as exc:
        raise ServiceError(
            "The prediction service answered in a form this dashboard does not know; "
            "restart both from the same version (`make up`)."
        ) from exc


def _problem(body: Any, status: int) -> str:
    """RFC 9457: the detail says what happened and what to do; the title stands in where there is none."""
    problem = body if isinstance(body, dict) else {}
    return str(problem.get("detail") or problem.get("title") or f"The prediction service refused ({status}).")
