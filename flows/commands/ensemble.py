"""ensemble, bag, cross-validate, boost: several answers made one, and trees on features."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from components.formatting import brackets
from flows.commands.options import REFITTED, TRAINING, JsonOption, Option, load_settings, planned
from flows.console import output, show_json, show_table, talking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.settings import Settings
    from components.tracking.runs import RunRecord
    from flows.plan import Plan


_BAG = {name: option for name, option in REFITTED.items() if name != "refit_folds"}


def ensemble(
    runs: Annotated[
        list[str], typer.Argument(help="Finished training runs, or the beginnings of their ids.")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Combine finished runs, or refits, into one by the mean of their answers; `atelier promote` takes it."""
    settings = load_settings()
    with talking():
        from flows.runs.finished_run import finished_runs
        from flows.steps.ensemble import run_ensembling

        members = finished_runs(runs, settings)
        record = run_ensembling(members, settings)
    _show("Ensemble and members", [record, *members], as_json=as_json)


@planned(_BAG)
def bag(
    plan: Plan,
    *,
    members: Annotated[int, Option("--members", min=2, help="Number of networks of each family.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Bagging: train a family on several draws of the training works; their mean is one model."""
    settings = load_settings()
    with talking():
        from flows.steps.ensemble import bag as bag_step
        from flows.steps.ingest import prepared

        manifest = prepared(plan, settings)
        records = [bag_step(family, manifest, plan, members, settings) for family in plan.families]
        below = [member for record in records for member in _below(record, settings)]
    _show(f"{plan.task} on {manifest.source}: bags and their members", [*records, *below], as_json=as_json)
    if not as_json:
        for record in records:
            _out_of_bag(record)


@planned(TRAINING)
def cross_validate(
    plan: Plan,
    *,
    folds: Annotated[
        int, Option("--folds", min=2, max=20, help="Number of folds; each is the test part once.")
    ] = 5,
    training_only: Annotated[
        bool,
        Option(
            "--training-only",
            help="Folds of the training and validation works of --protocol alone, to choose a recipe by: its "
            "test works stay unseen. Default: folds of every work.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train families on every fold: each work is tested once; mean, spread and the score of all works."""
    settings = load_settings()
    with talking():
        from components.evaluation.answers import logged_rows
        from components.tracking.runs import Tracker
        from flows.steps import ingest
        from flows.steps.cross_validate import TABLE, without_test_works
        from flows.steps.cross_validate import cross_validate as step

        works = ingest.select(ingest.ingest(plan, settings), plan)
        ingest.validate(works, plan, settings)
        if training_only:
            works = without_test_works(works, plan, settings)
        of = "training works" if training_only else ""
        records = [step(family, works, plan, folds, settings, of=of) for family in plan.families]
        tables = [logged_rows(Tracker(settings).artifact(record.id, TABLE)) for record in records]
    if as_json:
        show_json([asdict(record) | {"folds": table} for record, table in zip(records, tables, strict=True)])
        return
    for record, table in zip(records, tables, strict=True):
        show_table(f"{plan.task} on {works.source}: {record.name}", table)


def boost(
    run: Annotated[str, typer.Argument(help="A finished training run, or the beginning of its id.")],
    *,
    rounds: Annotated[int | None, Option("--rounds", help="At most this many rounds; default: 400.")] = None,
    depth: Annotated[int | None, Option("--depth", help="Depth of each tree; default: 4.")] = None,
    learning_rate: Annotated[
        float | None, Option("--learning-rate", help="Learning rate of each round; default: 0.1.")
    ] = None,
    layer: Annotated[
        str | None,
        Option(
            "--layer", help='Layer whose output the trees learn from; default: the last Dense, or "features".'
        ),
    ] = None,
    class_weights: Annotated[
        bool | None, Option("--class-weights", help="Give every class the same weight.")
    ] = None,
    seed: Annotated[
        int | None, Option("--seed", help="Seed of the works and features that each round sees.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Grow boosted trees (XGBoost) on a run's network; both become one model (study D5)."""
    given = {
        "rounds": rounds,
        "depth": depth,
        "learning_rate": learning_rate,
        "layer": layer,
        "class_weights": class_weights,
        "seed": seed,
    }
    settings = load_settings()
    with talking():
        from components.training.ensembles.boost_recipe import BoostRecipe
        from flows.runs.finished_run import finished_runs
        from flows.steps.boost import run_boosting

        recipe = BoostRecipe.of(**{name: value for name, value in given.items() if value is not None})
        (network,) = finished_runs([run], settings)
        record = run_boosting(network, recipe, settings)
    _show("Trees and the network they stand on", [record, network], as_json=as_json)


def _below(record: RunRecord, settings: Settings) -> list[RunRecord]:
    from components.tracking.runs import Tracker

    return Tracker(settings).children(record.id)


def _out_of_bag(record: RunRecord) -> None:
    metrics = record.metrics
    if "out_of_bag/macro_f1" in metrics:
        interval = brackets(metrics.get("out_of_bag/macro_f1_low"), metrics.get("out_of_bag/macro_f1_high"))
        output.print(
            f"{record.name}: out of bag macro-F1 {metrics['out_of_bag/macro_f1']:.3f} {interval} on "
            f"{metrics['out_of_bag/works']:.0f} training works, each by members that never saw it",
            markup=False,
            highlight=False,
        )


def _show(title: str, records: Sequence[RunRecord], *, as_json: bool) -> None:
    from flows.run_table import run_rows

    if as_json:
        show_json([asdict(record) for record in records])
    else:
        show_table(title, run_rows(records))
