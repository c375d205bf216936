"""runs, compare, promote, rollback, predict."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from components.data.manifest import Task
from components.errors import RegistryError, SettingsError
from flows.commands.options import JsonOption, TaskOption, load_settings
from flows.console import output, show_json, show_table, talking

if TYPE_CHECKING:
    from components.inference.predictor import Ranked
    from components.inference.release import ReleaseCard
    from components.settings import Settings
    from components.tracking.runs import RunRecord


def runs(
    *,
    task: TaskOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many, the newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List training runs with their scores on validation and test works."""
    from components.tracking.runs import Tracker
    from flows.run_table import run_rows

    wanted = Task.named(task).value if task else None
    records = Tracker(load_settings()).runs(task=wanted, kind="training", limit=limit)
    if as_json:
        show_json([asdict(record) for record in records])
    elif records:
        show_table("Training runs", run_rows(records))
    else:
        output.print("No training run yet. Make one: atelier demo")


def compare(
    first: Annotated[str, typer.Argument(help="A finished training run, or the beginning of its id.")],
    second: Annotated[str, typer.Argument(help="Another one, judged by the same test works.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """A paired test of two runs on the same test works: is one better, or was it luck?

    A refit on all works has learnt them: the run that it refits answers in its place.
    """
    from components.evaluation.answers import logged_answers
    from components.evaluation.paired import of_tables
    from components.tracking.runs import Tracker
    from flows.runs.finished_run import finished_runs

    settings = load_settings()
    tracker = Tracker(settings)
    given = finished_runs([first, second], settings)
    pair = [tracker.run(run.refit_of) if run.has_learnt("test") else run for run in given]
    answers = [logged_answers(tracker.artifact(run.id, "tables/test_works.json")) for run in pair]
    names = sorted({str(row[column]) for rows in answers for row in rows for column in ("true", "predicted")})
    comparison = of_tables(answers[0], answers[1], names)
    if as_json:
        show_json({"first": pair[0].id, "second": pair[1].id} | comparison.row())
        return
    named_runs = [
        {"": place, "run": run.name, "id": run.id[:8], "in the place of": _replaced(asked, run)}
        for place, asked, run in zip(("first", "second"), given, pair, strict=True)
    ]
    show_table("Runs", named_runs)
    show_table("Paired test", [{"figure": name, "value": value} for name, value in comparison.row().items()])


def _replaced(asked: RunRecord, answering: RunRecord) -> str:
    """The refit that a run answers for; "" where the run that was asked answers itself."""
    return "" if asked.id == answering.id else f"{asked.id[:8]}, a refit that has learnt the test works"


def promote(
    *,
    task: TaskOption = None,
    run: Annotated[
        str, typer.Option("--run", help="An MLflow run; default: the best of the newest data version.")
    ] = "",
    overrule: Annotated[bool, typer.Option(help="Promote it whatever the figures say.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare the best run (or a named one) with the champion on the same works; the better one wins."""
    from flows.runs.finished_run import finished_runs

    settings = load_settings()
    name = Task.named(task or Task.STYLE)
    chosen = finished_runs([run], settings, name.value) if run else _newest(settings, name)
    with talking():
        from flows.steps.promote import promote as step
        from flows.steps.promote import version_data

        entry = step(chosen, version_data(chosen[0], settings), name.value, settings, overrule=overrule)
    if as_json:
        show_json(entry.model_dump(mode="json"))
    else:
        output.print(f"champion of {name}: version {entry.champion}", highlight=False)


def rollback(*, task: TaskOption = None, as_json: JsonOption = False) -> None:
    """Make the previous champion the champion again; done twice, it is done once."""
    from components.tracking.promotion.promotion import Promotion

    name = Task.named(task or Task.STYLE)
    with talking():
        entry, repeated = Promotion(load_settings()).rollback(name.value)
    if as_json:
        show_json(entry.model_dump(mode="json"))
        return
    note = (
        f" This was decided on {entry.time}; nothing else was moved now. "
        "`atelier promote --run RUN --overrule` makes any other version champion."
    )
    output.print(
        f"atelier-{name} version {entry.champion} is the champion again, instead of {entry.previous}."
        f"{note if repeated else ''}",
        highlight=False,
    )


def predict(
    image: Annotated[Path, typer.Argument(help="A picture file.")],
    *,
    task: TaskOption = None,
    top: Annotated[int, typer.Option(min=1, help="Show at most this many labels.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Label one picture with the champion, without a server."""
    from components.inference.predictor import Predictor

    settings = load_settings()
    name = Task.named(task or Task.STYLE)
    if not image.is_file():
        raise SettingsError(f"{image}: no such file.")
    predictor = Predictor.load(_champion(settings, name))
    named, card = predictor.name(predictor.read(image)), predictor.card
    ranked = named.labels[:top]
    if as_json:
        show_json(
            {
                "task": name.value,
                "image": str(image),
                "predictions": [_row(answer) for answer in ranked],
                "novelty": named.novelty.as_row() if named.novelty else None,
                "model": card.model_dump(mode="json"),
            }
        )
        return
    if named.novelty and named.novelty.unlike_training:
        output.print(f"[yellow]![/] {named.novelty.message}", highlight=False)
    about = " (synthetic gallery, not real paintings)" if card.synthetic else ""
    title = f"{image.name}: {name} by {card.family} version {card.version}, learnt from {card.source}{about}"
    show_table(title, [_row(answer) for answer in ranked])
    output.print(_confidence(card), highlight=False)


def _confidence(card: ReleaseCard) -> str:
    """Whether the probabilities can be taken at their word."""
    if card.temperature is None:
        return "probabilities: the network's own, not calibrated"
    measured = ""
    if card.temperature.ece_before is not None:
        measured = (
            f"; calibration error on test works {card.temperature.ece_before:.3f} before, "
            f"{card.temperature.ece_after:.3f} after"
        )
    return f"probabilities: calibrated, temperature {card.temperature.value:.2f}{measured}"


def _row(answer: Ranked) -> dict[str, Any]:
    """A label; of a multi-label champion also whether the picture bears it."""
    row: dict[str, Any] = {"label": answer.label, "probability": answer.probability}
    if answer.threshold is not None:
        row |= {"applies": answer.applies, "threshold": answer.threshold}
    return row


def _newest(settings: Settings, task: Task) -> list[RunRecord]:
    """The finished training runs on the task's newest data version."""
    from components.tracking.runs import Tracker

    runs = Tracker(settings).runs(task=task.value, kind="training", limit=1000)
    records = [record for record in runs if record.status == "FINISHED"]
    if not records:
        raise RegistryError(f"no finished {task} run to promote. Make one: `atelier train --task {task}`.")
    newest = records[0].data_version
    return [record for record in records if record.data_version == newest]


def _champion(settings: Settings, task: Task) -> Path:
    from components.inference import releases

    folder = releases.current(settings, task.value)
    if folder is None:
        raise RegistryError(f"{task} has no champion yet. Make one: `atelier pipeline --task {task}`.")
    return folder
