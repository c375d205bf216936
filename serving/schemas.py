"""What the API answers, with the examples that its documentation shows."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from components.data.manifest import Task
from components.data.splits.refit import Refit
from components.inference.novelty import NoveltyScore
from components.inference.predictor import Named, Predictor, Ranked
from components.inference.release import CrossValidated, ReleaseCard
from serving.champions import RegistryState
from serving.examples import ANSWERS, MODEL, SYNTHETIC
from serving.problems import MEDIA_TYPE


class ModelInfo(BaseModel):
    """The champion that answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [MODEL]})

    name: str = Field(description="registered model")
    version: str
    family: str
    trained_on: str = Field(description="the collection; says so when it was drawn by code")
    synthetic: bool
    data_version: str
    judged_on: str = Field(description="part: test, or validation where the protocol has no test works")
    macro_f1: float = Field(description="on the works of that part, 0..1")
    macro_f1_interval: tuple[float, float] | None = Field(
        description="95 % bootstrap interval; null where it cannot vary: too few works"
    )
    judgement: str = Field(description="what that figure is of, in whole sentences")
    refit: Refit = Field(
        description="validation: it learnt from validation works, too; all: from every work, so that nothing "
        "judges it and the figure is that of the run that it refits"
    )
    refit_of: str = Field(description="the MLflow run that it refits; empty where it is no refit")
    cross_validated: CrossValidated | None = Field(
        description="how the recipe of a refit on all works did on folds"
    )
    classes: list[str]
    multi_label: bool = Field(
        description="a picture may bear several labels: probabilities do not sum to 1, and the answer says "
        "which labels apply"
    )
    calibrated: bool = Field(
        description="probabilities are divided by a temperature that was fitted on validation works, so that "
        "of answers given with 80 % about 80 % are right"
    )
    temperature: float | None = Field(
        description="above 1: the network by itself is too sure; null: probabilities are the network's own"
    )
    calibration_error_before: float | None = Field(
        description="expected calibration error without the temperature, 0..1, on the works of judged_on"
    )
    calibration_error: float | None = Field(description="the same with it, as these answers are")
    image_size: tuple[int, int] = Field(description="(height, width) in pixels")
    run_id: str = Field(description="the MLflow run it comes from")
    created: str

    @classmethod
    def of(cls, card: ReleaseCard) -> Self:
        """The card as the API shows it."""
        scaling = card.temperature
        return cls(
            name=f"atelier-{card.task}",
            version=card.version,
            family=card.family,
            trained_on=SYNTHETIC if card.synthetic else card.source,
            synthetic=card.synthetic,
            data_version=card.data_version,
            judged_on=card.judged_on.value,
            macro_f1=card.macro_f1,
            macro_f1_interval=card.macro_f1_interval,
            judgement=card.judgement,
            refit=card.refit,
            refit_of=card.refit_of,
            cross_validated=card.cross_validated,
            classes=list(card.class_names),
            multi_label=card.multi_label,
            calibrated=scaling is not None,
            temperature=scaling.value if scaling else None,
            calibration_error_before=scaling.ece_before if scaling else None,
            calibration_error=scaling.ece_after if scaling else None,
            image_size=card.image_size,
            run_id=card.run_id,
            created=card.created.isoformat(),
        )


def _not_asked(value: object) -> bool:
    return value is None


class Prediction(BaseModel):
    """A label and its probability."""

    label: str
    probability: float = Field(ge=0, le=1)
    applies: bool | None = Field(
        default=None,
        exclude_if=_not_asked,
        description="multi-label models only: the probability is at or above the label's threshold",
    )
    threshold: float | None = Field(
        default=None, exclude_if=_not_asked, ge=0, le=1, description="multi-label models only"
    )

    @classmethod
    def of(cls, ranked: Ranked) -> Self:
        """The label as the API shows it."""
        threshold = None if ranked.threshold is None else round(ranked.threshold, 6)
        return cls(
            label=ranked.label,
            probability=round(ranked.probability, 6),
            applies=ranked.applies,
            threshold=threshold,
        )


class Novelty(BaseModel):
    """How unlike the training works a picture is, and whether that is too much to believe the labels."""

    score: float = Field(description="its distance from the training works; larger is less like them")
    threshold: float = Field(description="95 % of the validation works score at most this")
    unlike_training: bool = Field(
        description="the score is above the threshold: it is no picture of the kind that was learnt"
    )
    message: str = Field(description="what that means, for people")

    @classmethod
    def of(cls, novelty: NoveltyScore) -> Self:
        """The score as the API shows it."""
        return cls.model_validate(novelty.as_row())


class Timing(BaseModel):
    """Where the time went, in milliseconds, from the request's headers on."""

    read: float = Field(description="receiving, decoding and resizing the picture")
    infer: float
    total: float


class Answer(BaseModel):
    """The labels of one picture, the most probable first.

    Of a multi-label model each label has a probability of its own, and `applies` says which of them the
    picture bears: none, one or several.
    """

    model_config = ConfigDict(json_schema_extra={"examples": ANSWERS})

    task: Task
    predictions: list[Prediction]
    novelty: Novelty | None = Field(
        description="how unlike the training works the picture is; null: the model was released without it"
    )
    model: ModelInfo
    timing_ms: Timing

    @classmethod
    def of(cls, predictor: Predictor, named: Named, timing: Timing, top: int | None = None) -> Self:
        """What `predictor` said of one picture; of its labels the `top` most probable, None: all."""
        return cls(
            task=predictor.card.task,
            predictions=[Prediction.of(label) for label in named.labels[:top]],
            novelty=Novelty.of(named.novelty) if named.novelty else None,
            model=ModelInfo.of(predictor.card),
            timing_ms=timing,
        )


class TaskModel(BaseModel):
    """A task and the champion that answers it."""

    task: Task
    champion: ModelInfo | None
    hint: str | None = Field(description="how to get a champion where there is none")


class Health(BaseModel):
    """The process lives."""

    status: str = "ok"


class Readiness(BaseModel):
    """Which champions answer, and whether the registry can be followed."""

    status: str = "ready"
    champions: dict[Task, str | None] = Field(description="the version served, by task")
    registry: RegistryState = Field(
        description="followed, or why a newer champion would not be noticed: none-yet (nothing was trained "
        "here), not-asked-yet, unreachable or silent; the server's log says more"
    )


class ProblemBody(BaseModel):
    """RFC 9457: what went wrong, and how to correct it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


def problem_docs(**details: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's description of error answers: `s404="..."` documents a 404."""
    schema = ProblemBody.model_json_schema()
    return {
        int(status[1:]): {"description": text, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status, text in details.items()
    }
